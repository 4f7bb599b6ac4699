"""The only sentences of a draft that stand without a quote: they claim nothing. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

NAME_CHARS = 30
NAME_MARKS = frozenset("'’-")


@dataclass(frozen=True, slots=True)
class Courtesies:
    """What a draft to one customer may say of itself."""

    opening: str
    closing: str
    question: str
    """Asks the customer back."""

    @property
    def all(self) -> frozenset[str]:
        """Each of them."""
        return frozenset((self.opening, self.closing, self.question))


def courtesies_for(customer_name: str) -> Courtesies:
    """Return the courtesies for a customer, in the language that is active."""
    name = given_name(customer_name)
    return Courtesies(
        opening=_("Hi %(name)s, thanks for your message.") % {"name": name} if name else _("Thanks for your message."),
        closing=_("If this does not answer your question, write back here."),
        question=_("Could you describe in a little more detail what you want to do, and what you see instead?"),
    )


def given_name(customer_name: str) -> str:
    """Return the first word of a name, or nothing if it is no plain word: a name may hold a link or markup."""
    first = customer_name.split(" ", 1)[0]
    letters = "".join(character for character in first if character not in NAME_MARKS)
    return first if letters.isalpha() and len(first) <= NAME_CHARS else ""
