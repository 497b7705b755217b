"""Signing out: what ends takes its tokens along, here and everywhere, and leaves everybody else alone."""

from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import Connection, insert

from auth.sessions import principal_of
from auth.tokens import FIRST_PARTY, Bearer
from connectors.store.authorization import AuthorizationRows
from connectors.store.authorization_tables import clients
from connectors.store.families import Family, add_family, find_family
from connectors.store.grants import GrantRows, open_grant, write_grant
from schema.errors import Unauthenticated
from schema.scopes import NOBODY, PARTNER_SCOPES, Principal, Scope
from tests.auth.hall import FIREFOX, Hall

APP: Final = "app"


@pytest.fixture(autouse=True)
async def _people(hall: Hall) -> None:
    for subject in ("s1", "s2"):
        await hall.register(subject)
    row: dict[str, Any] = {
        "client_id": APP,
        "name": "An app",
        "kind": "app",
        "is_first_party": False,
        "redirect_uris": "[]",
        "grant_types": "[]",
        "scopes": "[]",
        "authentication_method": "none",
        "requires_dpop": False,
        "registered_at": hall.clock.now(),
    }
    async with hall.store.begin() as connection:
        await connection.execute(insert(clients), row)


async def family(hall: Hall, name: str, subject: str = "s1", grant: str | None = None) -> Family:
    now = hall.clock.now()
    opened = Family(
        id=name,
        client_id=APP,
        subject=subject,
        grant_id=grant,
        scope="balance:read",
        dpop_jkt=None,
        authentication=hall.signed_in(),
        opened_at=now,
        last_used_at=now,
        expires_at=now + timedelta(days=30),
    )
    await AuthorizationRows(hall.store).transact(lambda connection: add_family(connection, opened))
    return opened


async def is_open(hall: Hall, opened: Family) -> bool:
    found = await AuthorizationRows(hall.store).look(lambda connection: find_family(connection, opened.id))
    assert found is not None
    return found.revoked_at is None


def token(hall: Hall, subject: str = "s1", client: str = APP, **more: Any) -> Principal:  # noqa: ANN401 -- any claim
    """Issue a token, and return the caller who comes with it."""
    bearer = Bearer(subject, client, [Scope.BALANCE_READ], hall.signed_in(), **more)
    return hall.tokens.read(hall.tokens.issue(bearer, hall.clock.now()).token, hall.clock.now())


def refused(hall: Hall, *callers: Principal) -> list[bool]:
    return [hall.callers.still(each) is NOBODY for each in callers]


async def session(hall: Hall, subject: str = "s1") -> Principal:
    return principal_of((await hall.sessions.open(subject, "password", hall.signed_in(), FIREFOX)).session)


async def test_signing_out_with_a_session_ends_it_alone(hall: Hall) -> None:
    here, elsewhere, app = await session(hall), await session(hall), token(hall, family="f1")
    assert await hall.sign_out.here(here, FIREFOX) == 1
    assert refused(hall, here, elsewhere, app) == [True, False, False]
    assert await hall.sign_out.here(here, FIREFOX) == 0
    assert await hall.told() == [("SIGNED_OUT", "s1", "1")]


async def test_signing_out_with_a_password_s_token_ends_it_alone(hall: Hall) -> None:
    here, other, browser = token(hall, client=FIRST_PARTY), token(hall, client=FIRST_PARTY), await session(hall)
    assert await hall.sign_out.here(here, FIREFOX) == 0
    assert refused(hall, here, other, browser) == [True, False, False]
    assert await hall.told() == [("SIGNED_OUT", "s1", "TOKEN")]


async def test_signing_out_with_an_application_s_token_ends_its_family(hall: Hall) -> None:
    mine, other = await family(hall, "f1"), await family(hall, "f2")
    here, sibling, stranger = (token(hall, family=name) for name in ("f1", "f1", "f2"))
    assert await hall.sign_out.here(here, FIREFOX) == 0
    assert refused(hall, here, sibling, stranger) == [True, True, False]
    assert [await is_open(hall, each) for each in (mine, other)] == [False, True]
    assert await hall.told() == [("SIGNED_OUT", "s1", "TOKEN")]


