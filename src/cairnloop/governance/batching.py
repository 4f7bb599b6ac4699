"""An operator approves several proposals of low risk at once: each as it was seen, each in its own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cairnloop.core.actors import Actor
from cairnloop.core.errors import CairnloopError, InvalidInput, InvalidTransition, NotAllowed, NotFound, StaleView
from cairnloop.core.guards import refuse_strangers
from cairnloop.core.transactions import command, pipeline
from cairnloop.governance.approving import approve_tool, refuse_undecided
from cairnloop.governance.holding import hold_approval

BATCH_LIMIT = 50


class NotForBatch(NotAllowed):
    """This is decided alone: its risk is more than low, it needs two people, or changes much. It was not approved."""

    code = "not_for_batch"


class BatchEmpty(InvalidInput):
    """Nothing was selected, so nothing was approved. Select actions first."""

    code = "batch_empty"


class BatchTooLarge(InvalidInput):
    """More than 50 actions cannot be approved at once. Nothing was approved; select fewer."""

    code = "batch_too_large"


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one of them: approved, or why not."""

    approval_id: int
    refusal: CairnloopError | None = None


@pipeline
def approve_batch(*, seen: Mapping[int, str], by: Actor) -> list[Answered]:
    """Approve proposals of low risk, and return in the same order what became of each.

    `seen` has the digest of each approval, as it was shown. One that is refused keeps no other from being approved.
    Raises BatchEmpty and BatchTooLarge before any is.
    """
    refuse_strangers(by)
    if not seen:
        raise BatchEmpty
    if len(seen) > BATCH_LIMIT:
        raise BatchTooLarge
    return [_answered(approval_id, digest, by=by) for approval_id, digest in seen.items()]


def _answered(approval_id: int, digest: str, *, by: Actor) -> Answered:
    try:
        _approve(approval_id=approval_id, by=by, seen_digest=digest)
    except (NotAllowed, NotFound, InvalidTransition, StaleView) as refusal:
        return Answered(approval_id, refusal)
    return Answered(approval_id)


@command
def _approve(*, approval_id: int, by: Actor, seen_digest: str) -> None:
    proposal, _approval = hold_approval(approval_id)
    # Whoever may not see it does not learn its risk.
    refuse_undecided(proposal, by)
    if not proposal.suits_batch:
        raise NotForBatch
    approve_tool(approval_id=approval_id, by=by, seen_digest=seen_digest)
