"""Every door against every kind of caller. A URL or socket without a rule here fails the suite."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import get_resolver, resolve, reverse
from django.utils import timezone

import cairnloop
from cairnloop.hooks.operator_access import StaffAccess
from cairnloop.models import (
    Article,
    AuditEntry,
    AutomationSwitch,
    Conversation,
    Draft,
    Message,
    Revision,
    ToolApproval,
    ToolExecution,
    ToolProposal,
)
from cairnloop.routing import websocket_urlpatterns
from cairnloop.widget import frames
from tests import factories
from tests.factories import LIN, MATEUS, make_article, make_conversation, make_draft, revise

SIGN_IN, ABSENT, FORBIDDEN, UNPROVEN = 302, 404, 403, 401


def is_done(response: Any) -> bool:
    """True for what a page or a write answers when allowed; a redirect leads on, and not to the sign-in."""
    return response.status_code in {200, 204} or (
        response.status_code in {302, 303} and not response.url.startswith(settings.LOGIN_URL)
    )


@dataclass(frozen=True)
class Rule:
    """What one URL answers each caller: a page of all, or something of one conversation."""

    method: str = "get"
    of_conversation: bool = False
    writes: bool = False
    data: Callable[[Conversation], dict[str, Any]] = lambda conversation: {}
    of_proposal: int = 0
    """How many cents the action is about that the URL names, one of the conversation."""
    acts: bool = False
    """For those alone who may do what it leads to, though it writes nothing."""


def _reply(conversation: Conversation) -> dict[str, Any]:
    return {"text": "On it.", "seen_sequence": conversation.sequence, "client_id": "matrix-1"}


def _seen(conversation: Conversation) -> dict[str, Any]:
    return {"seen_sequence": conversation.sequence}


def _draft(conversation: Conversation) -> dict[str, Any]:
    # In an unknown conversation, somebody else's draft.
    own = Draft.objects.filter(conversation_id=conversation.pk).first() or Draft.objects.first()
    return {"draft_id": own.pk if own else 1, "seen_sequence": conversation.sequence}


WAITS, REJECTED, UNKNOWN = 1, 2, 3
"""How many cents the actions in each conversation are about, by how they stand."""


def _proposal(cents: int) -> Callable[[Conversation], dict[str, Any]]:
    """What is sent about the action over so many cents; in an unknown conversation, about somebody else's."""

    def data(conversation: Conversation) -> dict[str, Any]:
        rows = ToolProposal.objects.filter(input__cents=cents)
        own = rows.filter(conversation_id=conversation.pk).first() or rows.first()
        if own is None:
            return {"proposal_id": 1, "approval_id": 1, "execution_id": 1}
        approval, execution = own.approvals.last(), own.executions.last()
        return {
            "proposal_id": own.pk,
            "approval_id": approval.pk if approval else 0,
            "execution_id": execution.pk if execution else 0,
            "seen_digest": approval.digest if approval else "",
            "reason": "Looked it up.",
            "happened": "yes",
        }

    return data


def _choice(conversation: Conversation) -> dict[str, Any]:
    """What the checkbox of the action that waits sends."""
    approval = ToolApproval.objects.filter(proposal__input__cents=WAITS, proposal__conversation=conversation).last()
    return {"chosen": f"{approval.pk}.{approval.digest}" if approval else ""}


def _tool(conversation: Conversation) -> dict[str, Any]:
    return {"tool": "tag", "token": "a-token-of-one-form", "in-cents": "4"}


