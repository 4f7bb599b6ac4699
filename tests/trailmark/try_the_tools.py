"""Run inside the example, on its models: use each tool as the executor would, and undo everything at the end."""

import json
import sys

from django.db import transaction
from django.test import Client
from django.utils import timezone

import cairnloop
from trailmark import payments
from trailmark.models import ApiKey, Charge, Member, Workspace
from trailmark.seeding import product
from trailmark.support.tools.extend_trial import ExtendTrial
from trailmark.support.tools.grant_seats import GrantSeats
from trailmark.support.tools.look_up_runs import LookUpRuns
from trailmark.support.tools.refund_charge import RefundCharge
from trailmark.support.tools.rotate_api_key import RotateApiKey

ADA = cairnloop.Actor.operator("1", name="Ada")


def at(account: str) -> cairnloop.ToolContext:
    return cairnloop.ToolContext(actor=ADA, conversation=None, account_ref=account)


def attempt(doing: object, *arguments: object, **given: object) -> str:
    """What it says, or why it does not."""
    try:
        said = doing(*arguments, **given)
    except (cairnloop.ToolFailure, cairnloop.ToolDenied) as error:
        return f"{type(error).__name__}: {error}"
    except payments.NoAnswer:
        return "NoAnswer"
    return said.summary if isinstance(said, cairnloop.ToolResult) else str(said)


def use(tool: cairnloop.Tool, account: str, run_key: str = "k1", **given: object) -> dict[str, str]:
    """Ask and do what is asked and done of a tool."""
    input, context = tool.Input(**given), at(account)
    allowed = attempt(tool.authorize, input=input, context=context)
    if allowed != "True":
        return {"allowed": allowed}
    preview = attempt(tool.preview, input=input, context=context)
    return {"preview": preview, "run": attempt(tool.run, input=input, context=context, run_key=run_key)}


found: dict[str, object] = {}
with transaction.atomic():
    product.fill(now=timezone.now())

    northbeam = Workspace.objects.get(slug="northbeam")
    found["seats"] = use(GrantSeats(), "northbeam", seats=2), Workspace.objects.get(slug="northbeam").seats
    found["seats of nobody"] = use(GrantSeats(), "", seats=2)

    trial = Workspace.objects.get(slug="juniper").trial_ends_at
    use(ExtendTrial(), "juniper", days=14)
    found["trial"] = (Workspace.objects.get(slug="juniper").trial_ends_at - trial).days
    found["trial of who pays"] = use(ExtendTrial(), "northbeam", days=14)

    offered = RotateApiKey().choices(context=at("northbeam"))["key"]
    old = ApiKey.objects.get(prefix=offered[0][0])
    found["keys offered"] = len(offered)
    found["key of another"] = use(RotateApiKey(), "fathom", key=old.prefix)
    rotated = use(RotateApiKey(), "northbeam", key=old.prefix)
    new = ApiKey.objects.get(prefix=old.next_prefix)
    found["key"] = [ApiKey.objects.get(pk=old.pk).revoked_at is not None, new.label == old.label, new.secret_digest]
    found["key again"] = use(RotateApiKey(), "northbeam", key=old.prefix)["run"]

    browser = Client(SERVER_NAME="localhost")
    browser.force_login(Member.objects.get(username="priyanka"))
    found["new key, seen by another"] = browser.post(f"/api-keys/{new.pk}/secret/").status_code
    browser.force_login(Member.objects.get(username="lin"))
    shown = browser.post(f"/api-keys/{new.pk}/secret/").content.decode()
    found["new key, seen"] = f"{new.prefix}_" in shown
    found["new key, told to support"] = f"{new.prefix}_" in json.dumps(rotated)
    found["new key, seen again"] = browser.post(f"/api-keys/{new.pk}/secret/").status_code
    found["new key, on the page"] = f"{new.prefix}_" in browser.get("/api-keys/").content.decode()

    refunds, charge = RefundCharge(), Charge.objects.get(reference="ch_3qk7lm2e")
    input = refunds.Input(charge=charge.reference)
    found["charges offered"] = dict(refunds.choices(context=at("northbeam"))["charge"])[charge.reference][:8]
    found["charge of another"] = use(refunds, "fathom", charge=charge.reference)
    before = refunds.target_version(input=input, context=at("northbeam"))
    found["not refunded yet"] = attempt(refunds.reconcile, input=input, context=at("northbeam"), run_key="k1")
    found["refund"] = use(refunds, "northbeam", charge=charge.reference)
    found["refund seen"] = attempt(refunds.reconcile, input=input, context=at("northbeam"), run_key="k1")
    found["refund of another run"] = attempt(refunds.reconcile, input=input, context=at("northbeam"), run_key="k2")
    found["refund again"] = use(refunds, "northbeam", "k2", charge=charge.reference)["run"]
    found["refund is another matter now"] = before != refunds.target_version(input=input, context=at("northbeam"))

    found["runs"] = use(LookUpRuns(), "northbeam", repository="nav-core")["run"].split(":")[0]
    found["runs of another"] = use(LookUpRuns(), "fathom", repository="nav-core")
    transaction.set_rollback(True)

json.dump(found, sys.stdout)
