"""Fills Trailmark's own tables: workspaces, people, seats, keys, charges and a week of runs."""

from __future__ import annotations

import random
import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.contrib.auth.models import Group, Permission

from trailmark.models import ApiKey, Charge, CiRun, Member, Seat, Workspace
from trailmark.seeding.cast import COMPANIES, PEOPLE, Company, Person
from trailmark.seeding.stories.billing import DUPLICATE

COMMITS = (
    "Tune the path smoother",
    "Raise the torque limit in tests",
    "Show battery age",
    "Drop the old map format",
    "Pin the simulator",
    "Fix the legend on small screens",
    "Split the planner",
    "Read the region from the manifest",
    "Retry only what is safe to retry",
    "Name the units in every column",
    "Sort by what people see",
    "Delete the flag nobody set",
    "Say why a run was skipped",
    "Move the clock out of the parser",
    "Round once, at the end",
    "Keep the order of equal rows",
    "Let the queue drain before closing",
    "Translate the empty states",
    "Make the table readable by keyboard",
    "Bump the compiler",
)

LOOKS = ("view_conversation",)
ANSWERS = ("change_conversation", "change_article")
PROPOSES = ("change_workspace", "change_apikey", "refund_charge", "view_cirun")
"""What the tools of `trailmark.support.tools` ask for."""
GROUPS = {
    "Looks into support": LOOKS,
    "Support": LOOKS + ANSWERS + PROPOSES,
    "Decides in support": ("change_toolapproval", "view_auditentry"),
}


def fill(*, now: datetime) -> None:
    """Create what is missing; running it again changes nothing."""
    for company in COMPANIES:
        workspace, is_new = Workspace.objects.get_or_create(
            slug=company.slug,
            defaults={
                "name": company.name,
                "plan": company.plan,
                "seats": company.seats,
                "trial_ends_at": now + timedelta(days=company.trial_days) if company.trial_days else None,
            },
        )
        if is_new:
            dice = random.Random(f"trailmark {company.slug}")
            _seats(workspace, company, now=now)
            _keys(workspace, dice, now=now)
            _charges(workspace, company, dice, now=now)
            _runs(workspace, company, dice, now=now)
    for person in PEOPLE:
        _person(person)


def _person(person: Person) -> None:
    member, is_new = Member.objects.get_or_create(
        username=person.key,
        defaults={
            "first_name": person.first_name,
            "last_name": person.last_name,
            "email": f"{person.first_name}.{person.last_name}@{person.domain}".lower().replace("ê", "e"),
            "role": person.role,
            "time_zone": person.time_zone,
            "workspace": Workspace.objects.get(slug=person.company) if person.company else None,
            "is_staff": not person.company,
        },
    )
    if is_new:
        # Nobody here signs in with a password: the demo lets you become them.
        member.set_unusable_password()
        member.save(update_fields=["password"])
    if not person.company:
        member.groups.add(_group("Support" if person.may_answer else "Looks into support"))
    if person.may_decide:
        member.groups.add(_group("Decides in support"))


def _group(name: str) -> Group:
    """Who may do what in the dashboard is said with Django's own permissions."""
    group, is_new = Group.objects.get_or_create(name=name)
    if is_new:
        apps = ("cairnloop", "trailmark")
        group.permissions.set(Permission.objects.filter(content_type__app_label__in=apps, codename__in=GROUPS[name]))
    return group


def _seats(workspace: Workspace, company: Company, *, now: datetime) -> None:
    people = [f"{person.first_name} {person.last_name}" for person in PEOPLE if person.company == company.slug]
    holders = people + [f"Member {number}" for number in range(len(people) + 1, company.taken + 1)]
    seats = [Seat(workspace=workspace, holder=holder) for holder in holders]
    if company.slug == "northbeam":
        ended = now - timedelta(days=33)
        seats += [
            Seat(workspace=workspace, holder=bot, is_bot=True, deactivated_at=ended) for bot in ("relbot", "lintbot")
        ]
    Seat.objects.bulk_create(seats)


def _keys(workspace: Workspace, dice: random.Random, *, now: datetime) -> None:
    labels = dice.sample(["deploy", "wall display", "nightly export", "status bot", "laptop", "terraform"], 3)
    ApiKey.objects.bulk_create(
        ApiKey(
            workspace=workspace,
            label=label,
            prefix=f"tm_live_{dice.randrange(16**6):06x}",
            # They have been shown. Nobody knows what belongs to these.
            secret_digest=sha256(secrets.token_bytes()).hexdigest(),
            created_at=now - timedelta(days=dice.randint(3, 400)),
            last_used_at=now - timedelta(minutes=dice.randint(1, 4_000)),
            revoked_at=now - timedelta(minutes=46) if workspace.slug == "fathom" and label == labels[0] else None,
        )
        for label in labels
    )


def _charges(workspace: Workspace, company: Company, dice: random.Random, *, now: datetime) -> None:
    if company.trial_days:
        return
    renewed_at = now - timedelta(days=dice.randint(1, 3), hours=dice.randint(1, 20))
    charges = [
        Charge(
            workspace=workspace,
            reference=f"ch_{dice.randrange(36**8):08x}",
            invoice_number=f"INV-{dice.randint(10_000, 29_999)}",
            what_for=company.plan,
            amount_cents=company.monthly_cents,
            captured_at=renewed_at - timedelta(days=30 * month),
        )
        for month in range(6)
    ]
    if company.slug == "northbeam":
        charges.append(
            Charge(
                workspace=workspace,
                reference=DUPLICATE,
                what_for=company.plan,
                amount_cents=company.monthly_cents,
                captured_at=renewed_at + timedelta(seconds=41),
            )
        )
    if company.slug == "paperboat":
        charges[0].state, charges[0].invoice_number = Charge.State.FAILED, ""
    Charge.objects.bulk_create(charges)


def _runs(workspace: Workspace, company: Company, dice: random.Random, *, now: datetime) -> None:
    runs: list[CiRun] = []
    started_at = now - timedelta(minutes=dice.randint(4, 30))
    weights = [2] + [1] * (len(company.repositories) - 1)
    while len(runs) < company.weekly_runs:
        (repository,) = dice.choices(company.repositories, weights)
        runs.append(
            CiRun(
                workspace=workspace,
                repository=repository,
                commit=dice.choice(COMMITS),
                result=_result(repository, now - started_at, dice),
                started_at=started_at,
            )
        )
        started_at -= timedelta(minutes=dice.expovariate(company.weekly_runs / (7 * 24 * 60)))
    if company.slug == "paperboat":
        runs[0].repository, runs[0].result = "press", CiRun.Result.WAITING
    CiRun.objects.bulk_create(runs)


def _result(repository: str, age: timedelta, dice: random.Random) -> CiRun.Result:
    if repository == "nav-core" and age < timedelta(hours=30):
        return CiRun.Result.SKIPPED
    return CiRun.Result.FAILED if dice.random() < 0.08 else CiRun.Result.PASSED
