"""What a generator returned, as far as a draft can be made of it."""

from __future__ import annotations

import dataclasses
from itertools import islice

from cairnloop.conf import get_settings
from cairnloop.core.texts import storable
from cairnloop.drafting.phrasing import text_of
from cairnloop.hooks.draft_generator import DraftClaim, DraftResult, DraftUsage, GenerationFailed

MOST_CLAIMS = 40
MOST_TOKENS = 2**31 - 1
MODEL_CHARS = 100


class UnusableDraft(Exception):
    """What a generator returned is no draft."""


def usable_claims(result: DraftResult) -> tuple[DraftClaim, ...]:
    """Return the claims of a result. Raises UnusableDraft for what no operator could read or no column hold."""
    if not isinstance(result, DraftResult):
        raise UnusableDraft(type(result).__name__)
    # One more than there may be: some that are made while they are read never end.
    claims = tuple(islice(result.claims, MOST_CLAIMS + 1))
    if len(claims) > MOST_CLAIMS or not all(_is_usable(claim) for claim in claims):
        raise UnusableDraft
    if len(text_of(claims)) > get_settings().message_limit_chars:
        raise UnusableDraft
    return claims


def usage_in(result: DraftResult | GenerationFailed) -> DraftUsage | None:
    """Return what was spent, as far as a column can hold what the generator says."""
    usage = getattr(result, "usage", None)
    if not isinstance(usage, DraftUsage) or not isinstance(usage.model, str):
        return None
    numbers = (usage.input_tokens, usage.output_tokens)
    if not all(isinstance(each, int) and 0 <= each <= MOST_TOKENS for each in numbers):
        return None
    return dataclasses.replace(usage, model=storable(usage.model)[:MODEL_CHARS])


def _is_usable(claim: object) -> bool:
    return (
        isinstance(claim, DraftClaim)
        and _is_text(claim.text)
        and _is_text(claim.quote, "")
        and isinstance(claim.begins_paragraph, bool)
    )


def _is_text(value: object, *also: str) -> bool:
    return isinstance(value, str) and storable(value) == value and (bool(value.strip()) or value in also)
