"""What a page may watch: the inbox, conversations its operator may see, and the approvals if they may decide."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from cairnloop.conversations.queries import conversation_versions, inbox_version
from cairnloop.core.live import APPROVALS, INBOX, conversation_topic
from cairnloop.drafting.queries import draft_versions
from cairnloop.governance.approval_queries import approvals_version
from cairnloop.governance.queries import proposal_versions
from cairnloop.web.access import Access

TOPIC_LIMIT = 20
CONVERSATION = re.compile(r"conversation\.([0-9]{1,18})")


class TopicRefused(Exception):
    """A topic that is unknown, invisible, or one too many."""


def versions_of(topics: Iterable[str], *, access: Access) -> Mapping[str, str]:
    """Return a version token for each topic: it changes whenever a fetch would show something else.

    Raises TopicRefused unless every topic may be watched by this user now.
    """
    wanted = set(topics)
    if len(wanted) > TOPIC_LIMIT:
        raise TopicRefused
    if APPROVALS in wanted and not access.can_with_tools("decide"):
        raise TopicRefused
    ids = {topic: _conversation_id(topic) for topic in wanted - {INBOX, APPROVALS}}
    visible = access.visible()
    versions = conversation_versions(visible, list(ids.values())) if ids else {}
    if versions.keys() != set(ids.values()):
        raise TopicRefused
    drafts = draft_versions(list(versions)) if ids else {}
    proposals = proposal_versions(versions) if ids else {}
    found = {
        conversation_topic(pk): f"{version}-{drafts.get(pk, '')}-{proposals.get(pk, '')}"
        for pk, version in versions.items()
    }
    if INBOX in wanted:
        found[INBOX] = inbox_version(visible)
    if APPROVALS in wanted:
        found[APPROVALS] = approvals_version()
    return found


def _conversation_id(topic: str) -> int:
    named = CONVERSATION.fullmatch(topic)
    if named is None:
        raise TopicRefused
    return int(named[1])
