"""What the host's AutomationPolicy says about a draft."""

from __future__ import annotations

import logging

from cairnloop.hooks import load_hook
from cairnloop.hooks.automation_policy import DraftFacts, Verdict

logger = logging.getLogger("cairnloop.drafting")


def verdict_on(facts: DraftFacts) -> Verdict:
    """Return the host's verdict. A policy that raises, or answers anything else, denies; the class of it is logged."""
    try:
        return Verdict(load_hook("automation_policy").decide(draft=facts))
    except Exception as error:
        logger.warning("AutomationPolicy.decide failed: %s", type(error).__name__)
        return Verdict.DENY
