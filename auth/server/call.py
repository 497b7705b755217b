"""Call: a request to one of our endpoints and its answer, as plain values that Authlib and the framework both read."""

import binascii
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from authlib.oauth2.rfc6749 import (  # type: ignore[import-untyped]  # Authlib ships no types
    InvalidClientError,
    InvalidRequestError,
    OAuth2Payload,
    OAuth2Request,
)

from auth.identity.port import Visitor

FORM_TYPE: Final = "application/x-www-form-urlencoded"
REPEATABLE: Final = frozenset({"resource"})
"""The one parameter that may come several times (RFC 8707, section 2)."""
_MOST_FIELDS: Final = 50

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A POST to an endpoint: its path, its form, and the headers that matter."""

    path: str
    form: Pairs = field(repr=False)
    authorization: str | None = field(default=None, repr=False)
    proofs: tuple[str, ...] = field(default=(), repr=False)
    visitor: Visitor | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a status, a JSON object or nothing, and headers besides the body's own."""

    status: int
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def location(self) -> str | None:
        """Where the browser is sent, if anywhere."""
        return self.headers.get("Location")


def read_form(content_type: str, body: bytes) -> Pairs:
    """Read a form; raises InvalidRequestError for what is none."""
    if content_type.partition(";")[0].strip().lower() != FORM_TYPE:
        raise InvalidRequestError(f"The body is not {FORM_TYPE}.")
    try:
        return tuple(
            parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
        )
    except ValueError as error:
        raise InvalidRequestError("The form cannot be read.") from error


class _Payload(OAuth2Payload):  # type: ignore[misc]  # untyped
    """Parameters as Authlib asks for them."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        lists: dict[str, list[str]] = {}
        for name, value in pairs:
            lists.setdefault(name, []).append(value)
        self._lists = lists
        self._first = {name: values[0] for name, values in lists.items() if values[0]}

    @property
    def data(self) -> dict[str, str]:
        """The parameters; one without a value is as none (RFC 6749, section 3.1)."""
        return self._first

    @property
    def datalist(self) -> dict[str, list[str]]:
        """Every value of each parameter."""
        return self._lists


class PlainRequest(OAuth2Request):  # type: ignore[misc]  # untyped
    """Authlib's request made of plain values."""

    def __init__(self, method: str, url: str, pairs: Pairs, authorization: str | None = None) -> None:
        super().__init__(method, url, headers={"Authorization": authorization} if authorization else {})
        self.payload = _Payload(pairs)

    @property
    def args(self) -> dict[str, str]:
        """The parameters, of a GET."""
        return dict(self.payload.data) if self.method == "GET" else {}

    @property
    def form(self) -> dict[str, str]:
        """The parameters, of a POST."""
        return dict(self.payload.data) if self.method == "POST" else {}

    @property
    def resources(self) -> list[str]:
        """The resources asked for (RFC 8707)."""
        return [value for value in self.payload.datalist.get("resource", []) if value]

    def check_repetitions(self) -> None:
        """Refuse parameters that come twice (RFC 6749, section 3.1 and 3.2); raises InvalidRequestError."""
        repeated = [name for name, values in self.payload.datalist.items() if len(values) > 1]
        if set(repeated) - REPEATABLE:
            raise InvalidRequestError("A parameter comes more than once.")

    def check_credentials(self) -> None:
        """Refuse a client that proves itself in two ways (RFC 6749, section 2.3), or by a header that is none.

        Raises:
            InvalidRequestError, InvalidClientError.
        """
        header, given = self.headers.get("Authorization"), self.payload.data
        if header is not None:
            _check_basic(header)
        if sum([header is not None, "client_secret" in given, "client_assertion" in given]) > 1:
            raise InvalidRequestError("The client proves itself in more than one way.")


def _check_basic(header: str) -> None:
    """Refuse what Authlib's reader would stumble over instead of refusing it."""
    scheme, _, encoded = header.partition(" ")
    try:
        text = b64decode(encoded.strip().encode("ascii"), validate=True).decode("ascii")
    except (binascii.Error, UnicodeError) as error:
        raise InvalidClientError("The Authorization header cannot be read.") from error
    if scheme.lower() != "basic" or ":" not in text:
        raise InvalidClientError("The Authorization header cannot be read.")