READ = Rule(of_conversation=True)
RULES: dict[str, Rule] = {
    "home": Rule(),
    "inbox": Rule(),
    "inbox-changes": Rule(),
    "rail-badge": Rule(),
    "live-state": Rule(),
    "automation-stop": Rule("post", writes=True),
    "automation-resumption": Rule("post", writes=True),
    "search": Rule(),
    "search-results": Rule("post", data=lambda _: {"q": "charges"}),
    "search-gaps": Rule("post", data=lambda _: {"q": "charges nowhere explained"}),
    "inbox-preview": READ,
    "conversation": READ,
    "conversation-timeline": READ,
    "conversation-customer": READ,
    "inbox-assignment": Rule("post", True, True, lambda _: {"to": "me"}),
    "inbox-resolution": Rule("post", True, True, _seen),
    "inbox-reopening": Rule("post", True, True),
    "conversation-reply": Rule("post", True, True, _reply),
    "conversation-note": Rule("post", True, True, _reply),
    "conversation-draft": READ,
    "conversation-draft-approval": Rule("post", True, True, _draft),
    "conversation-draft-regeneration": Rule("post", True, True, lambda c: {**_draft(c), "instruction": "shorter"}),
    "conversation-draft-discarding": Rule("post", True, True, lambda c: {**_draft(c), "reason": "wrong"}),
    "conversation-tools": Rule(of_conversation=True, acts=True),
    "conversation-proposal": Rule("post", True, True, _tool),
    "conversation-proposal-approval": Rule("post", True, True, _proposal(WAITS)),
    "conversation-proposal-rejection": Rule("post", True, True, _proposal(WAITS)),
    "conversation-proposal-deferral": Rule("post", True, True, _proposal(WAITS)),
    "conversation-proposal-reopening": Rule("post", True, True, _proposal(REJECTED)),
    "conversation-proposal-settlement": Rule("post", True, True, _proposal(UNKNOWN)),
    "conversation-typing": Rule("post", True, True),
    "conversation-assignment": Rule("post", True, True, lambda _: {"to": "me"}),
    "conversation-resolution": Rule("post", True, True, _seen),
    "conversation-reopening": Rule("post", True, True),
    "conversation-archiving": Rule("post", True, True, _seen),
    "approvals": Rule(),
    "approvals-changes": Rule(),
    "rail-approvals": Rule(),
    "approvals-batch": Rule("post", writes=True, data=_choice),
    "approvals-proposal": Rule(of_conversation=True, of_proposal=WAITS),
    "approvals-proposal-approval": Rule("post", True, True, _proposal(WAITS), WAITS),
    "approvals-proposal-rejection": Rule("post", True, True, _proposal(WAITS), WAITS),
    "approvals-proposal-deferral": Rule("post", True, True, _proposal(WAITS), WAITS),
    "approvals-proposal-reopening": Rule("post", True, True, _proposal(REJECTED), REJECTED),
    "approvals-proposal-settlement": Rule("post", True, True, _proposal(UNKNOWN), UNKNOWN),
}
"""The operators' URLs; those of articles follow, then the widget's doors and the sockets."""


@dataclass(frozen=True)
class ArticleRule:
    """What one URL of the knowledge base answers: to whom, about one article or one of its revisions, and what it
    is sent."""

    method: str = "get"
    needs: str = "view"
    of: str = "article"
    data: Callable[[Article], dict[str, Any]] = lambda article: {}


def _words(article: Article) -> dict[str, Any]:
    return {"title": "Refunds", "text": "Within a day.", "visibility": "public", "locale": "en", "tags": ""}


def _seen_revision(article: Article) -> dict[str, Any]:
    newest = article.revisions.newest_first().first()
    # Of an unknown article nobody can have seen anything.
    return {"seen_revision_id": newest.pk, "seen_changed_at": newest.changed_at.isoformat()} if newest else {}


ARTICLE_RULES: dict[str, ArticleRule] = {
    "articles": ArticleRule(of=""),
    "article": ArticleRule(),
    "article-revision": ArticleRule(of="revision"),
    "article-history": ArticleRule(),
    "article-comparison": ArticleRule(),
    "article-new": ArticleRule(needs="write", of=""),
    "article-editor": ArticleRule(needs="write"),
    "article-publication": ArticleRule(needs="publish"),
    "article-archive": ArticleRule(needs="archive"),
    "article-new-preview": ArticleRule("post", "write", "", _words),
    "article-preview": ArticleRule("post", "write", "article", _words),
    "article-creation": ArticleRule("post", "write", "", _words),
    "article-saving": ArticleRule("post", "write", "article", lambda a: {**_words(a), **_seen_revision(a)}),
    "article-publishing": ArticleRule("post", "publish", "article", _seen_revision),
    "article-archiving": ArticleRule("post", "archive", "article", lambda _: {"reason": "Outdated"}),
    "article-restoring": ArticleRule("post", "write", "revision", _seen_revision),
}
AUDIT_DOORS: dict[str, str] = {"audit": "view", "audit-entry": "view", "audit-csv": "export", "audit-lines": "export"}
"""What each URL of the audit log asks the host for. Whoever has it sees the whole log."""
CALLERS = ("anonymous", "customer", "other customer", "operator", "operator without access")
"""Who comes to the widget's doors and the sockets; all but the first with a session of the host, customers also with
their token. Asked about a conversation of the customer's."""


def _for_its_customer(refusal: Any, *, found: Any, hidden: Any) -> dict[str, Any]:
    """The rule of a door that opens for tokens only: a session of the host proves nothing to it."""
    answers = dict.fromkeys(CALLERS, refusal)
    return {**answers, "customer": found, "other customer": hidden}


@dataclass(frozen=True)
class WidgetRule:
    """What one of the widget's URLs is asked about a conversation, and the status it answers each caller."""

    ask: Callable[[Client, Conversation, dict[str, str]], Any]
    answers: Mapping[str, int]


@dataclass(frozen=True)
class SocketRule:
    """What is said to a socket about a conversation, and what each caller gets: refused, shown, or hidden."""

    say: Callable[[Conversation], dict[str, Any]]
    answers: Mapping[str, str]


