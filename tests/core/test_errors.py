from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from django.urls import reverse
from django.utils.translation import override, trans_real

from cairnloop.conversations.wording import EmptyMessage, MessageTooLong, checked_text
from cairnloop.core.errors import CairnloopError, NotFound, StaleView
from tests.web.conftest import browser_of

EMPTY = "The message is empty. Write something and send it again."
TOO_LONG = "The message has %(given)s characters, %(limit)s are allowed. Shorten it, or send it in parts."


def compiled(translations: dict[str, str]) -> bytes:
    """A catalogue in the format that gettext reads."""
    pairs = {"": "Content-Type: text/plain; charset=UTF-8\n", **translations}
    texts = [text.encode() for pair in (sorted(pairs), [pairs[key] for key in sorted(pairs)]) for text in pair]
    at, table = 28 + 8 * len(texts), b""
    for text in texts:
        table += struct.pack("<II", len(text), at)
        at += len(text) + 1
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, at)
    return head + table + b"".join(text + b"\0" for text in texts)


@pytest.fixture
def german(tmp_path: Path) -> Any:
    """A host that translated some sentences."""
    catalogue = tmp_path / "de" / "LC_MESSAGES" / "django.mo"
    catalogue.parent.mkdir(parents=True)
    long = "%(given)s Zeichen sind zu viel, %(limit)s sind erlaubt."
    catalogue.write_bytes(compiled({EMPTY: "Die Nachricht ist leer.", TOO_LONG: long}))
    kept = dict(trans_real._translations)
    trans_real._translations.clear()
    with override_settings(LOCALE_PATHS=[str(tmp_path)]), override("de"):
        yield
    trans_real._translations.clear()
    trans_real._translations.update(kept)


class TestAnErrorsSentence:
    def test_is_its_docstring(self):
        assert EmptyMessage().message == EMPTY == EmptyMessage.__doc__
        assert str(StaleView(missed=(1,))) == StaleView.__doc__
        assert NotFound("Another.").message == "Another."

    def test_speaks_the_language_of_whoever_is_refused(self, german):
        assert EmptyMessage().message == "Die Nachricht ist leer."
        with pytest.raises(MessageTooLong, match="5 Zeichen sind zu viel, 4 sind erlaubt"):
            checked_text("Hallo", limit=4)

    def test_of_a_host_is_its_own_docstring_or_that_of_its_parent(self):
        class Late(NotFound):
            """It came too late."""

        class Later(Late):
            pass

        assert Late().message == Later().message == "It came too late."

    def test_is_left_when_docstrings_are_stripped(self):
        show = (
            "from django.conf import settings; settings.configure(USE_I18N=False);"
            "from cairnloop.conversations.wording import EmptyMessage; print(EmptyMessage().message)"
        )
        done = subprocess.run([sys.executable, "-OO", "-c", show], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == EMPTY

    def test_of_every_class_can_be_translated(self):
        from cairnloop.core.sentences import SENTENCES

        def family(error: type) -> set[type]:
            return {error}.union(*(family(each) for each in error.__subclasses__()))

        ours = [each for each in family(CairnloopError) if each.__module__.startswith("cairnloop.") and each.__doc__]
        assert [each.__name__ for each in ours if f"{each.__module__}.{each.__qualname__}" not in SENTENCES] == []


@pytest.mark.django_db
def test_an_operator_reads_it_in_their_language(german, settings, ada, conversation):
    settings.LANGUAGE_CODE = "de"
    url = reverse("cairnloop:conversation-reply", args=[conversation.pk])
    refused = browser_of(ada).post(url, {"text": "\u200b", "seen_sequence": "1", "client_id": "op-1"})
    assert refused.status_code == 422
    assert "Die Nachricht ist leer." in refused.content.decode()