async def test_signing_out_with_a_session_s_token_ends_the_session(hall: Hall) -> None:
    browser = await session(hall)
    here = token(hall, client=FIRST_PARTY, family=browser.session)
    assert await hall.sign_out.here(here, FIREFOX) == 1
    assert refused(hall, here, browser) == [True, True]


@pytest.mark.parametrize("caller", [NOBODY, Principal(client="bank", scopes=PARTNER_SCOPES)])
async def test_nobody_and_a_client_on_its_own_have_nothing_to_sign_out_of(hall: Hall, caller: Principal) -> None:
    with pytest.raises(Unauthenticated):
        await hall.sign_out.here(caller, FIREFOX)
    assert await hall.told() == []


async def test_everywhere_ends_sessions_families_and_tokens_of_the_customer_alone(hall: Hall) -> None:
    sessions = [await session(hall) for _ in range(2)]
    families = [await family(hall, "f1"), await family(hall, "f2")]
    tokens = [token(hall), token(hall, client=FIRST_PARTY), token(hall, family="f1", grant="g")]
    foreign = [await session(hall, "s2"), token(hall, "s2")]
    foreign_family = await family(hall, "f3", "s2")
    hall.clock.move(seconds=1)
    assert await hall.sign_out.everywhere("s1", FIREFOX) == 2
    assert refused(hall, *sessions, *tokens) == [True] * 5
    assert refused(hall, *foreign) == [False] * 2
    assert [await is_open(hall, each) for each in (*families, foreign_family)] == [False, False, True]
    assert await hall.told() == [("SIGNED_OUT", "s1", "2"), ("SIGNED_OUT", "s1", "APPLICATIONS")]


async def test_everywhere_else_keeps_the_session_that_asks_and_what_is_issued_later(hall: Hall) -> None:
    kept, other, before = await session(hall), await session(hall), token(hall, family="f1")
    assert await hall.sign_out.everywhere("s1", FIREFOX, keep=kept.session) == 1
    hall.clock.time += timedelta(microseconds=1)
    later = token(hall)
    assert refused(hall, kept, other, before, later) == [False, True, True, False]


async def test_token_of_a_family_that_a_fast_clock_dated_later_is_refused_all_the_same(hall: Hall) -> None:
    await family(hall, "f1")
    hall.clock.move(seconds=20)
    early = token(hall, family="f1")
    hall.clock.move(seconds=-20)
    await hall.sign_out.everywhere("s1", FIREFOX)
    assert refused(hall, early) == [True]


async def test_application_loses_grant_families_and_tokens_and_revoking_again_changes_nothing(hall: Hall) -> None:
    def allow(connection: Connection) -> None:
        open_grant(connection, "g1", "s1", APP, hall.clock.now())
        write_grant(connection, "g1", ["balance:read", "accounts:read"], ["012345678901"], hall.clock.now())

    await AuthorizationRows(hall.store).transact(allow)
    mine, other = await family(hall, "f1", grant="g1"), await family(hall, "f2")
    under, beside = token(hall, family="f1", grant="g1"), token(hall, family="f2")
    for subject, grant in (("s2", "g1"), ("s1", "unknown"), ("s1", ""), ("s1", "\x00"), ("s1", "\ud800")):
        await hall.sign_out.application(subject, grant, FIREFOX)
    assert (refused(hall, under), await hall.told()) == ([False], [])
    for _ in range(2):
        await hall.sign_out.application("s1", "g1", FIREFOX)
    assert refused(hall, under, beside) == [True, False]
    assert [await is_open(hall, each) for each in (mine, other)] == [False, True]
    assert await GrantRows(hall.store).of_subject("s1") == []
    (event,) = await hall.events()
    assert (event.kind, event.subject, event.client_id, event.client_name, event.detail) == (
        "ACCESS_REVOKED",
        "s1",
        APP,
        "An app",
        "accounts:read balance:read",
    )