FRAMES: dict[str, Callable[[Conversation], dict[str, Any]]] = {
    "join": lambda c: {"type": "join", "conversation": c.public_id},
    "message": lambda c: {"type": "message", "client_id": "m-1", "text": "Hi", "conversation": c.public_id},
    "typing": lambda c: {"type": "typing", "conversation": c.public_id},
    "seen": lambda c: {"type": "seen", "conversation": c.public_id, "sequence": 1},
    "rating": lambda c: {"type": "rating", "conversation": c.public_id, "resolution": 2, "rating": "positive"},
}
FRAMES_ABOUT_NOTHING = {"list", "ping"}


def _post(client: Client, frame: dict[str, Any], headers: dict[str, str]) -> Any:
    url = reverse("cairnloop:widget-frames")
    return client.post(url, json.dumps(frame), content_type="application/json", headers=headers)


def _look(client: Client, conversation: Conversation, headers: dict[str, str]) -> Any:
    asked = {"conversation": conversation.public_id, "after": 0}
    return client.get(reverse("cairnloop:widget-updates"), asked, headers=headers)


WIDGET_RULES: dict[str, WidgetRule] = {
    "widget-frames": WidgetRule(
        lambda client, conversation, headers: _post(client, FRAMES["join"](conversation), headers),
        _for_its_customer(UNPROVEN, found=200, hidden=ABSENT),
    ),
    "widget-updates": WidgetRule(_look, _for_its_customer(UNPROVEN, found=200, hidden=ABSENT)),
}
SOCKET_RULES: dict[str, SocketRule] = {
    "live/": SocketRule(
        lambda conversation: {"watch": [f"conversation.{conversation.pk}"]},
        {**dict.fromkeys(CALLERS, "refused"), "operator": "shown"},
    ),
    "widget/socket/": SocketRule(FRAMES["join"], _for_its_customer("refused", found="shown", hidden="hidden")),
}
NEEDS_DECIDER = {
    *(f"conversation-proposal-{each}" for each in ("approval", "rejection", "deferral", "settlement")),
    *(name for name in RULES if name.startswith("approvals") or name == "rail-approvals"),
}
NEEDS_LEAD = {"automation-resumption"}
"""What an operator may not do without a permission of its own."""
NEEDS_CLOSED = {"inbox-reopening", "conversation-reopening"}


class HidesOthers(StaffAccess):
    """An access rule of a host with teams: one's own customers only."""

    def visible(self, *, user: Any, queryset: Any) -> Any:
        return super().visible(user=user, queryset=queryset).filter(customer_ref=LIN.ref)


class NamesNobody(StaffAccess):
    """A host whose session does not say who acts."""

    def operator(self, *, user: Any) -> None:
        return None


def url_names() -> list[str]:
    """Every URL Cairnloop brings, whoever made its view; a name that stands twice is there twice."""
    found = []
    pending = [(get_resolver(), False)]
    while pending:
        resolver, is_ours = pending.pop()
        for pattern in resolver.url_patterns:
            if hasattr(pattern, "url_patterns"):
                pending.append((pattern, is_ours or pattern.app_name == "cairnloop"))
            elif is_ours or "cairnloop" in (pattern.lookup_str or ""):
                found.append(pattern.name or f"nameless: {pattern.pattern}")
    return found


class TestTheMatrix:
    def test_has_a_rule_for_every_url(self):
        assert sorted(url_names()) == sorted({*RULES, *ARTICLE_RULES, *AUDIT_DOORS, *WIDGET_RULES})

    def test_has_a_rule_for_every_socket(self):
        routes = {str(pattern.pattern).removeprefix("support/") for pattern in websocket_urlpatterns("support/")}
        assert routes == set(SOCKET_RULES)

    def test_names_every_caller_in_the_rules_of_the_widget_and_of_sockets(self):
        for rule in (*WIDGET_RULES.values(), *SOCKET_RULES.values()):
            assert set(rule.answers) == set(CALLERS)

    def test_has_a_rule_for_every_frame(self):
        types = {get_args(each.model_fields["type"].annotation)[0] for each in get_args(frames.ClientFrame)}
        assert types == set(FRAMES) | FRAMES_ABOUT_NOTHING


def call(client: Client, name: str, conversation: Conversation) -> Any:
    rule = RULES[name]
    if rule.method == "get":
        return client.get(url_of(name, conversation))
    return client.post(url_of(name, conversation), rule.data(conversation))


def url_of(name: str, conversation: Conversation) -> str:
    """The URL of a door, to something of this conversation."""
    rule = RULES[name]
    if not rule.of_proposal:
        return reverse(f"cairnloop:{name}", args=[conversation.pk] if rule.of_conversation else [])
    own = ToolProposal.objects.filter(conversation_id=conversation.pk, input__cents=rule.of_proposal).first()
    return reverse(f"cairnloop:{name}", args=[own.pk if own else 10**9])


