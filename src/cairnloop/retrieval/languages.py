"""Which text search configuration of PostgreSQL reads a text of which locale."""

from __future__ import annotations

from django.conf import settings as host_settings

CONFIGURATIONS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali",
    "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
"""Languages whose words PostgreSQL reduces to stems; what is not here is kept word by word."""


def configuration_of(locale: str) -> str:
    """Return the configuration for a locale such as "en" or "pt-br"; "simple" where there is no stemmer."""
    return CONFIGURATIONS.get(locale.replace("_", "-").split("-")[0].lower(), "simple")


def host_configuration() -> str:
    """Return the configuration of the host's own language, LANGUAGE_CODE."""
    return configuration_of(host_settings.LANGUAGE_CODE)
