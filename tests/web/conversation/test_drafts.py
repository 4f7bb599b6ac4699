from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

import cairnloop
from cairnloop.models import Conversation, Draft, DraftSentence
from tests.drafting.conftest import knowledge, knowledge_kept  # noqa: F401  # fixtures
from tests.drafting.support import FAR, GRACE, SKIPPED, UNKNOWN, WORDS_ONLY, ask, draft_for
from tests.factories import LIN, make_draft, revise
from tests.web.conversation.conftest import said, words_of

pytestmark = pytest.mark.django_db

BOTH = pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])


@pytest.fixture
def waiting(knowledge) -> Draft:  # noqa: F811  # the fixture above
    return draft_for(ask())


def sends(desk, draft, *, name="conversation-draft-approval", seen=1, htmx=False, **more):
    return desk.act(name, draft.conversation, draft_id=draft.pk, seen_sequence=seen, htmx=htmx, **more)


def card_of(page: str) -> str:
    return page.split('<cl-draft id="draft"')[1].split("</cl-draft>")[0]


class TestTheCard:
    def test_shows_sentences_with_their_sources_and_why_it_waits(self, desk, waiting):
        card = card_of(words_of(desk.look("conversation", waiting.conversation)))
        assert "A pipeline run is skipped when every seat is taken.<button" in card
        assert "<mark>A pipeline run is skipped when every seat is taken.</mark>" in card
        for words in (
            "Draft reply",
            "Every claim quoted",
            "Sources are current.",
            "Held by policy:",
            "Approve and send",
        ):
            assert words in card
        assert "What a draft" not in card

    def test_says_that_a_passage_goes_on_where_it_is_cut(self, desk, knowledge):  # noqa: F811  # the fixture above
        revise(knowledge.skipped, text=f"{SKIPPED} {'Owners see a list of them on the first day. ' * 9}", publish=True)
        card = card_of(words_of(desk.look("conversation", draft_for(ask()).conversation)))
        assert "every seat is taken.</mark> Skipped runs do not restart by themselves." in card
        assert re.search(r"(Owners|see|a|list|of|them|on|the|first|day\.) …", card)

    def test_shows_what_leads_to_a_quoted_list(self, desk, waiting, knowledge):  # noqa: F811  # the fixture above
        lead = "Never do any of this while every seat is taken:"
        revision = revise(
            knowledge.refunds, f"{lead}\n\n- Delete the folder by hand.\n- Reboot the host.", publish=True
        )
        item = "Reboot the host."
        start = revision.text.index(item)
        DraftSentence.objects.filter(index=1).update(
            text=item, article=revision.article, revision=revision, start=start, end=start + len(item)
        )
        card = card_of(words_of(desk.look("conversation", waiting.conversation)))
        peek = card.split('class="cl-peek-text"')[1]
        assert peek.index(lead) < peek.index(f"<mark>{item}</mark>")

    @pytest.mark.parametrize("gap", ["\n", "\n\n"])
    @pytest.mark.parametrize("heading", ["## ❌ Rebooting", "## ❌ Rebooting ##", "❌ Rebooting\n---"])
    def test_shows_the_headings_above_a_quote(self, desk, waiting, knowledge, heading, gap):  # noqa: F811
        said = "Reboot the host."
        text = f"# Runners #\n\n{heading}{gap}{said}\n\n## Seats\n\nSeats are free."
        revision = revise(knowledge.refunds, text, publish=True)

        def peek(said: str) -> str:
            start = revision.text.index(said)
            DraftSentence.objects.filter(index=1).update(
                text=said, article=revision.article, revision=revision, start=start, end=start + len(said)
            )
            card = card_of(words_of(desk.look("conversation", waiting.conversation)))
            return card.split('class="cl-peek-text"')[1].split("</p>")[0]

        assert f">Runners … ❌ Rebooting … <mark>{said}</mark>" in peek(said)
        assert ">Runners … <mark>❌ Rebooting</mark>" in peek("❌ Rebooting")

    def test_tells_what_is_word_for_word_from_what_is_in_other_words(self, desk, waiting):
        claims = waiting.sentences.exclude(standing="courtesy").count()
        page = words_of(desk.look("conversation", waiting.conversation))
        assert f"{claims} of {claims} claims:" in page and "found word for word in published articles" in page
        DraftSentence.objects.filter(index=1).update(text="Seats ran out.")
        card = card_of(words_of(desk.look("conversation", waiting.conversation)))
        assert "Partly in other words" in card and "Every claim quoted" not in card
        assert f"1 of {claims} claims: resting on a quoted passage, in other words" in re.sub(r"<[^>]+>", "", card)

    def test_says_what_is_left_out_around_its_quotes(self, desk, waiting, knowledge):  # noqa: F811
        whole = card_of(words_of(desk.look("conversation", waiting.conversation)))
        assert "left out:" not in whole and "Every claim quoted" in whole
        revise(knowledge.skipped, f"{SKIPPED}\n\n| Owners |\n| --- |\n| restart them |", publish=True)
        card = card_of(words_of(desk.look("conversation", draft_for(waiting.conversation).conversation)))
        assert "Part of the section was left out:" in card
        badge = card.split('class="cl-badge"')[1].split("</span>")[0]
        assert "Quoted, parts left out" in badge and 'data-tone="warning"' in badge
        assert "Every claim quoted" not in card

    def test_names_the_title_and_tells_of_other_sections_that_are_left_out(self, desk, waiting, knowledge):  # noqa: F811
        text = f"## Skipped runs\n\n{SKIPPED}\n\n## Restrictions\n\nReserved for resellers."
        revise(knowledge.skipped, text, title="Bronze guide", publish=True)
        card = card_of(words_of(desk.look("conversation", draft_for(waiting.conversation).conversation)))
        told = re.sub(r"<[^>]+>", "", card)
        assert "The article’s title was left out: “Bronze guide”" in told
        assert "Other sections were left out:" in told

    @pytest.mark.parametrize(
        ("title", "label"),
        [
            ("What we never do", "Quoted, parts left out"),
            ("No longer offered since 2024", "Quoted, parts left out"),
            ("Bronze guide", "Every claim quoted"),
        ],
    )
    def test_reassures_below_no_title_that_limits(self, desk, waiting, knowledge, title, label):  # noqa: F811
        revise(knowledge.skipped, SKIPPED, title=title, publish=True)
        card = card_of(words_of(desk.look("conversation", draft_for(waiting.conversation).conversation)))
        badge = card.split('class="cl-badge"')[1].split("</span>")[0]
        assert label in badge and ('data-tone="warning"' in badge) == (label != "Every claim quoted")
        assert f"“{title}”" in card

    def test_shows_lists_as_they_will_be_sent_and_tells_where_they_were_changed(self, desk, waiting, knowledge):  # noqa: F811
        said = [
            "When a runner hangs:",
            "3. Restart it at once.",
            "4. Never do this:",
            "   - Delete the folder by hand.",
        ]
        revision = revise(knowledge.refunds, f"{said[0]}\n\n" + "\n".join(said[1:]), title="Runner", publish=True)
        waiting.sentences.exclude(index=0).delete()
        for index, each in enumerate(said, 1):
            start = revision.text.index(each.strip())
            DraftSentence.objects.create(
                draft=waiting, index=index, text=each, begins_paragraph=True, standing="quoted",
                article=revision.article, revision=revision, start=start, end=start + len(each.strip()),
            )  # fmt: skip
        card = card_of(words_of(desk.look("conversation", waiting.conversation)))
        tags = "".join(re.findall(r"</?(?:ol|ul|li)[^>]*>", card.split("cl-draft-text")[1].split("cl-popover")[0]))
        assert tags == '<ol start="3"><li></li><li><ul><li></li></ul></li></ol>'
        assert "<p>Delete the folder by hand.<button" in card
        assert "Every claim quoted" in card and "were changed:" not in card
        waiting.sentences.filter(index=4).update(text="- Delete the folder by hand.")
        card = card_of(words_of(desk.look("conversation", waiting.conversation)))
        assert "Lists or paragraphs were changed:" in card
        badge = card.split('class="cl-badge"')[1].split("</span>")[0]
        assert "Quoted, rearranged" in badge and 'data-tone="warning"' in badge

    def test_calls_no_piece_of_a_sentence_a_claim_quoted(self, desk, waiting):
        sentence = waiting.sentences.get(index=1)
        piece = "A pipeline run is skipped"
        DraftSentence.objects.filter(pk=sentence.pk).update(text=piece, end=sentence.start + len(piece))
        card = re.sub(r"<[^>]+>", "", card_of(words_of(desk.look("conversation", waiting.conversation))))
        assert "Pieces of sentences" in card and "Every claim quoted" not in card
        assert "claims: a piece of a sentence: read all of it in the source" in card

    @pytest.mark.parametrize(
        ("asked", "title"),
        [(UNKNOWN, "No draft: no article was found for this"), (FAR, "No draft: no article was judged to answer this")],
    )
    def test_says_why_there_is_none(self, desk, knowledge, asked, title):  # noqa: F811  # the fixture above
        draft = draft_for(ask(asked))
        card = card_of(words_of(desk.look("conversation", draft.conversation)))
        assert title in card
        assert "Approve and send" not in card and "Discard" in card

    def test_says_that_a_source_changed(self, desk, knowledge, waiting):  # noqa: F811  # the fixture above
        before = Conversation.objects.get()
        version = re.search(r'data-version="([^"]+)"', desk.look("conversation", before).content.decode())[1]
        revise(knowledge.skipped, "Runs are never skipped.", publish=True)
        news = desk.look("conversation-timeline", before, after=1, seen=1, version=version, htmx=True)
        assert news.status_code == 200
        assert "Draft withdrawn" in words_of(news)
        assert "Approve and send" not in words_of(news)

    def test_is_looked_at_again_by_pages_without_sockets_when_a_source_changed(self, desk, knowledge, waiting):  # noqa: F811
        state = {"topic": f"conversation.{waiting.conversation_id}"}
        before = desk.get(reverse("cairnloop:live-state"), state).json()
        revise(knowledge.refunds, "Refunds take a day.", publish=True)
        assert desk.get(reverse("cairnloop:live-state"), state).json() == before
        revise(knowledge.skipped, "Runs are never skipped.", publish=True)
        assert desk.get(reverse("cairnloop:live-state"), state).json() != before

    def test_is_empty_without_a_draft(self, desk, conversation):
        assert card_of(desk.look("conversation", conversation).content.decode()).endswith(">")

    def test_marks_what_has_no_source(self, desk, waiting):
        DraftSentence.objects.filter(index=1).update(
            standing="unverified", doubt="not_found", article=None, revision=None
        )
        card = card_of(words_of(desk.look("conversation", waiting.conversation)))
        assert "1 sentence without a source" in card and "(Not found in its source)" in card

    def test_becomes_a_form_to_be_changed_in(self, desk, waiting):
        page = card_of(words_of(desk.look("conversation", waiting.conversation, edit=1)))
        part = words_of(desk.look("conversation-draft", waiting.conversation, edit=1, htmx=True))
        for shown in (page, part):
            assert 'name="text"' in shown and "Send edited draft" in shown


