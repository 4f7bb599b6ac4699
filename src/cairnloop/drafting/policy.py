"""What the host's AutomationPolicy says about a draft."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from cairnloop.hooks import HOOKS, load_hook
from cairnloop.hooks.automation_policy import DraftFacts, Verdict
from cairnloop.hooks.context_provider import CustomerContext

logger = logging.getLogger("cairnloop.drafting")


@dataclass(frozen=True, slots=True)
class Ruling:
    """A verdict; `failed` where the policy gave none, which counts as deny."""

    verdict: Verdict
    failed: bool = False


def rule_on(facts: DraftFacts) -> Ruling:
    """Return the host's verdict. A policy that raises, or answers anything else, denies; the class of it is logged."""
    try:
        return Ruling(Verdict(load_hook("automation_policy").decide(draft=facts)))
    except (Exception, SystemExit, asyncio.CancelledError) as error:
        logger.warning("AutomationPolicy.decide failed: %s", type(error).__name__)
        return Ruling(Verdict.DENY, failed=True)


def is_default_policy() -> bool:
    """Return whether the host has no policy of its own, so that nothing is ever sent without a person."""
    return HOOKS["automation_policy"].path == HOOKS["automation_policy"].default


def customer_known_to_host(customer_ref: str) -> CustomerContext | None:
    """Return what the host's ContextProvider says, for a policy of its own to judge by; None where it failed."""
    if is_default_policy():
        return CustomerContext()
    try:
        context = load_hook("context_provider").customer_context(customer_ref=customer_ref)
    except (Exception, SystemExit, asyncio.CancelledError) as error:
        logger.warning("ContextProvider failed: %s", type(error).__name__)
        return None
    return context if isinstance(context, CustomerContext) else None
