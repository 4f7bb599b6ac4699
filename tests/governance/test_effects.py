"""Rows are named by what they are, not by keys and secrets: also where a key is another row's, or is the secret."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import connection, models
from django.utils import timezone

import cairnloop
from cairnloop.governance.installing import install_triggers
from cairnloop.models import ToolProposal
from cairnloop.testing import run_waiting_jobs
from tests.governance.test_approving import approve
from tests.governance.test_previewing import Anything, doing, rows

HERE = "tests.governance.test_effects"
NAMES = (
    "Profile",
    "Picture",
    "Team",
    "Squad",
    "Token",
    "Device",
    "Owner",
    "Voucher",
    "Parcel",
    "Stamp",
    "Crate",
    "Shift",
)


def random_code() -> str:
    return secrets.token_hex(8)


colours = cycle(["red", "red", "blue", "green"])


def some_colour() -> str:
    return next(colours)


def number_anew() -> int:
    """What leaves no row, and is not undone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('auth_group_id_seq', 800000001)")
    return 1


def made() -> tuple[type[models.Model], ...]:
    """Models of a host, for as long as these tests run: elsewhere, whoever is deleted would be looked for in them."""

    class Profile(models.Model):
        user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True)
        about = models.TextField(default="")

        class Meta:
            app_label = "auth"

    class Picture(models.Model):
        profile = models.OneToOneField(Profile, on_delete=models.CASCADE, primary_key=True)

        class Meta:
            app_label = "auth"

    class Team(Group):
        colour = models.CharField(max_length=10)

        class Meta:
            app_label = "auth"

    class Squad(Team):
        leader = models.ForeignKey(Profile, on_delete=models.CASCADE)

        class Meta:
            app_label = "auth"

    class Token(models.Model):
        key = models.CharField(max_length=40, primary_key=True)
        name = models.CharField(max_length=40, default="")

        class Meta:
            app_label = "auth"

    class Device(models.Model):
        name = models.CharField(max_length=40)
        token = models.ForeignKey(Token, on_delete=models.CASCADE)

        class Meta:
            app_label = "auth"

    class Owner(models.Model):
        token = models.OneToOneField(Token, on_delete=models.CASCADE, primary_key=True)
        name = models.CharField(max_length=40)

        class Meta:
            app_label = "auth"

    class Voucher(models.Model):
        code = models.CharField(max_length=40, default=random_code)
        ai_tokens = models.IntegerField(default=0)
        tokens_last = models.DurationField(default=timedelta(days=1))
        access_token = models.CharField(max_length=40, default="")
        terms = models.JSONField(default=dict)

        class Meta:
            app_label = "auth"

    class Parcel(models.Model):
        id = models.UUIDField(primary_key=True, default=uuid4)
        name = models.CharField(max_length=40)

        class Meta:
            app_label = "auth"

    class Stamp(models.Model):
        parcel = models.ForeignKey(Parcel, on_delete=models.CASCADE)

        class Meta:
            app_label = "auth"

    class Crate(models.Model):
        number = models.IntegerField(default=number_anew)

        class Meta:
            app_label = "auth"

    class Shift(models.Model):
        name = models.CharField(max_length=40)
        begins = models.DateField(default=date.today)
        changed_on = models.DateField(auto_now=True)
        changed_at = models.TimeField(auto_now=True)
        colour = models.CharField(max_length=10, default=some_colour)

        class Meta:
            app_label = "auth"

    return Profile, Picture, Team, Squad, Token, Device, Owner, Voucher, Parcel, Stamp, Crate, Shift


def made_beside() -> tuple[type[models.Model], ...]:
    """Two that read the same table from an app that comes earlier: a part of it, and all of it by another name."""

    class VoucherCode(models.Model):
        code = models.CharField(max_length=40)

        class Meta:
            app_label = "contenttypes"
            managed = False
            db_table = "auth_voucher"

    class OwnVoucher(apps.get_model("auth", "Voucher")):  # type: ignore[misc]
        class Meta:
            app_label = "contenttypes"
            proxy = True

    return VoucherCode, OwnVoucher


