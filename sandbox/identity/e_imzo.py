"""E-IMZO-SERVER: the REST stand-in, with the phone's half of the mobile way on a page of its own.

`/backend/*` asks for no password, `/frontend/challenge` never answers a POST, and a mobile challenge is spelled
"challange", all as in the real one. Timestamps and document signatures are left out: signing in needs none.
"""

from __future__ import annotations

import binascii
import secrets
import uuid
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.identity.certificates import TASHKENT, Carrier, Certificate, certificates
from sandbox.identity.e_imzo_phone import phone_page, read_code, waiting_page
from sandbox.identity.e_imzo_quirks import Quirks, client_leaves, mannered
from sandbox.identity.people import Person
from sandbox.identity.pkcs7 import Signed, Unreadable, read

GET, POST = ["GET"], ["POST"]
_CLOCKS_APART = timedelta(minutes=15)


@dataclass(slots=True)
class _Document:
    """Hold what a phone was asked to sign, and who did."""

    expires_at: datetime
    signer: Certificate | None = None


def create_app(
    people: Iterable[Person],
    *,
    now: Callable[[], datetime],
    quirks: Quirks | None = None,
    site_id: str = "0000",
    record: Callable[[str], None] = lambda _operation: None,
) -> Starlette:
    """Build the stand-in as an ASGI app.

    `site_id` is 4 hexadecimal digits; `record` hears the operation of every call, the phone's page excepted.
    """
    manners = quirks or Quirks()
    server = _Server(list(people), now, manners, site_id)
    routes = [
        (GET, "/ping", "ping", server.ping),
        (GET, "/frontend/challenge", "challenge", server.challenge),
        (POST, "/frontend/challenge", "challenge", server.hang),
        (POST, "/backend/auth", "auth", server.auth),
        (POST, "/frontend/mobile/auth", "mobile.auth", server.mobile_auth),
        (POST, "/frontend/mobile/status", "mobile.status", server.mobile_status),
        (GET, "/backend/mobile/authenticate/{document_id}", "mobile.authenticate", server.mobile_authenticate),
    ]
    return Starlette(
        routes=[
            *(
                Route(path, mannered(operation, answer, manners, record), methods=methods)
                for methods, path, operation, answer in routes
            ),
            Route("/phone", server.phone, methods=GET),
            Route("/phone", server.phone_signs, methods=POST),
        ]
    )