def world() -> tuple[Any, ...]:
    """Everything a refused caller must not have changed."""
    return (
        list(Conversation.objects.order_by("pk").values()),
        list(Message.objects.order_by("pk").values()),
        AuditEntry.objects.count(),
        list(Draft.objects.order_by("pk").values()),
        list(AutomationSwitch.objects.values()),
        list(ToolProposal.objects.order_by("pk").values()),
        list(ToolApproval.objects.order_by("pk").values()),
        list(ToolExecution.objects.order_by("pk").values()),
        list(Article.objects.order_by("pk").values()),
        list(Revision.objects.order_by("pk").values()),
    )


@pytest.fixture
def with_tools(settings: Any) -> None:
    settings.CAIRNLOOP = with_the_tool(settings)


def with_the_tool(settings: Any) -> dict[str, Any]:
    return {**settings.CAIRNLOOP, "TOOLS": ["tests.governance.tools.Tag"]}


@pytest.fixture(scope="class")
def lins_kept(kept: Callable[..., Any]) -> Conversation:
    def tell() -> Conversation:
        with override_settings(CAIRNLOOP=with_the_tool(settings)):
            return with_draft(make_conversation())

    conversation: Conversation = kept(tell)
    return conversation


@pytest.fixture
def lins(lins_kept: Conversation, db: None, with_tools: None) -> Conversation:
    return Conversation.objects.get(pk=lins_kept.pk)


@pytest.fixture
def mateus_own(db: None, with_tools: None) -> Conversation:
    return with_draft(make_conversation(customer_ref=MATEUS.ref, customer_name=MATEUS.name))


def with_draft(conversation: Conversation) -> Conversation:
    """The conversation, with something that waits in it."""
    make_draft(conversation)
    # As a reply, so that another one can be asked for in its place.
    Draft.objects.filter(conversation=conversation).update(kind="reply")
    _make_proposals(conversation)
    conversation.refresh_from_db()
    return conversation


def _make_proposals(conversation: Conversation) -> None:
    """An action that waits, one that was rejected, and one of unknown outcome."""
    now = timezone.now()
    for cents in (WAITS, REJECTED, UNKNOWN):
        proposal = cairnloop.propose_tool(
            tool="tag",
            input={"cents": cents},
            by=factories.BILLING,
            conversation_id=conversation.pk,
            dedupe_token=f"{conversation.pk}",
        )
        approval = proposal.approvals.get()
        if cents == REJECTED:
            approval.reject(by=cairnloop.Actor.operator("9", name="Ivo"), at=now, reason="Not now.")
        if cents == UNKNOWN:
            approval.approve(by=cairnloop.Actor.operator("9", name="Ivo"), at=now, decision_digest="0")
            ToolExecution.objects.create(
                proposal=proposal,
                approval=approval,
                status="unknown",
                run_key=f"{proposal.pk}",
                claimed_at=now,
                begun_at=now,
            )


def client_of(user: Any) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def host_customer() -> Any:
    """A user of the host who is a customer, signed in to the same site."""
    user = factories.make_operator("lin", first_name="Lin", last_name="Zhao", permissions="")
    get_user_model().objects.filter(pk=user.pk).update(is_staff=False)
    return get_user_model().objects.get(pk=user.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(name for name, rule in RULES.items() if rule.of_proposal))
def test_doors_of_an_action_stay_shut_once_its_conversation_is_gone(name, lins, ada):
    door, data = url_of(name, lins), RULES[name].data(lins)
    ada.user_permissions.add(Permission.objects.get(codename="change_toolapproval"))
    lins.delete()
    before, client = world(), client_of(ada)
    response = client.post(door, data) if RULES[name].method == "post" else client.get(door)
    assert response.status_code == ABSENT
    assert world() == before


def leads_to_sign_in(response):
    """At once, or beside what was typed and would be lost."""
    if response.status_code == SIGN_IN:
        return response.url.startswith(settings.LOGIN_URL)
    return response.status_code == FORBIDDEN and f'href="{settings.LOGIN_URL}?next=' in response.content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("lins_kept")
