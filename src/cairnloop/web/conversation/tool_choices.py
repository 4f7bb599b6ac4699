"""What a tool offers to choose from, for one conversation: asked for, and bounded whatever it answers."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from itertools import islice
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from cairnloop.core.errors import CairnloopError
from cairnloop.core.texts import spelled_out
from cairnloop.core.transactions import savepoint
from cairnloop.hooks.tool import Tool, ToolContext
from cairnloop.web.conversation.tool_fields import Field, Kind, NotForAForm, Option, fields_of
from cairnloop.web.conversation.tool_reading import Unreadable, value_of

logger = logging.getLogger("cairnloop.web")

MOST_CHOICES = 200
LABEL_CHARS = 200


class NotProposable(CairnloopError):
    """This action cannot be proposed by a form here. Nothing was proposed."""

    code = "not_proposable"


def offered_fields(tool: Tool, *, context: ToolContext) -> tuple[Field, ...]:
    """Return the fields of a tool's form in this context, those it has choices for with their options.

    Raises NotProposable with the reason: a form cannot take the input, the tool does not tell its choices, or there
    is nothing to choose from.
    """
    try:
        fields = fields_of(tool.Input)
    except NotForAForm as error:
        raise NotProposable(unfit(str(error))) from error
    choices = _choices(tool, context)
    unknown = choices.keys() - {field.key for field in fields}
    if unknown:
        # Its field would be typed by hand, where a list was meant.
        logger.warning("choices of tool %s name fields that its Input lacks: %s", tool.name, ", ".join(sorted(unknown)))
        raise NotProposable(_("It offers choices for a field that it does not have. Its developer has to mend that."))
    return tuple(_with_choices(field, choices.get(field.key)) for field in fields)


def _choices(tool: Tool, context: ToolContext) -> Mapping[str, Sequence[tuple[str, str]]]:
    try:
        # A tool that breaks its query must not take the host's request transaction along.
        with savepoint() if connection.in_atomic_block else nullcontext():
            return {
                # Sliced, a text that says it is safe HTML is plain text again.
                str(key): [
                    (str(value)[:], spelled_out(str(label)[:LABEL_CHARS]))
                    for value, label in islice(pairs, MOST_CHOICES + 1)
                ]
                for key, pairs in tool.choices(context=context).items()
            }
    except Exception as error:
        logger.warning("choices of tool %s failed: %s", tool.name, type(error).__name__)
        raise NotProposable(_("What there is to choose from could not be found out. Try again.")) from error


def _with_choices(field: Field, pairs: Sequence[tuple[str, str]] | None) -> Field:
    if pairs is None:
        if field.kind is Kind.SEVERAL and not field.options:
            raise NotProposable(unfit(field.label))
        return field
    options, help = tuple(_options(field, pairs[:MOST_CHOICES])), field.help
    if len(pairs) > MOST_CHOICES:
        told = _("There are more than the %(count)s that are offered here.") % {"count": MOST_CHOICES}
        help = f"{help} {told}".strip()
    if not options and not field.may_be_empty:
        raise NotProposable(_("There is nothing to choose from here: %(field)s.") % {"field": field.label})
    kind = Kind.SEVERAL if field.kind is Kind.SEVERAL else Kind.ONE
    return dataclasses.replace(field, kind=kind, options=options, help=help)


def _options(field: Field, pairs: Sequence[tuple[str, str]]) -> Any:
    known = {option.sent: option.value for option in field.options}
    kind = field.item if field.kind is Kind.SEVERAL else field.kind
    for sent, label in pairs:
        try:
            yield Option(sent, label, known[sent] if known else value_of(kind, sent))
        except (KeyError, Unreadable):
            # Nothing the input could take: offering it would only lead to a refusal.
            logger.warning("choices of field %s hold what it cannot take", field.key)


def unfit(label: str) -> str:
    """Say that a part of a tool's input, which is called so, keeps it from having a form."""
    words = _("A form cannot take a part of its input: %(field)s. Propose it from your project's code.")
    return words % {"field": label}
