"""A Channels layer over PostgreSQL LISTEN/NOTIFY, for hosts without Redis.

`layer` is what Channels calls. For each event loop a `Hub` knows its channels and groups, a `Box` is one
channel's bounded queue, `NamedMail` shares the channels several processes read, a `Line` owns the connection.
`docs/decisions/0003-live-layer.md` says where this promises less than the Channels specification asks.
"""

from cairnloop.live_layer.layer import PostgresChannelLayer
from cairnloop.live_layer.line import LiveLayerUnavailable

__all__ = ["LiveLayerUnavailable", "PostgresChannelLayer"]
