"""What was found, as rows in their groups, each with its preview: trust, source and age on every one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.text import get_text_list
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cairnloop.conversations.models import Conversation
from cairnloop.conversations.queries import InboxLine
from cairnloop.knowledge_base.models import Article, Revision
from cairnloop.retrieval.evidence import ArticleCitation, CaseCitation, Degradation, Evidence, Reason, Snippet
from cairnloop.web.access import OperatorRequest
from cairnloop.web.conversation.presenter import STATUSES, subject_of
from cairnloop.web.conversation.sources import Source, source_of
from cairnloop.web.conversation.timeline import Status, customer_name
from cairnloop.web.inbox.presenter import snippet_of
from cairnloop.web.search.finding import Found
from cairnloop.web.search.marking import (
    Part,
    Span,
    best_sentence,
    mark_markdown,
    mark_words,
    passage_parts,
    plain,
    words_of,
)

OLD_AFTER = timedelta(days=365)
PARAGRAPHS = 4
MONTH = timedelta(days=365) / 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """A look inside, without a further request."""

    status: Status
    aside: str = ""
    title: str
    byline: str = ""
    parts: tuple[Part, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    warning: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """One row: what it is, how old, and where it stands."""

    dom_id: str
    url: str
    title: SafeString
    meta: str
    is_old: bool = False
    is_internal: bool = False
    snippet: SafeString
    preview: Preview
    source: Source | None = None
    """What a reply can name as its source; None for what is only to be read."""
    quote: str = ""
    """What may be quoted to the customer; nothing of an internal article may."""
    cite_url: str = ""
    """Back to the conversation, with the source in its form."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Rows of one trust, under its name."""

    name: str
    label: str
    aside: str
    icon: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """The answer to one query."""

    query: str
    groups: tuple[Group, ...]
    count: str
    time: str
    notice: str = ""
    """What could not be searched, or how; empty when all was well."""
    is_quiet: bool = False
    """The notice says how it always is here."""
    is_failure: bool = False
    is_unanswered: bool = False
    """No article answers this: worth keeping as a gap, if the question stands."""
    new_article_url: str = ""


def findings_of(
    request: OperatorRequest, found: Found, *, conversation: Conversation | None = None, cited: Sequence[str] = ()
) -> Findings:
    """Return what was found in the fixed order of groups; empty groups are left out."""
    now = timezone.now()
    cite_url = _cite_url(request, conversation, cited) if conversation else ""
    groups = (
        _group("articles", (_article(each, found, now=now, cite_url=cite_url) for each in found.canonical)),
        _group("cases", (_case(each, found, now=now) for each in found.assistive)),
        _group("conversations", (_conversation(line, found, request) for line in found.conversations)),
    )
    total = sum(len(group.hits) for group in groups)
    may_write = request.actor is not None and request.access.can_with_knowledge("write")
    return Findings(
        query=found.query,
        groups=tuple(group for group in groups if group.hits),
        count=ngettext("%(total)d result", "%(total)d results", total) % {"total": total} if total else _("No result"),
        time=_("in %(milliseconds)d ms") % {"milliseconds": found.milliseconds},
        notice=_notice(found),
        is_quiet=found.outcome is not None and found.outcome.degradation is Degradation.NO_EMBEDDER,
        is_failure=bool(found.failure),
        is_unanswered=is_unanswered(found),
        new_article_url=reverse("cairnloop:article-new") if may_write else "",
    )


def is_unanswered(found: Found) -> bool:
    """True when the knowledge base was asked and has no article, or could not answer."""
    return bool(found.failure) or (found.outcome is not None and not found.canonical)


def _group(name: str, hits: Iterable[Hit]) -> Group:
    label, aside, icon = GROUPS[name]
    return Group(name=name, label=str(label), aside=str(aside), icon=icon, hits=tuple(hits))


