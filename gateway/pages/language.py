"""Languages of the pages: the catalogues of messages, and which of them a visitor reads.

A catalogue is a TOML file named by its language (BCP 47). A message is found by its table and key, `sign_in.title`, and
may hold named placeholders; every catalogue has the same messages with the same placeholders (a test compares them).
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from gateway.browsers import set_cookie

LANGUAGE_COOKIE: Final = "__Host-gridgate-language"
FOLDER: Final = Path(__file__).parents[1] / "locales"
_YEAR_S: Final = 31_536_000
_MINUTE_S: Final = 60
_MAX_ACCEPTED: Final = 200


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The messages of one language."""

    language: str
    messages: Mapping[str, str]

    def say(self, message: str, /, **values: object) -> str:
        """Return a message with its placeholders filled; raises KeyError where there is none."""
        return self.messages[message].format_map(values)

    def moment(self, at: datetime) -> str:
        """Write a moment, in the zone that it is given in."""
        return at.strftime(self.messages["format.moment"])

    def wait(self, seconds: int) -> str:
        """Write how long to wait; whole minutes, rounded up, from one minute on."""
        if seconds < _MINUTE_S:
            return self.say("format.seconds", count=seconds)
        return self.say("format.minutes", count=-(-seconds // _MINUTE_S))


@cache
def catalogues() -> Mapping[str, Catalogue]:
    """Read the catalogues that ship, by language."""
    return {path.stem: Catalogue(path.stem, read_messages(path)) for path in sorted(FOLDER.glob("*.toml"), key=_name)}


def read_messages(path: Path) -> Mapping[str, str]:
    """Read a catalogue's messages, by table and key."""
    return dict(_flat("", tomllib.loads(path.read_text("utf-8"))))


def _flat(prefix: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, str):
            yield prefix + key, value
        else:
            yield from _flat(f"{prefix}{key}.", value)


def offered(languages: Sequence[str]) -> list[str]:
    """Return the catalogues for a utility's languages, in their order; both of a language with two scripts."""
    tags = [tag for each in languages for tag in catalogues() if _primary(tag) == _primary(each)]
    return list(dict.fromkeys(tags)) or list(catalogues())


def choose(request: Request, offered_tags: Sequence[str]) -> str:
    """Choose a visitor's language: asked for by `?lang=`, remembered, preferred by the browser, or the first."""
    wishes = [request.query_params.get("lang", ""), request.cookies.get(LANGUAGE_COOKIE, "")]
    wishes += accepted(request.headers.get("accept-language", ""))
    found = (tag for wish in wishes for tag in _lookup(wish) if tag in offered_tags)
    return next(found, offered_tags[0])


def accepted(header: str) -> list[str]:
    """Read `Accept-Language` (RFC 9110, 12.5.4): tags with a weight above 0, the weightiest first."""
    weighed = []
    for part in header[:_MAX_ACCEPTED].split(","):
        tag, _, weight = part.partition(";q=")
        try:
            weighed.append((float(weight or "1"), tag.strip()))
        except ValueError:
            continue
    return [tag for weight, tag in sorted(weighed, key=lambda pair: -pair[0]) if weight > 0]


def remember(response: Response, language: str) -> None:
    """Let the browser remember a language for a year."""
    set_cookie(response, LANGUAGE_COOKIE, language, _YEAR_S)


def _lookup(wish: str) -> Iterator[str]:
    """Give the tag in our catalogues' spelling and what remains of it without its last subtags (RFC 4647, 3.4)."""
    known = {tag.lower(): tag for tag in catalogues()}
    parts = wish.lower().split("-")
    for length in range(len(parts), 0, -1):
        tag = known.get("-".join(parts[:length]))
        if tag:
            yield tag


def _primary(tag: str) -> str:
    return tag.partition("-")[0].lower()


def _name(path: Path) -> str:
    return path.stem
