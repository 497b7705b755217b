"""What the suite emits: all that demos and tests wrote is searched, when it is over, for what must not be there.

A demo's messages are searched for the secrets of every demo and for the shapes of secrets, what tests in this process
wrote for the shapes alone. It works in any order and in any number of processes: each searches what it started itself.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

SHORTEST: Final = 8
"""Characters. Anything shorter may stand anywhere by chance."""

SHAPES: Final = {
    "a signed token": r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*",
    "a token of ours": r"gg[rsd]_[\w-]{20,}",
    "a hash of a password": r"\$argon2",
    "a cookie": r"__Host-gridgate[a-z-]*=[\w-]{8,}",
    "an authorization": r"(?i)\b(?:bearer|basic|dpop) [\w+/.-]{20,}",
    "a parameter": r"[?&](?:code|state|pin|cert|password|token|access_token|client_secret|user_code)=[^\s&]{4,}",
    "a webhook's secret": r"/webhooks/sms/[\w-]{20,}",
    "a phone": r"\+?\b(?:998|380)\d{9}\b",
    "a personal number": r"\b[3-6]\d{13}\b",
    "a card": r"\b[2-6]\d{3}(?:[ -]?\d{4}){3}\b",
    "a one-time password": r"\b[CDFHJKLMNPRTVWXY34679]{4}-[CDFHJKLMNPRTVWXY34679]{4}\b",
}
"""How secrets and personal numbers look, whoever's they are."""

_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
_OF_CLIENTS: Final = re.compile(r"^[A-Z]+ +(?:httpx2|httpcore2)\b.*$", re.MULTILINE)
_SECRET_KEYS: Final = frozenset({"api_key", "password", "client_secret", "decryption_token", "token", "secret", "d"})


@dataclass(slots=True)
class Emitted:
    """The logs to search, and the secrets by their values."""

    logs: list[Path] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    shapes: list[str] = field(default_factory=list)

    def register(self, what: str, *values: str) -> None:
        """Take note of secrets: nothing that is emitted may hold them, now or later."""
        self.secrets.update({value: what for value in values if len(value) >= SHORTEST})

    def register_folder(self, folder: Path) -> None:
        """Take note of what a demo's files hold: its customers, the keys of its neighbours and its own."""
        for path in (folder / "sandbox.json", *folder.glob("*/signing-keys.json")):
            if path.exists():
                self.register(f"a secret of {path.name}", *secrets_in(json.loads(path.read_text("utf-8"))))

    def notice(self, where: str, text: str) -> None:
        """Look at what a test wrote; what its own HTTP client tells of itself does not count."""
        self.shapes += [f"{where}: {shape}" for shape in shapes_in(_OF_CLIENTS.sub("", text))]

    def findings(self) -> list[str]:
        """Search everything; says where and what, and repeats no secret."""
        found = list(self.shapes)
        for log in self.logs:
            text = _COLOURS.sub("", log.read_text("utf-8", "replace"))
            found += [f"{log}: {what}" for value, what in self.secrets.items() if value in text]
            found += [f"{log}: {shape}" for shape in shapes_in(text)]
        return sorted(set(found))


EMITTED: Final = Emitted()


def shapes_in(text: str) -> list[str]:
    """Return the shapes of secrets in a text."""
    return [name for name, shape in SHAPES.items() if re.search(shape, text)]


def secrets_in(value: Any, key: str = "") -> Iterator[str]:  # noqa: ANN401 -- any JSON
    """Give the texts that stand under keys of secrets, at any depth."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from secrets_in(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from secrets_in(inner, key)
    elif isinstance(value, str) and key in _SECRET_KEYS:
        yield value
