"""Layers to test: ours on the test database, and channels-redis on a real server of its own."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from channels.layers import BaseChannelLayer
from django.db import connection, connections

from cairnloop.live_layer import PostgresChannelLayer
from tests.live_layer.other_process import build_layer

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 10

Recipe = dict[str, Any]
"""What a second process needs to build the same layer."""


class OtherProcess:
    """A second Python process with a layer of its own; `call` runs one of its methods there."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.numbers = itertools.count()
        self.answers: dict[int, asyncio.Future[Any]] = {}
        self.reading = asyncio.ensure_future(self._read())

    @classmethod
    async def start(cls, recipe: Recipe) -> OtherProcess:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.live_layer.other_process",
            json.dumps(recipe),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return cls(process)

    def begin(self, method: str, *arguments: Any) -> asyncio.Future[Any]:
        number = next(self.numbers)
        self.answers[number] = asyncio.get_running_loop().create_future()
        assert self.process.stdin
        self.process.stdin.write(json.dumps([number, method, arguments]).encode() + b"\n")
        return self.answers[number]

    async def call(self, method: str, *arguments: Any) -> Any:
        return await asyncio.wait_for(self.begin(method, *arguments), PATIENCE)

    async def stop(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        try:
            await asyncio.wait_for(self.process.wait(), PATIENCE)
        except TimeoutError:
            self.process.kill()
            raise
        await self.reading

    async def _read(self) -> None:
        assert self.process.stdout
        async for line in self.process.stdout:
            number, answer = json.loads(line)
            if not self.answers[number].done():
                self.answers[number].set_result(answer)


def database(alias: str = "default") -> dict[str, Any]:
    """The part of Django's settings another process needs to reach the same database."""
    wanted = ("ENGINE", "NAME", "USER", "HOST", "PORT", "PASSWORD")
    return {key: str(connections[alias].settings_dict[key]) for key in wanted}


async def nothing_comes(receive: Awaitable[Any], *, within: float = 0.3) -> bool:
    """True when a receive is still waiting after a while."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(receive, within)
        return False
    return True


async def comes(receive: Awaitable[Any]) -> Any:
    return await asyncio.wait_for(receive, PATIENCE)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real redis-server with nothing in it, on a free port."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("no redis-server was found")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [binary, "--save", "", "--port", str(port), "--bind", "127.0.0.1"],
        cwd=tmp_path_factory.mktemp("redis"),
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for_port(port)
        yield f"redis://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


@pytest.fixture
def postgres_recipe(db: None) -> Recipe:
    return {"database": database(), "options": {}}


@pytest.fixture(params=["postgres", pytest.param("redis", marks=pytest.mark.redis)])
def recipe(request: pytest.FixtureRequest) -> Recipe:
    """How to build the layer under test: every test that asks for it runs on both."""
    if request.param == "redis":
        return {"redis": request.getfixturevalue("redis_url"), "options": {}}
    return request.getfixturevalue("postgres_recipe")


async def _retire(layer: BaseChannelLayer) -> None:
    await layer.flush()
    await (layer.close() if isinstance(layer, PostgresChannelLayer) else layer.close_pools())


@pytest.fixture
async def make_layer(recipe: Recipe) -> AsyncIterator[Callable[..., BaseChannelLayer]]:
    """Build layers of the kind under test; the options go to its constructor."""
    layers: list[BaseChannelLayer] = []

    def make(**options: Any) -> BaseChannelLayer:
        layers.append(build_layer({**recipe, "options": options}))
        return layers[-1]

    yield make
    for layer in layers:
        await _retire(layer)


@pytest.fixture
def layer(make_layer: Callable[..., BaseChannelLayer]) -> BaseChannelLayer:
    return make_layer()


@pytest.fixture
async def start_other(recipe: Recipe) -> AsyncIterator[Callable[[], Awaitable[OtherProcess]]]:
    """Start second processes with the same layer."""
    processes: list[OtherProcess] = []

    async def start() -> OtherProcess:
        processes.append(await OtherProcess.start(recipe))
        return processes[-1]

    yield start
    for process in processes:
        await process.stop()


@pytest.fixture
async def other(start_other: Callable[[], Awaitable[OtherProcess]]) -> OtherProcess:
    return await start_other()


@pytest.fixture
async def make_postgres_layer(postgres_recipe: Recipe) -> AsyncIterator[Callable[..., PostgresChannelLayer]]:
    layers: list[PostgresChannelLayer] = []

    def make(**options: Any) -> PostgresChannelLayer:
        layers.append(PostgresChannelLayer(**options))
        return layers[-1]

    yield make
    for layer in layers:
        await layer.close()


@pytest.fixture
def postgres_layer(make_postgres_layer: Callable[..., PostgresChannelLayer]) -> PostgresChannelLayer:
    return make_postgres_layer()


@pytest.fixture
async def bystander(db: None) -> Any:
    """A session of its own on the test database, to look at the others from outside."""
    params = {key: connection.get_connection_params()[key] for key in ("dbname", "user", "host")}
    async with await psycopg.AsyncConnection.connect(**params, autocommit=True) as session:
        yield session
