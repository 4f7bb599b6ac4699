"""Mistakes in a tool are found when the host starts, and named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.test import override_settings
from pydantic import BaseModel, Field, SecretStr

import cairnloop
from cairnloop.checks import check_tools
from cairnloop.governance.modes import Mode, mode_for
from cairnloop.governance.registry import find_tool, mode_of, registered_tools
from tests.factories import BILLING


class Sound(cairnloop.Tool):
    name = "sound"
    title = "Sound"
    risk = cairnloop.Risk.LOW_WRITE

    class Input(BaseModel):
        order: str = ""

    def run(self, *, input: Any, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        return cairnloop.ToolResult(summary="Done.")


class SoundToo(Sound):
    pass


class NameWithADash(Sound):
    name = "so-und"


class TooLongName(Sound):
    name = "s" * 65


class Nameless(cairnloop.Tool):
    title = "Nameless"
    risk = cairnloop.Risk.LOW_WRITE


class WithoutTitle(Sound):
    title = " "


class TurnedTitle(Sound):
    title = "Refund \u202edesrever"


class UnseenLabel(Sound):
    class Input(BaseModel):
        """One whose label says less than it seems."""

        order: str = Field("", title="Ord\u200ber")


class RiskInWords(Sound):
    risk = "low"  # type: ignore[assignment]


class ScopesInAList(Sound):
    scopes = ["billing.refund"]  # type: ignore[assignment]


class OneScopeAsText(Sound):
    scopes = "billing.refund"  # type: ignore[assignment]


class InputOfAnotherKind(Sound):
    Input = dict  # type: ignore[assignment,misc]


class InputWithASecret(Sound):
    class Input(BaseModel):
        """One that would be kept as asterisks."""

        password: SecretStr | None = None


class RunThatYields(Sound):
    def run(self, *, input: Any, context: cairnloop.ToolContext, run_key: str) -> Any:
        yield cairnloop.ToolResult(summary="Never.")


class AsyncRunThatYields(Sound):
    async def run(self, *, input: Any, context: Any, run_key: str) -> Any:  # type: ignore[override]
        yield cairnloop.ToolResult(summary="Never.")


class WithoutRun(cairnloop.Tool):
    name = "without_run"
    title = "Without run"
    risk = cairnloop.Risk.LOW_WRITE


class RunWithoutKey(Sound):
    def run(self, *, input: Any, context: cairnloop.ToolContext) -> cairnloop.ToolResult:  # type: ignore[override]
        return cairnloop.ToolResult(summary="Done.")


class AsyncRun(Sound):
    async def run(self, *, input: Any, context: Any, run_key: str) -> cairnloop.ToolResult:  # type: ignore[override]
        return cairnloop.ToolResult(summary="Done.")


class WritesNothing(Sound):
    transactional = True


class WritesWhatIsNot(Sound):
    transactional = True
    writes = ("auth.Clan",)


class WritesOutside(Sound):
    writes = ("auth.Group",)


class UnsteadyField(Sound):
    transactional = True
    writes = ("auth.Group",)
    unsteady = frozenset({"auth.Group.nam"})


class UnsteadyElsewhere(Sound):
    transactional = True
    writes = ("auth.Group",)
    unsteady = frozenset({"auth.User"})


class ReadsAndWrites(Sound):
    risk = cairnloop.Risk.READ_ONLY
    transactional = True
    writes = ("auth.Group",)


class WritesAProxy(Sound):
    transactional = True
    writes = ("auth.Group", "auth.ShownGroup")


class WritesAComposite(Sound):
    transactional = True
    writes = ("auth.Pair",)


class UnsteadyWithoutAColumn(Sound):
    transactional = True
    writes = ("auth.Group",)
    unsteady = frozenset({"auth.Group.permissions"})


class InputOfTwoNames(Sound):
    class Input(BaseModel):
        """One that is given by one name and kept by another."""

        amount: int = Field(validation_alias="amt")


class InputKeptByAnotherName(Sound):
    class Input(BaseModel):
        """One that is kept by another name than it is given by."""

        amount: int = Field(serialization_alias="amt")


class InputOfOneOtherName(Sound):
    class Input(BaseModel):
        """One name, and another in the code."""

        amount: int = Field(0, alias="amt")


class FailsAtOnce(Sound):
    def __init__(self) -> None:
        raise RuntimeError("sk_live_1234")


class NeedsArguments(Sound):
    def __init__(self, client: str) -> None:
        self.client = client


class Erase(Sound):
    name = "erase"
    risk = cairnloop.Risk.DESTRUCTIVE
    needs_two_people = True


class EraseAlone(Erase):
    name = "erase_alone"
    needs_two_people = False


HERE = "tests.governance.test_registry"


def tools(*classes: type[cairnloop.Tool], **others: Any) -> override_settings:
    return override_settings(CAIRNLOOP={"TOOLS": [f"{HERE}.{each.__name__}" for each in classes], **others})


@pytest.fixture(scope="module")
def odd_models() -> Iterator[None]:
    """Models a host may have, as long as these tests run."""

    class ShownGroup(Group):
        class Meta:
            app_label = "auth"
            proxy = True

    class Pair(models.Model):
        pk = models.CompositePrimaryKey("one", "other")
        one = models.IntegerField()
        other = models.IntegerField()

        class Meta:
            app_label = "auth"

    yield
    del apps.all_models["auth"]["showngroup"], apps.all_models["auth"]["pair"]
    apps.clear_cache()


class TestARegistry:
    def test_finds_a_tool_by_its_exact_name_only(self):
        with tools(Sound):
            found = find_tool("sound")
            assert isinstance(found, Sound) and find_tool("sound") is found
            assert find_tool("Sound") is find_tool("sound ") is find_tool("") is None
            assert not list(check_tools(None))

    def test_is_empty_where_the_host_names_no_tool(self):
        with override_settings(CAIRNLOOP={}):
            assert dict(registered_tools()) == {}

    @pytest.mark.parametrize(
        ("tool", "says"),
        [
            (NameWithADash, "'so-und'"),
            (TooLongName, "64 characters"),
            (Nameless, "needs a name"),
            (WithoutTitle, "needs a title"),
            (
                TurnedTitle,
                "title has characters that cannot be seen or turn the text around: 'Refund [U+202E]desrever'",
            ),
            (UnseenLabel, "the title of order has"),
            (RiskInWords, "Risk.READ_ONLY"),
            (ScopesInAList, "frozenset"),
            (OneScopeAsText, "frozenset"),
            (InputOfAnotherKind, "pydantic model"),
            (InputWithASecret, "SecretStr"),
            (RunThatYields, "yields"),
            (AsyncRunThatYields, "yields"),
            (WithoutRun, "no run method"),
            (RunWithoutKey, "run must accept"),
            (AsyncRun, "is async"),
            (WritesNothing, "must say which models"),
            (WritesWhatIsNot, "'auth.Clan', which is no model"),
            (WritesOutside, "transactional = True"),
            (UnsteadyField, "no field"),
            (UnsteadyElsewhere, "writes does not have"),
            (NeedsArguments, "without arguments"),
            (ReadsAndWrites, "ask nobody"),
            (UnsteadyWithoutAColumn, "no column of its own"),
            (InputOfTwoNames, "Field(alias=…)"),
            (InputKeptByAnotherName, "Field(alias=…)"),
            (FailsAtOnce, "__init__ failed with RuntimeError"),
            (WritesAProxy, "Name the model it stands for: 'auth.Group'"),
            (WritesAComposite, "a composite primary key"),
            (BaseModel, "not a subclass of cairnloop.Tool"),
        ],
    )
    @pytest.mark.usefixtures("odd_models")
    def test_names_what_is_wrong_with_a_class(self, tool: type, says: str):
        with tools(tool):
            (found,) = check_tools(None)
        assert "sk_live" not in found.msg
        assert (found.id, tool.__name__ in found.msg) == ("cairnloop.E009", True)
        assert says in found.msg

    def test_takes_another_name_of_a_field(self):
        with tools(InputOfOneOtherName):
            assert not list(check_tools(None))

    def test_refuses_two_tools_of_one_name(self):
        with tools(Sound, SoundToo), pytest.raises(ImproperlyConfigured, match="'sound', and so has another"):
            registered_tools()

    @pytest.mark.parametrize(
        ("setting", "says"),
        [
            ({"TOOL_MODES": {"low": "auto"}}, "no risk 'low'"),
            ({"TOOL_MODES": {"low_write": "yes"}}, "cannot be 'yes'"),
            ({"TOOL_MODES": {"destructive": "auto"}}, "DESTRUCTIVE_TOOLS"),
            ({"DESTRUCTIVE_TOOLS": ["gone"]}, "no tool of that name"),
            ({"DESTRUCTIVE_TOOLS": ["sound"]}, "not destructive"),
            ({"DESTRUCTIVE_TOOLS": ["erase_alone"]}, "one person could approve"),
        ],
    )
    def test_names_what_is_wrong_with_a_setting(self, setting: dict[str, Any], says: str):
        with tools(Sound, Erase, EraseAlone, **setting):
            (found,) = check_tools(None)
        assert says in found.msg


class TestAMode:
    def test_follows_the_risk(self):
        with tools(Sound, Erase):
            assert mode_of(Sound(), BILLING) is Mode.REQUIRES_APPROVAL
            assert mode_of(Erase(), BILLING) is Mode.ALWAYS_BLOCK

    def test_may_be_set_for_a_risk(self):
        with tools(Sound, TOOL_MODES={"low_write": "auto"}):
            assert mode_of(Sound(), BILLING) is Mode.AUTO

    def test_lets_no_client_write_without_a_person(self):
        with tools(Sound, TOOL_MODES={"low_write": "auto"}):
            assert mode_of(Sound(), cairnloop.Actor.client("mcp")) is Mode.REQUIRES_APPROVAL

    def test_lets_a_destructive_tool_in_by_name_and_with_two_people_only(self):
        assert mode_for(Erase(), modes={}, destructive=["erase"]) is Mode.REQUIRES_APPROVAL
        assert mode_for(EraseAlone(), modes={}, destructive=["erase_alone"]) is Mode.ALWAYS_BLOCK
        assert mode_for(Erase(), modes={"destructive": "auto"}, destructive=[]) is Mode.ALWAYS_BLOCK

    def test_never_runs_by_itself_what_needs_two_people(self):
        class Both(Sound):
            needs_two_people = True

        assert mode_for(Both(), modes={"low_write": "auto"}, destructive=[]) is Mode.REQUIRES_APPROVAL

    def test_blocks_what_it_does_not_know(self):
        assert mode_for(Sound(), modes={"low_write": "sometimes"}, destructive=[]) is Mode.ALWAYS_BLOCK
