"""The shop in the database: put there, read as a whole, and put back."""

from __future__ import annotations

import json
from functools import lru_cache

from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from retail.models import Customer, Order, Product, Record
from retail.replay.recording import State
from retail.shop import Document

KINDS: dict[str, type[Record]] = {"products": Product, "users": Customer, "orders": Order}


def move_in(shop: State) -> None:
    """Make the database's shop this one, whatever it was."""
    with transaction.atomic():
        for kind, model in KINDS.items():
            model._default_manager.all().delete()
            model._default_manager.bulk_create(model(id=key, body=body) for key, body in shop[kind].items())


def read() -> State:
    """Return the whole shop as it is committed now; documents that did not change are the same objects as before."""
    return {
        kind: {
            key: _document(text) for key, text in model._default_manager.values_list("id", Cast("body", TextField()))
        }
        for kind, model in KINDS.items()
    }


def put_back(shop: State) -> None:
    """Undo whatever has changed since it moved in."""
    now = read()
    with transaction.atomic():
        for kind, model in KINDS.items():
            changed = [key for key, body in shop[kind].items() if now[kind].get(key) != body]
            model._default_manager.bulk_update((model(id=key, body=shop[kind][key]) for key in changed), ["body"])


@lru_cache(maxsize=10_000)
def _document(text: str) -> Document:
    document: Document = json.loads(text)
    return document