@pytest.mark.parametrize("name", sorted(RULES))
class TestOperatorsDoors:
    def test_send_strangers_to_sign_in(self, name, lins):
        before = world()
        assert leads_to_sign_in(call(Client(), name, lins))
        assert world() == before

    def test_stay_shut_for_customers_of_the_host(self, name, lins):
        before = world()
        response = call(client_of(host_customer()), name, lins)
        assert response.status_code == FORBIDDEN
        assert lins.subject not in response.content.decode()
        assert world() == before

    def test_stay_shut_for_staff_without_access(self, name, lins, noor):
        before = world()
        response = call(client_of(noor), name, lins)
        assert response.status_code == FORBIDDEN
        assert lins.subject not in response.content.decode()
        assert world() == before

    def test_open_for_operators(self, name, lins, ada):
        if name in NEEDS_CLOSED:
            cairnloop.archive_conversation(conversation_id=lins.pk, by=factories.actor_of(ada))
            lins.refresh_from_db()
        if name in NEEDS_LEAD:
            cairnloop.stop_automation(by=factories.actor_of(ada))
            before = world()
            assert call(client_of(ada), name, lins).status_code == FORBIDDEN
            assert world() == before
            ada.user_permissions.add(Permission.objects.get(codename="change_automationswitch"))
        if name in NEEDS_DECIDER:
            before = world()
            assert call(client_of(ada), name, lins).status_code == FORBIDDEN
            assert world() == before
            ada.user_permissions.add(Permission.objects.get(codename="change_toolapproval"))
        assert is_done(call(client_of(ada), name, lins))

    def test_let_a_reader_read_and_nothing_else(self, name, lins):
        reader = factories.make_operator("vera", first_name="Vera", last_name="Ngo", permissions="view")
        before = world()
        response = call(client_of(reader), name, lins)
        if RULES[name].writes or RULES[name].acts or name in NEEDS_DECIDER:
            assert response.status_code == FORBIDDEN
            assert world() == before
        else:
            assert is_done(response)

    def test_refuse_writes_when_nobody_is_named(self, name, lins, ada, settings):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "OPERATOR_ACCESS": f"{__name__}.NamesNobody"}
        ada.user_permissions.add(Permission.objects.get(codename="change_toolapproval"))
        before = world()
        response = call(client_of(ada), name, lins)
        if RULES[name].writes or RULES[name].acts:
            assert response.status_code == FORBIDDEN
            assert world() == before
        else:
            assert is_done(response)

    def test_hide_what_is_out_of_sight(self, name, mateus_own, ada, settings):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "OPERATOR_ACCESS": f"{__name__}.HidesOthers"}
        ada.user_permissions.add(Permission.objects.get(codename="change_toolapproval"))
        before = world()
        response = call(client_of(ada), name, mateus_own)
        if RULES[name].of_conversation:
            unknown = Conversation(pk=mateus_own.pk + 1_000, sequence=1)
            assert response.status_code == ABSENT
            assert call(client_of(ada), name, unknown).status_code == ABSENT
            assert world() == before
        else:
            assert mateus_own.customer_name not in response.content.decode()
        if RULES[name].data is _choice:
            assert world() == before

    def test_refuse_the_wrong_method(self, name, lins, ada):
        rule = RULES[name]
        url = url_of(name, lins)
        before = world()
        other = client_of(ada).get(url) if rule.method == "post" else client_of(ada).post(url)
        assert other.status_code in {405, 302, 303} if rule.method == "post" else other.status_code == 405
        assert world() == before

    def test_refuse_writes_forged_by_another_site(self, name, lins, ada):
        if not RULES[name].writes:
            return
        client = Client(enforce_csrf_checks=True)
        client.force_login(ada)
        before = world()
        assert call(client, name, lins).status_code == FORBIDDEN
        assert world() == before

    def test_send_their_own_content_policy(self, name, lins, ada):
        if RULES[name].writes:
            return
        response = call(client_of(ada), name, lins)
        assert "default-src 'self'" in response.headers.get("Content-Security-Policy", "")
        assert "unsafe-inline" not in response.headers["Content-Security-Policy"]


def call_article(client: Client, name: str, article: Article, method: str = "") -> Any:
    rule = ARTICLE_RULES[name]
    arguments = {"": [], "article": [article.pk], "revision": [article.pk, 1]}[rule.of]
    url = reverse(f"cairnloop:{name}", args=arguments)
    return getattr(client, method or rule.method)(url, rule.data(article) if rule.method == "post" else {})


class MayWriteOnly(StaffAccess):
    """A host where some write and others decide what goes live."""

    def can_with_knowledge(self, *, user: Any, verb: str) -> bool:
        return verb in ("view", "write")


class SeesNoKnowledge(StaffAccess):
    """A host that keeps its articles from some operators."""

    def can_with_knowledge(self, *, user: Any, verb: str) -> bool:
        return False


