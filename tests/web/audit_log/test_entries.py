from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import cairnloop
from cairnloop.audit import searching
from cairnloop.audit.recording import record
from cairnloop.audit.standing import seal_and_verify, verify_all
from cairnloop.models import AuditEntry
from cairnloop.web.audit_log import rows
from tests.audit.support import tamper
from tests.factories import BILLING, LIN, MATEUS, actor_of, make_article, make_conversation, make_draft
from tests.governance.conftest import second, tools  # noqa: F401  # fixtures
from tests.web.conftest import HTMX, text_of

pytestmark = pytest.mark.django_db

LOG = "/support/audit/"


def shown(response) -> list[int]:
    return [int(pk) for pk in re.findall(r'id="audit-entry-(\d+)"', response.content.decode())]


def row_html(response, entry) -> str:
    return text_of(response).split(f'id="audit-entry-{entry.pk}"')[1].split("</tbody>")[0]


def newest() -> AuditEntry:
    return AuditEntry.objects.latest("id")


class TestTheList:
    def test_says_when_who_what_about_what_and_why(self, auditor, ada, settings):
        settings.TIME_ZONE = "Asia/Tokyo"
        conversation = make_conversation()
        cairnloop.resolve_conversation(
            conversation_id=conversation.pk, by=actor_of(ada), reason="Refunded <b>twice</b>."
        )
        entry = newest()
        response = auditor.get(LOG)
        row = row_html(response, entry)
        local = timezone.localtime(entry.recorded_at)
        for words in (
            f"{local:%H:%M:%S}",
            "Ada Brandt",
            "Resolved a conversation",
            f'<a href="/support/conversations/{conversation.pk}/">#{conversation.pk}</a>',
            "Refunded &lt;b&gt;twice&lt;/b&gt;.",
            entry.hash[:4],
        ):
            assert words in row
        assert "When, Asia/Tokyo" in text_of(response)
        assert shown(response) == list(AuditEntry.objects.order_by("-id").values_list("pk", flat=True))

    def test_names_people_from_the_rows_that_hold_their_names(self, auditor):
        ivo = cairnloop.Actor.operator("99", name="Ivo Marin")
        conversation = make_conversation()
        cairnloop.post_reply(conversation_id=conversation.pk, text="On it.", by=ivo, seen_sequence=1, client_id="r-1")
        make_article(by=cairnloop.Actor.operator("98", name="Bo Lind"))
        response = auditor.get(LOG)
        told = text_of(response)
        assert "Ivo Marin" in told
        assert "Bo Lind" in told
        assert LIN.name in told

    def test_keeps_to_the_reference_where_the_reader_may_not_see_who_it_is(self, auditor, access):
        access("ShowsOnlyLin")
        lins, other = make_conversation(), make_conversation(customer_ref=MATEUS.ref, customer_name=MATEUS.name)
        make_draft(other)
        told = text_of(auditor.get(LOG))
        assert MATEUS.name not in told
        assert MATEUS.ref in told
        assert f"/conversations/{lins.pk}/" in told
        assert f"/conversations/{other.pk}/" not in told

    def test_links_what_is_there_and_names_what_is_gone(self, auditor):
        conversation = make_conversation()
        draft, article = make_draft(conversation), make_article()
        record("conversation.archived", by=BILLING, subject="conversation:999999")
        record("conversation.archived", by=BILLING, subject=f"conversation:{10**30}")
        response = auditor.get(LOG)
        linked = set(re.findall(r'<a href="(/support/[^"]+)">((?:#|Draft|Article)[^<]*)</a>', text_of(response)))
        where = f"/support/conversations/{conversation.pk}/"
        assert linked == {
            (where, f"#{conversation.pk}"),
            (where, f"Draft {draft.pk}"),
            (f"/support/knowledge/{article.pk}/", f"Article {article.pk}"),
        }
        assert "#999999" in text_of(response)

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("?action=knowledge", [1]),
            ("?action=conversation.resolved", [2]),
            ("?action=luck", [2, 1, 0]),
            ("?actor=operator:7", [2]),
            ("?actor=7", [2]),
            ("?actor=customer:7", []),
            ("?kind=article", [1]),
            ("?subject=conversation:1", [2, 0]),
            ("?since=2000-01-01&until=9999-99-99", [2, 1, 0]),
            ("?until=2000-01-01", []),
            ("?q=refunded", [2]),
            ("?q=created+billing", [1]),
            ("?q=%00&cursor=%25&actor=%00&subject=%0a", [2, 1, 0]),
            ("?q=widget&action=conversations", [0]),
        ],
    )
    def test_shows_what_its_url_asks_for(self, auditor, query, expected):
        ada = cairnloop.Actor.operator("7")
        entries = [
            record("conversation.opened", by=LIN, subject="conversation:1", evidence={"channel": "widget"}),
            record("knowledge_base.article.created", by=BILLING, subject="article:3"),
            record("conversation.resolved", by=ada, subject="conversation:1", reason="Refunded"),
        ]
        assert shown(auditor.get(LOG + query)) == [entries[index].pk for index in expected]

    def test_keeps_the_days_of_the_operators_zone(self, auditor, settings):
        settings.TIME_ZONE = "Pacific/Kiritimati"
        entry = record("conversation.opened", by=LIN, subject="conversation:1")
        day = timezone.localtime(entry.recorded_at).date()
        assert shown(auditor.get(f"{LOG}?since={day}&until={day}")) == [entry.pk]
        assert shown(auditor.get(f"{LOG}?since={day + timedelta(days=1)}")) == []
        assert shown(auditor.get(f"{LOG}?until={day - timedelta(days=1)}")) == []

    def test_loads_more_behind_the_last_entry_while_others_are_recorded(self, auditor, monkeypatch):
        monkeypatch.setattr(rows, "PAGE_SIZE", 3)
        made = [record("conversation.opened", by=LIN, subject=f"conversation:{n}").pk for n in range(8)]
        seen, following = [], f"{LOG}?action=conversations"
        for size, headers in ((3, {}), (3, HTMX), (2, {})):
            response = auditor.get(following, headers=headers)
            assert len(shown(response)) == size
            assert ("<html" in response.content.decode()) is not bool(headers)
            seen += shown(response)
            record("conversation.opened", by=LIN, subject="conversation:99")
            more = re.search(r'hx-get="(/support/audit/\?[^"]+)"', response.content.decode())
            following = more[1].replace("&amp;", "&") if more else ""
        assert not following
        assert seen == made[::-1]
        assert "All matching entries are shown" in text_of(response)

    def test_goes_on_looking_for_frequent_words_until_the_log_begins(self, auditor, monkeypatch):
        monkeypatch.setattr(searching, "FREQUENT_PLACES", 5)
        monkeypatch.setattr(rows, "REACH", 10)
        first = record("conversation.opened", by=LIN, subject="conversation:1", reason="Paid sent")
        for number in range(24):
            reason = "Paid" if number % 2 else "sent"
            record("conversation.resolved", by=BILLING, subject=f"conversation:{number}", reason=reason)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE cairnloop_auditentry")
        following, seen, looks = f"{LOG}?q=paid+sent", [], 0
        while following:
            response = auditor.get(following)
            seen, looks = seen + shown(response), looks + 1
            more = re.search(r'hx-get="(/support/audit/\?[^"]+)"', response.content.decode())
            following = more[1].replace("&amp;", "&") if more else ""
            assert ("Looked back to" in text_of(response)) is bool(following)
            assert "No entry matches" not in text_of(response)
        assert (seen, looks) == ([first.pk], 3)

    @pytest.mark.parametrize(
        ("query", "title"),
        [("", "Nothing was recorded yet"), ("?q=nowhere", "No entry matches"), ("?kind=draft", "No entry matches")],
    )
    def test_says_why_there_is_nothing(self, auditor, query, title):
        assert title in text_of(auditor.get(LOG + query))

    def test_names_who_proposed_and_who_approved(self, auditor, ada, tools, second):  # noqa: F811
        proposal = cairnloop.propose_tool(tool="tag", input={"cents": 5}, by=actor_of(ada))
        approval = proposal.approvals.get()
        cairnloop.approve_tool(approval_id=approval.pk, by=second, seen_digest=approval.digest)
        told = text_of(auditor.get(f"{LOG}?subject=tool_proposal:{proposal.pk}"))
        assert "Ada Brandt" in told and second.name in told

    def test_takes_the_same_queries_however_many_entries_there_are(self, auditor, ada):
        def queries() -> int:
            with CaptureQueriesContext(
                connection,
            ) as captured:
                auditor.get(f"{LOG}?q=a")
            return len(captured)

        def everything() -> None:
            conversation = make_conversation()
            make_draft(conversation)
            make_article(by=actor_of(ada))
            cairnloop.add_note(
                conversation_id=conversation.pk, text="Look.", by=actor_of(ada), client_id=f"n-{conversation.pk}"
            )

        everything()
        few = queries()
        for _ in range(6):
            everything()
        assert queries() == few

    def test_keeps_its_filters_in_forms_and_chips(self, auditor):
        told = text_of(auditor.get(f"{LOG}?q=refund&action=drafts&subject=draft:7&since=2026-03-05&until=2026-03-12"))
        for chip in ("“refund”", "5 Mar 2026 to 12 Mar 2026", "Drafts", "Draft 7"):
            assert f'<span class="cl-truncate">{chip}</span>' in told
        assert '<input type="hidden" name="subject" value="draft:7">' in told
        assert '<option value="drafts" selected>' in told


