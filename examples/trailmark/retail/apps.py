"""The shop as a Django app."""

from django.apps import AppConfig


class RetailConfig(AppConfig):
    """Customers, orders and products, and the tools that act on them."""

    name = "retail"
    default_auto_field = "django.db.models.BigAutoField"
