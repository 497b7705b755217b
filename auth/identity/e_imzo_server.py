"""The client of E-IMZO-SERVER, which alone can verify a signature: it holds the VPN to the certification centre.

Our own machine must reach it, and nobody else its `/backend/*`, which asks for no password. Bodies go out as the server
has them documented (qo0p/e-imzo-doc, 2.2 and 3.4): bare base64 without a content type, or a form.
"""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlencode

from auth.identity.e_imzo_certificate import SignerCertificate, read_certificate
from auth.identity.e_imzo_settings import EImzoSettings
from auth.identity.e_imzo_statuses import AUTH, CHALLENGE, MOBILE_BACKEND, MOBILE_FRONTEND, Table, check_status
from auth.identity.port import ProviderUnavailable, SignInRefused
from connectors.transport.deadline import Deadline
from connectors.transport.port import Answer, Exchange, Transport
from connectors.transport.reading import read_answer
from schema.errors import UpstreamError

_CHALLENGE: Final = re.compile(r"[!-~]{8,200}")
_SITE_ID: Final = re.compile(r"[0-9A-Fa-f]{4}")
_DOCUMENT_ID: Final = re.compile(r"[0-9A-Fa-f]{8}")
_LONGEST_TTL_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the customer signs, within `ttl_s` seconds."""

    text: str
    ttl_s: int


@dataclass(frozen=True, slots=True)
class MobileDocument:
    """What a phone signs: `challenge` under the site's number (4 hex digits) and the document's (8)."""

    site_id: str
    document_id: str
    challenge: str


@dataclass(frozen=True, slots=True)
class _Question:
    operation: str
    method: str
    path: str
    table: Table
    body: bytes = b""
    content_type: str = ""
    may_repeat: bool = False


class EImzoServer:
    """Asks E-IMZO-SERVER. `address` is the customer's; one that is no IP address is left out.

    Every verb raises ProviderUnavailable where the server does not answer as documented, and the SignInRefused that
    its status means.
    """

    def __init__(self, settings: EImzoSettings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport

    async def draw_challenge(self, address: str, deadline: Deadline) -> Challenge:
        """Return a new challenge. By GET alone: the server answers a POST so badly that the caller hangs."""
        question = _Question("challenge", "GET", "/frontend/challenge", CHALLENGE, may_repeat=True)
        answer = await self._ask(question, address, deadline)
        ttl = answer.get("ttl")
        if isinstance(ttl, bool) or not isinstance(ttl, int) or not 0 < ttl <= _LONGEST_TTL_S:
            raise ProviderUnavailable("EIMZO_ANSWER_UNREADABLE")
        return Challenge(_matching(answer.get("challenge"), _CHALLENGE), ttl)

    async def authenticate(self, signed: bytes, address: str, deadline: Deadline) -> SignerCertificate:
        """Return who signed a challenge; `signed` is a PKCS#7 with the challenge attached. A challenge works once."""
        question = _Question("auth", "POST", "/backend/auth", AUTH, b64encode(signed))
        answer = await self._ask(question, address, deadline)
        return read_certificate(answer.get("subjectCertificateInfo"))

    async def open_document(self, address: str, deadline: Deadline) -> MobileDocument:
        """Return a new challenge for a phone."""
        question = _Question("mobile.auth", "POST", "/frontend/mobile/auth", MOBILE_FRONTEND)
        answer = await self._ask(question, address, deadline)
        return MobileDocument(
            site_id=_matching(answer.get("siteId"), _SITE_ID),
            document_id=_matching(answer.get("documentId"), _DOCUMENT_ID),
            challenge=_matching(answer.get("challange"), _CHALLENGE),  # the server's own spelling
        )

    async def check_signed(self, document_id: str, address: str, deadline: Deadline) -> None:
        """Return when a phone has signed the document; raises SignInNotYet before."""
        form = urlencode({"documentId": document_id}).encode()
        question = _Question(
            "mobile.status",
            "POST",
            "/frontend/mobile/status",
            MOBILE_FRONTEND,
            form,
            "application/x-www-form-urlencoded",
            may_repeat=True,
        )
        await self._ask(question, address, deadline)

    async def authenticate_document(self, document_id: str, address: str, deadline: Deadline) -> SignerCertificate:
        """Return who signed the document."""
        path = f"/backend/mobile/authenticate/{_matching(document_id, _DOCUMENT_ID)}"
        answer = await self._ask(_Question("mobile.authenticate", "GET", path, MOBILE_BACKEND), address, deadline)
        return read_certificate(answer.get("subjectCertificateInfo"))

    async def _ask(self, question: _Question, address: str, deadline: Deadline) -> Mapping[str, object]:
        exchange = Exchange(
            f"e_imzo.{question.operation}",
            question.method,
            self._settings.base_url.rstrip("/") + question.path,
            self._headers(question, address),
            question.body,
            may_repeat=question.may_repeat,
        )
        try:
            answer = await self._transport.send(exchange, deadline.sooner(self._settings.timeout_s))
        except UpstreamError as error:
            raise ProviderUnavailable(error.code.value) from error
        return await read_answer(answer, lambda answer: _read(answer, question.table))

    def _headers(self, question: _Question, address: str) -> Mapping[str, str]:
        headers = {"Host": self._settings.site, "Accept": "application/json", "Cache-Control": "no-store"}
        if question.content_type:
            headers["Content-Type"] = question.content_type
        if _is_address(address):
            headers["X-Real-IP"] = address
        return headers


def _read(answer: Answer, table: Table) -> Mapping[str, object]:
    """Return the object of an answer whose status is 1. The server says 400 of what it was sent, 503 of itself."""
    if answer.status == HTTPStatus.BAD_REQUEST:
        raise SignInRefused("EIMZO_REQUEST_REFUSED")
    if answer.status != HTTPStatus.OK:
        raise ProviderUnavailable(f"HTTP_{answer.status}")
    payload = _json(answer.body)
    if not isinstance(payload, dict):
        raise ProviderUnavailable("NOT_JSON")
    check_status(payload.get("status"), table)
    return payload


def _json(body: bytes) -> object:
    """Parse; None where this is no JSON. The parser's exception holds the whole body, so it goes no further."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _matching(value: object, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ProviderUnavailable("EIMZO_ANSWER_UNREADABLE")
    return value


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