class KnowsNoArticles:
    """A host's own access, written before there were articles."""

    def can_enter(self, *, user: Any) -> bool:
        return True

    def operator(self, *, user: Any) -> Any:
        return factories.actor_of(user)

    def visible(self, *, user: Any, queryset: Any) -> Any:
        return queryset

    def can(self, *, user: Any, verb: str, conversation: Any) -> bool:
        return True


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(ARTICLE_RULES))
class TestTheDoorsOfArticles:
    @pytest.fixture
    def article(self, db: None) -> Article:
        """Live in its first revision, with changes nobody published."""
        article = make_article(publish=True)
        revise(article, "Refunds arrive within three days.")
        return article

    def uses(self, settings: Any, name: str) -> None:
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "OPERATOR_ACCESS": f"{__name__}.{name}"}

    def expect(self, response: Any, *, allowed: bool, before: tuple[Any, ...]) -> None:
        if allowed:
            assert is_done(response)
        else:
            assert response.status_code == FORBIDDEN
            assert world() == before

    def test_send_strangers_to_sign_in(self, name, article):
        before = world()
        assert leads_to_sign_in(call_article(Client(), name, article))
        assert world() == before

    def test_stay_shut_for_customers_and_for_staff_without_access(self, name, article, noor):
        for outsider in (host_customer(), noor):
            before = world()
            response = call_article(client_of(outsider), name, article)
            assert response.status_code == FORBIDDEN
            assert article.title not in response.content.decode()
            assert world() == before

    def test_open_for_operators(self, name, article, ada):
        assert is_done(call_article(client_of(ada), name, article))

    def test_let_a_reader_read_and_nothing_else(self, name, article):
        reader = factories.make_operator("vera", first_name="Vera", last_name="Ngo", permissions="view")
        before = world()
        response = call_article(client_of(reader), name, article)
        self.expect(response, allowed=ARTICLE_RULES[name].needs == "view", before=before)

    def test_ask_the_host_for_each_verb(self, name, article, ada, settings):
        self.uses(settings, "MayWriteOnly")
        before = world()
        response = call_article(client_of(ada), name, article)
        self.expect(response, allowed=ARTICLE_RULES[name].needs in ("view", "write"), before=before)

    def test_stay_shut_where_the_host_shows_no_articles(self, name, article, ada, settings):
        self.uses(settings, "SeesNoKnowledge")
        before = world()
        self.expect(call_article(client_of(ada), name, article), allowed=False, before=before)

    def test_let_read_where_the_host_says_nothing_about_articles(self, name, article, ada, settings):
        self.uses(settings, "KnowsNoArticles")
        before = world()
        response = call_article(client_of(ada), name, article)
        self.expect(response, allowed=ARTICLE_RULES[name].needs == "view", before=before)

    def test_refuse_writes_when_nobody_is_named(self, name, article, ada, settings):
        self.uses(settings, "NamesNobody")
        before = world()
        response = call_article(client_of(ada), name, article)
        self.expect(response, allowed=ARTICLE_RULES[name].needs == "view", before=before)

    def test_know_no_other_articles(self, name, article, ada):
        if ARTICLE_RULES[name].of:
            before = world()
            for unknown in (article.pk + 1_000, 2**70):
                assert call_article(client_of(ada), name, Article(pk=unknown)).status_code == ABSENT
            assert world() == before

    def test_refuse_the_wrong_method(self, name, article, ada):
        before = world()
        other = "get" if ARTICLE_RULES[name].method == "post" else "post"
        assert call_article(client_of(ada), name, article, other).status_code == 405
        assert world() == before

    def test_refuse_writes_forged_by_another_site(self, name, article, ada):
        if ARTICLE_RULES[name].method == "post":
            client = Client(enforce_csrf_checks=True)
            client.force_login(ada)
            before = world()
            self.expect(call_article(client, name, article), allowed=False, before=before)

    def test_send_their_own_content_policy(self, name, article, ada):
        if ARTICLE_RULES[name].method == "get":
            response = call_article(client_of(ada), name, article)
            assert "default-src 'self'" in response.headers["Content-Security-Policy"]
            assert "unsafe-inline" not in response.headers["Content-Security-Policy"]


def call_audit(client: Client, name: str, method: str = "get") -> Any:
    newest = AuditEntry.objects.order_by("-pk").first()
    url = reverse(f"cairnloop:{name}", args=[newest.pk if newest else 1] if name == "audit-entry" else [])
    return getattr(client, method)(url)


def told_by(response: Any) -> str:
    return b"".join(response.streaming_content if response.streaming else [response.content]).decode()


class MayLookOnly(StaffAccess):
    """A host where some read the log and nobody takes it away."""

    def can_with_audit(self, *, user: Any, verb: str) -> bool:
        return verb == "view"


class AuditBreaks(StaffAccess):
    """A host whose rule for the log has a bug."""

    def can_with_audit(self, *, user: Any, verb: str) -> bool:
        raise RuntimeError("lin@example.com")


