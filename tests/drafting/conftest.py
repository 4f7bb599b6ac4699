from __future__ import annotations

from typing import Any

import pytest

from tests.drafting.support import WORDS_ONLY, KnowledgeBase


@pytest.fixture
def knowledge(db: None, settings: Any) -> KnowledgeBase:
    """A knowledge base that is searched by words."""
    settings.CAIRNLOOP = WORDS_ONLY
    return KnowledgeBase()
