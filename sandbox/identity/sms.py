"""SMS: the stand-ins of Eskiz, PlayMobile and TurboSMS, and the phones at the other end of them.

The gateways are under `/eskiz/api`, `/playmobile` and `/turbosms`. `GET /inbox?phone=` tells what came, `POST /phone`
sends to the short number, `POST /reports` reports what became of the last message, `PUT /webhooks` says to whom.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.identity.people import People
from sandbox.identity.sms_gateways import Accounts, Eskiz, PlayMobile, TurboSms, mannered
from sandbox.identity.sms_inbox import Inbox, Quirks
from sandbox.identity.sms_page import phone_page
from sandbox.identity.sms_phone import PLAYMOBILE_XML, NobodyThere, Operator, Webhooks


def create_app(  # noqa: PLR0913 - each is another part of the contract with an operator
    people: People,
    *,
    accounts: Accounts,
    quirks: Quirks,
    webhooks: Webhooks,
    short_number: str = "2100",
    inbound_format: str = PLAYMOBILE_XML,
    record: Callable[[str], None] = lambda _operation: None,
) -> Starlette:
    """Build the stand-ins as one ASGI app; `record` hears the operation of every call to a gateway."""
    inbox = Inbox()
    eskiz = Eskiz(accounts, inbox, quirks)
    playmobile = PlayMobile(accounts, inbox, quirks)
    turbosms = TurboSms(accounts, inbox, quirks)
    phones = Phones(people, inbox, webhooks, Operator(webhooks, inbound_format), short_number)
    gateways: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
        ("/eskiz/api/auth/login", "eskiz.login", eskiz.log_in),
        ("/eskiz/api/message/sms/send", "eskiz.send", eskiz.send),
        ("/playmobile/broker-api/send", "playmobile.send", playmobile.send),
        ("/turbosms/message/send.json", "turbosms.send", turbosms.send),
    ]
    return Starlette(
        routes=[
            *(Route(path, mannered(name, answer, quirks, record), methods=["POST"]) for path, name, answer in gateways),
            Route("/", phones.page),
            Route("/inbox", phones.inbox),
            Route("/inbox", phones.clear, methods=["DELETE"]),
            Route("/phone", phones.send, methods=["POST"]),
            Route("/reports", phones.report, methods=["POST"]),
            Route("/webhooks", phones.set_webhooks, methods=["PUT"]),
        ],
        exception_handlers={NobodyThere: _nobody_there},
    )


class Phones:
    """Answer for the phones."""

    def __init__(self, people: People, inbox: Inbox, webhooks: Webhooks, operator: Operator, short_number: str) -> None:
        self._people = people
        self._inbox = inbox
        self._webhooks = webhooks
        self._operator = operator
        self._short_number = short_number

    async def page(self, request: Request) -> Response:
        """Show a phone to a person."""
        phone = request.query_params.get("phone")
        texts = self._inbox.of(phone) if phone else []
        return phone_page(self._people, phone, self._short_number, texts)

    async def inbox(self, request: Request) -> Response:
        """Give the messages of ?phone=, or all, oldest first."""
        return JSONResponse([text.as_json() for text in self._inbox.of(request.query_params.get("phone"))])

    async def clear(self, _request: Request) -> Response:
        """Throw all messages away."""
        self._inbox.clear()
        return JSONResponse([])

    async def send(self, request: Request) -> Response:
        """Send {"phone", "text", "id"?} to the short number, as JSON or from the page's form."""
        body = await request.body()
        is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        wanted = dict(parse_qsl(body.decode())) if is_form else json.loads(body)
        status, named = await self._operator.deliver(wanted["phone"], wanted["text"], wanted.get("id"))
        if is_form:
            return RedirectResponse(f"/?{urlencode({'phone': wanted['phone']})}", status_code=303)
        return JSONResponse({"status": status, "id": named})

    async def report(self, request: Request) -> Response:
        """Report {"phone", "status"} of the last message to a phone."""
        wanted = await request.json()
        texts = self._inbox.of(wanted["phone"])
        if not texts:
            return JSONResponse({"error": "there is no message to that phone"}, status_code=404)
        return JSONResponse({"status": await self._operator.report(texts[-1], wanted["status"])})

    async def set_webhooks(self, request: Request) -> Response:
        """Set where the operator delivers: {"inbound"?, "report"?}."""
        wanted = await request.json()
        self._webhooks.inbound = wanted.get("inbound", self._webhooks.inbound)
        self._webhooks.report = wanted.get("report", self._webhooks.report)
        return JSONResponse({"inbound": self._webhooks.inbound, "report": self._webhooks.report})


async def _nobody_there(_request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=502)
