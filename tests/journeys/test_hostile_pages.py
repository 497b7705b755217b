"""Hostile pages and strangers over the front door: forms of other sites, webhooks of nobody, codes that are guessed."""

import json
from typing import Any, Final
from urllib.parse import urlencode

import httpx2
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from auth.throttle import PACES, Kind
from gateway.browsers import SESSION_COOKIE
from tests.journeys.guests import FORM, Guest, customer_of, guest_of, phone_of
from tests.journeys.hostile.clients import Clients
from tests.journeys.hostile.pages import origins, posted_pages
from tests.journeys.hostile.siege import Siege
from tests.journeys.hostile.webhooks import GOOD, INBOUND, ignored_messages, secrets_beside
from tests.transport_ws import PROTOCOL

MUTATIONS: Final = {
    "sign out": "mutation { signOut { sessions } }",
    "sign out elsewhere": "mutation { signOutElsewhere { sessions } }",
    "link": 'mutation { linkAccount(input: {billQr: "x"}) { __typename } }',
    "me": "{ me { id } }",
}

JUNK: Final = ("A", "BBBB-BBBB-B", "AEIO-UAEI", "1234-5678", "ЇЇЇЇ-ЇЇЇЇ", "\x00" * 8, "' OR 1=1", "B" * 5_000)
"""What no device shows."""


def forms(siege: Siege, customer: Guest, clients: Clients) -> dict[str, dict[str, str]]:
    """Return, for every page that takes a form, one that would do something if it came from a page of ours."""
    victim = siege.demo.user(10)
    holder = siege.demo.client.get(f"{siege.demo.facts['control_url']}/holders?size=1&count=3").json()[-1]
    device = clients.post("/oauth/device_authorization", {"client_id": clients.device.client.client_id}).json
    password = customer.get("/sign-in/password").form
    return {
        "/sign-in/{provider}/callback": {**password, "login": victim["login"], "password": victim["password"]},
        "/sign-in/sms/forgotten": {"login": phone_of(siege.demo, 2)},
        "/register": {"name": "Evil", "email": "evil@example.org", "password": "a quiet evening in spring"},
        "/sign-out": {},
        "/link": {"method": "bill-qr", "bill_qr": holder["accounts"][0]["qr"]},
        "/device": {"user_code": device["user_code"], "decision": "allow"},
        "/security/sessions": {"session": "others"},
        "/security/grants": {"grant": "x"},
        "/security/password": {"new_password": "a quiet evening in spring"},
        "/security/passkeys": {"passkey": "x"},
        "/security/passkeys/new": {"credential": "{}"},
        "/oauth/authorize": {**clients.asks(customer, clients.app, prompt="consent").forms[0], "decision": "allow"},
    }


def test_form_of_another_site_does_nothing(uzbekistan_siege: Siege, clients: Clients) -> None:
    customer, _elsewhere = customer_of(uzbekistan_siege.demo, 10), customer_of(uzbekistan_siege.demo, 10)
    posted = forms(uzbekistan_siege, customer, clients)
    assert set(posted_pages()) == set(posted)
    with uzbekistan_siege.of("forms of other sites") as tried:
        for page, form in posted.items():
            path = page.replace("{provider}", "password")
            for name, headers in origins(clients.issuer).items():
                answer = customer.says(path, {"content-type": FORM, **headers}, urlencode(form))
                tried.refused(f"form to {page} from {name}", answer, by=(403,))
    assert customer.is_in()


def test_operation_of_another_site_is_nobodys(uzbekistan_siege: Siege, clients: Clients) -> None:
    customer = customer_of(uzbekistan_siege.demo, 10)
    own = {"origin": clients.issuer, "content-type": "application/json"}
    assert customer.says("/graphql", own, json.dumps({"query": MUTATIONS["me"]})).json["data"]["me"]
    with uzbekistan_siege.of("operations of other sites") as tried:
        for name, headers in origins(clients.issuer).items():
            for verb, query in MUTATIONS.items():
                sent = {"content-type": "application/json", **headers}
                answer = customer.says("/graphql", sent, json.dumps({"query": query}))
                codes = {error["extensions"]["code"] for error in answer.json["errors"]}
                tried.counted(f"{verb} from {name}", is_refused=codes == {"UNAUTHENTICATED"}, told=answer.text)
                assert "access-control-allow-origin" not in answer.headers
        for kind in ("text/plain", FORM, "multipart/form-data; boundary=x", "application/xml", ""):
            body = json.dumps({"query": MUTATIONS["sign out"]})
            for origin in (clients.issuer, "https://evil.example"):
                answer = customer.says("/graphql", {"content-type": kind, "origin": origin}, body)
                tried.refused(f"operation as {kind!r} from {origin}", answer)
        by_address = customer.says("/graphql?query=mutation{signOut{sessions}}", {}, method="GET")
        tried.refused("mutation in an address", by_address)
        asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
        tried.refused("preflight", customer.says("/graphql", asked, method="OPTIONS"))
    assert customer.is_in()


