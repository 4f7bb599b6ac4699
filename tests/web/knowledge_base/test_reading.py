from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings

from cairnloop.models import Chunk, Conversation
from cairnloop.retrieval.cited_by import conversations_citing
from tests.factories import actor_of, make_article, revise
from tests.web.conftest import text_of
from tests.web.knowledge_base.conftest import cite, newest, url

pytestmark = pytest.mark.django_db


class TestAnArticle:
    def test_is_shown_as_it_is_live(self, reader, article):
        page = text_of(reader.get(url("article", article.pk)))
        assert "All that part 3 says." in page
        assert "Nothing that part 3 says." not in page
        assert "This is not what readers see." not in page
        assert url("article-editor", article.pk) not in page

    def test_of_which_nothing_is_live_is_shown_as_written_last(self, reader):
        article = make_article(text="Not yet.")
        page = text_of(reader.get(url("article", article.pk)))
        assert "<p>Not yet.</p>" in page
        assert "Not published:" in page

    def test_says_of_an_old_revision_that_it_is_old(self, reader, article):
        page = text_of(reader.get(url("article-revision", article.pk, 1)))
        assert "What part 3 says." in page
        assert "This is not what readers see." in page
        assert "Revision 2 took its place." in page

    @pytest.mark.parametrize("number", [0, 99, 2**40])
    def test_has_only_its_own_revisions(self, reader, article, number):
        assert reader.get(url("article-revision", article.pk, number)).status_code == 404

    def test_asks_as_many_questions_for_a_long_history_as_for_a_short_one(self, reader, article):
        def count():
            with CaptureQueriesContext(connection) as asked:
                reader.get(url("article", article.pk))
            return len(asked)

        count()
        few = count()
        for number in range(12):
            revise(article, f"Text number {number}.", publish=True)
        assert count() == few


class TestWhatCitesIt:
    def test_is_counted_and_linked_as_far_as_the_reader_may_see_it(self, reader, article, ada):
        me = actor_of(ada)
        shown = [cite(article, by=me, subject=f"Shown {number}", account_ref="northbeam") for number in range(6)]
        cite(article, by=me, subject="Hidden", account_ref="other")
        with override_settings(CAIRNLOOP={"OPERATOR_ACCESS": "tests.web.conversation.hooks.NorthbeamOnly"}):
            page = text_of(reader.get(url("article", article.pk)))
        assert "Cited in 7 conversations<" in page
        assert "Hidden" not in page
        found = [each for each in shown if f'href="{url("conversation", each.pk)}"' in page]
        assert found == shown[1:]

    def test_is_not_spoken_of_without_citations(self, reader, article):
        assert "Cited in" not in text_of(reader.get(url("article", article.pk)))

    def test_is_read_in_order_from_the_index(self, article, ada):
        for _ in range(3):
            cite(article, by=actor_of(ada))
        with connection.cursor() as cursor, CaptureQueriesContext(connection) as asked:
            conversations_citing(article, among=Conversation.objects.all(), limit=5)
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
            cursor.execute(f"EXPLAIN {asked[0]['sql']}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "cl_citation_article" in plan
        assert "Seq Scan" not in plan


class TestACitation:
    def test_marks_the_passage_a_chunk_stands_for(self, reader, article):
        chunk = Chunk.objects.filter(revision=article.live_revision, text__contains="part 3").get()
        page = reader.get(url("article", article.pk), {"start": chunk.start, "end": chunk.end}).content.decode()
        cited = page.split('id="cited"')[1].split("</div>")[0]
        assert "All that part 3 says." in cited
        assert "part 2" not in cited
        assert "part 4" not in cited
        assert "What part 8 says." in page

    def test_is_exact_in_a_superseded_revision(self, reader, article):
        chunk = Chunk.objects.filter(revision__number=1, text__contains="part 3").get()
        address = url("article-revision", article.pk, 1)
        page = reader.get(address, {"start": chunk.start, "end": chunk.end}).content.decode()
        assert "What part 3 says." in page.split('id="cited"')[1].split("</div>")[0]

    @pytest.mark.parametrize(
        ("start", "end"), [("x", "9"), ("", ""), ("9", "3"), ("5", "5"), ("-1", "3"), ("0", "9" * 12), ("0", "999999")]
    )
    def test_of_nothing_marks_nothing(self, reader, article, start, end):
        page = reader.get(url("article", article.pk), {"start": start, "end": end}).content.decode()
        assert 'id="cited"' not in page
        assert "All that part 3 says." in page

    def test_never_breaks_a_list_or_a_table(self, reader):
        text = "Before.\n\n- one\n- two\n- three\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nAfter [x].\n\n[x]: https://x.example/"
        article = make_article(text=text, publish=True)
        start = newest(article).text.index("two")
        page = text_of(reader.get(url("article", article.pk), {"start": start, "end": start + 3}))
        cited = page.split('id="cited"')[1].split("</div>")[0]
        assert "<li>one</li> <li>two</li> <li>three</li>" in cited
        assert "<table>" not in cited
        assert 'href="https://x.example/"' in page.split("</table>")[1]