@pytest.mark.django_db
@pytest.mark.usefixtures("lins_kept")
@pytest.mark.parametrize("name", sorted(AUDIT_DOORS))
class TestTheDoorsOfTheAuditLog:
    def expect_shut(self, client: Client, name: str, status: int = FORBIDDEN) -> None:
        before = world()
        response = call_audit(client, name)
        assert response.status_code == status
        told = told_by(response)
        assert LIN.ref not in told
        assert "conversation.opened" not in told
        assert world() == before
        if status == FORBIDDEN:
            assert 'href="/support/audit/"' not in told_by(client.get(reverse("cairnloop:home")))

    def uses(self, settings: Any, name: str) -> None:
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "OPERATOR_ACCESS": f"{__name__}.{name}"}

    def auditor(self) -> Any:
        user = factories.make_operator("max", first_name="Max", last_name="Roth", permissions="view")
        user.user_permissions.add(Permission.objects.get(codename="view_auditentry"))
        return user

    def test_send_strangers_to_sign_in(self, name, lins):
        self.expect_shut(Client(), name, SIGN_IN)

    def test_stay_shut_for_customers_and_for_staff_without_access(self, name, lins, noor):
        noor.user_permissions.add(Permission.objects.get(codename="view_auditentry"))
        for outsider in (host_customer(), noor):
            self.expect_shut(client_of(outsider), name)

    def test_stay_shut_for_operators_without_the_permission(self, name, lins, ada):
        self.expect_shut(client_of(ada), name)

    def test_stay_shut_where_the_host_says_nothing_about_the_log(self, name, lins, settings):
        self.uses(settings, "KnowsNoArticles")
        self.expect_shut(client_of(self.auditor()), name)

    def test_stay_shut_where_the_hosts_rule_fails(self, name, lins, settings):
        self.uses(settings, "AuditBreaks")
        self.expect_shut(client_of(self.auditor()), name)

    def test_open_for_auditors_who_may_do_nothing_else(self, name, lins):
        response = call_audit(client_of(self.auditor()), name)
        assert response.status_code == 200
        assert "draft" in told_by(response)

    def test_ask_the_host_for_each_verb(self, name, lins, ada, settings):
        self.uses(settings, "MayLookOnly")
        allowed = AUDIT_DOORS[name] == "view"
        assert call_audit(client_of(ada), name).status_code == (200 if allowed else FORBIDDEN)

    def test_name_nobody_and_lead_nowhere_their_reader_may_not_go(self, name, mateus_own, settings):
        self.uses(settings, "HidesOthers")
        told = told_by(call_audit(client_of(self.auditor()), name))
        assert mateus_own.customer_name not in told
        assert f'href="{reverse("cairnloop:conversation", args=[mateus_own.pk])}"' not in told

    def test_refuse_the_wrong_method(self, name, lins):
        assert call_audit(client_of(self.auditor()), name, "post").status_code == 405

    def test_send_their_own_content_policy(self, name, lins):
        response = call_audit(client_of(self.auditor()), name)
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]

    def test_know_no_other_entries(self, name, lins):
        if name == "audit-entry":
            client = client_of(self.auditor())
            for unknown in (10**9, 2**70):
                assert client.get(reverse("cairnloop:audit-entry", args=[unknown])).status_code == ABSENT


def bearer(customer: cairnloop.Actor | None) -> dict[str, str]:
    if customer is None:
        return {}
    return {"Authorization": f"Bearer {cairnloop.sign_widget_token(customer_ref=customer.ref)}"}


@dataclass(frozen=True)
class Caller:
    """Someone with what they can show: a session of the host, and a token."""

    user: Any = None
    customer: cairnloop.Actor | None = None


def the_callers() -> dict[str, Caller]:
    other = factories.make_operator("mateus", first_name="Mateus", last_name="Prado", permissions="")
    get_user_model().objects.filter(pk=other.pk).update(is_staff=False)
    other.refresh_from_db()
    return {
        "anonymous": Caller(),
        "customer": Caller(host_customer(), LIN),
        "other customer": Caller(other, MATEUS),
        "operator": Caller(factories.make_operator("ada", first_name="Ada", last_name="Brandt")),
        "operator without access": Caller(
            factories.make_operator("noor", first_name="Noor", last_name="Haddad", permissions="")
        ),
    }


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    cache.clear()