class _Server:
    """Answer the requests of one site."""

    def __init__(self, people: list[Person], now: Callable[[], datetime], quirks: Quirks, site_id: str) -> None:
        self.quirks = quirks
        self._people = people
        self._now = now
        self._site_id = site_id
        self._challenges: dict[str, datetime] = {}
        self._documents: dict[str, _Document] = {}

    async def ping(self, _request: Request) -> Response:
        """Say that the server is there, and its local time."""
        return JSONResponse({"serverDateTime": f"{self._now().astimezone(TASHKENT):%Y-%m-%d %H:%M:%S}"})

    async def challenge(self, _request: Request) -> Response:
        """Draw a challenge."""
        challenge = str(uuid.uuid4())
        self._challenges[challenge] = self._now() + timedelta(seconds=self.quirks.challenge_ttl_s)
        body = {"challenge": challenge, "ttl": self.quirks.challenge_ttl_s}
        return _answer(_either(self.quirks.challenge_status, 1), body)

    async def hang(self, request: Request) -> Response:
        """Never answer: the real server's 405 lacks every header, so its client waits for a body."""
        await client_leaves(request.receive)
        return Response(status_code=405)

    async def auth(self, request: Request) -> Response:
        """Verify the signature of a challenge, which is used up by that."""
        try:
            signed = read(b64decode(await request.body(), validate=True))
        except (binascii.Error, Unreadable):
            return PlainTextResponse("PKCS#7 is expected", 400)
        status = _either(self.quirks.auth_status, self._status(signed))
        signer = next((each for each in self._certificates() if each.serial == signed.serial), None)
        if status != 1 or signer is None:
            return _answer(status if signer else -11, {})
        return _answer(1, {"subjectCertificateInfo": self._info(signer)})

    async def mobile_auth(self, _request: Request) -> Response:
        """Draw a challenge for a phone."""
        document_id = secrets.token_hex(4).upper()
        self._documents[document_id] = _Document(self._now() + timedelta(seconds=self.quirks.document_ttl_s))
        body = {"siteId": self._site_id, "documentId": document_id, "challange": secrets.token_hex(32).upper()}
        return _answer(_either(self.quirks.mobile_auth_status, 1), body)

    async def mobile_status(self, request: Request) -> Response:
        """Tell whether a phone has signed."""
        async with request.form() as form:
            document = self._document(str(form.get("documentId", "")))
        return _answer(_either(self.quirks.mobile_status, _mobile_status(document)), {})

    async def mobile_authenticate(self, request: Request) -> Response:
        """Tell who signed with their phone."""
        document = self._document(request.path_params["document_id"])
        status = _either(self.quirks.authenticate_status, _mobile_status(document))
        if status != 1 or document is None or document.signer is None:
            return _answer(status, {})
        return _answer(1, {"subjectCertificateInfo": self._info(document.signer)})

    async def phone(self, request: Request) -> Response:
        """Show the phone: `qc` is a scanned code, `document_id` names a document; without both, list what waits."""
        asked = request.query_params
        if not asked.keys() & {"qc", "document_id"}:
            waiting = (each for each, document in self._documents.items() if document.signer is None)
            return HTMLResponse(waiting_page(each for each in waiting if self._document(each)))
        document_id = read_code(asked["qc"], self._site_id) if "qc" in asked else asked["document_id"]
        if self._document(document_id) is None:
            return PlainTextResponse("This code is unknown, too old or damaged.", 400)
        return HTMLResponse(phone_page(document_id, self._people))

    async def phone_signs(self, request: Request) -> Response:
        """Sign with somebody's ID-card."""
        async with request.form() as form:
            document, login = self._document(str(form.get("document_id", ""))), form.get("login")
        cards = (each for each in self._certificates() if each.carrier is Carrier.CARD)
        signer = next((each for each in cards if each.person.login == login), None)
        if document is None or signer is None:
            return PlainTextResponse("There is no such document or person.", 400)
        document.signer = signer
        return PlainTextResponse("Signed. Return to the page that showed the code.")

    def _status(self, signed: Signed) -> int:
        """Judge a signature by the first thing that is wrong."""
        now = self._now()
        if not signed.is_intact:
            return -10
        if self._challenges.pop(signed.content.decode(errors="replace"), now) <= now:
            return -20
        return -5 if abs(now - signed.at) > _CLOCKS_APART else 1

    def _document(self, document_id: str) -> _Document | None:
        document = self._documents.get(document_id)
        return document if document is not None and document.expires_at > self._now() else None

    def _certificates(self) -> Iterable[Certificate]:
        return certificates(self._people, self._now())

    def _info(self, signer: Certificate) -> dict[str, object]:
        info = signer.as_json(tells_key=self.quirks.tells_key)
        return _changed({**info, "subjectName": _changed(signer.subject, self.quirks.subject)}, self.quirks.certificate)


def _either(quirk: int | None, status: int) -> int:
    return status if quirk is None else quirk


def _mobile_status(document: _Document | None) -> int:
    if document is None:
        return -2
    return 2 if document.signer is None else 1


def _changed(fields: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


def _answer(status: int, body: Mapping[str, object]) -> Response:
    """Answer in the server's way: 200, the status, and what it has to tell only where the status is 1."""
    told = body if status == 1 else {}
    return JSONResponse({**told, "status": status, "message": "" if status == 1 else "see the log of E-IMZO-SERVER"})
