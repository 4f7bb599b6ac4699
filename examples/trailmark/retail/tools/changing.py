"""Tools that change orders and customers. They only write the shop's database, so each commits with its record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

import cairnloop
from retail import shop
from retail.models import Customer
from retail.tools.records import Closed, ShopTool, changing, hold, products_of


class Changing(ShopTool):
    """Waits for approval."""

    transactional = True
    writes = ("retail.Order", "retail.Customer")
    risk = cairnloop.Risk.LOW_WRITE
    scopes = frozenset({"retail.change_order"})


class MovesMoney(Changing):
    """The same, where money goes to and fro."""

    risk = cairnloop.Risk.HIGH_WRITE


class Address(Closed):
    """Where something goes."""

    address1: str
    address2: str
    city: str
    state: str
    country: str
    zip: str

    def as_document(self) -> dict[str, str]:
        """Return it as the shop keeps it."""
        return {field: getattr(self, field) for field in shop.ADDRESS_FIELDS}


class CancelOrder(MovesMoney):
    """A pending order that is not wanted any more."""

    name = "cancel_pending_order"
    title = "Cancel an order"
    description = "Cancels an order that is still pending, and gives back what was paid."

    class Input(Closed):
        """Which, and why."""

        order_id: str
        reason: Literal["no longer needed", "ordered by mistake"]

    def preview(self, *, input: Input, context: cairnloop.ToolContext) -> str:
        """What the customer notices."""
        return f"Order {input.order_id} is cancelled, and what was paid goes back the way it came."

    def run(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """Cancel."""
        with changing(input.order_id) as (order, customer):
            shop.cancel(order, customer, reason=input.reason)
        return cairnloop.ToolResult(summary=f"Order {input.order_id} is cancelled.")


class ChangeOrderAddress(Changing):
    """A pending order that should go elsewhere."""

    name = "modify_pending_order_address"
    title = "Send an order elsewhere"
    description = "Changes where an order goes that is still pending."

    class Input(Address):
        """Which, and where to."""

        order_id: str

    def preview(self, *, input: Input, context: cairnloop.ToolContext) -> str:
        """What the customer notices."""
        return f"Order {input.order_id} goes to {input.city}."

    def run(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """Change the address."""
        with changing(input.order_id) as (order, _):
            shop.send_elsewhere(order, input.as_document())
        return cairnloop.ToolResult(summary=f"Order {input.order_id} goes to the new address.")


class ChangeOrderPayment(MovesMoney):
    """A pending order that should be paid otherwise."""

    name = "modify_pending_order_payment"
    title = "Change how an order is paid"
    description = "Takes the sum of a pending order from another payment method."

    class Input(Closed):
        """Which, and from where."""

        order_id: str
        payment_method_id: str

    def preview(self, *, input: Input, context: cairnloop.ToolContext) -> str:
        """What the customer notices."""
        return f"Order {input.order_id} is paid with {input.payment_method_id}; the first payment is given back."

    def run(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """Change the payment."""
        with changing(input.order_id) as (order, customer):
            shop.pay_differently(order, customer, payment_method_id=input.payment_method_id)
        return cairnloop.ToolResult(summary=f"Order {input.order_id} is paid the other way.")


class Swap(Closed):
    """Items and what comes in their place, pair by pair."""

    order_id: str
    item_ids: list[str] = Field(min_length=1, max_length=50)
    new_item_ids: list[str] = Field(min_length=1, max_length=50)
    payment_method_id: str

    def as_arguments(self) -> dict[str, Any]:
        """Return what the shop's rules ask for."""
        return self.model_dump(exclude={"order_id"})


class ChangeOrderItems(MovesMoney):
    """Other variants, before anything was sent."""

    name = "modify_pending_order_items"
    title = "Change items of an order"
    description = "Swaps items of a pending order for other variants of the same products. Can be done once."

    class Input(Swap):
        """Which, and for what."""

    def preview(self, *, input: Input, context: cairnloop.ToolContext) -> str:
        """What the customer notices."""
        return f"{_items(input.item_ids)} of order {input.order_id} changed, the difference paid at once."

    def run(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """Swap."""
        with changing(input.order_id) as (order, customer):
            shop.change_items(order, customer, products_of(order), **input.as_arguments())
        return cairnloop.ToolResult(summary=f"{_items(input.item_ids)} of order {input.order_id} changed.")


class ExchangeItems(MovesMoney):
    """Other variants, after they have come."""

    name = "exchange_delivered_order_items"
    title = "Exchange items of an order"
    description = "Exchanges items of a delivered order for other variants of the same products. Can be done once."

    class Input(Swap):
        """Which, and for what."""

    def preview(self, *, input: Input, context: cairnloop.ToolContext) -> str:
        """What the customer notices."""
        return f"{_items(input.item_ids)} of order {input.order_id} exchanged, once the old ones are back."

    def run(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """Ask for the exchange."""
        with changing(input.order_id) as (order, customer):
            shop.exchange(order, customer, products_of(order), **input.as_arguments())
        return cairnloop.ToolResult(summary=f"{_items(input.item_ids)} of order {input.order_id} to be exchanged.")


class ReturnItems(MovesMoney):
    """Back to the shop."""

    name = "return_delivered_order_items"
    title = "Take items of an order back"
    description = "Lets a customer send items of a delivered order back for their money. Can be done once."

    class Input(Closed):
        """Which, and where the money goes."""

        order_id: str
        item_ids: list[str] = Field(min_length=1, max_length=50)
        payment_method_id: str

    def preview(self, *, input: Input, context: cairnloop.ToolContext) -> str:
        """What the customer notices."""
        return f"{_items(input.item_ids)} of order {input.order_id} sent back, refunded to {input.payment_method_id}."

    def run(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """Ask for the return."""
        with changing(input.order_id) as (order, customer):
            shop.take_back(order, customer, item_ids=input.item_ids, payment_method_id=input.payment_method_id)
        return cairnloop.ToolResult(summary=f"{_items(input.item_ids)} of order {input.order_id} to be sent back.")


class ChangeUserAddress(Changing):
    """The customer moved."""

    name = "modify_user_address"
    title = "Change a customer's address"
    description = "Changes the address new orders go to; those that exist go where they went."
    scopes = frozenset({"retail.change_customer"})

    class Input(Address):
        """Whose, and where to."""

        user_id: str

    def preview(self, *, input: Input, context: cairnloop.ToolContext) -> str:
        """What the customer notices."""
        return f"New orders go to {input.city}."

    def run(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """Change the address."""
        customer = hold(Customer, input.user_id)
        if customer.body["address"] != {**customer.body["address"], **input.as_document()}:
            customer.body["address"].update(input.as_document())
            customer.save(update_fields=["body"])
        return cairnloop.ToolResult(summary="New orders go to the new address.")


def _items(ids: Sequence[str]) -> str:
    return "1 item" if len(ids) == 1 else f"{len(ids)} items"