class TestSending:
    @BOTH
    def test_sends_the_draft_in_the_operators_name(self, desk, ada, waiting, htmx):
        response = sends(desk, waiting, htmx=htmx)
        assert response.status_code == (200 if htmx else 303)
        (_, (sequence, role, text)) = said(waiting.conversation)
        assert (sequence, role) == (2, "operator") and "every seat is taken" in text
        waiting.refresh_from_db()
        assert (waiting.status, waiting.decided_by_ref) == ("approved", str(ada.pk))
        if htmx:
            assert 'id="message-2"' in words_of(response)
            assert "Approve and send" not in card_of(response.content.decode())

    @BOTH
    def test_sends_what_was_made_of_it(self, desk, waiting, htmx):
        sends(desk, waiting, text="Seats are full.", htmx=htmx)
        waiting.refresh_from_db()
        assert (waiting.status, waiting.reply.text) == ("edited", "Seats are full.")

    @BOTH
    def test_keeps_the_text_when_somebody_wrote_first(self, desk, waiting, htmx):
        cairnloop.add_note(conversation_id=waiting.conversation_id, text="Wait for me.", by=GRACE)
        response = sends(desk, waiting, text="Seats are full.", htmx=htmx)
        assert response.status_code == 409
        page = words_of(response)
        assert "Not sent: Grace Owusu wrote again." in page and "Seats are full.</textarea>" in page
        assert "Wait for me." in page
        assert len(said(waiting.conversation)) == 2
        assert sends(desk, waiting, seen=2, text="Seats are full.", htmx=htmx).status_code in (200, 303)

    @BOTH
    def test_speaks_of_a_text_only_where_somebody_wrote_one(self, desk, waiting, htmx):
        cairnloop.add_note(conversation_id=waiting.conversation_id, text="Wait for me.", by=GRACE)
        page = words_of(sends(desk, waiting, htmx=htmx))
        assert "Read what is new above, then send the draft or change it." in page
        assert "Your text is kept" not in page
        assert "Your text is kept." in words_of(sends(desk, waiting, text="Seats are full.", htmx=htmx))

    @BOTH
    def test_sends_nothing_that_does_not_wait_any_more_and_says_why(self, desk, waiting, htmx):
        cairnloop.receive_message(conversation_id=waiting.conversation_id, text="And now?", by=LIN)
        response = sends(desk, waiting, seen=2, htmx=htmx)
        assert response.status_code == 409
        assert "Not sent: Lin Zhao wrote again." in words_of(response)
        assert len(said(waiting.conversation)) == 2

    def test_gives_the_text_to_the_composer_when_the_draft_waits_no_more(self, desk, waiting):
        cairnloop.receive_message(conversation_id=waiting.conversation_id, text="And now?", by=LIN)
        later = draft_for(waiting.conversation)
        page = words_of(sends(desk, waiting, seen=1, text="Seats are full."))
        assert "Your text is kept in the composer." in page
        assert "Seats are full." in page.split('id="reply-text"')[1].split("</textarea>")[0]
        assert "Seats are full." not in card_of(page)
        later.refresh_from_db()
        assert later.is_pending

    def test_sends_no_draft_of_another_conversation(self, desk, waiting, conversation):
        other = make_draft(conversation)
        response = desk.act(
            "conversation-draft-approval", waiting.conversation, draft_id=other.pk, seen_sequence=1, htmx=True
        )
        assert response.status_code == 409
        other.refresh_from_db()
        assert other.is_pending and len(said(conversation)) == 1

    @pytest.mark.parametrize("fields", [{}, {"draft_id": "x"}, {"draft_id": 2**70}])
    def test_refuses_a_form_that_was_cut_off(self, desk, waiting, fields):
        response = desk.act("conversation-draft-approval", waiting.conversation, **fields)
        assert response.status_code == 422
        assert len(said(waiting.conversation)) == 1


