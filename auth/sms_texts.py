"""The texts of messages, in every language that we write, each short enough for one message.

BadText(ValueError)    a text has an unknown placeholder, or is longer than one message
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from connectors.messaging.sms import parts
from connectors.store.sms import SmsKind

_TEXTS: Final = Path(__file__).parent / "data" / "sms_texts.toml"
_LONGEST: Final = {"login": "+" + "9" * 15, "password": "XXXX-XXXX", "minutes": "10"}


class BadText(ValueError):
    """A text cannot be used; the message names its language and kind."""


@dataclass(frozen=True, slots=True)
class SmsTexts:
    """The texts by language (ISO 639-1) and kind; `fallback` is the language of whoever speaks none of them."""

    texts: Mapping[str, Mapping[SmsKind, str]]
    fallback: str

    @classmethod
    def load(cls, fallback: str, path: Path = _TEXTS) -> Self:
        """Read and check the texts; raises BadText."""
        with path.open("rb") as file:
            found = tomllib.load(file)
        if fallback not in found:
            raise BadText(f"there are no texts in {fallback}; there are in {', '.join(found)}")
        return cls({language: _checked(language, texts) for language, texts in found.items()}, fallback)

    def language_for(self, wanted: str | None) -> str:
        """Return the first language of an Accept-Language (RFC 9110, 12.5.4) that there are texts in, by its order."""
        for tag in (wanted or "").split(","):
            language = tag.partition(";")[0].strip().partition("-")[0].lower()
            if language in self.texts:
                return language
        return self.fallback

    def write(self, kind: SmsKind, language: str, *, login: str, password: str, minutes: int) -> str:
        """Write a message; in the fallback language where there are no texts in the other any more."""
        return self.texts.get(language, self.texts[self.fallback])[kind].format(
            login=login, password=password, minutes=minutes
        )


def _checked(language: str, texts: Mapping[str, str]) -> Mapping[SmsKind, str]:
    checked = {}
    for kind in SmsKind:
        try:
            written = texts[kind].format(**_LONGEST)
        except (KeyError, IndexError, ValueError) as error:
            raise BadText(f"the text {language}.{kind} is missing or has an unknown placeholder") from error
        if parts(written) > 1:
            raise BadText(f"the text {language}.{kind} is longer than one message")
        checked[kind] = texts[kind]
    return checked
