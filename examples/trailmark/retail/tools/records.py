"""What all tools of the shop share: whose things they are, how they are held, and what is kept of a change."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

import cairnloop
from retail.models import Customer, Order, Product, Record
from retail.shop import Document, Refused

NOT_FOUND: dict[type[Record], str] = {
    Customer: "User not found",
    Order: "Order not found",
    Product: "Product not found",
}
R = TypeVar("R", bound=Record)


class Closed(BaseModel):
    """An input that takes what it declares, and nothing else."""

    model_config = ConfigDict(extra="forbid", str_max_length=500)


class ShopTool(cairnloop.Tool):
    """The account of a conversation is the shop's customer; what belongs to another is denied."""

    def authorize(self, *, input: Any, context: cairnloop.ToolContext) -> bool:
        """Whether it is theirs. What does not exist belongs to nobody, and `run` says so."""
        if user_id := getattr(input, "user_id", None):
            return bool(user_id == context.account_ref)
        if order_id := getattr(input, "order_id", None):
            order = Order.objects.filter(pk=order_id).first()
            return order is None or bool(order.body["user_id"] == context.account_ref)
        return True

    def choices(self, *, context: cairnloop.ToolContext) -> Mapping[str, Sequence[tuple[str, str]]]:
        """The customer's own orders and payment methods."""
        customer = Customer.objects.filter(pk=context.account_ref).first()
        if customer is None:
            return {}
        orders = Order.objects.filter(pk__in=customer.body["orders"]).order_by("pk")
        methods = sorted(customer.body["payment_methods"])
        fields = {
            "order_id": [(order.pk, f"{order.pk}, {order.body['status']}") for order in orders],
            "payment_method_id": [(method, method.replace("_", " ")) for method in methods],
            "user_id": [(customer.pk, customer.pk)],
        }
        return {field: offered for field, offered in fields.items() if field in self.Input.model_fields}


def find(kind: type[R], key: str) -> R:
    """Return a record as it is. Raises ToolFailure where there is none."""
    return _there(kind, kind._default_manager.filter(pk=key).first())


def hold(kind: type[R], key: str) -> R:
    """Return a record that nobody else changes meanwhile. Raises ToolFailure where there is none."""
    return _there(kind, kind._default_manager.select_for_update().filter(pk=key).first())


def _there(kind: type[R], record: R | None) -> R:
    if record is None:
        raise cairnloop.ToolFailure(NOT_FOUND[kind])
    return record


@contextmanager
def changing(order_id: str) -> Iterator[tuple[Document, Document]]:
    """Hold an order and its customer for the shop's rules, and keep what these made of them; nothing if refused."""
    order = hold(Order, order_id)
    customer = hold(Customer, order.body["user_id"])
    before = copy.deepcopy((order.body, customer.body))
    try:
        yield order.body, customer.body
    except Refused as refusal:
        raise cairnloop.ToolFailure(str(refusal)) from refusal
    for record, body in zip((order, customer), before, strict=True):
        if record.body != body:
            record.save(update_fields=["body"])


def products_of(order: Document) -> dict[str, Document]:
    """Return the products an order is about."""
    ids = {item["product_id"] for item in order["items"]}
    return {product.pk: product.body for product in Product.objects.filter(pk__in=ids)}
