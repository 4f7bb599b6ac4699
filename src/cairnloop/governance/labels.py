"""How a tool names models and fields: "billing.Invoice", "billing.Invoice.number", in any case of the model's name."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, models, router

from cairnloop.core import jobs
from cairnloop.hooks.tool import Tool


def model_named(label: str) -> type[models.Model]:
    """Return the model of "billing.Invoice", or of a field of it."""
    app, name = label.split(".")[:2]
    return apps.get_model(app, name)


def unsteady_of(tool: Tool) -> frozenset[str]:
    """Return what is unsteady about a tool, spelled as the models and fields are."""
    return frozenset(map(spelled, tool.unsteady))


def spelled(label: str) -> str:
    """Return a label as its model and field are spelled."""
    model = model_named(label)
    field = label.split(".")[2:]
    return ".".join([model._meta.label, *(model._meta.get_field(name).name for name in field)])


def check_label(where: str, label: Any, *, parts: tuple[int, ...]) -> None:
    """Raise ImproperlyConfigured unless a label names what a preview can tell. `parts` says whether fields may be."""
    named = label.split(".") if isinstance(label, str) else []
    try:
        if len(named) not in parts:
            raise LookupError
        model = model_named(label)
        field = model._meta.get_field(named[2]) if len(named) == 3 else None
    except (LookupError, FieldDoesNotExist):
        raise ImproperlyConfigured(f"{where} names {label!r}, which is no model, or no field, of this host.") from None
    if model._meta.proxy:
        stands_for = model._meta.concrete_model._meta.label if model._meta.concrete_model else ""
        raise ImproperlyConfigured(f"{where} names {label!r}, a proxy. Name the model it stands for: {stands_for!r}.")
    if field is not None and field not in model._meta.local_concrete_fields:
        raise ImproperlyConfigured(
            f"{where} names {label!r}, which has no column of its own. Name the model that keeps it, such as its"
            " parent, or the one through which a ManyToManyField goes."
        )
    if isinstance(field, models.Field) and field.primary_key:
        raise ImproperlyConfigured(
            f"{where} names {label!r}, a primary key: without it rows are not told apart. Name the model."
        )
    if model._meta.swapped or not (model._meta.managed or model._meta.label == jobs.MODEL):
        raise ImproperlyConfigured(
            f"{where} names {label!r}, whose table Django does not make, so nothing can be watched there. Leave out"
            " transactional and writes, and nothing is previewed."
        )
    if isinstance(model._meta.pk, models.CompositePrimaryKey):
        raise ImproperlyConfigured(
            f"{where} names {label!r}, which has a composite primary key: a preview cannot tell its rows apart. Leave"
            " out transactional and writes, and nothing is previewed."
        )
    _check_written_here(where, label, model)


def _check_written_here(where: str, label: str, model: type[models.Model]) -> None:
    alias = router.db_for_write(model)
    if alias != DEFAULT_DB_ALIAS:
        raise ImproperlyConfigured(
            f"{where} names {label!r}, which DATABASE_ROUTERS sends to {alias!r}. Cairnloop can show and undo what"
            f" happens in {DEFAULT_DB_ALIAS!r} alone: leave out transactional and writes, and nothing is previewed."
        )
