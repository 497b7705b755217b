"""Neighbours: every stand-in of those who vouch for people, each on a listener of its own."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.types import ASGIApp

from sandbox.calls import Calls
from sandbox.identity import capiws, e_imzo, id_gov_ua, oneid, sms
from sandbox.identity.e_imzo_quirks import Quirks as EImzoQuirks
from sandbox.identity.id_gov_ua_envelopes import Envelopes, new_certificate
from sandbox.identity.id_gov_ua_person import Quirks as IdGovUaQuirks
from sandbox.identity.oneid_person import Quirks as OneIdQuirks
from sandbox.identity.people import People
from sandbox.identity.sms_gateways import Accounts
from sandbox.identity.sms_inbox import Quirks as SmsQuirks
from sandbox.identity.sms_phone import Webhooks
from sandbox.listeners import Listener, listen
from sandbox.world import World

SITE = "gridgate.example"
"""The domain that the E-IMZO server knows us by."""
DOMAINS = ("127.0.0.1", "localhost")
"""Where the sign-in page is shown; the application on the customer's computer wants a key for each."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Hold what the stand-ins of identity are: their apps, what is announced of them, and their quirks."""

    apps: Mapping[str, ASGIApp]
    facts: Mapping[str, Mapping[str, Any]]
    quirks: Mapping[str, Any]
    webhooks: Webhooks

    async def open(self, host: str, listeners: list[Listener]) -> dict[str, dict[str, Any]]:
        """Listen for all of them; gives what is announced. Listeners are added to the list as they open."""
        urls: dict[str, str] = {}
        for name, app in self.apps.items():
            listener = await listen(app, host, 0, websockets=name == "capiws")
            listeners.append(listener)
            urls[name] = listener.url
        announced = {name: {"url": urls[name], **facts} for name, facts in self.facts.items()}
        announced["oneid"]["url"] += oneid.PATH
        announced["e_imzo"]["agent_url"] = f"{urls['capiws'].replace('http', 'ws', 1)}/service/cryptapi"
        return announced


def settle(world: World, calls: Calls, secret: Callable[[str], str]) -> Neighbours:
    """Build every stand-in around one world; `secret` gives what they know the gateway by."""
    people, accounts, webhooks = People(world), Accounts(), Webhooks()
    client_id, client_secret = "gridgate", secret("IDENTITY")
    envelopes = Envelopes(new_certificate())
    token = secret("DECRYPTION")
    api_keys = {domain: secrets.token_hex(64).upper() for domain in DOMAINS}
    of_oneid, of_e_imzo, of_id_gov_ua, of_sms = OneIdQuirks(), EImzoQuirks(), IdGovUaQuirks(), SmsQuirks()
    computer = capiws.Computer()
    quirks = {"oneid": of_oneid, "e_imzo": of_e_imzo, "id_gov_ua": of_id_gov_ua, "sms": of_sms}
    recorded = {name: partial(calls.record, name) for name in quirks}
    apps: dict[str, ASGIApp] = {
        "oneid": oneid.create_app(
            people,
            client_id=client_id,
            client_secret=client_secret,
            scope=client_id,
            redirect_uris=None,
            quirks=of_oneid,
            record=recorded["oneid"],
        ),
        "e_imzo": e_imzo.create_app(people, now=world.now, quirks=of_e_imzo, record=recorded["e_imzo"]),
        "capiws": capiws.create_app(people, api_keys=api_keys, now=world.now, computer=computer),
        "id_gov_ua": id_gov_ua.create_app(
            people,
            client_id=client_id,
            client_secret=client_secret,
            quirks=of_id_gov_ua,
            envelopes=envelopes,
            decryption_token=token,
            record=recorded["id_gov_ua"],
        ),
        "sms": sms.create_app(people, accounts=accounts, quirks=of_sms, webhooks=webhooks, record=recorded["sms"]),
    }
    client = {"client_id": client_id, "client_secret": client_secret}
    facts: dict[str, dict[str, Any]] = {
        "oneid": {**client, "scope": client_id},
        "e_imzo": {"site": SITE, "api_keys": api_keys},
        "id_gov_ua": {**client, "certificate": envelopes.certificate, "decryption_token": token},
        "sms": {
            "eskiz": {"email": accounts.eskiz_email, "password": accounts.eskiz_password},
            "playmobile": {"login": accounts.playmobile_login, "password": accounts.playmobile_password},
            "turbosms": {"token": accounts.turbosms_token},
        },
    }
    return Neighbours(apps, facts, {**quirks, "capiws": computer}, webhooks)
