"""The shop in the database: put there, read as a whole, and put back."""

from __future__ import annotations

from django.db import transaction

from retail.models import Customer, Order, Product, Record
from retail.replay.recording import State

KINDS: dict[str, type[Record]] = {"products": Product, "users": Customer, "orders": Order}


def move_in(shop: State) -> None:
    """Make the database's shop this one, whatever it was."""
    with transaction.atomic():
        for kind, model in KINDS.items():
            model._default_manager.all().delete()
            model._default_manager.bulk_create(model(id=key, body=body) for key, body in shop[kind].items())


def read() -> State:
    """Return the whole shop as it is committed now."""
    return {kind: dict(model._default_manager.values_list("id", "body")) for kind, model in KINDS.items()}


def put_back(shop: State) -> None:
    """Undo whatever has changed since it moved in."""
    now = read()
    with transaction.atomic():
        for kind, model in KINDS.items():
            changed = [key for key, body in shop[kind].items() if now[kind].get(key) != body]
            model._default_manager.bulk_update((model(id=key, body=shop[kind][key]) for key in changed), ["body"])