def _article(found: Evidence, search: Found, *, now: datetime, cite_url: str) -> Hit:
    assert isinstance(found.citation, ArticleCitation)  # `canonical` holds nothing else
    cited = found.citation
    revision = search.revisions[cited.revision_id]
    words = words_of(search.query, found.snippet)
    best = _cited_sentence(found, words, query=search.query)
    is_internal = revision.article.visibility == Article.Visibility.INTERNAL
    source = source_of(revision, start=cited.start, end=cited.end)
    is_old = now - found.changed_at > OLD_AFTER
    return Hit(
        dom_id=f"hit-article-{cited.revision_id}-{cited.chunk_index}",
        url=source.url,
        title=mark_words(found.title, words),
        meta=_age_of(revision, found.changed_at, now=now),
        is_old=is_old,
        is_internal=is_internal,
        snippet=mark_markdown(found.snippet.text, found.snippet.matches),
        preview=_article_preview(found, revision, passage_parts(found.text, best, limit=PARAGRAPHS), now=now),
        source=source,
        quote="" if is_internal or best is None else plain(found.text[slice(*best)]),
        cite_url=f"{cite_url}&cite={source.passage}#composer" if cite_url else "",
    )


def _cited_sentence(found: Evidence, words: frozenset[str], *, query: str) -> Span | None:
    """Return the best sentence of the passage that is cited, by its place in the text around it."""
    begins = found.text.find(found.snippet.text)
    best = best_sentence(found.snippet.text, words, asked=words_of(query, Snippet(""))) if begins >= 0 else None
    return (begins + best[0], begins + best[1]) if best else None


def _article_preview(found: Evidence, revision: Revision, parts: tuple[Part, ...], *, now: datetime) -> Preview:
    article = revision.article
    is_internal = article.visibility == Article.Visibility.INTERNAL
    cited = article.cited_count
    words = {
        "number": revision.number,
        "author": revision.author_name or _("someone"),
        "date": date_format(
            timezone.localtime(found.changed_at), "j F" if found.changed_at.year == now.year else "j F Y"
        ),
    }
    facts = [(_("Section"), " › ".join(found.heading_path))] if found.heading_path else []
    return Preview(
        status=Status("lock", _("Internal article"), "warning")
        if is_internal
        else Status("badge-check", _("Published article"), "info"),
        aside=ngettext("cited in %(count)d conversation", "cited in %(count)d conversations", cited) % {"count": cited}
        if cited
        else "",
        title=found.title,
        byline=_("Revision %(number)d by %(author)s, published %(date)s") % words,
        parts=parts,
        facts=(*facts, (_("Matched"), matched_by(found.reasons))),
        warning=_("For colleagues only: name it as a source, but do not quote it.") if is_internal else "",
    )


def _case(found: Evidence, search: Found, *, now: datetime) -> Hit:
    assert isinstance(found.citation, CaseCitation)  # `assistive` holds nothing else
    conversation = search.cases[found.citation.conversation_id]
    words = words_of(search.query, found.snippet)
    who = conversation.account_name or customer_name(conversation)
    ago = _ago(found.changed_at, now)
    is_old = now - found.changed_at > OLD_AFTER
    return Hit(
        dom_id=f"hit-case-{conversation.pk}-{found.citation.chunk_index}",
        url=_url_of(conversation),
        title=mark_words(found.title or subject_of(conversation), words),
        meta=_("%(who)s, %(ago)s") % {"who": who, "ago": ago},
        is_old=is_old,
        snippet=mark_markdown(found.snippet.text, found.snippet.matches),
        preview=Preview(
            status=Status("archive", _("Resolved case")),
            aside=_("for you to read, not to quote"),
            title=found.title or subject_of(conversation),
            byline=_("%(who)s, resolved %(ago)s") % {"who": who, "ago": ago},
            parts=passage_parts(found.text, best_sentence(found.text, words), limit=PARAGRAPHS),
            facts=((_("Matched"), matched_by(found.reasons)),),
        ),
    )


