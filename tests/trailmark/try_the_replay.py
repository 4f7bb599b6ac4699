"""Run inside the example: replay the sample at desks that call the tools themselves, honestly and otherwise."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

import cairnloop
from retail import RETAIL_TOOLS
from retail.models import Order
from retail.replay.acting import Ended
from retail.replay.recording import Action, read_recording
from retail.replay.replaying import Replay

TOOLS: Mapping[str, cairnloop.Tool] = {tool.name: tool for tool in (import_string(path)() for path in RETAIL_TOOLS)}
SAMPLE = Path(settings.BASE_DIR).parents[1] / "tests" / "trailmark" / "data" / "tools"
OPERATOR = cairnloop.Actor.operator("1", name="Operator")


class Honest:
    """Runs what was approved, once."""

    def __init__(self) -> None:
        self.tokens: dict[str, int] = {}
        self.actions: list[tuple[Action, str]] = []
        self.ended: dict[int, Ended] = {}

    def propose(self, action: Action, *, account: str, token: str) -> int:
        if token not in self.tokens:
            self.tokens[token] = len(self.actions)
            self.actions.append((action, account))
        return self.tokens[token]

    def outcome(self, proposal: int) -> Ended | None:
        return self.ended.get(proposal)

    def reject(self, proposal: int) -> None:
        raise AssertionError("nothing is asked twice here")

    def approve(self, proposal: int) -> bool:
        if proposal in self.ended:
            return False
        self.run(proposal)
        return True

    def wait(self, proposal: int) -> Ended:
        if proposal not in self.ended:
            self.run(proposal)
        return self.ended[proposal]

    def run(self, proposal: int) -> None:
        action, account = self.actions[proposal]
        tool = TOOLS[action.tool]
        context = cairnloop.ToolContext(actor=OPERATOR, conversation=None, account_ref=account)
        input = tool.Input.model_validate(dict(action.arguments))
        assert tool.authorize(input=input, context=context)
        try:
            with transaction.atomic():
                done = tool.run(input=input, context=context, run_key=str(proposal))
            self.ended[proposal] = Ended("done", done.summary, done.details.get("result"))
        except cairnloop.ToolFailure as failure:
            self.ended[proposal] = Ended("refused when it ran", failure.message)


class Hasty(Honest):
    """Does not wait for anybody."""

    def propose(self, action: Action, *, account: str, token: str) -> int:
        proposal = super().propose(action, account=account, token=token)
        if proposal not in self.ended:
            self.run(proposal)
        return proposal

    def approve(self, proposal: int) -> bool:
        return True


class Forgetful(Honest):
    """Takes what it was told twice for two wishes."""

    def propose(self, action: Action, *, account: str, token: str) -> int:
        self.tokens.pop(token, None)
        return super().propose(action, account=account, token=token)


class Careless(Honest):
    """Touches something else on the way."""

    def run(self, proposal: int) -> None:
        super().run(proposal)
        order = Order.objects.get(pk="#W102")
        order.body["status"] += "!"
        order.save()


class Idle(Honest):
    """Says it is done."""

    def run(self, proposal: int) -> None:
        self.ended[proposal] = Ended("done", "Done.")


class Mute(Honest):
    """Approves nothing."""

    def approve(self, proposal: int) -> bool:
        return False


def told(desk: Honest) -> dict[str, Any]:
    replay = Replay(read_recording(SAMPLE), desk=desk, run="try")
    replay.play()
    return {
        "as recorded": replay.is_as_recorded,
        "ended alike": replay.ended_alike,
        "held": replay.held.total(),
        "refused": replay.refused.total(),
        "done": replay.done.total(),
        "flaws": replay.flaws,
    }


json.dump({each.__name__: told(each()) for each in (Honest, Hasty, Forgetful, Careless, Idle, Mute)}, sys.stdout)
