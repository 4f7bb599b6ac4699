"""What the host's AutomationPolicy says about a draft."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from cairnloop.conf import get_settings
from cairnloop.core.patience import Patience
from cairnloop.drafting.asking import MOST_HANGING, ask_host, named
from cairnloop.hooks import HOOKS, load_hook
from cairnloop.hooks.automation_policy import DraftFacts, Verdict
from cairnloop.hooks.context_provider import CustomerContext

logger = logging.getLogger("cairnloop.drafting")

_policy = Patience("cairnloop-policy", most_hanging=MOST_HANGING)
_provider = Patience("cairnloop-context", most_hanging=MOST_HANGING)


@dataclass(frozen=True, slots=True)
class Ruling:
    """A verdict; `failed` where the policy gave none, which counts as deny."""

    verdict: Verdict
    failed: bool = False


def rule_on(facts: DraftFacts) -> Ruling:
    """Return the host's verdict within DRAFT_POLICY_SECONDS.

    A policy that raises, takes longer or answers anything else denies; the class of it is logged.
    """
    if is_default_policy():
        return Ruling(_verdict(facts))
    try:
        return Ruling(ask_host(lambda: _verdict(facts), patience=_policy, seconds=get_settings().draft_policy_seconds))
    except Exception as error:
        logger.warning("AutomationPolicy.decide failed: %s", named(error))
        return Ruling(Verdict.DENY, failed=True)


def _verdict(facts: DraftFacts) -> Verdict:
    return Verdict(load_hook("automation_policy").decide(draft=facts))


def is_default_policy() -> bool:
    """Return whether the host has no policy of its own, so that nothing is ever sent without a person."""
    return HOOKS["automation_policy"].path == HOOKS["automation_policy"].default


def customer_known_to_host(customer_ref: str) -> CustomerContext | None:
    """Return what the host's ContextProvider says, for a policy of its own to judge by; None where it failed.

    It fails too where it says nothing within DRAFT_POLICY_SECONDS.
    """
    if is_default_policy():
        return CustomerContext()
    seconds = get_settings().draft_policy_seconds
    try:
        context = ask_host(lambda: _context(customer_ref), patience=_provider, seconds=seconds)
    except Exception as error:
        logger.warning("ContextProvider failed: %s", named(error))
        return None
    return context if isinstance(context, CustomerContext) else None


def _context(customer_ref: str) -> object:
    return load_hook("context_provider").customer_context(customer_ref=customer_ref)