class TestAnEntry:
    @pytest.fixture
    def entry(self, db) -> AuditEntry:
        record("conversation.opened", by=LIN, subject="conversation:1")
        evidence = {"sequence": 3, "because": "not_verified", "ids": list(range(30))}
        return record("conversation.resolved", by=BILLING, subject="conversation:1", reason="Paid.", evidence=evidence)

    def test_is_told_in_full_on_a_page_and_in_its_place(self, auditor, entry):
        url = f"{LOG}entries/{entry.pk}/"
        for headers in ({}, HTMX):
            response = auditor.get(url, headers=headers)
            told = text_of(response)
            assert ("<html" in told) is not bool(headers)
            for words in ("conversation.resolved", "Paid.", "A sentence has no source", "and 20 more", "Matches"):
                assert words in told
            assert f'hx-get="{url}?closed"' in told
            assert "?subject=conversation%3A1" in told
            assert "?actor=system%3Abilling" in told

    def test_folds_again(self, auditor, entry):
        told = text_of(auditor.get(f"{LOG}entries/{entry.pk}/?closed", headers=HTMX))
        assert 'aria-expanded="false"' in told
        assert "Matches" not in told

    def test_says_when_it_does_not_fit_its_place(self, auditor, entry):
        tamper("UPDATE cairnloop_auditentry SET reason = 'Stolen.' WHERE id = %s", entry.pk)
        told = text_of(auditor.get(f"{LOG}entries/{entry.pk}/"))
        assert "Does not match" in told
        assert "It does not say what it said when it was recorded." in told


