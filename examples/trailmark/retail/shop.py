"""The shop's rules: what may be done to an order, and what it costs. Documents in, documents changed; no database.

Whoever gets a refusal keeps nothing of the documents handed in. Refusals are worded as in the recordings, so that a
replay can tell whether the right rule spoke.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

Document = dict[str, Any]

REASONS = ("no longer needed", "ordered by mistake")
ADDRESS_FIELDS = ("address1", "address2", "city", "state", "country", "zip")


class Refused(Exception):
    """The shop's rules do not allow it."""


def cancel(order: Document, customer: Document, *, reason: str) -> None:
    """Cancel a pending order, and give back what was paid."""
    if order["status"] != "pending":
        raise Refused("Non-pending order cannot be cancelled")
    if reason not in REASONS:
        raise Refused("Invalid reason")
    refunds = [{**payment, "transaction_type": "refund"} for payment in order["payment_history"]]
    for refund in refunds:
        _pay_back(customer, refund["payment_method_id"], refund["amount"])
    order["payment_history"] += refunds
    order.update(status="cancelled", cancel_reason=reason)


def send_elsewhere(order: Document, address: Mapping[str, str]) -> None:
    """Change where a pending order goes."""
    _refuse_unless_pending(order)
    order["address"].update(address)


def pay_differently(order: Document, customer: Document, *, payment_method_id: str) -> None:
    """Take the whole sum of a pending order from another payment method, and give it back to the first."""
    _refuse_unless_pending(order)
    method = _payment_method(customer, payment_method_id)
    if len(order["payment_history"]) != 1 or order["payment_history"][0]["transaction_type"] != "payment":
        raise Refused("There should be exactly one payment for a pending order")
    (paid,) = order["payment_history"]
    if paid["payment_method_id"] == payment_method_id:
        raise Refused("The new payment method should be different from the current one")
    if _lacks(method, paid["amount"]):
        raise Refused("Insufficient gift card balance to pay for the order")
    _pay_back(customer, payment_method_id, -paid["amount"])
    _pay_back(customer, paid["payment_method_id"], paid["amount"])
    order["payment_history"] += [
        {**paid, "payment_method_id": payment_method_id},
        {**paid, "transaction_type": "refund"},
    ]


def change_items(
    order: Document,
    customer: Document,
    products: Mapping[str, Document],
    *,
    item_ids: Sequence[str],
    new_item_ids: Sequence[str],
    payment_method_id: str,
) -> None:
    """Swap items of a pending order for other variants of the same products. Can be done once."""
    if order["status"] != "pending":
        raise Refused("Non-pending order cannot be modified")
    swaps = _swaps(order, products, item_ids, new_item_ids)
    difference = sum(new["price"] - old["price"] for old, new in swaps)
    if _lacks(_payment_method(customer, payment_method_id), difference):
        raise Refused("Insufficient gift card balance to pay for the new item")
    _pay_back(customer, payment_method_id, -difference)
    for old, new in swaps:
        old.update(item_id=new["item_id"], price=new["price"], options=new["options"])
    order["payment_history"].append(
        {
            "transaction_type": "payment" if difference > 0 else "refund",
            "amount": abs(difference),
            "payment_method_id": payment_method_id,
        }
    )
    order["status"] = "pending (item modified)"


def exchange(
    order: Document,
    customer: Document,
    products: Mapping[str, Document],
    *,
    item_ids: Sequence[str],
    new_item_ids: Sequence[str],
    payment_method_id: str,
) -> None:
    """Ask for items of a delivered order to be exchanged for other variants. The money moves once they are back."""
    if order["status"] != "delivered":
        raise Refused("Non-delivered order cannot be exchanged")
    swaps = _swaps(order, products, item_ids, new_item_ids)
    difference = round(sum(new["price"] - old["price"] for old, new in swaps), 2)
    if _lacks(_payment_method(customer, payment_method_id), difference):
        raise Refused("Insufficient gift card balance to pay for the price difference")
    order.update(
        status="exchange requested",
        exchange_items=sorted(item_ids),
        exchange_new_items=sorted(new_item_ids),
        exchange_payment_method_id=payment_method_id,
        exchange_price_difference=difference,
    )


def take_back(order: Document, customer: Document, *, item_ids: Sequence[str], payment_method_id: str) -> None:
    """Ask for items of a delivered order to be sent back, refunded as they were paid or to a gift card."""
    if order["status"] != "delivered":
        raise Refused("Non-delivered order cannot be returned")
    method = _payment_method(customer, payment_method_id)
    if method["source"] != "gift_card" and payment_method_id != order["payment_history"][0]["payment_method_id"]:
        raise Refused("Payment method should be the original payment method")
    _items(order, item_ids)
    order.update(status="return requested", return_items=sorted(item_ids), return_payment_method_id=payment_method_id)


def _refuse_unless_pending(order: Document) -> None:
    # One whose items were changed still is.
    if "pending" not in order["status"]:
        raise Refused("Non-pending order cannot be modified")


def _payment_method(customer: Document, payment_method_id: str) -> Document:
    method: Document | None = customer["payment_methods"].get(payment_method_id)
    if method is None:
        raise Refused("Payment method not found")
    return method


def _lacks(method: Document, amount: float) -> bool:
    """True if a gift card does not hold as much. What other methods hold, their banks know."""
    return method["source"] == "gift_card" and bool(method["balance"] < amount)


def _pay_back(customer: Document, payment_method_id: str, amount: float) -> None:
    """Put money on a gift card at once; banks take days, and do it themselves."""
    method = _payment_method(customer, payment_method_id)
    if method["source"] == "gift_card":
        method["balance"] = round(method["balance"] + amount, 2)


def _swaps(
    order: Document, products: Mapping[str, Document], item_ids: Sequence[str], new_item_ids: Sequence[str]
) -> list[tuple[Document, Document]]:
    """Return each item with the variant it is swapped for."""
    items = _items(order, item_ids)
    if len(item_ids) != len(new_item_ids):
        raise Refused("The number of items to be exchanged should match")
    return [(item, _variant(products, item["product_id"], new)) for item, new in zip(items, new_item_ids, strict=True)]


def _items(order: Document, item_ids: Sequence[str]) -> list[Document]:
    """Return the items of an order in the order asked for; one asked for twice has to be there twice."""
    if Counter(item_ids) - Counter(item["item_id"] for item in order["items"]):
        raise Refused("Some item not found")
    left = list(order["items"])
    found = []
    for item_id in item_ids:
        item = next(item for item in left if item["item_id"] == item_id)
        left.remove(item)
        found.append(item)
    return found


def _variant(products: Mapping[str, Document], product_id: str, item_id: str) -> Document:
    """Return a variant of this very product that can be had."""
    variant: Document | None = products[product_id]["variants"].get(item_id)
    if variant is None:
        raise Refused("Variant not found")
    if not variant["available"]:
        raise Refused(f"New item {item_id} not found or available")
    return variant
