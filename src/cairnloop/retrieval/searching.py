"""Search over the knowledge base and resolved cases: by words and by meaning, fused, within what the actor may see."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.db import DataError, connection

from cairnloop.conversations.models import ConversationQuerySet
from cairnloop.core import telemetry
from cairnloop.core.actors import Actor
from cairnloop.core.errors import InvalidInput, NotAllowed
from cairnloop.core.transactions import pipeline
from cairnloop.retrieval import answerability, embedding, fusing, lexicon
from cairnloop.retrieval.calibrations import find_calibration
from cairnloop.retrieval.evidence import (
    Answerability,
    ArticleCitation,
    CaseCitation,
    Degradation,
    Evidence,
    Reason,
    SearchOutcome,
    Source,
    Trust,
)
from cairnloop.retrieval.identifiers import identifiers, quoted_phrases
from cairnloop.retrieval.languages import configuration_of, host_configuration
from cairnloop.retrieval.snippets import cut_snippet
from cairnloop.retrieval.sources import articles, resolved_cases
from cairnloop.retrieval.sources.legs import (
    Exactly,
    Hit,
    Scope,
    holds_anything,
    looking_for_neighbours,
    meaning_leg,
    words_leg,
)

logger = logging.getLogger("cairnloop.retrieval")

QUERY_CHARS = 10_000
"""What a query holds beyond this is not read."""
MOST_EVIDENCE = 100
SPARE = 8
"""Fetched beyond the limit, for what is superseded while the search runs."""
READ_FOR_SENTENCES = 40
"""Among the sentences of so many chunks the answer is looked for."""
_OfSources = dict[Source, list[Hit]]
SURFACES = frozenset({"search", "draft_generation", "api"})


class NotForCustomers(NotAllowed):
    """Resolved cases are never shown to customers. Search without `cases`; nothing was searched."""

    code = "not_for_customers"


@dataclass(frozen=True, slots=True)
class _Found:
    read: lexicon.ReadQuery
    fused: list[fusing.Fused]
    judged: list[fusing.Fused]
    """What an answer is judged by: where not everything has its vectors, words alone."""
    degradation: Degradation | None
    model: str | None
    vector: Sequence[float] | None = None


@pipeline
def search_knowledge(
    query: str,
    *,
    actor: Actor,
    surface: str = "api",
    limit: int = 8,
    locale: str | None = None,
    cases: ConversationQuerySet | None = None,
    with_answerability: bool = True,
    chunks_per_article: int = 1,
) -> SearchOutcome:
    """Return what answers `query`, best first, as evidence `actor` may see.

    Operators and the system find public and internal articles, everybody else public ones only. `cases` are the
    conversations whose resolved cases may appear; None leaves them out, and of more than half of the `limit` only what
    articles leave free is theirs. `locale` narrows to articles of one locale.
    Without a working embedder words alone are searched, and `degradation` says so; so it does where what is found best
    has no vector yet, and stands where its words place it.
    """
    query = _cleaned(query)
    _refuse(actor=actor, limit=limit, locale=locale, cases=cases, chunks_per_article=chunks_per_article)
    with telemetry.span("search", surface=surface if surface in SURFACES else "other"):
        for _again in range(2):
            found = _find(query, actor=actor, locale=locale, cases=cases)
            evidence, is_whole = _evidence(found, actor=actor, cases=cases, limit=limit, at_most=chunks_per_article)
            # What was superseded in between has a successor, which is to be found as well.
            if is_whole:
                break
        judged = _judged(found) if with_answerability else Answerability(score=0.0, threshold=1.0, coverage=0.0)
    return SearchOutcome(evidence=tuple(evidence), answerability=judged, degradation=found.degradation)


def _refuse(
    *, actor: Actor, limit: int, locale: str | None, cases: ConversationQuerySet | None, chunks_per_article: int
) -> None:
    if not isinstance(actor, Actor):
        raise InvalidInput(f"An Actor is needed to say who searches, not {type(actor).__name__}.")
    # True is a number as well.
    if type(limit) is not int or not 1 <= limit <= MOST_EVIDENCE:
        raise InvalidInput(f"limit is a number from 1 to {MOST_EVIDENCE}, not {limit!r:.40}.")
    if type(chunks_per_article) is not int or chunks_per_article < 1:
        raise InvalidInput(f"chunks_per_article is a number from 1, not {chunks_per_article!r:.40}.")
    if locale is not None and (not isinstance(locale, str) or not locale.isprintable()):
        raise InvalidInput("locale is the locale of articles, such as 'en', or None for all.")
    if cases is not None and not isinstance(cases, ConversationQuerySet):
        raise InvalidInput(f"cases is a queryset of Conversation, not {type(cases).__name__}.")
    if cases is not None and cases.query.is_sliced:
        raise InvalidInput("cases is a queryset that is not cut: filter it in place of slicing it.")
    if cases is not None and actor.is_customer:
        raise NotForCustomers


def _cleaned(query: str) -> str:
    if not isinstance(query, str):
        raise InvalidInput(f"A query is text, not {type(query).__name__}.")
    query = query[:QUERY_CHARS]
    if any("\ud800" <= char <= "\udfff" for char in query):
        raise InvalidInput("A query is text, and this one holds half a character (a lone surrogate).")
    return query.replace("\x00", " ").strip()


def _find(query: str, *, actor: Actor, locale: str | None, cases: ConversationQuerySet | None) -> _Found:
    if not query:
        return _Found(lexicon.ReadQuery((), 1), [], [], None, None)
    scopes = {Source.ARTICLE: articles.scope_for(actor, locale=locale)}
    if cases is not None:
        scopes[Source.RESOLVED_CASE] = resolved_cases.scope_for(cases)
    model, vector, degradation = _vector(query)
    read = lexicon.read_query(query, locale=locale)
    exactly = Exactly(
        host_configuration() if locale is None else configuration_of(locale), identifiers(query), quoted_phrases(query)
    )
    words = {source: words_leg(read, exactly, scope, model=model) for source, scope in scopes.items()}
    meaning = _meaning(vector, model, scopes, chunk_count=read.chunk_count)
    if meaning is None:
        vector, degradation, meaning = None, Degradation.EMBEDDER_FAILED, {}
    fused = judged = _fused(words, meaning, query)
    if vector is not None and _is_not_embedded(fused, meaning, scopes):
        vector, degradation = None, Degradation.NOT_EMBEDDED
        judged = _fused(words, {}, query)
    return _Found(read, fused, judged, degradation, model if vector else None, vector)


def _fused(words: _OfSources, meaning: _OfSources, query: str) -> list[fusing.Fused]:
    legs = [fusing.Legs(source, hits, meaning.get(source, ())) for source, hits in words.items()]
    return fusing.fuse(legs, query_words=len(query.split()))


def _is_not_embedded(fused: Sequence[fusing.Fused], meaning: _OfSources, scopes: dict[Source, Scope]) -> bool:
    """Return whether the best article has no vector yet, or nothing has that could be found."""
    best = next((each for each in fused if each.source is Source.ARTICLE), None)
    if best is not None:
        return best.lacks_vector
    # The nearest is always found, however far away.
    return any(holds_anything(scope) for source, scope in scopes.items() if not meaning[source])


def _vector(query: str) -> tuple[str, list[float] | None, Degradation | None]:
    try:
        embedder = embedding.find_embedder()
    except ImproperlyConfigured:
        # The system check and the doctor say why; whoever searches cannot mend it.
        logger.warning("the embedder is not configured properly")
        return "", None, Degradation.EMBEDDER_FAILED
    if embedder is None:
        return "", None, Degradation.NO_EMBEDDER
    try:
        return embedding.model_of(embedder), embedding.embed_query(embedder, query), None
    except embedding.EmbeddingFailed:
        return "", None, Degradation.EMBEDDER_FAILED


def _meaning(
    vector: Sequence[float] | None, model: str, scopes: dict[Source, Scope], *, chunk_count: int
) -> _OfSources | None:
    if vector is None:
        return {}
    try:
        with looking_for_neighbours(chunk_count):
            return {source: meaning_leg(vector, model=model, scope=scope) for source, scope in scopes.items()}
    except DataError:
        # The doctor says so too.
        logger.warning("what is stored under the name of the embedder's model has other dimensions")
        return None


def _evidence(
    found: _Found, *, actor: Actor, cases: ConversationQuerySet | None, limit: int, at_most: int
) -> tuple[list[Evidence], bool]:
    """Return what is shown, and whether all that was found is there still."""
    ranked = fusing.best_per_owner(found.fused, at_most=at_most)
    weights = {each.lexeme: each.information for each in sorted(found.read.lexemes, key=lambda one: -one.information)}
    chunk_ids = [each.chunk_id for each in ranked if each.source is Source.ARTICLE][: limit + SPARE]
    chunks = articles.fetch(chunk_ids, actor) if chunk_ids else {}
    case_ids = [each.chunk_id for each in ranked if each.source is Source.RESOLVED_CASE][: limit + SPARE]
    parts = resolved_cases.fetch(case_ids, cases) if case_ids and cases is not None else {}
    present = [each for each in ranked if each.chunk_id in (chunks if each.source is Source.ARTICLE else parts)]
    evidence = [
        _canonical(each, chunks[each.chunk_id], weights)
        if each.source is Source.ARTICLE
        else _assistive(each, parts[each.chunk_id], weights)
        for each in _first(present, limit)
    ]
    return evidence, len(chunks) + len(parts) == len(chunk_ids) + len(case_ids)


def _first(ranked: Sequence[fusing.Fused], limit: int) -> list[fusing.Fused]:
    """Cut to the limit. Cases are in the customers' own words and rank high: half the places are kept for articles."""
    article_count = sum(each.source is Source.ARTICLE for each in ranked)
    places_for_cases = limit - min(article_count, (limit + 1) // 2)
    first = []
    for each in ranked:
        if each.source is Source.RESOLVED_CASE:
            places_for_cases -= 1
            if places_for_cases < 0:
                continue
        first.append(each)
    return first[:limit]


def _canonical(fused: fusing.Fused, chunk: articles.FoundChunk, weights: dict[str, float]) -> Evidence:
    cut = cut_snippet(chunk.text, weights)
    return Evidence(
        source=Source.ARTICLE,
        trust=Trust.CANONICAL,
        title=chunk.title,
        heading_path=tuple(chunk.heading_path),
        snippet=cut.snippet,
        text=chunk.text,
        citation=ArticleCitation(
            chunk.article_id, chunk.revision_id, chunk.index, chunk.start + cut.start, chunk.start + cut.end
        ),
        changed_at=chunk.published_at,
        slug=chunk.slug,
        revision_number=chunk.revision_number,
        score=fused.score,
        words_score=fused.words_score,
        words_rank=fused.words_rank,
        meaning_score=fused.meaning_score,
        meaning_rank=fused.meaning_rank,
        reasons=_reasons(fused),
    )


def _assistive(fused: fusing.Fused, part: resolved_cases.FoundCase, weights: dict[str, float]) -> Evidence:
    return Evidence(
        source=Source.RESOLVED_CASE,
        trust=Trust.ASSISTIVE,
        title=part.subject,
        heading_path=(),
        snippet=cut_snippet(part.text, weights).snippet,
        text=part.text,
        citation=CaseCitation(part.conversation_id, part.index),
        changed_at=part.resolved_at,
        score=fused.score,
        words_score=fused.words_score,
        words_rank=fused.words_rank,
        meaning_score=fused.meaning_score,
        meaning_rank=fused.meaning_rank,
        reasons=(Reason.SIMILAR_CASE, *_reasons(fused)),
    )


def _reasons(fused: fusing.Fused) -> tuple[Reason, ...]:
    stated = {
        Reason.IDENTIFIER: fused.has_identifier,
        Reason.EXACT_PHRASE: fused.has_phrase,
        Reason.WORDS: fused.words_rank is not None,
        Reason.MEANING: fused.meaning_rank is not None,
    }
    return tuple(reason for reason, is_so in stated.items() if is_so)


def _judged(found: _Found) -> Answerability:
    calibration = find_calibration(found.model)
    fused = [each for each in found.judged if each.source is Source.ARTICLE]
    canonical = fusing.best_per_owner(fused)
    if not canonical:
        return answerability.judge(answerability.Found((), found.read.lexemes), calibration)
    sentences: list[answerability.Sentence] = []
    if found.vector is not None and found.model is not None:
        chunk_ids = [each.chunk_id for each in fused[:READ_FOR_SENTENCES]]
        sentences = articles.sentences_of(chunk_ids, vector=found.vector, model=found.model)
    return answerability.judge(
        answerability.Found(canonical, found.read.lexemes, _lexemes_of(canonical[0].chunk_id), sentences), calibration
    )


def _lexemes_of(chunk_id: int) -> frozenset[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(words) FROM cairnloop_chunkwords WHERE chunk_id = %s", [chunk_id])
        row = cursor.fetchone()
    return frozenset(row[0]) if row else frozenset()