class TestTheStanding:
    def test_is_what_the_last_verification_found(self, auditor):
        record("conversation.opened", by=LIN, subject="conversation:1")
        assert "Not verified yet." in text_of(auditor.get(LOG))
        now = timezone.now()
        seal_and_verify(now=now)
        told = text_of(auditor.get(LOG))
        assert "Chain verified up to" in told
        assert "1 entry was last read" in told

    def test_says_when_nobody_looked_for_long(self, auditor):
        seal_and_verify(now=timezone.now() - timedelta(hours=2))
        told = text_of(auditor.get(LOG))
        assert "and not since." in told
        assert "cairnloop_audit verify --keep" in told

    def test_names_the_first_bad_entry(self, auditor):
        entry = record("conversation.opened", by=LIN, subject="conversation:1")
        tamper("UPDATE cairnloop_auditentry SET reason = 'x' WHERE id = %s", entry.pk)
        verify_all(now=timezone.now())
        told = text_of(auditor.get(LOG))
        assert "The audit trail is damaged." in told
        assert "Content changed: entry 1 of conversation:1." in told
        assert f'href="{LOG}entries/{entry.pk}/"' in told


class TestTheWayThere:
    def test_leads_from_the_rail_and_from_a_conversation(self, auditor, browser, ada):
        conversation = make_conversation()
        page = f"/support/conversations/{conversation.pk}/?details=1"
        told = text_of(auditor.get(page))
        assert f'href="{LOG}"' in told
        assert f'href="{LOG}?subject=conversation%3A{conversation.pk}">Audit trail</a>' in told
        assert f'<a class="cl-rail-link" href="{LOG}" aria-current="page">' in text_of(auditor.get(LOG))
        ada.user_permissions.set(ada.user_permissions.exclude(codename="view_auditentry"))
        assert LOG not in text_of(browser.get(page))
