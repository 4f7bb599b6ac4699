"""Run inside the example: its tools proposed, approved and run; refunds at a payment service that misbehaves."""

import json
import sys
import tempfile
import threading
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Permission
from django.utils import timezone

import cairnloop
from cairnloop.governance.executing import execute_proposal
from cairnloop.governance.reconciling import reconcile_executions
from cairnloop.models import ToolApproval, ToolExecution, ToolProposal
from payment_service import Mood, PaymentService
from trailmark.models import Charge, Member, Workspace

MOODS = {
    "fine": Mood(),
    "error before": Mood("error", "before"),
    "error after": Mood("error", "after"),
    "hangs up before": Mood("hang_up", "before"),
    "hangs up after": Mood("hang_up", "after"),
    "slow": Mood("slow", "after", seconds=0.6),
}
LATER = timedelta(hours=1)


def member(name: str, *codenames: str) -> cairnloop.Actor:
    made, _ = Member.objects.get_or_create(username=name, is_staff=True)
    made.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return cairnloop.Actor.operator(str(made.pk), name=name)


def stands(proposal: int) -> str:
    run = ToolExecution.objects.filter(proposal=proposal).order_by("-pk").first()
    return run.status if run else "not run"


def approved(tool: str, **given: object) -> ToolProposal:
    """Let one propose it, and the other approve it as it was shown."""
    proposal = cairnloop.propose_tool(tool=tool, input=given, by=operator, account_ref="tried")
    assert proposal.is_open, proposal.reason
    waiting = ToolApproval.objects.get(proposal=proposal)
    cairnloop.approve_tool(approval_id=waiting.pk, by=lead, seen_digest=waiting.digest)
    return proposal


def effect(tool: str, **given: object) -> list[object]:
    """What was shown of it, and how it stands after the run."""
    proposal = approved(tool, **given)
    execute_proposal(proposal_id=proposal.pk)
    rows = proposal.effect["rows"]
    shown = [[row["doing"], row["model"], sorted(field["name"] for field in row["fields"])] for row in rows]
    return [shown, stands(proposal.pk)]


def tell(service: PaymentService, charge: Charge, mood: Mood) -> list[object]:
    """How it stands after the run, after a second try to run it, and once the tool was asked what became of it."""
    before = len(service.ledger.refunds(charge.reference))
    proposal = approved("refund_charge", charge=charge.reference)
    service.mood = mood
    execute_proposal(proposal_id=proposal.pk)
    first = stands(proposal.pk)
    service.mood = Mood()
    execute_proposal(proposal_id=proposal.pk)
    again = stands(proposal.pk)
    reconcile_executions(now=timezone.now() + LATER)
    made = len(service.ledger.refunds(charge.reference))
    return [before, first, again, stands(proposal.pk), made, Charge.objects.get(pk=charge.pk).state]


operator = member(
    "tools-operator",
    "view_conversation",
    "change_conversation",
    "change_workspace",
    "change_apikey",
    "refund_charge",
)
lead = member("tools-lead", "view_conversation", "change_toolapproval")
now = timezone.now()
workspace = Workspace.objects.create(slug="tried", name="Tried", plan="Trial", seats=1, trial_ends_at=now)
key = workspace.api_keys.create(label="deploy", prefix="tm_live_tried", created_at=now, secret_digest="0" * 64)
effects = {
    "seats": effect("grant_seats", seats=2),
    "trial": effect("extend_trial", days=3),
    "key": effect("rotate_api_key", key=key.prefix),
}
settings.TRAILMARK_PAYMENTS_SECONDS = 0.3
with tempfile.TemporaryDirectory() as folder, PaymentService(Path(folder) / "refunds.sqlite3") as service:
    settings.TRAILMARK_PAYMENTS_URL = service.url
    # A daemon, so that a failure below ends the script.
    thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    refunds = {}
    for number, (name, mood) in enumerate(MOODS.items()):
        charge = workspace.charges.create(
            reference=f"ch_try{number}", what_for="Team", amount_cents=100, captured_at=now
        )
        refunds[name] = tell(service, charge, mood)
    service.shutdown()
    thread.join()
json.dump({"effects": effects, "refunds": refunds}, sys.stdout)
