"""E-IMZO-SERVER's `status` numbers: four tables that use the same numbers for different things.

Each table maps the number of a failure to what it means here: the person's (SignInRefused), over (SignInExpired), not
yet (SignInNotYet), or the system's (ProviderUnavailable). Source: the vendor's qo0p/e-imzo-doc, 2.2.2 and 3.2.3.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

from auth.identity.port import ProviderUnavailable, SignInExpired, SignInNotYet, SignInRefused

Verdict: TypeAlias = tuple[type[SignInRefused | ProviderUnavailable], str]
Table: TypeAlias = Mapping[int, Verdict]

OK: Final = 1

CLOCK_WRONG: Final[Verdict] = (SignInRefused, "EIMZO_CLOCK_WRONG")
SIGNATURE_INVALID: Final[Verdict] = (SignInRefused, "EIMZO_SIGNATURE_INVALID")
CERTIFICATE_INVALID: Final[Verdict] = (SignInRefused, "EIMZO_CERTIFICATE_INVALID")
INVALID_AT_SIGNING: Final[Verdict] = (SignInRefused, "EIMZO_CERTIFICATE_INVALID_AT_SIGNING")
REVOCATION_UNKNOWN: Final[Verdict] = (ProviderUnavailable, "EIMZO_CERTIFICATE_STATUS_UNKNOWN")
STORE_LOST: Final[Verdict] = (ProviderUnavailable, "EIMZO_STORE_LOST")
SERVER_FAILED: Final[Verdict] = (ProviderUnavailable, "EIMZO_SERVER_FAILED")

CHALLENGE: Final[Table] = {}
"""`/frontend/challenge` documents no number of a failure."""

AUTH: Final[Table] = {
    -1: REVOCATION_UNKNOWN,
    -5: CLOCK_WRONG,
    -10: SIGNATURE_INVALID,
    -11: CERTIFICATE_INVALID,
    -12: INVALID_AT_SIGNING,
    -20: (SignInExpired, "EIMZO_CHALLENGE_UNKNOWN"),
}
"""`/backend/auth`; elsewhere -20 is about timestamps."""

_MOBILE: Final[Table] = {
    2: (SignInNotYet, "EIMZO_NOT_SIGNED_YET"),
    0: SERVER_FAILED,
    -1: STORE_LOST,
    -2: (SignInExpired, "EIMZO_DOCUMENT_UNKNOWN"),
    -10: SERVER_FAILED,
}

MOBILE_FRONTEND: Final[Table] = {**_MOBILE, -9: SERVER_FAILED}
"""`/frontend/mobile/*`, where -9 is an unexpected error."""

MOBILE_BACKEND: Final[Table] = {
    **_MOBILE,
    -3: SERVER_FAILED,
    -4: (SignInRefused, "EIMZO_SIGNATURE_MALFORMED"),
    -5: SIGNATURE_INVALID,
    -6: CERTIFICATE_INVALID,
    -7: INVALID_AT_SIGNING,
    -8: REVOCATION_UNKNOWN,
    -9: CLOCK_WRONG,
    -11: SERVER_FAILED,
    -99: SERVER_FAILED,
    -100: SERVER_FAILED,
}
"""`/backend/mobile/*`, where -9 is about the phone's clock and -5 about the signature."""


def check_status(status: object, table: Table) -> None:
    """Return where the status is 1; raise what the table says of any other, ProviderUnavailable of one it lacks."""
    if isinstance(status, bool) or not isinstance(status, int):
        raise ProviderUnavailable("EIMZO_STATUS_UNREADABLE")
    if status == OK:
        return
    error, reason = table.get(status, (ProviderUnavailable, "EIMZO_STATUS_UNKNOWN"))
    raise error(reason)
