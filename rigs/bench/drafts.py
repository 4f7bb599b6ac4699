"""How soon after a customer's message a draft is on an operator's page, by a web process and a worker."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
import urllib.request
from unittest.mock import patch

import websockets
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

import cairnloop
from cairnloop.conf import get_settings
from cairnloop.core.live import conversation_topic
from rigs.bench.pages import signed_in
from rigs.bench.report import Report, milliseconds, percentile
from rigs.stack import EXAMPLE, Stack

ROUNDS = {0: 60, 3: 20}
"""How many messages are measured, by how many seconds a draft waits for the customer to finish writing."""
WARM_UP = 3
PATIENCE_SECONDS = 60
KNOWLEDGE = EXAMPLE / "trailmark" / "knowledge"
QUESTIONS = (
    "Why was my pipeline run skipped when every seat is taken?",
    "How do I rotate an API key without breaking the builds that use it?",
    "We were charged twice for March. When does the refund show up on our card?",
    "Webhook signatures fail since we rotated the secret. What do we have to change?",
)
DRAFT = '<section class="cl-draft"'


def measure(report: Report, stack: Stack) -> None:
    """Print the time from commit to the HTML with the draft, without and with the wait for further messages."""
    stack.manage("cairnloop_kb", "import", str(KNOWLEDGE))
    if stack.web is None:
        stack.start_web()
    stack.start_worker()
    _until_nothing_waits()
    client = signed_in("bench-drafts")
    for wait, rounds in ROUNDS.items():
        report.section(f"From a customer's message to the draft on the page, after {wait} s for further messages")
        # No host can set it to nothing, since customers write in several messages: this is what drafting itself takes.
        waiting = dataclasses.replace(get_settings(), draft_wait_seconds=wait)
        with patch("cairnloop.wiring.get_settings", lambda now=waiting: now):
            spent = asyncio.run(_rounds(stack, client, rounds + WARM_UP))[WARM_UP:]
        report.figure(f"p50 of {rounds}", milliseconds(percentile(spent, 0.5)))
        report.figure("p95", milliseconds(percentile(spent, 0.95)))
    # Nothing that is measured after this is to share the machine with it.
    stack.kill_worker()


async def _rounds(stack: Stack, client: Client, rounds: int) -> list[float]:
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}
    line = websockets.connect(
        f"ws://127.0.0.1:{stack.port}{reverse('cairnloop:home')}live/",
        additional_headers=cookie,
        origin=stack.url,  # type: ignore[arg-type]
    )
    spent: list[float] = []
    async with line as socket:
        for number in range(rounds):
            spent.append(await _once(stack, socket, cookie, QUESTIONS[number % len(QUESTIONS)]))
    return spent


async def _once(stack: Stack, socket: websockets.ClientConnection, cookie: dict[str, str], question: str) -> float:
    customer = cairnloop.Actor.customer("bench-drafts")
    conversation = await sync_to_async(cairnloop.open_conversation)(customer_ref=customer.ref, subject="Bench")
    await socket.send(json.dumps({"watch": [conversation_topic(conversation.pk)]}))
    while "watching" not in json.loads(await asyncio.wait_for(socket.recv(), PATIENCE_SECONDS)):
        pass
    news = f"{stack.url}{reverse('cairnloop:conversation-timeline', args=[conversation.pk])}?after=0"
    await sync_to_async(cairnloop.receive_message)(conversation_id=conversation.pk, text=question, by=customer)
    committed = time.perf_counter()
    async with asyncio.timeout(PATIENCE_SECONDS):
        # As the page does: a hint names what changed, and the change is fetched.
        while True:
            await socket.recv()
            if DRAFT in await asyncio.to_thread(_fetch, news, cookie):
                return time.perf_counter() - committed


def _fetch(url: str, cookie: dict[str, str]) -> str:
    request = urllib.request.Request(url, headers={**cookie, "HX-Request": "true"})
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        return str(answer.read().decode())


def _until_nothing_waits() -> None:
    """Wait until what was imported can be found by meaning too."""
    deadline = time.monotonic() + 10 * PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
                " AND task_name LIKE 'cairnloop:retrieval.%%'",
                [],
            )
            if not cursor.fetchone()[0]:
                return
        time.sleep(0.5)
    raise RuntimeError("The worker did not index the articles in time.")
