from __future__ import annotations

import copy
from typing import Any

import pytest
from django.test import override_settings

from tests.drafting.support import WORDS_ONLY, KnowledgeBase


@pytest.fixture(scope="class")
def knowledge_kept(request: pytest.FixtureRequest) -> KnowledgeBase | None:
    """The one that all tests of a class find; none where each of them commits."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None or marker.kwargs.get("transaction"):
        return None
    with override_settings(CAIRNLOOP=WORDS_ONLY):
        found: KnowledgeBase = request.getfixturevalue("kept")(KnowledgeBase)
    return found


@pytest.fixture
def knowledge(knowledge_kept: KnowledgeBase | None, db: None, settings: Any) -> KnowledgeBase:
    """A knowledge base that is searched by words."""
    settings.CAIRNLOOP = WORDS_ONLY
    return copy.deepcopy(knowledge_kept) if knowledge_kept else KnowledgeBase()
