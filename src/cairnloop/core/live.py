"""Hints for whoever watches: after commit, a name travels, and readers fetch what they may see.

A hint is never the truth and never private: losing one costs a moment, not a message.
"""

from __future__ import annotations

import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import BaseChannelLayer, InMemoryChannelLayer, channel_layers
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils.crypto import salted_hmac

from cairnloop.core.transactions import after_commit
from cairnloop.live_layer import PostgresChannelLayer

logger = logging.getLogger("cairnloop.live")

ALIAS = "cairnloop"
"""The channel layer's alias for our consumers: the host's own layer, or ours over LISTEN/NOTIFY."""
INBOX = "inbox"
APPROVALS = "approvals"
"""The governed actions of all conversations, and of none."""

Hint = dict[str, Any]


def conversation_topic(conversation_id: int) -> str:
    """Everything that happens in a conversation; for operators only."""
    return f"conversation.{conversation_id}"


def thread_topic(conversation_id: int) -> str:
    """What the customer of a conversation may notice: never a note, never a colleague's work."""
    return f"thread.{conversation_id}"


def customer_topic(customer_ref: str) -> str:
    """Everything of one customer's that their widgets may notice.

    A keyed digest of the reference: it fits the name of a group whatever the reference holds, no two customers
    share one, and whoever watches the names that travel cannot tell whose it is.
    """
    return f"customer.{salted_hmac('cairnloop.live.customer', customer_ref, algorithm='sha256').hexdigest()[:40]}"


def group_of(topic: str) -> str:
    """Return the channel layer's group for a topic."""
    return f"cairnloop.{topic}"


class NoChannelLayer(ImproperlyConfigured):
    """CHANNEL_LAYERS names something that cannot be made."""


def layer() -> BaseChannelLayer:
    """Return the host's channel layer ("cairnloop", else "default"), or our own when the host configured none.

    Raises NoChannelLayer.
    """
    if ALIAS not in channel_layers.backends:
        configured = next((name for name in (ALIAS, "default") if name in channel_layers.configs), None)
        try:
            made = channel_layers[configured] if configured else PostgresChannelLayer()
        except Exception as error:  # It is the host's class, with what the host gives it.
            raise NoChannelLayer(f"The channel layer {configured!r} cannot be made: {error}") from error
        channel_layers.set(ALIAS, made)
    return channel_layers.backends[ALIAS]


def is_shared(layer: BaseChannelLayer) -> bool:
    """Does a layer carry hints from one process to another? That of Channels for tests does not."""
    return not isinstance(layer, InMemoryChannelLayer)


def hint(topic: str, *, what: str = "changed", **names: str | int) -> None:
    """Tell the watchers of `topic` after commit; equal hints of one transaction travel once.

    `names` are ids and enums only: everything else is fetched through normal permissions.
    """
    message: Hint = {"type": "live.hint", "topic": topic, "what": what, **names}
    pending = _pending_batch()
    if pending is None:
        pending = _Batch()
        pending.append(message)
        after_commit(pending.send)
    elif message not in pending:
        pending.append(message)


def send(hints: list[Hint]) -> None:
    """Send hints now. A failing layer is logged and swallowed: what was committed stays true."""
    try:
        _send(hints)
    except Exception as error:
        logger.warning("live hints were not sent: %s", type(error).__name__)


def _send(hints: list[Hint]) -> None:
    channel_layer = layer()
    if isinstance(channel_layer, PostgresChannelLayer):
        channel_layer.notify([(group_of(each["topic"]), each) for each in hints])
        return
    for each in hints:
        async_to_sync(channel_layer.group_send)(group_of(each["topic"]), each)


class _Batch(list[Hint]):
    """The hints of one transaction; a rolled back savepoint takes the ones registered inside it along."""

    def send(self) -> None:
        send(list(self))


def _pending_batch() -> _Batch | None:
    connection = transaction.get_connection()
    savepoints = set(connection.savepoint_ids)
    for registered_in, function, _ in connection.run_on_commit:
        batch = getattr(function, "__self__", None)
        if isinstance(batch, _Batch) and registered_in == savepoints:
            return batch
    return None
