"""Money back."""

from __future__ import annotations

from pydantic import BaseModel, Field

import cairnloop
from trailmark import payments
from trailmark.models import Charge


class RefundCharge(cairnloop.Tool):
    """Asks the payment service, so it may end without an answer; what happened is then looked up, never tried again."""

    name = "refund_charge"
    title = "Refund a charge"
    description = "Gives a charge back in full, to the card it was taken from."
    risk = cairnloop.Risk.HIGH_WRITE
    scopes = frozenset({"trailmark.refund_charge"})

    class Input(BaseModel):
        """Which."""

        charge: str = Field(title="Charge", max_length=40)

    def authorize(self, *, input: Input, context: cairnloop.ToolContext) -> bool:
        """A charge of this workspace."""
        return Charge.objects.filter(reference=input.charge, workspace__slug=context.account_ref).exists()

    def choices(self, *, context: cairnloop.ToolContext) -> dict[str, list[tuple[str, str]]]:
        """Those that were paid, newest first."""
        charges = Charge.objects.filter(workspace__slug=context.account_ref, state=Charge.State.PAID)
        return {"charge": [(charge.reference, charge.in_words) for charge in charges[:50]]}

    def target_version(self, *, input: Input, context: cairnloop.ToolContext) -> str:
        """Another state or sum is another matter."""
        return Charge.objects.get(reference=input.charge).standing

    def preview(self, *, input: Input, context: cairnloop.ToolContext) -> str:
        """What they notice."""
        charge = Charge.objects.get(reference=input.charge)
        return f"{charge.amount} go back to the card, and show up there within 5 to 10 business days."

    def run(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """Ask for the refund. Without an answer NoAnswer goes through: nobody knows then."""
        charge = Charge.objects.get(reference=input.charge)
        return _noted(charge, payments.refund(charge, run_key=run_key))

    def reconcile(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult | None:
        """Look for our refund among those of the charge. Only looks."""
        charge = Charge.objects.get(reference=input.charge)
        made = [refund for refund in payments.refunds_of(charge.reference) if refund.run_key == run_key]
        if not made:
            raise cairnloop.ToolFailure("The payment service knows of no such refund.")
        return _noted(charge, made[0])


def _noted(charge: Charge, refund: payments.Refund) -> cairnloop.ToolResult:
    Charge.objects.filter(pk=charge.pk).update(state=Charge.State.REFUNDED)
    return cairnloop.ToolResult(summary=f"{charge.amount} are on their way back.", details={"refund": refund.id})
