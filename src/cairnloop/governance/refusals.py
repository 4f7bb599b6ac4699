"""What a transactional tool may not send to the database, in words for an operator."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from cairnloop.core.transaction_control import CannotBeShown, StatementRefused, WritesElsewhere

ENDS_TRANSACTION = gettext_lazy("It would end the transaction it runs in. Its developer has to leave that to Django.")
_NOT_SHOWN = gettext_lazy(
    "It would do something in the database that no preview can show. Its developer has to leave it out."
)
_ELSEWHERE = gettext_lazy(
    "It would write to another database (%(alias)s), where nothing can be undone. Its developer has to leave that out,"
    " or make it an action without a preview."
)


def words_for_refused(error: StatementRefused) -> str:
    """Return why a tool cannot do something, for an operator who has to tell its developer."""
    if isinstance(error, WritesElsewhere):
        return str(_ELSEWHERE) % {"alias": error.alias}
    return str(_NOT_SHOWN if isinstance(error, CannotBeShown) else ENDS_TRANSACTION)
