"""A second process with a channel layer of its own, driven by lines of JSON on its standard input."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from channels.layers import BaseChannelLayer


def build_layer(recipe: dict[str, Any]) -> BaseChannelLayer:
    if "redis" in recipe:
        from channels_redis.core import RedisChannelLayer

        return RedisChannelLayer(hosts=[recipe["redis"]], **recipe["options"])
    from cairnloop.live_layer import PostgresChannelLayer

    return PostgresChannelLayer(**recipe["options"])


async def main(recipe: dict[str, Any]) -> None:
    if "database" in recipe:
        from django.conf import settings

        settings.configure(DATABASES={"default": recipe["database"]})
    layer = build_layer(recipe)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin.buffer)
    running = set()
    async for line in lines:
        running.add(asyncio.create_task(answer(layer, *json.loads(line))))
    for task in running:
        task.cancel()


async def answer(layer: BaseChannelLayer, number: int, method: str, arguments: list[Any]) -> None:
    result = await getattr(layer, method)(*arguments)
    print(json.dumps([number, result]), flush=True)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
