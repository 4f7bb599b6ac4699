"""How soon a commit is on a socket, and what thousands of open sockets cost."""

from __future__ import annotations

import asyncio
import base64
import json
import resource
import time

import websockets
from asgiref.sync import sync_to_async

import cairnloop
from rigs.bench.report import Report, milliseconds, percentile
from rigs.stack import Stack

REPLIES = 200
LATENCY_TARGET = 0.150
SOCKET_STEPS = (1_000, 5_000)
MEMORY_TARGET = 1 << 30
CONNECT_AT_ONCE = 64


def measure(report: Report, stack: Stack, *, steps: tuple[int, ...] = SOCKET_STEPS) -> None:
    """Print commit-to-socket latency, then memory at each number of open sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * max(steps))), hard))
    stack.start_web()
    report.section("From commit to the customer's socket (another process commits, one web process delivers)")
    waits = asyncio.run(_latencies(stack))
    report.figure("p50", milliseconds(percentile(waits, 0.5)))
    slow = percentile(waits, 0.95)
    report.promise("p95", milliseconds(slow), kept=slow <= LATENCY_TARGET, target=f"<= {milliseconds(LATENCY_TARGET)}")
    report.section("Open widget sockets on one web process")
    asyncio.run(_memory(report, stack, steps))


def widget(stack: Stack, customer_ref: str) -> websockets.connect:
    """Open the widget's socket as a customer."""
    token = cairnloop.sign_widget_token(customer_ref=customer_ref)
    encoded = base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
    return websockets.connect(
        f"ws://127.0.0.1:{stack.port}/support/widget/socket/",
        subprotocols=["cairnloop.v1", f"cl-token.{encoded}"],  # type: ignore[list-item]
        compression=None,
        open_timeout=60,
        ping_interval=None,
        max_queue=4,
    )


async def _latencies(stack: Stack) -> list[float]:
    conversation = await sync_to_async(cairnloop.open_conversation)(customer_ref="bench-live", text="Hello")
    operator = cairnloop.Actor.operator("1", name="Ada Brandt")
    waits: list[float] = []
    async with widget(stack, "bench-live") as socket:
        await socket.recv()
        await socket.send(json.dumps({"v": 1, "type": "join", "conversation": conversation.public_id, "after": 0}))
        await socket.recv()
        for number in range(REPLIES):
            await sync_to_async(cairnloop.post_reply)(
                conversation_id=conversation.pk, text=f"Reply {number}", by=operator
            )
            committed = time.perf_counter()
            await _until_message(socket)
            waits.append(time.perf_counter() - committed)
    return waits


async def _until_message(socket: websockets.ClientConnection) -> None:
    while True:
        frame = json.loads(await asyncio.wait_for(socket.recv(), 10))
        if frame["type"] == "messages" and frame["messages"]:
            return


async def _memory(report: Report, stack: Stack, steps: tuple[int, ...]) -> None:
    before = stack.web_memory_bytes()
    report.figure("memory with none", f"{before / 2**20:.0f} MiB")
    gate = asyncio.Semaphore(CONNECT_AT_ONCE)
    opened: list[websockets.ClientConnection] = []

    async def connect(number: int) -> None:
        async with gate:
            socket = await widget(stack, f"bench-socket-{number}")
            await socket.recv()
            opened.append(socket)

    for step in steps:
        started = time.perf_counter()
        await asyncio.gather(*(connect(number) for number in range(len(opened), step)))
        took = time.perf_counter() - started
        await asyncio.sleep(2)
        memory = stack.web_memory_bytes()
        each = (memory - before) / step / 1024
        report.figure(f"{step} opened in", f"{took:.1f} s, {each:.0f} KiB each")
        report.promise(
            f"memory with {step}",
            f"{memory / 2**20:.0f} MiB",
            kept=len(opened) == step and memory <= MEMORY_TARGET,
            target="<= 1024 MiB",
        )
    await asyncio.gather(*(socket.close() for socket in opened), return_exceptions=True)
