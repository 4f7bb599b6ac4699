"""Drafts whose stored sentences were changed behind our back: none can be sent."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.db import IntegrityError, transaction

import cairnloop
from cairnloop.drafting.sealing import Doubt, SealedSource, Standing, fingerprint_of, seal
from cairnloop.hooks.draft_generator import DraftClaim
from cairnloop.models import Draft, DraftSentence, Message
from tests.drafting.support import ADA, REFUNDS, WORDS_ONLY, ask, draft_for
from tests.factories import revise

DRAFTS = 500


@pytest.mark.django_db
class TestMutatedDrafts:
    def test_are_never_sent(self, knowledge):
        """500 of them: another text, span, revision, standing, order, or sentences of another draft."""
        chance = random.Random(4)
        older = knowledge.skipped.live_revision_id
        revise(knowledge.skipped, f"{knowledge.skipped.live_revision.text} Since May.", publish=True)
        draft, foreign = draft_for(ask()), draft_for(ask("How are duplicate card charges refunded?"))
        revisions = [older, knowledge.refunds.live_revision_id, knowledge.internal.live_revision_id]
        outcomes: dict[str, int] = {}
        for number in range(DRAFTS):
            point = transaction.savepoint()
            outcome = self.attempt(draft, foreign, revisions, chance)
            transaction.savepoint_rollback(point)
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
            assert outcome != "sent", number
        assert sum(outcomes.values()) == DRAFTS
        assert {"sentence_changed", "draft_not_pending", "refused by the database"} <= set(outcomes)
        # The draft itself was fine all the time.
        assert cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=1).status == "approved"

    def attempt(self, draft: Draft, foreign: Draft, revisions: list[int], chance: random.Random) -> str:
        rows = DraftSentence.objects.filter(draft=draft)
        sentence = chance.choice(list(rows.order_by("index")))
        try:
            with transaction.atomic():
                changed = self.mutate(sentence, foreign, revisions, chance)
                assert rows.filter(pk=sentence.pk).update(**changed) == 1
        except IntegrityError:
            return "refused by the database"
        try:
            cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=1)
        except cairnloop.CairnloopError as refused:
            assert not Message.objects.filter(conversation=draft.conversation, role="operator").exists()
            return refused.code
        return "sent"

    def mutate(
        self, sentence: DraftSentence, foreign: Draft, revisions: list[int], chance: random.Random
    ) -> dict[str, Any]:
        other = chance.choice(list(foreign.sentences.exclude(revision=None)))
        match chance.randrange(9):
            case 0:
                return {"text": f"{sentence.text[:-1]} and free of charge."}
            case 1:
                return {"start": sentence.start + chance.choice([1, 2, 5])}
            case 2:
                return {"end": sentence.end + chance.choice([1, 3, 9, 10_000])}
            case 3:
                return {"revision_id": chance.choice(revisions)}
            case 4:
                return {"standing": chance.choice([each for each in Standing if each != sentence.standing])}
            case 5:
                # A sentence that was verified, in another draft.
                names = ("text", "standing", "article_id", "revision_id", "start", "end", "fingerprint")
                return {name: getattr(other, name) for name in names}
            case 6:
                return {"index": sentence.index + 100}
            case 7:
                return {"begins_paragraph": not sentence.begins_paragraph}
            case _:
                return {"fingerprint": chance.choice(["", "0" * 64, other.fingerprint])}

    def test_are_never_sent_without_one_of_their_sentences(self, knowledge, settings):
        settings.CAIRNLOOP = {**WORDS_ONLY, "DRAFT_GENERATOR": "tests.drafting.support.LinkingGenerator"}
        draft = draft_for(ask())
        harms = [
            lambda rows: rows.filter(standing="unverified").delete(),
            lambda rows: rows.filter(doubt="foreign_link").update(doubt="no_source"),
            lambda rows: rows.filter(index=0).delete(),
        ]
        for harm in harms:
            point = transaction.savepoint()
            harm(DraftSentence.objects.filter(draft=draft))
            left = [each.index for each in draft.sentences.all() if each.is_marked]
            with pytest.raises(cairnloop.InvalidInput) as refused:
                cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=1, taken_over=left)
            assert refused.value.code in ("sentence_changed", "address_not_verified")
            transaction.savepoint_rollback(point)

    def test_are_never_sent_once_an_article_was_deleted_from_under_them(self, knowledge):
        draft = draft_for(ask())
        knowledge.skipped.delete()
        assert draft.sentences.exists()
        with pytest.raises(cairnloop.InvalidInput) as refused:
            cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=1)
        assert refused.value.code == "sentence_changed"

    def test_are_the_operators_own_once_reworded(self, knowledge):
        draft = draft_for(ask())
        DraftSentence.objects.filter(draft=draft, index=1).update(text="Everything is free.")
        for text in (None, "Everything is free. Really."):
            with pytest.raises(cairnloop.InvalidInput) as refused:
                cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=1, text=text)
            assert refused.value.code == "sentence_changed"
        sent = cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=1, text="Seats are full.")
        assert sent.status == "edited"


class TestFingerprints:
    def test_tell_whatever_is_different(self):
        one: dict[str, Any] = {
            "draft_id": 1, "sentences": 6, "index": 2, "text": "a", "begins_paragraph": True, "standing": "quoted",
            "doubt": "", "revision_id": 3, "start": 4, "end": 5, "quote": "a",
        }  # fmt: skip
        others = [{**one, name: value} for name, value in one.items() for value in [f"{value}x", None]]
        assert len({fingerprint_of(**each) for each in (one, *others)}) == 1 + 2 * len(one)


class TestOneQuote:
    def sealed(self, text: str, quote: str) -> tuple[Standing, Doubt]:
        source = SealedSource(revision_id=1, article_id=1, title="", text=REFUNDS, start=0, end=len(REFUNDS))
        (sentence,) = seal([DraftClaim(text=text, source=1, quote=quote)], sources={1: source}, courtesies=())
        return sentence.standing, sentence.doubt

    def test_speaks_for_one_sentence(self):
        quote = REFUNDS.split(". ")[0] + "."
        assert self.sealed("Your card gets it back.", quote)[0] is Standing.QUOTED
        smuggled = self.sealed("Your card gets it back. All refunds are doubled this week.", quote)
        assert smuggled == (Standing.UNVERIFIED, Doubt.SEVERAL)

    def test_may_be_several_sentences_word_for_word(self):
        assert self.sealed(REFUNDS, REFUNDS)[0] is Standing.QUOTED
