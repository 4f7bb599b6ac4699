"""The cast and the rows tests need: functions with keyword overrides, through the public verbs."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

import cairnloop
from cairnloop.conversations.notifying import facts_of
from cairnloop.drafting.courtesies import courtesies_for
from cairnloop.drafting.grounding import Decision, Kind, Reason
from cairnloop.drafting.policy import Ruling
from cairnloop.drafting.saving import Prepared, addressed_to, save_draft
from cairnloop.drafting.sealing import seal
from cairnloop.hooks.draft_generator import DraftClaim
from cairnloop.models import Article, Conversation, Draft, Revision

LIN = cairnloop.Actor.customer("cust-lin", name="Lin Zhao")
MATEUS = cairnloop.Actor.customer("cust-mateus", name="Mateus Prado")
BILLING = cairnloop.Actor.system("billing")


def make_operator(username: str, *, first_name: str, last_name: str, permissions: str = "view change") -> Any:
    """A staff user with the model permissions of an operator."""
    user = get_user_model().objects.create_user(
        **{get_user_model().USERNAME_FIELD: username},
        password="open sesame",
        first_name=first_name,
        last_name=last_name,
        is_staff=True,
    )
    codenames = [f"{action}_{model}" for action in permissions.split() for model in ("conversation", "article")]
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames, content_type__app_label="cairnloop"))
    return user


def actor_of(user: Any) -> cairnloop.Actor:
    """The operator a host user acts as."""
    return cairnloop.Actor.operator(str(user.pk), name=user.get_full_name())


def make_conversation(*, text: str | None = "Two charges for March, one invoice.", **overrides: Any) -> Conversation:
    """An open conversation of Lin's that waits for an answer."""
    values: dict[str, Any] = {
        "customer_ref": LIN.ref,
        "customer_name": LIN.name,
        "account_ref": "northbeam",
        "account_name": "Northbeam Robotics",
        "subject": "Charged twice for March",
        "channel": "widget",
        "text": text,
    }
    return cairnloop.open_conversation(**{**values, **overrides})


def make_draft(conversation: Conversation) -> Draft:
    """A question back that waits in a conversation, as the job would have prepared it."""
    courtesies = courtesies_for(conversation.customer_name)
    claims = [DraftClaim(text=courtesies.opening), DraftClaim(text=courtesies.question)]
    draft = save_draft(
        Prepared(
            conversation=facts_of(conversation),
            answers_sequence=conversation.sequence,
            decision=Decision(Kind.CLARIFICATION, Reason.WEAK_EVIDENCE),
            sentences=seal(claims, sources={}, courtesies=courtesies.all),
            score=0.1,
            threshold=0.5,
            generator="extractive",
            fallback_cause="",
            usage=None,
            ruling=Ruling(cairnloop.Verdict.REQUIRE_APPROVAL),
            instruction="",
            question="charged twice",
            evidence=(),
            addressed_to=addressed_to(conversation),
        )
    )
    assert draft is not None
    return draft


def make_article(*, text: str = "Refunds arrive within five days.", publish: bool = False, **overrides: Any) -> Article:
    """An article about refunds, written by billing; published if asked for."""
    values: dict[str, Any] = {"title": "How refunds work", "text": text, "visibility": "public", "by": BILLING}
    article = cairnloop.create_article(**{**values, **overrides})
    if publish:
        cairnloop.publish_revision(revision_id=article.revisions.get().pk, by=BILLING)
        article.refresh_from_db()
    return article


def revise(article: Article, text: str, *, publish: bool = False, **overrides: Any) -> Revision:
    """The next revision of an article with another text; published if asked for."""
    values: dict[str, Any] = {"article_id": article.pk, "title": article.title, "text": text, "by": BILLING}
    revision = cairnloop.save_revision(**{**values, **overrides})
    if publish:
        revision = cairnloop.publish_revision(revision_id=revision.pk, by=BILLING)
    article.refresh_from_db()
    return revision
