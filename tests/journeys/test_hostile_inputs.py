"""Hostile inputs over the front door: each is tried, counted and refused, and nothing in the store has moved."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from gateway.browsers import SESSION_COOKIE
from tests.demo_process import DemoProcess
from tests.journeys.guests import (
    Guest,
    customer_of,
    guest_of,
    query_of,
    signed_challenge,
    signs_by_phone,
    vouched,
)
from tests.journeys.hostile.access_tokens import Forge, hostile_cookies, hostile_tokens
from tests.journeys.hostile.addresses import ENCODED, RETURN_TO
from tests.journeys.hostile.callbacks import BROWSER, CREDENTIALS, Coming, hostile_callbacks, hostile_signatures
from tests.journeys.hostile.siege import Siege, is_ours

ME: Final = "{ me { id } security { sessions { id } } }"


def is_nobody(guest: Guest, authorization: str) -> bool:
    """Tell whether an `Authorization` header lets nobody in."""
    answer = guest.asks(ME, authorization=authorization)
    codes = {error["extensions"]["code"] for error in answer.json.get("errors", [])}
    return codes == {"UNAUTHENTICATED"} and answer.json["data"] is None


def test_access_token_that_is_not_ours_is_as_none(uzbekistan_siege: Siege) -> None:
    siege, demo = uzbekistan_siege, uzbekistan_siege.demo
    customer, guest, good = customer_of(demo, 10), guest_of(demo), demo.sign_in(10)
    forge = Forge.of(siege.store, good)
    assert not is_nobody(guest, f"Bearer {good}")
    assert not is_nobody(guest, f"Bearer {forge.signed()}")
    found = {f"that is the cookie {name}": value for name, value in customer.cookies.items()}
    with siege.of("access tokens") as tried:
        for name, token in hostile_tokens(forge, good, found).items():
            tried.counted(f"token {name}", is_refused=is_nobody(guest, f"Bearer {token}"))


def test_cookie_that_is_no_session_is_as_none(uzbekistan_siege: Siege) -> None:
    demo = uzbekistan_siege.demo
    customer, left = customer_of(demo, 10), customer_of(demo, 1)
    ended = left.cookies[SESSION_COOKIE]
    left.post("/sign-out", {})
    own = {"origin": f"http://{customer.host}", "content-type": "application/json"}
    token, browser, secret = demo.sign_in(10), customer.cookies[BROWSER], customer.cookies[SESSION_COOKIE]
    with uzbekistan_siege.of("session cookies") as tried:
        for name, value in hostile_cookies(secret, token, browser, ended).items():
            guest = Guest(customer.host, cookies={SESSION_COOKIE: value})
            tried.refused(f"cookie {name} on a page", guest.says("/security", {}, method="GET"), by=(303,))
            told = guest.says("/graphql", own, json.dumps({"query": "{ me { id } }"})).json
            codes = [error["extensions"]["code"] for error in told["errors"]]
            tried.counted(f"cookie {name} at the API", is_refused=codes == ["UNAUTHENTICATED"], told=told)


def comes_by(demo: DemoProcess, way: str, method: str) -> Callable[[Guest], Coming]:
    """Return how somebody signs in at a provider, up to where their browser is about to return."""

    def begin(guest: Guest) -> Coming:
        given = query_of(vouched(demo, guest, way, method))
        return Coming(given["code"], given["state"])

    return begin


@pytest.mark.parametrize(
    ("place", "way", "method", "elsewhere"),
    [("uzbekistan", "oneid", "PKCSMETHOD", "e-imzo"), ("kharkiv", "id-gov-ua", "bank_id", "password")],
)
def test_callback_that_this_browser_did_not_ask_for_opens_nothing(
    request: pytest.FixtureRequest, place: str, way: str, method: str, elsewhere: str
) -> None:
    siege: Siege = request.getfixturevalue(f"{place}_siege")
    demo, begin = siege.demo, comes_by(siege.demo, way, method)
    guest, stranger, lucky = guest_of(demo), guest_of(demo), guest_of(demo)
    used = vouched(demo, lucky, way, method)
    came = lucky.get(used)
    assert came.cookies.get(SESSION_COOKIE), came.words
    state_elsewhere = guest.get(f"/sign-in/{elsewhere}").form["state"]
    with siege.of(f"callbacks of {way}") as tried:
        for name, who, query in hostile_callbacks(begin, guest, stranger, state_elsewhere):
            tried.refused(f"callback with {name}", who.get(f"/sign-in/{way}/callback?{query}"))
        tried.refused("callback again", lucky.get(used))
        tried.refused("callback again in another browser", stranger.get(used))
        for other in (elsewhere, "sms", "oidc", "nobody", "..", "%00"):
            ours = urlencode(asdict(begin(guest)))
            tried.refused(f"callback of {other}", guest.get(f"/sign-in/{other}/callback?{ours}"))
        late = vouched(demo, guest, way, method)
        assert siege.store.change("UPDATE tickets SET expires_at = made_at WHERE kind = 'sign-in'")
        tried.refused("callback too late", guest.get(late))


def test_signature_or_passkey_that_is_none_opens_nothing(uzbekistan_siege: Siege, kharkiv_siege: Siege) -> None:
    demo = uzbekistan_siege.demo
    guest, stranger = guest_of(demo), guest_of(demo)
    other = signed_challenge(stranger.get("/sign-in/e-imzo"))
    with uzbekistan_siege.of("signatures") as tried:
        good = signed_challenge(guest.get("/sign-in/e-imzo"))
        tried.refused("signature in another browser", stranger.post("/sign-in/e-imzo/callback", good))
        tried.refused("signature under another way", guest.post("/sign-in/e-imzo-mobile/callback", good))
        tried.refused("signature under another state", guest.post("/sign-in/e-imzo/callback", {**good, "state": "A"}))
        tried.refused("signature in an address", guest.get(f"/sign-in/e-imzo/callback?{urlencode(good)}"))
        for name, signature in hostile_signatures(good, other["pkcs7"]).items():
            form = {**guest.get("/sign-in/e-imzo").form, "pkcs7": signature}
            tried.refused(f"signature {name}", guest.post("/sign-in/e-imzo/callback", form))
        page = guest.get("/sign-in/e-imzo-mobile")
        tried.refused("phone that has not signed", guest.post("/sign-in/e-imzo-mobile/callback", page.form), by=(202,))
        signed = signs_by_phone(demo, page)
        tried.refused("phone of another browser", stranger.post("/sign-in/e-imzo-mobile/callback", signed))
    guest, customer = guest_of(kharkiv_siege.demo), customer_of(kharkiv_siege.demo, 1)
    with kharkiv_siege.of("passkeys") as tried:
        for name, credential in CREDENTIALS.items():
            form = {**guest.get("/sign-in/passkey").form, "credential": credential}
            tried.refused(f"passkey of {name}", guest.post("/sign-in/passkey/callback", form))
            added = customer.post("/security/passkeys/new", {"credential": credential, "name": "mine"})
            tried.refused(f"new passkey of {name}", added, by=(303, 422))


def test_nobody_is_sent_to_another_site_after_signing_in_or_out(kharkiv_siege: Siege) -> None:
    siege, user = kharkiv_siege, kharkiv_siege.demo.user(0)
    links = {name: urlencode({"return_to": address}) for name, address in RETURN_TO.items()}
    links |= {name: f"return_to={address}" for name, address in ENCODED.items()}
    tried = 0
    for name, query in links.items():
        guest = guest_of(siege.demo)
        chooser, page = guest.get(f"/sign-in?{query}"), guest.get(f"/sign-in/password?{query}")
        assert (chooser.status, page.status) == (200, 200), name
        assert all(is_ours(link) for link in chooser.links + page.links), (name, chooser.links)
        form = {**page.form, "login": user["login"], "password": user["password"]}
        again = {**form, **dict(parse_qsl(query, keep_blank_values=True))}
        signed_in = guest.post("/sign-in/password/callback", form)
        assert signed_in.cookies[SESSION_COOKIE]
        signed_out = guest.post("/sign-out", {"return_to": again["return_to"]})
        for answer in (signed_in, signed_out):
            assert answer.status == 303, name
            assert is_ours(answer.location), (name, answer.location)
            assert "evil" not in urlsplit(answer.location).netloc
            tried += 1
    siege.tell(f"hostile addresses to return to: {tried} tried, nobody left")