class TestTakingOver:
    @pytest.fixture
    def half_sure(self, knowledge, settings) -> Draft:  # noqa: F811  # the fixture above
        settings.CAIRNLOOP = {**WORDS_ONLY, "DRAFT_GENERATOR": "tests.drafting.support.HalfSureGenerator"}
        return draft_for(ask())

    def test_is_offered_beside_every_marked_sentence(self, desk, half_sure):
        card = card_of(words_of(desk.look("conversation", half_sure.conversation)))
        assert card.count("I stand for this sentence") == card.count(" required>I stand") == 2
        assert "Approve and send" in card and "2 sentences without a source" in card
        edited = card_of(words_of(desk.look("conversation", half_sure.conversation, edit=1)))
        assert edited.count("I stand for this sentence") == 2 and " required>I stand" not in edited

    def test_is_not_offered_where_an_address_is_unknown(self, desk, knowledge, settings):  # noqa: F811
        settings.CAIRNLOOP = {**WORDS_ONLY, "DRAFT_GENERATOR": "tests.drafting.support.LinkingGenerator"}
        draft = draft_for(ask())
        card = card_of(words_of(desk.look("conversation", draft.conversation)))
        assert "A link or address of unknown origin" in card and "Edit" in card
        assert "I stand for" not in card and "Approve and send" not in card
        response = sends(desk, draft, taken_over=["1", "2"])
        assert response.status_code == 422 and "unknown origin. Take it out" in words_of(response)

    @BOTH
    def test_sends_and_keeps_what_was_ticked(self, desk, ada, half_sure, htmx):
        refused = sends(desk, half_sure, taken_over=["3"], htmx=htmx)
        assert refused.status_code == 422 and "A marked sentence has no source." in words_of(refused)
        assert card_of(words_of(refused)).count(" required checked>I stand") == 1
        assert sends(desk, half_sure, taken_over=["2", "3"], htmx=htmx).status_code == (200 if htmx else 303)
        half_sure.refresh_from_db()
        assert (half_sure.status, half_sure.taken_over, half_sure.decided_by_ref) == ("approved", [2, 3], str(ada.pk))

    @pytest.mark.parametrize("index", ["x", "-1", "100", str(2**70)])
    def test_refuses_what_no_card_offers(self, desk, half_sure, index):
        assert sends(desk, half_sure, taken_over=[index]).status_code == 422
        assert Draft.objects.get().is_pending