class Everything(Anything):
    """May write all of these."""

    writes = ("auth.Group", "auth.User", *(f"auth.{name}" for name in NAMES))
    unsteady = frozenset()


@pytest.fixture(scope="module")
def tables(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    classes = made()
    beside = made_beside()
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            for model in classes:
                editor.create_model(model)
        yield
        with connection.schema_editor() as editor:
            for model in reversed(classes):
                editor.delete_model(model)
    for model in (*beside, *classes):
        del apps.all_models[model._meta.app_label][model._meta.model_name]
    apps.clear_cache()


@pytest.fixture
def watched(tables: None, transactional_db: None, settings: Any) -> None:
    settings.CAIRNLOOP = {"TOOLS": [f"{HERE}.Everything"]}
    install_triggers()


def model(name: str) -> Any:
    return apps.get_model("auth", name)


def run(proposal: ToolProposal, decider: Any) -> str:
    approve(proposal.approvals.get(), decider)
    run_waiting_jobs()
    return proposal.executions.get().status


def of(proposal: ToolProposal) -> dict[str, tuple[str, dict[str, tuple[str | None, str | None]]]]:
    """Each model's row by its key and fields."""
    return {model.removeprefix("auth."): (key, fields) for model, _, key, fields in rows(proposal)}


@pytest.mark.usefixtures("watched")
class TestAKeyThatIsAnotherRows:
    def test_is_named_as_that_row_through_several_levels_and_inheritances(self, decider: Any):
        def found() -> None:
            Group.objects.create(name="First")
            profile = model("Profile").objects.create(user=User.objects.create(username="lin"))
            model("Picture").objects.create(profile=profile)
            model("Squad").objects.create(name="Squad", colour="red", leader=profile)

        proposal = doing(found)
        shown = of(proposal)
        assert shown["User"][0] == shown["Profile"][0] == shown["Picture"][0] == "new 2"
        assert shown["Group"][0] == shown["Team"][0] == shown["Squad"][0] == "new 3"
        assert shown["Squad"][1]["leader"] == (None, "new 2")
        assert run(proposal, decider) == "succeeded"
        assert model("Squad").objects.get().leader.user.username == "lin"

    def test_is_named_so_where_it_is_told_before_that_row(self, decider: Any):
        def backwards() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT nextval('auth_user_id_seq')")
                (key,) = cursor.fetchone()
            model("Picture").objects.create(profile_id=key)
            model("Profile").objects.create(user_id=key)
            User.objects.create(pk=key, username="lin")

        proposal = doing(backwards)
        assert {key for key, _ in of(proposal).values()} == {"new 1"}
        assert run(proposal, decider) == "succeeded"

    def test_is_itself_where_that_row_was_there(self, decider: Any):
        user = User.objects.create(username="lin")
        proposal = doing(lambda: model("Profile").objects.create(user=user))
        assert of(proposal)["Profile"][0] == str(user.pk)
        assert run(proposal, decider) == "succeeded"


@pytest.mark.usefixtures("watched")
class TestAKeyThatIsASecret:
    def test_is_not_shown_where_a_row_points_to_it(self, decider: Any):
        model("Token").objects.create(key="sk_live_1234")
        proposal = doing(lambda: model("Device").objects.create(name="Door", token_id="sk_live_1234"))
        assert of(proposal)["Device"][1] == {"name": (None, "Door"), "token": (None, "••••")}
        assert "sk_live" not in str(proposal.effect)
        assert run(proposal, decider) == "succeeded"

    def test_is_compared_all_the_same(self, decider: Any):
        for key in ("sk_live_1234", "sk_live_5678"):
            model("Token").objects.create(key=key)
        keys = iter(["sk_live_1234"] * 2 + ["sk_live_5678"] * 4)
        proposal = doing(lambda: model("Device").objects.create(name="Door", token_id=next(keys)))
        assert run(proposal, decider) == "failed"
        assert proposal.approvals.order_by("pk")[0].cause == "effect_changed"
        keys = iter(["sk_live_1234", "sk_live_5678", "sk_live_5678"])
        proposal = doing(lambda: model("Token").objects.filter(key=next(keys)).update(name="Ended"))
        assert of(proposal)["Token"] == ("••••", {"name": ("", "Ended")})
        assert run(proposal, decider) == "failed"
        keys = iter(["sk_live_1234", "sk_live_5678", "sk_live_5678"])
        proposal = doing(lambda: model("Owner").objects.create(token_id=next(keys), name="Lin"))
        assert of(proposal)["Owner"] == ("••••", {"name": (None, "Lin")})
        assert run(proposal, decider) == "failed"

    def test_is_named_as_new_where_the_row_is(self, decider: Any):
        def issue() -> None:
            key = f"sk_{timezone.now().timestamp()}"
            model("Device").objects.create(name="Door", token=model("Token").objects.create(key=key))

        proposal = doing(issue)
        assert (of(proposal)["Token"][0], of(proposal)["Device"][1]["token"]) == ("new 1", (None, "new 1"))
        assert run(proposal, decider) == "succeeded"


def send(key: UUID) -> None:
    """Make two parcels, the first with this key, and put a stamp on each."""
    chosen = model("Parcel").objects.create(pk=key, name="Chosen")
    for parcel in (chosen, model("Parcel").objects.create(name="Random")):
        model("Stamp").objects.create(parcel=parcel)


@pytest.mark.usefixtures("watched")
class TestAKeyThatFillsItself:
    def test_is_shown_where_the_tool_chose_it_with_what_refers_to_it(self, decider: Any):
        proposal = doing(lambda: send(UUID(int=7)))
        shown = [(key, fields) for _, _, key, fields in rows(proposal)]
        assert shown == [
            (str(UUID(int=7)), {"name": (None, "Chosen")}),
            ("new 1", {"name": (None, "Random")}),
            ("new 2", {"parcel": (None, str(UUID(int=7)))}),
            ("new 3", {"parcel": (None, "new 1")}),
        ]
        assert run(proposal, decider) == "succeeded"
        assert model("Stamp").objects.filter(parcel=UUID(int=7)).exists()

    def test_is_shown_also_where_it_would_be_counted(self, decider: Any):
        proposal = doing(lambda: Group.objects.create(pk=700_000_001, name="Chosen"))
        assert rows(proposal) == [("auth.Group", "insert", "700000001", {"name": (None, "Chosen")})]
        assert run(proposal, decider) == "succeeded"

    def test_is_compared_where_the_tool_chose_it(self, decider: Any):
        keys = [UUID(int=7)]
        proposal = doing(lambda: send(keys[0]))
        keys[0] = UUID(int=8)
        assert run(proposal, decider) == "failed"
        assert proposal.approvals.order_by("pk")[0].cause == "effect_changed"
        assert not model("Parcel").objects.exists()

    def test_is_compared_where_all_of_it_was_chosen(self, decider: Any):
        keys = [UUID(int=7)]
        proposal = doing(lambda: model("Parcel").objects.create(pk=keys[0], name="A"))
        keys[0] = uuid4()
        assert run(proposal, decider) == "failed"

    def test_may_be_made_of_the_run_key(self, decider: Any):
        def send_once() -> None:
            key = uuid5(NAMESPACE_URL, Anything.run_key)
            model("Parcel").objects.create(pk=key, name=Anything.run_key[:40])

        proposal = doing(send_once)
        assert run(proposal, decider) == "succeeded"
        parcel = model("Parcel").objects.get()
        assert rows(proposal) == [("auth.Parcel", "insert", str(parcel.pk), {"name": (None, parcel.name)})]

    def test_is_asked_anew_where_the_tool_chose_it_since(self, decider: Any):
        keys = []
        proposal = doing(lambda: send(keys[0] if keys else uuid4()))
        assert [key for model, _, key, _ in rows(proposal) if model == "auth.Parcel"] == ["new 1", "new 2"]
        keys.append(UUID(int=7))
        assert run(proposal, decider) == "failed"
        proposal.refresh_from_db()
        assert str(UUID(int=7)) in str(proposal.effect)


@pytest.mark.usefixtures("watched")
class TestAFieldThatFillsItself:
    def test_is_shown_and_compared_where_the_tool_chose_its_value(self, decider: Any):
        proposal = doing(lambda: model("Voucher").objects.create(code="FREE100"))
        assert of(proposal)["Voucher"][1]["code"] == (None, "FREE100")
        assert run(proposal, decider) == "succeeded"

        codes = iter(["MINE"] * 2 + ["OTHER"] * 4)
        proposal = doing(lambda: model("Voucher").objects.create(code=next(codes)))
        assert run(proposal, decider) == "failed"
        assert proposal.approvals.order_by("pk")[0].cause == "effect_changed"
        assert not model("Voucher").objects.exclude(code="FREE100").exists()

    def test_is_known_as_one_where_it_is_only_sometimes_another(self, decider: Any):
        doing(lambda: model("Shift").objects.create(name="First"))
        global colours
        colours = cycle(["red", "blue", "green", "gold", "grey"])
        proposal = doing(lambda: model("Shift").objects.create(name="Second"))
        assert of(proposal)["Shift"][1]["colour"] == (None, "(generated)")
        assert run(proposal, decider) == "succeeded"

    def test_of_now_is_no_difference_the_day_after(self, decider: Any, monkeypatch: Any):
        shift = model("Shift").objects.create(name="Early")
        model("Shift").objects.update(changed_on="2026-01-01", changed_at="00:00:00")

        def rename_it() -> None:
            found = model("Shift").objects.get(pk=shift.pk)
            found.name = "Late"
            found.save()
            model("Shift").objects.create(name="New", colour="gold")

        proposal = doing(rename_it)
        shown = {name: after for _, _, _, fields in rows(proposal) for name, (_, after) in fields.items()}
        assert {shown[name] for name in ("begins", "changed_on", "changed_at")} == {"(now)"}
        tomorrow = timezone.now() + timedelta(days=1)
        monkeypatch.setattr("django.utils.timezone.now", lambda: tomorrow)
        pre_save = models.DateField.pre_save

        def pre_save_tomorrow(field: Any, instance: Any, add: bool) -> Any:
            value = pre_save(field, instance, add)
            if value == date.today() and (add or field.auto_now):
                value = tomorrow.date()
                setattr(instance, field.attname, value)
            return value

        monkeypatch.setattr(models.DateField, "pre_save", pre_save_tomorrow)
        assert run(proposal, decider) == "succeeded"
        assert model("Shift").objects.get(pk=shift.pk).changed_on == tomorrow.date()

    def test_is_asked_anew_where_the_tool_chose_its_value_since(self, decider: Any):
        def issue() -> None:
            is_gift = Group.objects.filter(name="Gifts").exists()
            model("Voucher").objects.create(**({"code": "FREE100"} if is_gift else {}))

        proposal = doing(issue)
        assert of(proposal)["Voucher"][1]["code"] == (None, "(generated)")
        Group.objects.create(name="Gifts")
        assert run(proposal, decider) == "failed"
        assert proposal.approvals.order_by("pk")[0].cause == "effect_changed"
        assert not model("Voucher").objects.exists()
        proposal.refresh_from_db()
        assert of(proposal)["Voucher"][1]["code"] == (None, "FREE100")
        approve(proposal.approvals.pending().get(), decider)
        run_waiting_jobs()
        assert model("Voucher").objects.get().code == "FREE100"

    def test_is_tried_with_the_input_of_the_proposal_each_time(self, decider: Any, monkeypatch: Any):
        def issue(self: Any, *, input: Any, context: Any, run_key: str) -> cairnloop.ToolResult:
            input.n += 1
            model("Voucher").objects.create(ai_tokens=input.n)
            return cairnloop.ToolResult(summary="Done.")

        monkeypatch.setattr(Everything, "run", issue)
        proposal = doing(lambda: None)
        assert of(proposal)["Voucher"][1]["ai_tokens"] == (None, str(proposal.input["n"] + 1))
        assert run(proposal, decider) == "succeeded"

    def test_alone_costs_the_run_another_try(self, decider: Any):
        tries: list[str] = []
        voucher = model("Voucher").objects.create(code="A")
        proposal = doing(lambda: [tries.append("."), model("Voucher").objects.filter(pk=voucher.pk).update(code="B")])
        assert (run(proposal, decider), len(tries)) == ("succeeded", 2)

    def test_is_named_as_generated_where_it_did(self, decider: Any):
        proposal = doing(lambda: model("Voucher").objects.create())
        assert of(proposal)["Voucher"][1]["code"] == (None, "(generated)")
        assert run(proposal, decider) == "succeeded"

    def test_is_not_asked_for_what_no_preview_can_show(self):
        proposal = doing(lambda: model("Crate").objects.create(number=7))
        assert proposal.status == "blocked" and "no preview can show" in proposal.reason
        assert Group.objects.create(name="Later").pk < 800_000_001


@pytest.mark.usefixtures("watched")
class TestAMoment:
    def test_is_the_same_in_another_zone(self, decider: Any):
        user = User.objects.create(username="lin", date_joined=datetime(2026, 1, 1, 23, tzinfo=UTC))
        rows_of = User.objects.filter(pk=user.pk)

        def move() -> None:
            rows_of.update(first_name="Lin")
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL timezone = 'Asia/Tokyo'")
            rows_of.update(last_name="Zhao", last_login=datetime(2031, 1, 1, 23, tzinfo=UTC))

        proposal = doing(move)
        assert proposal.is_open, proposal.reason
        assert of(proposal)["User"][1] == {
            "last_login": (None, "2031-01-01T23:00:00+00:00"),
            "first_name": ("", "Lin"),
            "last_name": ("", "Zhao"),
        }
        assert run(proposal, decider) == "succeeded"


@pytest.mark.usefixtures("watched")
class TestANumber:
    def test_is_no_secret_for_being_called_like_one(self, decider: Any):
        voucher = model("Voucher").objects.create(ai_tokens=5, access_token="tm_live_1")
        rows_of = model("Voucher").objects.filter(pk=voucher.pk)
        proposal = doing(lambda: rows_of.update(ai_tokens=100, access_token="tm_live_2"))
        assert of(proposal)["Voucher"][1] == {"ai_tokens": ("5", "100"), "access_token": ("••••", "••••")}
        assert run(proposal, decider) == "succeeded"
        longer = doing(lambda: rows_of.update(tokens_last=timedelta(days=7)))
        assert of(longer)["Voucher"][1] == {"tokens_last": ("1 day", "7 days")}

        limits = iter([200, 1_000_000, 1_000_000])
        proposal = doing(lambda: rows_of.update(ai_tokens=next(limits)))
        assert run(proposal, decider) == "failed"
        assert rows_of.get().ai_tokens == 100

    def test_is_not_the_same_as_text_in_a_json_value(self, decider: Any):
        voucher = model("Voucher").objects.create(terms={"limit": "100", "x": 1, "für": [1, "1", 2.50, None, True]})
        rows_of = model("Voucher").objects.filter(pk=voucher.pk)
        proposal = doing(lambda: rows_of.update(terms={"limit": 100, "x": "1"}))
        before, after = of(proposal)["Voucher"][1]["terms"]
        assert before == '{"für": [1, "1", 2.5, null, true], "limit": "100", "x": 1}'
        assert after == '{"limit": 100, "x": "1"}'
        terms = iter([{"a": 5}, {"a": "5"}, {"a": "5"}])
        proposal = doing(lambda: rows_of.update(terms=next(terms)))
        assert run(proposal, decider) == "failed"
        assert doing(lambda: rows_of.update(terms="7")).effect != doing(lambda: rows_of.update(terms=7)).effect


@pytest.mark.usefixtures("watched")
class TestATableThatSeveralModelsRead:
    def test_is_told_by_the_one_the_tool_names(self, decider: Any):
        voucher = model("Voucher").objects.create(code="A")
        proposal = doing(lambda: model("Voucher").objects.filter(pk=voucher.pk).update(ai_tokens=7))
        assert rows(proposal) == [("auth.Voucher", "update", str(voucher.pk), {"ai_tokens": ("0", "7")})]
        assert run(proposal, decider) == "succeeded"
