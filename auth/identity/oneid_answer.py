"""OneID's answers in both generations of their fields: the access token, the person, and every way of saying no.

The reading is pure and asks for little: a person needs only the `pin`. Every failure is SignInRefused or
ProviderUnavailable with a code for a reason; neither a value nor a text of the answer gets into an exception.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from auth.identity.port import Organisation, ProviderUnavailable, SignInRefused
from connectors.transport.port import Answer

LEGAL_SIGNATURE: Final = "LEPKCSMETHOD"
"""The method of a legal person's signature; only with it does `pkcs_legal_tin` mean anything."""

MOST_ORGANISATIONS: Final = 100
_LONGEST_WORD: Final = 64
_CODE: Final = re.compile(r"[A-Z_]{1,40}|[a-z_]{1,40}")
_PIN: Final = re.compile(r"[1-9][0-9]{13}")
_TIN: Final = re.compile(r"[0-9]{9}")


@dataclass(frozen=True, slots=True)
class OneIdPerson:
    """Who signed in, as OneID says it; everything but the method is personal.

    `pin` is the PINFL (14 digits). `method` is OneID's word for how this sign-in was done, empty where it said nothing.
    `is_confirmed` is false where OneID says that the account was never confirmed by a signature or Mobile-ID. `login`
    is the account's own name there. The names' parts are not read: integrators disagree on which is the family name,
    and `full_name` is whole.
    """

    pin: str = field(repr=False)
    method: str
    is_confirmed: bool
    full_name: str | None = field(default=None, repr=False)
    login: str | None = field(default=None, repr=False)
    organisations: tuple[Organisation, ...] = field(default=(), repr=False)


def read_access_token(answer: Answer) -> str:
    """Return the access token; its lifetime and the refresh token are ignored, since nobody documents their use."""
    token = _payload(answer).get("access_token")
    if not isinstance(token, str) or not token.strip():
        raise SignInRefused("NO_ACCESS_TOKEN")
    return token


def read_person(answer: Answer) -> OneIdPerson:
    """Return who signed in; refused without a `pin`, whatever else is there."""
    payload = _payload(answer)
    pin = _digits(payload.get("pin"), _PIN)
    if pin is None:
        raise SignInRefused("NO_PIN")
    method = (_text(payload.get("auth_method")) or "")[:_LONGEST_WORD]
    valid = payload.get("valid")
    return OneIdPerson(
        pin=pin,
        method=method,
        is_confirmed=valid is None or _is_true(valid),
        full_name=_text(payload.get("full_name")),
        login=_text(payload.get("user_id")),
        organisations=_organisations(payload, method),
    )


def read_signed_out(answer: Answer) -> None:
    """Return where OneID says that the session is over."""
    _payload(answer)


def refusal_code(value: object) -> str:
    """Return a provider's error code as [A-Z_]{1,40}, `REFUSED` for anything else: prose may name a person."""
    return value.upper() if isinstance(value, str) and _CODE.fullmatch(value) else "REFUSED"


def _payload(answer: Answer) -> Mapping[str, object]:
    """Return the JSON object of an answer that is no refusal.

    A refusal is HTTP 4xx, or HTTP 200 with an `error` or with a `ret_cd` other than 0. Too many requests (429) pass
    with time, so they are no refusal; neither is what a proxy or a maintenance page says in HTML.
    """
    refused = answer.status // 100 == HTTPStatus.BAD_REQUEST // 100
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or not (refused or answer.status // 100 == HTTPStatus.OK // 100):
        raise ProviderUnavailable(f"HTTP_{answer.status}")
    payload = _json(answer.body)
    if not isinstance(payload, dict):
        raise ProviderUnavailable("NOT_JSON")
    error = payload.get("error")
    if refused or not (error is None or error == "") or not _is_fine(payload.get("ret_cd")):
        raise SignInRefused(refusal_code(error))
    return payload


def _json(body: bytes) -> object:
    """Parse; None where this is no JSON. The parser's exception holds the whole body, so it goes no further."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _is_fine(ret_cd: object) -> bool:
    return ret_cd is None or _text(ret_cd) == "0"


def _organisations(payload: Mapping[str, object], method: str) -> tuple[Organisation, ...]:
    """Return the organisations, each once; the primary one (`is_basic`, else the first of all) stands first."""
    listed = payload.get("legal_info")
    rows = [row for row in (listed if isinstance(listed, list) else [listed]) if isinstance(row, dict)]
    rows.sort(key=lambda row: not _is_true(row.get("is_basic")))
    named = [(_either(row, "tin", "le_tin"), _text(row.get("le_name")) or _text(row.get("acron_UZ"))) for row in rows]
    if method == LEGAL_SIGNATURE:
        named.append((_digits(payload.get("pkcs_legal_tin"), _TIN), None))
    return _each_once(named)


def _each_once(named: Iterable[tuple[str | None, str | None]]) -> tuple[Organisation, ...]:
    found: dict[str, str] = {}
    for tin, name in named:
        if tin is not None and len(found) < MOST_ORGANISATIONS:
            found.setdefault(tin, name or "")
    return tuple(Organisation(tin, name, is_primary=not index) for index, (tin, name) in enumerate(found.items()))


def _either(row: Mapping[str, object], *names: str) -> str | None:
    return next(filter(None, (_digits(row.get(name), _TIN) for name in names)), None)


def _digits(value: object, pattern: re.Pattern[str]) -> str | None:
    text = _text(value)
    return text if text is not None and pattern.fullmatch(text) else None


def _is_true(value: object) -> bool:
    """Tell whether a flag is set; flags come as booleans, numbers and text."""
    return value is True or (_text(value) or "").lower() in {"true", "1"}


def _text(value: object) -> str | None:
    """Return a text or whole number as one line of what can be seen; None where nothing is left."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    line = " ".join(str(value).split())
    return "".join(character for character in line if character.isprintable()) or None
