"""What a transactional tool would do: it does it, the database tells every row, and all of it is undone."""

from __future__ import annotations

import logging

from django.db import DatabaseError
from django.utils.translation import gettext as _
from pydantic import BaseModel

from cairnloop.conf import get_settings
from cairnloop.core.transaction_control import StatementRefused
from cairnloop.core.transactions import limit_statements, undone
from cairnloop.governance.answers import result_of
from cairnloop.governance.effects import Effect, leaves_open
from cairnloop.governance.refusals import words_for_refused
from cairnloop.governance.validating import NotForeseeable, said_by, sentence
from cairnloop.governance.watching import Watch, watching
from cairnloop.hooks.tool import Tool, ToolContext, ToolFailure

logger = logging.getLogger("cairnloop.governance")


def foresee(tool: Tool, model: BaseModel, *, context: ToolContext, run_key: str) -> Effect:
    """Return the effect a transactional tool would have now; nothing of it stays. Raises NotForeseeable.

    What was to happen after a commit never happens, deferred constraints are checked, and no statement takes longer
    than the host allows. What is outside this database cannot be undone: a transactional tool must not reach there.
    A tool that makes rows with fields that fill themselves at random is tried twice: what comes out the same, it chose.
    It gets the `run_key` it will run with, which may stand in what it writes.
    """
    try:
        seconds = get_settings().tool_preview_seconds
        first = try_out(tool, model, context=context, run_key=run_key, seconds=seconds)
        effect = first.effect()
        if leaves_open(effect.shown):
            effect = try_out(tool, model, context=context, run_key=run_key, seconds=seconds).effect(beside=first)
    except ToolFailure as failure:
        raise NotForeseeable(sentence(said_by(failure)) or _("The action could not be done now.")) from failure
    except NotForeseeable:
        raise
    except StatementRefused as error:
        raise NotForeseeable(words_for_refused(error)) from error
    except DatabaseError as error:
        logger.warning("preview of tool %s failed: %s", tool.name, type(error).__name__)
        raise NotForeseeable(_("The database would not take what it does, or it takes too long.")) from error
    except Exception as error:
        logger.warning("preview of tool %s failed: %s", tool.name, type(error).__name__)
        raise NotForeseeable(_("It broke off with an error when it was tried out. Nothing was changed.")) from error
    if effect.is_too_large:
        raise NotForeseeable(_("What it would do is too much to show."))
    return effect


def try_out(tool: Tool, model: BaseModel, *, context: ToolContext, run_key: str, seconds: int | None = None) -> Watch:
    """Do it, undo it, and return what was seen. With `seconds`, no statement may take longer.

    Raises what the tool raises, and NotForeseeable."""
    with undone(here_alone=True):
        if seconds:
            limit_statements(seconds=seconds)
        with watching(tool) as watch:
            # A copy: what a tool does to its input is not undone.
            result_of(tool.run(input=model.model_copy(deep=True), context=context, run_key=run_key))
    return watch