async def test_socket_of_another_site_is_nobodys(uzbekistan_siege: Siege, clients: Clients) -> None:
    customer, url = customer_of(uzbekistan_siege.demo, 10), uzbekistan_siege.demo.facts["websocket_url"]
    cookie = f"{SESSION_COOKIE}={customer.cookies[SESSION_COOKIE]}"
    number = uzbekistan_siege.demo.user(10)["accounts"][0]
    assert await first_word(url, {"cookie": cookie, "origin": clients.issuer}, number) == "next"
    with uzbekistan_siege.of("sockets of other sites") as tried:
        for name, headers in origins(clients.issuer).items():
            word = await first_word(url, {"cookie": cookie, **headers}, number)
            tried.counted(f"socket from {name}", is_refused=word in {"UNAUTHENTICATED", "403"}, told=word)
        for name, token in (
            ("a word", "Bearer x"),
            ("the cookie", f"Bearer {customer.cookies[SESSION_COOKIE]}"),
            ("a list", "[]"),
        ):
            word = await first_word(url, {}, number, token)
            tried.counted(f"socket with {name}", is_refused=word == "4403", told=word)


async def first_word(url: str, headers: dict[str, str], number: str, authorization: str | None = None) -> str:
    """Open a socket and follow a balance; return what is said first: `next`, a code, or how the socket was closed."""
    query = "subscription($n: [AccountNumber!]!) { balanceChanged(accounts: $n) { account { number } } }"
    payload = {"authorization": authorization} if authorization is not None else {}
    try:
        async with connect(url, subprotocols=[PROTOCOL], proxy=None, additional_headers=headers) as socket:
            await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
            asked = {"query": query, "variables": {"n": [number]}}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": asked}))
            await socket.recv()
            said: dict[str, Any] = json.loads(await socket.recv())
            errors = said["payload"] if said["type"] == "error" else said["payload"].get("errors", [])
            return str(errors[0]["extensions"]["code"]) if errors else str(said["type"])
    except InvalidStatus as refused:
        return str(refused.response.status_code)
    except ConnectionClosedError as closed:
        return str(closed.rcvd.code) if closed.rcvd else "closed"


def test_webhook_of_nobody_does_nothing(uzbekistan_siege: Siege) -> None:
    demo = uzbekistan_siege.demo
    addresses = demo.client.put(f"{demo.facts['phones_url']}/webhooks", json={}).json()
    secret = addresses["inbound"].split("/")[-2]
    with uzbekistan_siege.of("webhooks") as tried:
        for what in ("inbound", "report"):
            for name, other in secrets_beside(secret):
                answer = send(addresses[what].replace(secret, other), GOOD.format(1).encode())
                tried.counted(
                    f"{what} with {name}", is_refused=answer.status_code in {404, 405}, told=answer.status_code
                )
            tried.counted(f"{what} that is read", is_refused=httpx2.get(addresses[what]).status_code == 405)
        for name, (body, kind) in INBOUND.items():
            answer = send(addresses["inbound"], body, kind)
            tried.counted(f"inbound of {name}", is_refused=answer.status_code in {400, 413}, told=answer.status_code)
            report = send(addresses["report"], body, kind)  # taken, or it would come again and again
            tried.counted(f"report of {name}", is_refused=report.status_code in {200, 413}, told=report.status_code)
        for name, body in ignored_messages():
            tried.counted(f"message {name}", is_refused=send(addresses["inbound"], body).status_code == 200)


def send(url: str, body: bytes, kind: str = "text/xml") -> httpx2.Response:
    return httpx2.post(url, content=body, headers={"content-type": kind}, trust_env=False)


def test_code_of_a_device_cannot_be_guessed(uzbekistan_siege: Siege, clients: Clients) -> None:
    customer, another = customer_of(uzbekistan_siege.demo, 50), customer_of(uzbekistan_siege.demo, 50)
    device = clients.post("/oauth/device_authorization", {"client_id": clients.device.client.client_id}).json
    free = PACES[Kind.DEVICE_SUBJECT].free
    ten, one = customer_of(uzbekistan_siege.demo, 10), customer_of(uzbekistan_siege.demo, 1)
    with uzbekistan_siege.of("device codes") as tried:
        for number in range(free + 5):
            code = f"BCDF-GHJ{'BCDFGHJKLMNPQRST'[number]}"
            answer = customer.post("/device", {"user_code": code, "decision": "allow"})
            tried.refused(f"guess {number + 1}", answer, by=(422,) if number < free else (429,))
            assert ("retry-after" in answer.headers) is (number >= free)
        late = customer.post("/device", {"user_code": device["user_code"], "decision": "allow"})
        tried.refused("the right code, while guesses wait", late, by=(429,))
        tried.refused("the same customer elsewhere", another.post("/device", {"user_code": "BCDF-GHJK"}), by=(429,))
        for code, guesser in zip(JUNK, (ten, one) * len(JUNK), strict=False):
            answer = guesser.post("/device", {"user_code": code, "decision": "allow"})
            tried.refused(f"code {code!r}", answer, by=(422,))
        nobody = guest_of(uzbekistan_siege.demo).post("/device", {"user_code": device["user_code"]})
        tried.refused("nobody", nobody, by=(303,))
