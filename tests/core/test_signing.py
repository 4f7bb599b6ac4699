"""Whom a host can sign a widget token for, and whom it cannot by mistake."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.utils.functional import SimpleLazyObject

import cairnloop
from cairnloop.core import signing
from cairnloop.core.actors import InvalidActor
from cairnloop.core.signing import WidgetClaims, read_widget_token, sign_widget_token

NOBODY = [
    *(None, AnonymousUser().pk, AnonymousUser(), True, False, [], b"lin", object()),
    *("", "  ", "\u200b", "a\x00b", "\ud800"),
]


def read(**given: Any) -> WidgetClaims:
    claims = read_widget_token(sign_widget_token(**given))
    assert claims is not None
    return claims


def name_of(value: Any) -> str:
    """Processes that share a run have to call each case the same: nothing of theirs, such as an address, is in it."""
    return ascii(value).split(" at 0x")[0]


@pytest.mark.parametrize("customer_ref", NOBODY, ids=name_of)
def test_nobody_is_no_customer(customer_ref: Any):
    with pytest.raises(InvalidActor) as refusal:
        cairnloop.sign_widget_token(customer_ref=customer_ref)
    assert isinstance(refusal.value, ValueError)


@pytest.mark.parametrize("account_ref", [AnonymousUser(), True, " ", "x" * 201], ids=name_of)
def test_nor_is_it_an_account(account_ref: Any):
    with pytest.raises(InvalidActor):
        cairnloop.sign_widget_token(customer_ref="lin", account_ref=account_ref)


@pytest.mark.parametrize("key", ["lin", 7, uuid.UUID(int=7), SimpleLazyObject(lambda: "lin")], ids=str)
def test_primary_keys_are_carried_as_text(key: Any):
    claims = read(customer_ref=key, account_ref=key)
    assert (claims.customer_ref, claims.account_ref) == (str(key), str(key))


def test_no_account_and_no_names_are_nothing():
    claims = read(customer_ref="lin", name=None, account_ref=None, account_name=None)
    assert (claims.name, claims.account_ref, claims.account_name) == ("", "", "")


@pytest.mark.parametrize("letter", ["界", "🦊"])
def test_what_is_signed_is_let_in_however_long_its_names(letter: str):
    long = "".join(chr(ord(letter) + n) for n in range(500))
    claims = read(customer_ref=long[:200], name=long, account_ref=long[200:400], account_name=long)
    assert claims.name == long[:200]


def test_what_would_not_be_let_in_is_not_signed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(signing, "TOKEN_CHARS", len(sign_widget_token(customer_ref="lin")))
    with pytest.raises(InvalidActor, match="too long together"):
        sign_widget_token(customer_ref="lin", name="Lin Zhao")


def test_the_page_of_a_visitor_who_is_not_signed_in_shows_no_chat():
    page = Template("{% load cairnloop_widget %}{% cairnloop_widget customer_ref=user.pk name=user.username %}")
    assert page.render(Context({"user": AnonymousUser()})) == ""
