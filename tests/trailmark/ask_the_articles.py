"""Run inside the example when its worker is idle: ask what its customers asked, as a customer and as an operator."""

import json
import sys

import cairnloop
from cairnloop.models import Article, Conversation, Message

FOUND = 3
QUESTION_CHARS = 1_000
"""What follows in the longest messages is a log, and no question."""

found = {}
for conversation in Conversation.objects.all():
    asked = conversation.messages.filter(role=Message.Role.CUSTOMER).order_by("sequence").first()
    customer = cairnloop.Actor.customer(conversation.customer_ref)
    question = f"{conversation.subject}\n{asked.text if asked else ''}"[:QUESTION_CHARS]
    outcome = cairnloop.search_knowledge(question, actor=customer, limit=FOUND)
    articles = Article.objects.in_bulk([each.citation.article_id for each in outcome.evidence])
    found[conversation.client_id] = [
        [articles[each.citation.article_id].source_path, articles[each.citation.article_id].visibility]
        for each in outcome.evidence
    ]
json.dump(found, sys.stdout)
