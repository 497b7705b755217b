"""Audit: what an event says, and what it does not: no name, login, secret, address or browser of anybody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.audit import AuditEvent, AuditKind, device, network
from auth.identity.port import Visitor
from tests.auth.hall import FIREFOX, Hall, rows_of

KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
MAC = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {KIT}"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {KIT} Chrome/141.0.0.0 Safari/537.36"
PHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {KIT}"
ANDROID = f"Mozilla/5.0 (Linux; Android 15) {KIT} Chrome/141.0.0.0 Mobile Safari/537.36"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("203.0.113.255", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("::1", "::/48"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("192.0.2.77/8", "unknown"),
        ("192.0.2.0/24", "unknown"),
        ("testclient", "unknown"),
        ("unknown", "unknown"),
        ("", "unknown"),
    ],
)
def test_address_is_told_as_its_network(address: str, shown: str) -> None:
    assert network(address) == shown


@given(st.one_of(st.text(max_size=40), st.ip_addresses().map(str)))
def test_no_address_is_told_whole(address: str) -> None:
    assert network(address) == "unknown" or network(address).endswith(("/24", "/48"))


@pytest.mark.parametrize(
    ("user_agent", "shown"),
    [
        (FIREFOX.user_agent, "Firefox, Linux"),
        (WINDOWS, "Chrome, Windows"),
        (WINDOWS + " Edg/141.0.0.0", "Edge, Windows"),
        (WINDOWS + " OPR/120.0.0.0", "Opera, Windows"),
        (MAC + " Version/18.0 Safari/605.1.15", "Safari, macOS"),
        (PHONE + " Version/18.0 Mobile/15E148 Safari/604.1", "Safari, iPhone"),
        (ANDROID, "Chrome, Android"),
        ("curl/8.9", "other"),
        ("Gridgate for Android/1.0", "other, Android"),
        ("", "other"),
    ],
)
def test_browser_is_told_as_its_family(user_agent: str, shown: str) -> None:
    assert device(user_agent) == shown


async def test_event_holds_what_it_is_about_and_nothing_of_the_visitor_but_network_and_family(hall: Hall) -> None:
    visitor = Visitor("192.0.2.77", FIREFOX.user_agent, "uk", subject="s1")
    event = AuditEvent(
        AuditKind.ACCOUNT_SEEN,
        subject="s1",
        account="012345678901",
        client=("bank", "Bank of Tests"),
        provider="oneid",
        detail="balance:read",
        visitor=visitor,
    )
    await hall.audit.record(event)
    (row,) = await hall.events()
    assert (row.at, row.kind, row.subject, row.account_number) == (
        hall.clock.now(),
        "ACCOUNT_SEEN",
        "s1",
        "012345678901",
    )
    assert (row.client_id, row.client_name, row.provider, row.detail) == (
        "bank",
        "Bank of Tests",
        "oneid",
        "balance:read",
    )
    assert (row.network, row.device) == ("192.0.2.0/24", "Firefox, Linux")
    told = await rows_of(hall.store)
    assert not [each for each in ("192.0.2.77", "Mozilla", "rv:140", "uk") if each in told]


async def test_events_of_one_call_are_written_together_in_order_and_none_is_nothing(hall: Hall) -> None:
    await hall.audit.record()
    await hall.audit.record(AuditEvent(AuditKind.REGISTERED, subject="s1"), AuditEvent(AuditKind.SIGNED_IN))
    assert await hall.told() == [("REGISTERED", "s1", None), ("SIGNED_IN", None, None)]
    assert {(each.network, each.device, each.client_id) for each in await hall.events()} == {(None, None, None)}


def test_every_kind_fits_its_column() -> None:
    assert max(len(kind.value) for kind in AuditKind) <= 32
    assert all(kind.name == kind.value for kind in AuditKind)
