"""The SMS stand-ins on a socket of their own, and the hands on their phones."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx

from sandbox.identity.people import People
from sandbox.identity.sms import create_app
from sandbox.identity.sms_gateways import Accounts
from sandbox.identity.sms_inbox import Quirks
from sandbox.identity.sms_phone import PLAYMOBILE_XML, Webhooks
from sandbox.listeners import listen
from sandbox.world import World


@cache
def everybody() -> People:
    return People(World("uz-het", accounts=200))


@dataclass(slots=True)
class SmsStandIn:
    """Running stand-ins; `quirks` and `webhooks` may be set at any time, `asked` lists the calls to gateways."""

    http: httpx.AsyncClient
    accounts: Accounts = field(default_factory=Accounts)
    quirks: Quirks = field(default_factory=Quirks)
    webhooks: Webhooks = field(default_factory=Webhooks)
    asked: list[str] = field(default_factory=list)
    origin: str = ""

    async def inbox(self, phone: str | None = None) -> list[dict[str, Any]]:
        """Return the messages of a phone, or all."""
        answer = await self.http.get(f"{self.origin}/inbox", params={"phone": phone} if phone else {})
        found: list[dict[str, Any]] = answer.json()
        return found

    async def texts(self, phone: str) -> list[str]:
        """Return what a phone shows."""
        return [message["text"] for message in await self.inbox(phone)]

    async def send(self, phone: str, text: str, **more: str) -> httpx.Response:
        """Send to the short number."""
        return await self.http.post(f"{self.origin}/phone", json={"phone": phone, "text": text, **more})

    async def report(self, phone: str, status: str) -> httpx.Response:
        """Report what became of the last message to a phone."""
        return await self.http.post(f"{self.origin}/reports", json={"phone": phone, "status": status})


@asynccontextmanager
async def running_sms(inbound_format: str = PLAYMOBILE_XML) -> AsyncIterator[SmsStandIn]:
    async with httpx.AsyncClient(trust_env=False) as http:
        stand_in = SmsStandIn(http)
        app = create_app(
            everybody(),
            accounts=stand_in.accounts,
            quirks=stand_in.quirks,
            webhooks=stand_in.webhooks,
            inbound_format=inbound_format,
            record=stand_in.asked.append,
        )
        listener = await listen(app, "127.0.0.1", 0)
        stand_in.origin = listener.url
        try:
            yield stand_in
        finally:
            await listener.close()
