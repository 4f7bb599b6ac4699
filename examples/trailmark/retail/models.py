"""The shop's own tables: one document a customer, an order and a product, as the recordings hold them."""

from __future__ import annotations

from typing import Any

from django.db import models

Body = dict[str, Any]


class Record(models.Model):
    """A document of the shop, under the id everybody knows it by."""

    id = models.CharField(primary_key=True, max_length=40)
    body = models.JSONField()

    class Meta:
        abstract = True


class Customer(Record):
    """Somebody who buys: name, address, payment methods."""


class Order(Record):
    """What a customer bought, what was paid, and how far it is."""


class Product(Record):
    """A kind of thing, and its variants: options, price, availability."""