class TestRegenerating:
    def asks(self, desk, draft, instruction="shorter", **more):
        return sends(desk, draft, name="conversation-draft-regeneration", instruction=instruction, **more)

    @BOTH
    def test_says_that_another_is_being_prepared_and_then_what_came_of_it(self, desk, waiting, htmx):
        response = self.asks(desk, waiting, "mention card charges", htmx=htmx)
        assert response.status_code == (200 if htmx else 303)
        card = card_of(words_of(desk.look("conversation", waiting.conversation)))
        assert "Another draft is being prepared" in card and "“mention card charges”" in card
        assert "Approve and send" not in card and "Another…" not in card
        draft_for(waiting.conversation)
        card = card_of(words_of(desk.look("conversation", waiting.conversation)))
        assert "Prepared anew: “mention card charges”" in card and "Duplicate card charges" in card

    def test_says_where_it_made_no_difference(self, desk, waiting):
        self.asks(desk, waiting, "mention umbrellas of Amboseli")
        draft_for(waiting.conversation)
        card = card_of(words_of(desk.look("conversation", waiting.conversation)))
        assert "“mention umbrellas of Amboseli” made no difference." in card

    def test_says_where_the_generator_failed(self, desk, waiting, settings):
        self.asks(desk, waiting)
        settings.CAIRNLOOP = {**WORDS_ONLY, "DRAFT_GENERATOR": "tests.drafting.support.FailingGenerator"}
        draft_for(waiting.conversation)
        card = card_of(words_of(desk.look("conversation", waiting.conversation)))
        assert "“shorter” was not followed: the generator of this site failed." in card
        assert "Made of sentences of the articles: the generator of this site gave no draft. It failed." in card

    def test_says_where_none_arrived(self, desk, waiting):
        self.asks(desk, waiting)
        Draft.objects.update(decided_at=timezone.now() - timedelta(minutes=3))
        card = card_of(words_of(desk.look("conversation", waiting.conversation)))
        assert "Another draft did not arrive" in card and "Write the answer yourself." in card

    @BOTH
    def test_keeps_the_draft_and_what_was_asked_where_it_is_refused(self, desk, waiting, htmx):
        response = self.asks(desk, waiting, "x" * 301, htmx=htmx)
        assert response.status_code == 422
        card = card_of(words_of(response))
        assert "No other draft is prepared." in card and "1 to 300 characters" in card
        assert f'value="{"x" * 301}"' in card and "Approve and send" in card
        cairnloop.add_note(conversation_id=waiting.conversation_id, text="Wait for me.", by=GRACE)
        assert self.asks(desk, waiting, htmx=htmx).status_code == 409
        waiting.refresh_from_db()
        assert waiting.is_pending

    def test_asks_for_no_draft_of_another_conversation(self, desk, waiting, conversation):
        response = desk.act(
            "conversation-draft-regeneration", conversation, draft_id=waiting.pk, seen_sequence=1, instruction="x"
        )
        assert response.status_code == 409
        waiting.refresh_from_db()
        assert waiting.is_pending

    def test_is_not_offered_for_a_question_back(self, desk, conversation):
        make_draft(conversation)
        assert "Another…" not in card_of(words_of(desk.look("conversation", conversation)))


class TestDiscarding:
    @BOTH
    def test_keeps_why(self, desk, waiting, htmx):
        response = sends(desk, waiting, name="conversation-draft-discarding", reason="wrong", htmx=htmx)
        assert response.status_code == (200 if htmx else 303)
        waiting.refresh_from_db()
        assert (waiting.status, waiting.discard_reason) == ("discarded", "wrong")

    @pytest.mark.parametrize("reason", ["", "policy"])
    def test_needs_a_reason(self, desk, waiting, reason):
        response = sends(desk, waiting, name="conversation-draft-discarding", reason=reason)
        assert response.status_code == 422
        assert Draft.objects.get().is_pending


class SeesNoKnowledge(cairnloop.StaffAccess):
    """A host that keeps its articles from some operators."""

    def can_with_knowledge(self, *, user, verb):
        return False


def test_shows_no_sources_to_those_who_may_not_read_articles(desk, waiting, settings):
    settings.CAIRNLOOP = {**WORDS_ONLY, "OPERATOR_ACCESS": f"{__name__}.SeesNoKnowledge"}
    card = card_of(words_of(desk.look("conversation", waiting.conversation)))
    assert "every seat is taken" in card and "cl-peek" not in card and "cl-cite" not in card