def _conversation(line: InboxLine, search: Found, request: OperatorRequest) -> Hit:
    row = line.conversation
    words = words_of(search.query, Snippet(""))
    icon, tone = STATUSES[row.status]
    said = snippet_of(line.last_word, actor_ref=request.actor.ref if request.actor else None)
    who, ago = customer_name(row), _ago(row.last_activity_at, timezone.now())
    meta = {"number": row.pk, "status": row.get_status_display(), "ago": ago}
    return Hit(
        dom_id=f"hit-conversation-{row.pk}",
        url=_url_of(row),
        title=mark_words(subject_of(row), words),
        meta=_("#%(number)d, %(status)s, %(ago)s") % meta,
        snippet=mark_words(f"{who} · {said}" if said else who, words),
        preview=Preview(
            status=Status(icon, row.get_status_display(), tone),
            aside=_("last activity %(ago)s") % {"ago": ago},
            title=subject_of(row),
            byline=" · ".join(filter(None, (who, row.account_name, f"#{row.pk}"))),
            parts=(Part(conditional_escape(said), is_best=False),) if said else (),
        ),
    )


def _age_of(revision: Revision, changed_at: datetime, *, now: datetime) -> str:
    if now - changed_at > OLD_AFTER:
        months = (now - changed_at) // MONTH
        words = ngettext(
            "Revision %(number)d, %(months)d month old", "Revision %(number)d, %(months)d months old", months
        )
        return words % {"number": revision.number, "months": months}
    local = timezone.localtime(changed_at)
    date = date_format(local, "j M" if local.year == timezone.localtime(now).year else "j M Y")
    return _("Revision %(number)d, %(date)s") % {"number": revision.number, "date": date}


def _ago(at: datetime, now: datetime) -> str:
    if now - at < timedelta(minutes=1):
        return _("just now")
    return _("%(time)s ago") % {"time": timesince(at, now, depth=1)}


def matched_by(reasons: Sequence[Reason]) -> str:
    """Return why something was found: "Words and meaning"."""
    said = [str(REASONS[reason]) for reason in REASONS if reason in reasons]
    listed = get_text_list(said, _("and"))
    return listed[:1].upper() + listed[1:]


def _notice(found: Found) -> str:
    if found.failure:
        return _("Articles and resolved cases could not be searched just now. Try again; conversations are searched.")
    degradation = found.outcome.degradation if found.outcome else None
    match degradation:
        case Degradation.NO_EMBEDDER:
            return _("Matched by words only.")
        case Degradation.EMBEDDER_FAILED:
            return _("Matched by words only: meaning could not be compared just now.")
        case Degradation.NOT_EMBEDDED:
            return _("Matched in part by words only: not everything is indexed by meaning yet.")
        case _:
            return ""


def _cite_url(request: OperatorRequest, conversation: Conversation, cited: Sequence[str]) -> str:
    if request.actor is None or conversation.is_archived or not request.access.can("reply", conversation):
        return ""
    before = "".join(f"&cite={passage}" for passage in cited)
    return f"{_url_of(conversation)}?compose=reply{before}"


def _url_of(conversation: Conversation) -> str:
    return reverse("cairnloop:conversation", args=[conversation.pk])


GROUPS: dict[str, tuple[Promise, Promise | str, str]] = {
    "articles": (gettext_lazy("Knowledge base"), gettext_lazy("can be quoted"), "book-open"),
    "cases": (gettext_lazy("Resolved cases"), gettext_lazy("for you to read, not to quote"), "archive"),
    "conversations": (gettext_lazy("Conversations"), "", "message-square"),
}
REASONS: dict[Reason, Promise] = {
    Reason.EXACT_PHRASE: gettext_lazy("exact phrase"),
    Reason.IDENTIFIER: gettext_lazy("code or name"),
    Reason.WORDS: gettext_lazy("words"),
    Reason.MEANING: gettext_lazy("meaning"),
    Reason.SIMILAR_CASE: gettext_lazy("a similar case"),
}