@pytest.mark.django_db
@pytest.mark.usefixtures("lins_kept")
class TestTheWidgetsDoors:
    @pytest.mark.parametrize("name", sorted(WIDGET_RULES))
    def test_answer_each_caller_by_rule(self, name, lins):
        rule = WIDGET_RULES[name]
        before = world()
        answers = {
            who: rule.ask(client_of(caller.user), lins, bearer(caller.customer))
            for who, caller in the_callers().items()
        }
        assert {who: answer.status_code for who, answer in answers.items()} == rule.answers
        told = {who for who, answer in answers.items() if "Two charges" in answer.content.decode()}
        assert told == {who for who, status in rule.answers.items() if status == 200}
        assert world() == before

    @pytest.mark.parametrize("kind", sorted(FRAMES))
    def test_take_each_frame_from_its_customer_only(self, kind, lins):
        cairnloop.resolve_conversation(conversation_id=lins.pk, by=factories.BILLING)
        before = world()
        rule = WIDGET_RULES["widget-frames"]
        for who, caller in the_callers().items():
            if who != "customer":
                answer = _post(client_of(caller.user), FRAMES[kind](lins), bearer(caller.customer))
                assert (who, answer.status_code) == (who, rule.answers[who])
        unknown = _post(Client(), FRAMES[kind](Conversation(public_id="a" * 26)), bearer(MATEUS))
        foreign = _post(Client(), FRAMES[kind](lins), bearer(MATEUS))
        assert foreign.content.replace(lins.public_id.encode(), b"") == unknown.content.replace(b"a" * 26, b"")
        assert world() == before
        assert _post(Client(), FRAMES[kind](lins), bearer(LIN)).status_code == 200

    def test_list_only_ones_own(self, lins, mateus_own):
        said = _post(Client(), {"type": "list"}, bearer(LIN)).content.decode()
        assert lins.public_id in said
        assert mateus_own.public_id not in said

    def test_refuse_everyone_while_the_host_has_no_verifier(self, lins, settings):
        headers = bearer(LIN)
        settings.CAIRNLOOP = {}
        for rule in WIDGET_RULES.values():
            assert rule.ask(Client(), lins, headers).status_code == UNPROVEN


def socket_of(route: str, caller: Caller, *, origin: bytes = b"http://testserver") -> ApplicationCommunicator:
    """A socket as the host's session stack would hand it over, with the caller's token if they have one."""
    session = client_of(caller.user).session if caller.user is not None else SessionStore()
    proof = bearer(caller.customer).get("Authorization", "").removeprefix("Bearer ")
    token = base64.urlsafe_b64encode(proof.encode()).rstrip(b"=").decode()
    scope = {
        "type": "websocket",
        "path": f"/support/{route}",
        "query_string": b"",
        "headers": [(b"origin", origin), (b"host", b"testserver")],
        "subprotocols": ["cairnloop.v1", *([f"cl-token.{token}"] if token else [])],
        "session": session,
    }
    return ApplicationCommunicator(URLRouter(websocket_urlpatterns("support/")), scope)


@pytest.mark.django_db(transaction=True)
class TestTheSockets:
    @pytest.fixture(autouse=True)
    def _layer(self, settings):
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

    @pytest.fixture
    def lins(self, transactional_db: None, with_tools: None) -> Conversation:
        return with_draft(make_conversation())

    async def connected(
        self, route: str, caller: Caller, *, origin: bytes = b"http://testserver"
    ) -> tuple[bool, ApplicationCommunicator]:
        socket = await database_sync_to_async(socket_of)(route, caller, origin=origin)
        await socket.send_input({"type": "websocket.connect"})
        answer = await socket.receive_output(timeout=10)
        return answer["type"] == "websocket.accept", socket

    async def leave(self, socket: ApplicationCommunicator) -> None:
        await socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await socket.wait(timeout=10)

    async def told(self, route: str, caller: Caller, conversation: Conversation) -> str:
        """Say what the rule says, and return what became of it."""
        is_open, socket = await self.connected(route, caller)
        if not is_open:
            await self.leave(socket)
            return "refused"
        words = json.dumps(SOCKET_RULES[route].say(conversation))
        await socket.send_input({"type": "websocket.receive", "text": words})
        while True:
            answer = await socket.receive_output(timeout=10)
            frame = json.loads(answer.get("text", "{}"))
            if frame.get("type") != "ready":
                break
        await self.leave(socket)
        is_hidden = answer["type"] == "websocket.close" or frame.get("type") == "error"
        return "hidden" if is_hidden else "shown"

    @pytest.mark.parametrize("route", sorted(SOCKET_RULES))
    async def test_answer_each_caller_by_rule(self, route, lins):
        callers = await database_sync_to_async(the_callers)()
        told = {who: await self.told(route, caller, lins) for who, caller in callers.items()}
        assert told == SOCKET_RULES[route].answers

    @pytest.mark.parametrize(("route", "who"), [("live/", "operator"), ("widget/socket/", "customer")])
    async def test_refuse_pages_of_other_sites(self, route, who):
        callers = await database_sync_to_async(the_callers)()
        is_open, socket = await self.connected(route, callers[who], origin=b"https://evil.example")
        assert not is_open
        await self.leave(socket)

    async def test_close_on_a_topic_out_of_sight(self, settings, ada):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "OPERATOR_ACCESS": f"{__name__}.HidesOthers"}
        hidden = await database_sync_to_async(make_conversation)(customer_ref=MATEUS.ref)
        assert await self.told("live/", Caller(ada), hidden) == "hidden"


class TestMountedDeep:
    def test_reverse_and_resolve_agree(self):
        for name, rule in RULES.items():
            url = reverse(f"cairnloop:{name}", args=[7] if rule.of_conversation else [])
            assert resolve(url).url_name == name
