"""Tools that look something up. They run without approval."""

from __future__ import annotations

import cairnloop
from retail.models import Customer, Order, Product
from retail.tools.records import Closed, ShopTool, find


class Looking(ShopTool):
    """Changes nothing."""

    risk = cairnloop.Risk.READ_ONLY
    scopes = frozenset({"retail.view_order"})


class FindUserByEmail(Looking):
    """By address, as the customer gives it."""

    name = "find_user_id_by_email"
    title = "Find a customer by e-mail"
    description = "Start here, once the customer has told their address."

    class Input(Closed):
        """One address."""

        email: str

    def run(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """The id, or a failure."""
        return _only(list(Customer.objects.filter(body__email__iexact=input.email).values_list("pk", flat=True)[:2]))


class FindUserByNameZip(Looking):
    """By name and post code, for those who forgot their address."""

    name = "find_user_id_by_name_zip"
    title = "Find a customer by name and post code"
    description = "For customers whose e-mail address is not known."

    class Input(Closed):
        """All three have to fit."""

        first_name: str
        last_name: str
        zip: str

    def run(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """The id, or a failure."""
        found = Customer.objects.filter(
            body__name__first_name__iexact=input.first_name,
            body__name__last_name__iexact=input.last_name,
            body__address__zip=input.zip,
        )
        return _only(list(found.values_list("pk", flat=True)[:2]))


class GetUserDetails(Looking):
    """The profile."""

    name = "get_user_details"
    title = "Look at a customer"
    description = "Name, address, payment methods and order numbers."
    scopes = frozenset({"retail.view_customer"})

    class Input(Closed):
        """Whose."""

        user_id: str

    def run(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """The document."""
        return cairnloop.ToolResult(summary="Looked up.", details={"result": find(Customer, input.user_id).body})


class GetOrderDetails(Looking):
    """An order."""

    name = "get_order_details"
    title = "Look at an order"
    description = "Items, status, delivery and payments of an order."

    class Input(Closed):
        """Which."""

        order_id: str

    def run(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """The document."""
        return cairnloop.ToolResult(summary="Looked up.", details={"result": find(Order, input.order_id).body})


class GetProductDetails(Looking):
    """A product."""

    name = "get_product_details"
    title = "Look at a product"
    description = "The variants of a product: options, price, availability."

    class Input(Closed):
        """Which."""

        product_id: str

    def run(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """The document."""
        return cairnloop.ToolResult(summary="Looked up.", details={"result": find(Product, input.product_id).body})


class GetItemDetails(Looking):
    """A variant."""

    name = "get_item_details"
    title = "Look at an item"
    description = "Options, price and availability of one variant of a product."

    class Input(Closed):
        """Which."""

        item_id: str

    def run(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """The variant, whichever product it is one of."""
        product = Product.objects.filter(body__variants__has_key=input.item_id).first()
        if product is None:
            raise cairnloop.ToolFailure("Item not found")
        return cairnloop.ToolResult(summary="Looked up.", details={"result": product.body["variants"][input.item_id]})


class ListProductTypes(Looking):
    """All products."""

    name = "list_all_product_types"
    title = "List all products"
    description = "The names of all products, with their ids."

    def run(self, *, input: Closed, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """Ids by name, in the order of the alphabet."""
        ids = dict(sorted((product.body["name"], product.pk) for product in Product.objects.all()))
        return cairnloop.ToolResult(summary=f"{len(ids)} products.", details={"result": ids})

    class Input(Closed):
        """Nothing to ask."""


def _only(found: list[str]) -> cairnloop.ToolResult:
    """Return the one customer found. Two who share everything are as good as none."""
    if len(found) != 1:
        raise cairnloop.ToolFailure("User not found")
    return cairnloop.ToolResult(summary="Found.", details={"result": found[0]})
