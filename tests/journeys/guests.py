"""Guests: visitors over plain HTTP, each from an address of their own, and the ways by which they come in."""

import json
import re
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, urlsplit

from sandbox.identity.pkcs7 import sign
from tests.demo_process import DemoProcess
from tests.gateway.reader import Answer, Visitor, ask

T = TypeVar("T")

FORM: Final = "application/x-www-form-urlencoded"
LONGEST_WAIT_S: Final = 20
_NUMBERS: Final = count(1)


@dataclass(slots=True)
class Guest(Visitor):
    """A visitor behind the proxy that the gateway trusts, on loopback, which tells where they come from."""

    address: str = ""

    def __post_init__(self) -> None:
        number = next(_NUMBERS)
        self.address = self.address or f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"

    def says(self, path: str, headers: Mapping[str, str], body: str | None = None, method: str = "POST") -> Answer:
        """Send exactly this, with the browser's cookies and nothing that a browser would add."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"x-forwarded-for": self.address, **({"cookie": cookies} if cookies else {}), **headers}
        return ask(self.host, path, method, sent, body)

    def asks(self, query: str, variables: dict[str, Any] | None = None, **headers: str) -> Answer:
        """Send an operation, with no cookie."""
        body = json.dumps({"query": query, "variables": variables or {}})
        sent = {"x-forwarded-for": self.address, "content-type": "application/json", **headers}
        return ask(self.host, "/graphql", "POST", sent, body)

    def _ask(self, path: str, method: str, headers: Mapping[str, str], body: str | None) -> Answer:
        return Visitor._ask(self, path, method, {"x-forwarded-for": self.address, **headers}, body)  # noqa: SLF001 -- super() knows no class with slots


def host_of(demo: DemoProcess) -> str:
    """Return the host and port of a demo's gateway."""
    return str(urlsplit(demo.facts["graphql_url"]).netloc)


def guest_of(demo: DemoProcess) -> Guest:
    """Return somebody who was never there."""
    return Guest(host_of(demo))


def customer_of(demo: DemoProcess, accounts: int) -> Guest:
    """Return the customer with so many accounts, signed in by password."""
    guest, user = guest_of(demo), demo.user(accounts)
    assert guest.sign_in(user["login"], user["password"]).status == 303
    return guest


def vouched(demo: DemoProcess, guest: Guest, way: str, method: str, person: str = "person2") -> str:
    """Sign in at OneID's or id.gov.ua's page; return the callback's path that the browser is sent to."""
    begun = guest.get(f"/sign-in/{way}")
    page = demo.client.get(begun.location, follow_redirects=True)
    (action,) = re.findall(r'<form method="post" action="([^"]*)"', page.text)
    chosen = {"person": person, "method": method, "answer": "sign-in"}
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text))
    answer = demo.client.post(str(page.url.join(action.replace("&amp;", "&"))), data={**hidden, **chosen})
    assert answer.status_code in {302, 303, 307}, answer.text
    back = urlsplit(answer.headers["location"])
    return f"{back.path}?{back.query}"


def signed_challenge(page: Answer, person: int = 2) -> dict[str, str]:
    """Sign the challenge of E-IMZO's page with a person's key from a file; return the form to send."""
    (challenge,) = re.findall(r'data-challenge="([^"]*)"', page.text)
    signature = sign(challenge.encode(), f"77{person:04x}0", "a key", datetime.now(UTC))
    return {**page.form, "pkcs7": b64encode(signature).decode()}


def signs_by_phone(demo: DemoProcess, page: Answer, person: str = "person2") -> dict[str, str]:
    """Scan the code of E-IMZO's mobile page and sign with a person's ID-card; return the form to send."""
    (code,) = re.findall(r"\?qc=([0-9A-Fa-f]+)", page.text)
    sent = {"document_id": code[4:12], "login": person}
    demo.client.post(demo.facts["signatures_url"], data=sent).raise_for_status()
    return page.form


def phone_of(demo: DemoProcess, person: int) -> str:
    """Return a person's phone number."""
    page = demo.client.get(demo.facts["phones_url"]).text
    phones: list[str] = re.findall(r'<option value="(\+[0-9]+)"', page)
    return phones[person - 1]


def texts(demo: DemoProcess, phone: str) -> list[str]:
    """Return the messages of a phone, oldest first."""
    inbox = demo.client.get(f"{demo.facts['phones_url']}/inbox", params={"phone": phone})
    return [each["text"] for each in inbox.json()]


def sends_keyword(demo: DemoProcess, phone: str, text: str = "P") -> str:
    """Send the keyword to the short number; return the one-time password that comes back."""
    before = len(texts(demo, phone))
    demo.client.post(f"{demo.facts['phones_url']}/phone", json={"phone": phone, "text": text}).raise_for_status()
    return one_time_password(demo, phone, before)


def one_time_password(demo: DemoProcess, phone: str, before: int) -> str:
    """Wait for the message after so many, and return the one-time password in it."""
    came = until(lambda: texts(demo, phone)[before:])
    found: list[str] = re.findall(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", came[0])
    return found[0]


def until(look: Callable[[], Sequence[T]]) -> Sequence[T]:
    """Look again and again until there is something to see."""
    ends_at = time.monotonic() + LONGEST_WAIT_S
    while time.monotonic() < ends_at:
        if seen := look():
            return seen
    raise AssertionError("it never came")


def query_of(location: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return dict(parse_qsl(urlsplit(location).query, keep_blank_values=True))
