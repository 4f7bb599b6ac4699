"""Proposing an action by a form: made out of the tool's input, checked twice, and never half-written."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar, Literal
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.safestring import mark_safe
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from pydantic import BaseModel, Field, model_validator

import cairnloop
from cairnloop.models import AuditEntry, ToolApproval, ToolProposal
from cairnloop.testing import run_waiting_jobs
from cairnloop.web.conversation.tool_fields import Kind, NotForAForm, fields_of
from tests.factories import MATEUS, make_conversation
from tests.governance.conftest import decider, grant, group, tools  # noqa: F401  # fixtures
from tests.governance.tools import CAIRNLOOP
from tests.web.conversation.conftest import Desk, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tools")]

BOTH = pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
HERE = "tests.web.conversation.test_proposing"
TOKEN = "a-token-of-one-form"


class Plan(Enum):
    TEAM = "team"
    PAST_DUE = "past_due"


class Every(cairnloop.Tool):
    """One field of every kind."""

    name = "every"
    title = "Every kind"
    description = "For a form with everything."
    risk = cairnloop.Risk.LOW_WRITE
    asked: ClassVar[list[Any]] = []

    class Input(BaseModel):
        line: str = Field(title="One line", description="Said in a line.", max_length=20)
        lines: str = Field("", max_length=2_000)
        whole: int = Field(ge=1, lt=50)
        share: float | None = None
        price: Decimal = Field(Decimal("9.50"), max_digits=6, decimal_places=2)
        agreed: bool = False
        day: date
        moment: datetime | None = None
        at: time | None = None
        plan: Plan = Plan.TEAM
        size: Literal[1, 2] | None = None
        colours: list[Literal["red", "green"]] = []
        charge: str
        parts: list[int] = []
        known: UUID | None = None

    def authorize(self, *, input: Any, context: cairnloop.ToolContext) -> bool:
        self.asked.append(input)
        return True

    def choices(self, *, context: cairnloop.ToolContext) -> Any:
        charges = [("ch_1", mark_safe("March <i>")), ("ch_2", f"April of {context.account_ref}")]
        return {"charge": [*charges, (mark_safe('"><i>'), "May")], "parts": [("1", "Wheel")]}

    def run(self, *, input: Any, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        return cairnloop.ToolResult(summary="Done.")


class Nested(Every):
    """One that no form can take."""

    name = "nested"
    title = "Nested"

    class Input(BaseModel):
        class Line(BaseModel):
            what: str

        lines: list[Line]


class Secretive(Every):
    """One with a secret, and a rule about two fields."""

    name = "secretive"
    title = "Secretive"

    class Input(BaseModel):
        api_token: str
        days: int = 1

        @model_validator(mode="after")
        def _agree(self) -> Any:
            if self.api_token == "lost":
                raise KeyError(self.api_token)
            if self.days > 3:
                raise ValueError("Three days are enough for anybody.")
            return self

    def choices(self, *, context: cairnloop.ToolContext) -> Any:
        return {}


class Undecided(Every):
    """One whose choices break off."""

    name = "undecided"
    title = "Undecided"

    def choices(self, *, context: cairnloop.ToolContext) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")
        return {}


class Empty(Every):
    """One with nothing to choose from."""

    name = "empty"
    title = "Empty"

    def choices(self, *, context: cairnloop.ToolContext) -> Any:
        return {"charge": []}


class Mistyped(Every):
    """One with choices for a field it does not have."""

    name = "mistyped"
    title = "Mistyped"

    def choices(self, *, context: cairnloop.ToolContext) -> Any:
        return {"chrage": [("ch_1", "A charge")]}


OURS = [f"{HERE}.{each.__name__}" for each in (Every, Nested, Secretive, Undecided, Empty, Mistyped)]
RIGHT = {"in-line": "Hello", "in-whole": "7", "in-price": "9.50", "in-day": "2026-03-01", "in-charge": "ch_2"}
RIGHT["in-plan"] = "team"


@pytest.fixture(autouse=True)
def _our_tools(tools, settings):  # noqa: F811
    settings.CAIRNLOOP = {**CAIRNLOOP, "TOOLS": [*CAIRNLOOP["TOOLS"], *OURS]}
    Every.asked.clear()


def proposes(desk: Desk, conversation: Any, tool: str, *, htmx: bool = True, token: str = TOKEN, **sent: Any) -> Any:
    return desk.act("conversation-proposal", conversation, htmx=htmx, tool=tool, token=token, **sent)


def form(desk: Desk, conversation: Any, tool: str) -> str:
    response = desk.look("conversation-tools", conversation, htmx=True, tool=tool)
    assert response.status_code == 200
    return words_of(response)


def control(html: str, key: str) -> str:
    """What stands in the field of this name."""
    return re.search(rf'<div class="cl-field">(?:(?!<div class="cl-field">).)*name="in-{key}".*?</div>', html)[0]


def nothing_written() -> bool:
    return not ToolProposal.objects.exists() and not ToolApproval.objects.exists()


class TestTheTools:
    def test_are_those_the_operator_may_propose(self, desk, conversation, ada):
        html = words_of(desk.look("conversation-tools", conversation, htmx=True))
        assert "Every kind" in html and "For a form with everything." in html and "Low risk" in html
        assert ">Charge</a>" not in html
        grant(ada, "change_group")
        assert ">Charge</a>" in words_of(desk.look("conversation-tools", conversation, htmx=True))

    def test_say_which_have_no_form(self, desk, conversation):
        html = words_of(desk.look("conversation-tools", conversation, htmx=True))
        assert ">Nested</a>" not in html
        assert "A form cannot take a part of its input: Lines. Propose it from your project&#x27;s code." in html

    def test_say_that_there_are_none(self, desk, conversation, settings):
        settings.CAIRNLOOP = {"TOOLS": ["tests.governance.tools.Charge"]}
        assert "Your permissions allow none" in words_of(desk.look("conversation-tools", conversation, htmx=True))

    def test_open_in_the_page_without_scripts(self, desk, conversation):
        html = words_of(desk.look("conversation-tools", conversation))
        assert "<html" in html and conversation.subject in html
        assert html.index('id="proposals"') < html.index('id="proposing-title"')

    def test_have_no_button_where_there_are_none(self, desk, conversation, settings):
        assert "Propose an action" in words_of(desk.look("conversation", conversation)).split('id="main"')[1]
        settings.CAIRNLOOP = {}
        assert "cl-proposing" not in words_of(desk.look("conversation", conversation)).split('id="main"')[1]

    def test_are_kept_from_those_who_only_read(self, reader, conversation):
        assert "cl-proposing" not in words_of(reader.look("conversation", conversation)).split('id="main"')[1]
        assert reader.look("conversation-tools", conversation, htmx=True, tool="every").status_code == 403
        assert proposes(reader, conversation, "every", **RIGHT).status_code == 403
        assert nothing_written()

    def test_are_found_by_their_exact_names(self, desk, conversation):
        for name in ("nothing", "EVERY", "charge"):
            assert desk.look("conversation-tools", conversation, tool=name).status_code == 404


class TestTheForm:
    def test_has_a_field_for_every_kind(self):
        kinds = {field.key: field.kind for field in fields_of(Every.Input)}
        assert kinds == {
            "line": Kind.LINE,
            "lines": Kind.LINES,
            "whole": Kind.WHOLE,
            "share": Kind.NUMBER,
            "price": Kind.DECIMAL,
            "agreed": Kind.SWITCH,
            "day": Kind.DAY,
            "moment": Kind.MOMENT,
            "at": Kind.TIME,
            "plan": Kind.ONE,
            "size": Kind.ONE,
            "colours": Kind.SEVERAL,
            "charge": Kind.LINE,
            "parts": Kind.SEVERAL,
            "known": Kind.LINE,
        }

    @pytest.mark.parametrize("annotation", [dict[str, int], int | str, tuple[int, str], list[list[int]], bytes, Any])
    def test_is_none_for_what_it_cannot_take(self, annotation):
        model = type("Input", (BaseModel,), {"__annotations__": {"what_it_is": annotation}})
        with pytest.raises(NotForAForm, match="What it is"):
            fields_of(model)

    def test_says_what_the_tool_says_of_its_fields(self, desk, conversation):
        html = form(desk, conversation, "every")
        line = control(html, "line")
        assert "One line" in line and "Said in a line." in line and 'maxlength="20"' in line and "optional" not in line
        assert 'min="1"' in control(html, "whole") and 'max="49"' in control(html, "whole")
        assert 'value="9.50"' in control(html, "price") and "optional" not in control(html, "price")
        assert "(optional)" in control(html, "size") and ">None</option>" in control(html, "size")
        assert "selected>Team" in control(html, "plan") and ">None</option>" not in control(html, "plan")
        assert "<textarea" in control(html, "lines") and 'type="date"' in control(html, "day")
        assert 'value="past_due">Past due' in control(html, "plan")
        assert '<option value="ch_1">March &lt;i&gt;' in control(html, "charge") and '"><i>' not in html
        assert f"April of {conversation.account_ref}" in control(html, "charge")
        assert 'type="text"' not in control(html, "charge")
        assert "An operator must approve it." in html

    @pytest.mark.parametrize(
        ("tool", "says"),
        [
            ("nested", "Propose it from your project"),
            ("undecided", "could not be found out"),
            ("mistyped", "It offers choices for a field that it does not have."),
            ("empty", "There is nothing to choose from here: Charge."),
        ],
    )
    def test_says_why_there_is_none(self, desk, conversation, tool, says):
        html = form(desk, conversation, tool)
        assert says in html and 'type="submit"' not in html
        response = proposes(desk, conversation, tool, **RIGHT)
        assert response.status_code == 422 and says in words_of(response)
        assert nothing_written()


class TestProposing:
    @BOTH
    def test_proposes_what_was_entered(self, desk, conversation, htmx):
        more = {
            "in-lines": "one\r\ntwo",
            "in-share": "0.5",
            "in-agreed": "true",
            "in-moment": "2026-03-01T10:30",
            "in-at": "09:15",
            "in-size": "2",
            "in-colours": ["red", "green"],
            "in-parts": ["1"],
        }
        response = proposes(desk, conversation, "every", htmx=htmx, **RIGHT, **more)
        proposal = ToolProposal.objects.get()
        assert proposal.status == "open" and proposal.conversation == conversation
        assert proposal.proposer_name == "Ada Brandt" and proposal.account_ref == conversation.account_ref
        told = Every.Input.model_validate(proposal.input)
        assert told == Every.asked[-1]
        assert (told.line, told.lines, told.whole, told.share) == ("Hello", "one\ntwo", 7, 0.5)
        assert (told.price, told.agreed, told.plan, told.size) == (Decimal("9.50"), True, Plan.TEAM, 2)
        assert (told.day, told.at) == (date(2026, 3, 1), time(9, 15))
        assert told.moment == timezone.make_aware(datetime(2026, 3, 1, 10, 30))
        assert (told.colours, told.charge, told.parts, told.known) == (["red", "green"], "ch_2", [1], None)
        assert ToolApproval.objects.get().status == "pending"
        assert AuditEntry.objects.filter(action="tool.proposed").count() == 1
        if htmx:
            html = words_of(response)
            assert response.status_code == 200 and "It waits for approval" in html
            assert html.startswith('<div id="proposing"></div>')
            assert re.search(rf'id="proposal-{proposal.pk}"[^>]*autofocus', html)
        else:
            assert response.status_code == 303 and response.url.endswith(f"#proposal-{proposal.pk}")

    @BOTH
    def test_once_when_it_is_sent_twice(self, desk, conversation, htmx):
        for _ in range(2):
            assert proposes(desk, conversation, "every", htmx=htmx, **RIGHT).status_code == (200 if htmx else 303)
        assert ToolProposal.objects.count() == ToolApproval.objects.count() == 1
        proposes(desk, conversation, "every", token="another-form-of-ours", **RIGHT)
        assert ToolProposal.objects.count() == 2

    def test_each_form_has_a_token_of_its_own(self, desk, conversation):
        tokens = {re.search(r'name="token" value="([^"]+)"', form(desk, conversation, "every"))[1] for _ in range(3)}
        assert len(tokens) == 3
        assert proposes(desk, conversation, "every", token=tokens.pop(), **RIGHT).status_code == 200

    @pytest.mark.django_db(transaction=True)
    def test_runs_what_only_reads(self, desk, conversation):
        assert "what becomes of it" in words_of(proposes(desk, conversation, "lookup", **{"in-cents": "3"}))
        run_waiting_jobs()
        assert "Charged 3 cents." in words_of(desk.look("conversation", conversation))

    def test_is_nothing_a_stop_would_stop(self, desk, conversation, ada):
        cairnloop.stop_automation(by=cairnloop.Actor.operator(str(ada.pk), name="Ada"))
        assert proposes(desk, conversation, "every", **RIGHT).status_code == 200
        assert ToolProposal.objects.get().is_open

    @pytest.mark.parametrize(
        ("tool", "status", "says"),
        [
            ("unauthorised", "denied", "The rules of this action do not allow it."),
            ("erase", "blocked", "Actions of this risk are blocked here."),
            ("charge", "scope_missing", "auth.change_group"),
        ],
    )
    def test_shows_what_is_blocked_with_its_reason(self, desk, conversation, tool, status, says):
        sent = {} if tool == "unauthorised" else {"in-cents": "3"}
        response = proposes(desk, conversation, tool, **sent)
        assert response.status_code == 200 and says in words_of(response)
        assert ToolProposal.objects.get().status == status
        assert not ToolApproval.objects.exists()

    def test_is_for_conversations_one_sees(self, desk, settings):
        settings.CAIRNLOOP = {
            **settings.CAIRNLOOP,
            "OPERATOR_ACCESS": "tests.web.conversation.hooks.NorthbeamOnly",
        }
        other = make_conversation(customer_ref=MATEUS.ref, account_ref="elsewhere")
        assert desk.look("conversation-tools", other, htmx=True, tool="every").status_code == 404
        assert proposes(desk, other, "every", **RIGHT).status_code == 404
        assert nothing_written()


class TestWhatIsNotRight:
    @BOTH
    @pytest.mark.parametrize(
        ("key", "sent", "says"),
        [
            ("line", " ", "This is needed."),
            ("line", "x" * 21, "Give at most 20 characters."),
            ("line", "a\x00b", "This holds characters that cannot be stored."),
            ("whole", "seven", "Give a whole number."),
            ("whole", "0", "Give 1 or more."),
            ("price", "", "This is needed."),
            ("plan", "", "This is needed."),
            ("price", "1.234", "Give at most 2 digits behind the point."),
            ("share", "nan", "Give a number."),
            ("day", "2026-02-30", "Give a day that exists."),
            ("moment", "tomorrow", "Give a day and a time that exist."),
            ("at", "25:00", "Give a time of the day."),
            ("plan", "free", "This is not offered here"),
            ("charge", "ch_3", "This is not offered here"),
            ("known", "me", "This does not have the form that is asked for."),
        ],
    )
    def test_stands_at_its_field_with_what_was_entered(self, desk, conversation, key, sent, says, htmx):
        response = proposes(desk, conversation, "every", htmx=htmx, **{**RIGHT, f"in-{key}": sent})
        html = words_of(response)
        assert response.status_code == 422 and nothing_written() and not Every.asked
        field = control(html, key)
        assert says in field and 'aria-invalid="true"' in field and "autofocus" in field
        assert 'role="alert"' in html and "Not proposed." in html
        if key != "line":
            assert 'value="Hello"' in control(html, "line") and "aria-invalid" not in control(html, "line")
        if key == "charge":
            # A browser must not choose the first one by itself.
            assert '<option value="">Choose…' in field and "selected" not in field
        else:
            assert '<option value="ch_2" selected>' in control(html, "charge")

    def test_of_several_is_refused_too(self, desk, conversation):
        for sent in ({"in-colours": ["red", "blue"]}, {"in-parts": ["1", "2"]}):
            response = proposes(desk, conversation, "every", **RIGHT, **sent)
            assert response.status_code == 422 and "This is not offered here" in words_of(response)
        assert nothing_written()

    def test_is_said_for_all_fields_together(self, desk, conversation):
        html = words_of(proposes(desk, conversation, "every"))
        assert "Look at: One line, Whole, Price, Day, Plan, Charge." in html
        assert nothing_written()

    def test_says_no_secret_again(self, desk, conversation):
        sent = {"in-api_token": "hunter2", "in-days": "9"}
        html = words_of(proposes(desk, conversation, "secretive", **sent))
        assert "Three days are enough for anybody." in html and "hunter2" not in html
        assert 'type="password"' in html and 'value="9"' in html
        assert nothing_written()

    def test_is_what_could_not_be_looked_up(self, desk, conversation):
        html = words_of(proposes(desk, conversation, "secretive", **{"in-api_token": "lost", "in-days": "1"}))
        assert "Whether this is right could not be found out." in html
        assert nothing_written()

    def test_asks_for_a_form_of_ours(self, desk, conversation):
        for token in ("", "short", "with spaces in it, and more"):
            response = proposes(desk, conversation, "every", token=token, **RIGHT)
            assert response.status_code == 422 and "The form was incomplete." in words_of(response)
        assert nothing_written()

    def test_shows_no_choices_to_who_lacks_the_scope(self, desk, conversation):
        response = proposes(desk, conversation, "charge", **{"in-cents": "none"})
        assert response.status_code == 403 and "in-cents" not in words_of(response)
        assert proposes(desk, conversation, "nothing").status_code == 404
        assert nothing_written()

    @effort(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_never_fails_and_never_writes(self, desk, conversation, data):
        """Whatever one field holds that none of its kind may."""
        key = data.draw(st.sampled_from(["whole", "share", "day", "moment", "at", "plan", "charge", "parts", "known"]))
        hostile = st.one_of(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
            st.sampled_from(["9" * 400, "1e999", "0x1", "-0", "\x00", "x" * 30_000]),
            st.sampled_from(["2026-13-01T99", "0001-01-01T00:00", "9999-12-31T23:59"]),
        )
        sent = data.draw(hostile)
        response = proposes(desk, conversation, "every", **{**RIGHT, f"in-{key}": sent})
        assert response.status_code in (200, 422)
        if response.status_code == 422:
            assert nothing_written()
        else:
            Every.Input.model_validate(ToolProposal.objects.get().input)
            ToolApproval.objects.all().delete()
            ToolProposal.objects.all().delete()


def queries_of(*look: Any, **query: Any) -> int:
    desk, name, conversation = look
    with CaptureQueriesContext(connection) as seen:
        assert desk.look(name, conversation, **query).status_code == 200
    # Savepoints, around what the host and the tool answer, are there in a transaction alone.
    return sum("SAVEPOINT" not in each["sql"] for each in seen)


def test_asks_the_database_as_often_for_many(desk, conversation, settings):
    desk.look("conversation", conversation)
    with_button = queries_of(desk, "conversation", conversation)
    forms = [queries_of(desk, "conversation-tools", conversation, htmx=True, tool=tool) for tool in ("lookup", "every")]
    assert forms[0] == forms[1] == queries_of(desk, "conversation-tools", conversation, htmx=True) <= 8
    settings.CAIRNLOOP = {}
    assert queries_of(desk, "conversation", conversation) == with_button
