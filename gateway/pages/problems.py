"""Problems: what the visitor is told when a sign-in or a form did not do, by the reason that the log knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.responses import Response

from auth.identity.port import ProviderUnavailable, SignInExpired, SignInRefused
from gateway.pages.visit import Visit
from schema.refusals import Refusal, RefusalCode

_WAYS: Final[Mapping[str, str]] = {
    "WRONG_CREDENTIALS": "wrong_credentials",
    "WEAK_PASSWORD": "weak_password",
    "PASSWORD_MUST_CHANGE": "must_change",
    "ACCESS_DENIED": "cancelled",
    "UNKNOWN_CUSTOMER": "unknown_customer",
    "ASSURANCE_NOT_OFFERED": "not_strong_enough",
    "ASSURANCE_NOT_REACHED": "not_strong_enough",
    "EIMZO_CLOCK_WRONG": "clock",
    "EIMZO_SIGNATURE_INVALID": "certificate",
    "EIMZO_CERTIFICATE_INVALID": "certificate",
    "EIMZO_CERTIFICATE_INVALID_AT_SIGNING": "certificate",
    "EIMZO_CERTIFICATE_EXPIRED": "certificate",
    "EIMZO_CERTIFICATE_NOT_YET_VALID": "certificate",
    "PASSKEY_UNKNOWN": "passkey",
    "PASSKEY_NOT_VERIFIED": "passkey",
    "PASSKEY_USED_AT_ONCE": "passkey",
    "BUSY": "busy",
}
"""What is said of a provider's reason; of any other nothing but that it did not work."""

_REFUSALS: Final[Mapping[RefusalCode, str]] = {
    RefusalCode.WEAK_PASSWORD: "weak_password",
    RefusalCode.ACCOUNT_NOT_CONFIRMED: "account_not_confirmed",
    RefusalCode.METHOD_NOT_OFFERED: "not_offered",
    RefusalCode.SIGN_IN_REFUSED: "passkey",
}
_FIELDS: Final[Mapping[str, str]] = {
    "name": "name",
    "email": "email",
    "phone": "phone",
    "number": "number",
    "billQr": "bill_qr",
    "regionCode": "place",
    "districtCode": "place",
    "user_code": "user_code",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, in the visitor's words, the HTTP status that says so, and the field at fault."""

    text: str
    status: int
    field: str | None = None
    retry_after_s: int | None = None

    def on(self, response: Response) -> Response:
        """Tell in the answer's headers when to try again."""
        if self.retry_after_s is not None:
            response.headers["retry-after"] = str(self.retry_after_s)
        return response


def problem_of(visit: Visit, error: SignInRefused | ProviderUnavailable) -> Problem:
    """Say why a sign-in did not do; nothing that came from outside is repeated."""
    if isinstance(error, ProviderUnavailable):
        said = "busy" if error.reason == "BUSY" else "unavailable"
        return Problem(visit.say(f"problem.{said}"), HTTPStatus.SERVICE_UNAVAILABLE)
    if isinstance(error, SignInExpired):
        return Problem(visit.say("problem.expired"), HTTPStatus.GONE)
    if error.retry_after_s is not None:
        return _too_many(visit, error.retry_after_s)
    said = _WAYS.get(error.reason, "refused")
    return Problem(_said(visit, said), HTTPStatus.FORBIDDEN)


def problem_with(visit: Visit, refusal: Refusal) -> Problem:
    """Say why a verb of ours refused a form."""
    if refusal.code is RefusalCode.TOO_MANY_ATTEMPTS:
        return _too_many(visit, refusal.retry_after_seconds or 1)
    if refusal.code is RefusalCode.SYSTEM_NOT_AVAILABLE:
        said = "busy" if refusal.retry_after_seconds else "system"
        return Problem(visit.say(f"problem.{said}"), HTTPStatus.SERVICE_UNAVAILABLE)
    said = _REFUSALS.get(refusal.code) or _FIELDS.get(refusal.field or "", "not_completed")
    return Problem(_said(visit, said), HTTPStatus.UNPROCESSABLE_ENTITY, refusal.field)


def _said(visit: Visit, problem: str) -> str:
    length = visit.entrance.by_password.rules.minimum_password_length
    return visit.say(f"problem.{problem}", length=length)


def _too_many(visit: Visit, wait_s: int) -> Problem:
    text = visit.say("problem.too_many", wait=visit.catalogue.wait(wait_s))
    return Problem(text, HTTPStatus.TOO_MANY_REQUESTS, retry_after_s=wait_s)
