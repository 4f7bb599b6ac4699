"""How fast customers' messages are stored, against the bare SQL that storing them implies."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from statistics import harmonic_mean

from django.db import connection, transaction
from django.utils import timezone

import cairnloop
from rigs.bench.report import Report

MESSAGES = 400
ROUNDS = 5
TARGET = 0.5

INSERT = (
    "INSERT INTO cairnloop_message (conversation_id, sequence, public_sequence, role, author_kind, author_ref,"
    " author_name, text, metadata, client_id, created_at)"
    " VALUES (%s, %s, %s, 'customer', 'customer', %s, '', %s, '{}', %s, %s)"
)
UPDATE = (
    "UPDATE cairnloop_conversation SET sequence = %s, public_sequence = %s, last_activity_at = %s, changed_at = %s"
    " WHERE id = %s"
)
TEXT = "Two of three repositories are green again, nav-core is still skipped. Is there news on the refund?"


def measure(report: Report) -> None:
    """Print the rates for one writer and for eight at once, each against its floor.

    The floor and ours take turns: a disk that is slow for a while is slow for both.
    """
    report.section("Customer messages: commit, row lock, sequence, hint; durable commits")
    for writers in (1, 8):
        turns = [(_rate(_floor, writers), _rate(_ours, writers)) for _turn in range(ROUNDS)]
        floor, ours = (harmonic_mean(rates) for rates in zip(*turns, strict=True))
        report.figure(f"floor, {writers} at once: INSERT and UPDATE in a transaction", f"{floor:.0f}/s")
        report.figure(f"receive_message, {writers} at once", f"{ours:.0f}/s")
        report.promise(
            f"rate against the floor, {writers} at once",
            f"{ours / floor:.2f}",
            kept=ours / floor >= TARGET,
            target=f">= {TARGET:.2f}",
        )


def _floor(conversation_id: int, ref: str, number: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        now = timezone.now()
        cursor.execute(INSERT, [conversation_id, number, number, ref, TEXT, f"f-{number}", now])
        cursor.execute(UPDATE, [number, number, now, now, conversation_id])


def _ours(conversation_id: int, ref: str, number: int) -> None:
    cairnloop.receive_message(
        conversation_id=conversation_id, text=TEXT, by=cairnloop.Actor.customer(ref), client_id=f"f-{number}"
    )


def _rate(write: Callable[[int, str, int], None], writers: int) -> float:
    targets = []
    for writer in range(writers):
        ref = f"bench-{write.__name__}-{writers}-{writer}-{secrets.token_hex(4)}"
        targets.append((cairnloop.open_conversation(customer_ref=ref, subject="Bench").pk, ref))
    barrier = threading.Barrier(writers + 1)
    share = MESSAGES // writers

    def run(conversation_id: int, ref: str) -> None:
        try:
            write(conversation_id, ref, 1)
            barrier.wait()
            for number in range(2, share + 2):
                write(conversation_id, ref, number)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=target) for target in targets]
    for thread in threads:
        thread.start()
    barrier.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    return writers * share / (time.perf_counter() - started)
