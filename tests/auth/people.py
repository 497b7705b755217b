"""The verbs of this room as the gateway wires them, with a clock that tests move and hashes that cost little."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from joserfc.jwk import ECKey
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.audit import Audit
from auth.identity.port import Visitor
from auth.keys import EARLIER_FILE, KEYS_FILE, SigningKeys, open_keys
from auth.password_sign_in import PasswordSignIn
from auth.passwords import Cost, Passwords
from auth.signing_in import SigningIn
from auth.throttle import Throttle
from auth.tokens import AccessTokens
from connectors.store.attempts import AttemptRows
from connectors.store.audit import AuditRows
from connectors.store.customers import CustomerRows
from connectors.store.links import LinkRows
from gateway.profiles import load_profile
from schema.profile import UtilityProfile
from schema.refusals import Refusal
from schema.sign_in import RegisterInput, SignedIn, SignInInput

KHARKIV = load_profile("ua-kharkiv")
UZBEKISTAN = load_profile("uz-het")
CHEAP = Cost(memory_kib=64, passes=1)
PASSWORD = "vechirnii-tramvai-42"
HERE = Visitor("192.0.2.1")
KEY = ECKey.generate_key("P-256", auto_kid=True)


def ring_of(key: ECKey) -> SigningKeys:
    """Open a ring that signs by this key, and leave no file behind."""
    with TemporaryDirectory() as directory:
        place = Path(directory)
        (place / EARLIER_FILE).write_text(json.dumps(key.as_dict(private=True)))
        return open_keys(place / KEYS_FILE)


KEYS = ring_of(KEY)


def passwords_without_room() -> Passwords:
    """Return what a flood has filled: nothing is hashed, and nothing waits."""
    return Passwords(cost=CHEAP, workers=1, queue=-1)


@dataclass(slots=True)
class Counter:
    """A clock that stands until it is moved."""

    time: datetime = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def move(self, **span: float) -> None:
        self.time += timedelta(**span)


@dataclass(frozen=True, slots=True)
class House:
    """What signs people in, wired to one store."""

    customers: CustomerRows
    links: LinkRows
    throttle: Throttle
    tokens: AccessTokens
    signing_in: SigningIn
    clock: Counter

    async def sign_in(self, login: str, password: str = PASSWORD, visitor: Visitor = HERE) -> SignedIn | Refusal:
        return await self.signing_in.sign_in(SignInInput(login=login, password=password), visitor)


def open_tokens(**changes: Any) -> AccessTokens:  # noqa: ANN401 -- any argument
    given: dict[str, Any] = {
        "issuer": "http://127.0.0.1/",
        "audience": "http://127.0.0.1/graphql",
        **changes,
    }
    return AccessTokens(KEYS, **given)


@asynccontextmanager
async def open_house(
    store: AsyncEngine, clock: Counter, profile: UtilityProfile = KHARKIV, passwords: Passwords | None = None
) -> AsyncIterator[House]:
    used = passwords or Passwords(cost=CHEAP)
    customers, tokens = CustomerRows(store), open_tokens()
    throttle = Throttle(AttemptRows(store), secret=b"a secret of tests", now=clock.now)
    audit = Audit(AuditRows(store), clock.now)
    by_password = PasswordSignIn(customers, used, throttle, profile, audit, clock.now)
    signing_in = SigningIn(by_password, tokens, clock.now)
    try:
        yield House(customers, LinkRows(store), throttle, tokens, signing_in, clock)
    finally:
        used.close()


def newcomer(**changes: Any) -> RegisterInput:  # noqa: ANN401 -- any field
    """Return what a customer with an e-mail and a phone gives."""
    given = RegisterInput(name="Olena Koval", email="Olena@Example.org", phone="050 123 45 67", password=PASSWORD)
    return replace(given, **changes)
