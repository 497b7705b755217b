"""Hostile clients over the front door: what they ask of customers, and what they present at the token endpoint."""

from typing import Any, Final
from urllib.parse import urlencode

from tests.auth.server.desk import basic
from tests.auth.server.hostile import ASKED as WRONGLY_ASKED
from tests.auth.server.hostile import EVIL, REDIRECTS, REPEATED
from tests.gateway.reader import Answer
from tests.journeys.guests import Guest, customer_of, guest_of, query_of
from tests.journeys.hostile.addresses import LOOPBACK, NATIVE
from tests.journeys.hostile.clients import CALLBACK, Clients, onward
from tests.journeys.hostile.siege import Siege
from tests.journeys.hostile.token_requests import CODES, FORMS, by_assertion, hostile_assertions

ACCOUNT: Final = "query($number: AccountNumber!) { account(number: $number) { number } }"
BEYOND: Final = {
    "profile": "{ me { id } }",
    "security": "{ security { sessions { id } } }",
    "an account that was not granted": '{ account(number: "NUMBER") { number } }',
    "linking": 'mutation { linkAccount(input: {billQr: "x"}) { __typename } }',
    "unlinking": 'mutation { unlinkAccount(number: "NUMBER") { number } }',
    "a new password": 'mutation { changePassword(input: {newPassword: "a quiet evening"}) { __typename } }',
    "a new phone": 'mutation { changePhone(input: {phone: "+998901112233"}) { __typename } }',
    "signing out elsewhere": "mutation { signOutElsewhere { sessions } }",
    "revoking a grant": 'mutation { revokeGrant(id: "x") { id } }',
}
"""What neither a partner on its own nor an application of somebody else may do."""
NOBODY: Final = ("ggc_unknown", "", "\x00", "ї", "a" * 65, "' OR 1=1 --", "../app", "gridgate")


def test_redirect_uri_that_is_not_registered_gets_nothing(uzbekistan_siege: Siege, clients: Clients) -> None:
    customer, app, native = customer_of(uzbekistan_siege.demo, 10), clients.app, clients.native
    assert clients.asks(customer, native, redirect_uri="http://127.0.0.1:40001/callback").status == 200
    with uzbekistan_siege.of("redirect URIs") as tried:
        for kind, client, table in (("web", app, REDIRECTS), ("loopback", native, LOOPBACK), ("own", native, NATIVE)):
            for name, uri in table.items():
                answer = clients.asks(customer, client, redirect_uri=uri)
                tried.refused(f"{kind} redirect: {name}", answer, by=(400,))
                assert "location" not in answer.headers, name
                assert EVIL not in answer.text, name


def test_authorization_request_that_is_wrong_gets_no_code(uzbekistan_siege: Siege, clients: Clients) -> None:
    customer, nobody = customer_of(uzbekistan_siege.demo, 10), guest_of(uzbekistan_siege.demo)
    good = list(clients.asked_by(clients.app).items())
    assert clients.asks(customer, clients.app).status == 200
    with uzbekistan_siege.of("authorization requests") as tried:
        for name, (changes, error) in WRONGLY_ASKED.items():
            for who, guest in (("customer", customer), ("nobody", nobody)):
                answer = clients.asks(guest, clients.app, **changes)
                tried.refused(f"request with {name} by {who}", answer, back_to=CALLBACK)
                assert query_of(answer.location)["error"] == error, name
        for parameter in REPEATED:
            answer = customer.get(f"/oauth/authorize?{urlencode([*good, (parameter, 'x'), (parameter, 'x')])}")
            tried.refused(f"request with {parameter} twice", answer, back_to=CALLBACK)
        for name, value in (("redirect_uri", EVIL), ("redirect_uri", CALLBACK), ("client_id", "ggc_unknown")):
            answer = customer.get(f"/oauth/authorize?{urlencode([*good, (name, value)])}")
            tried.refused(f"request with {name} twice: {value}", answer, by=(400,))
        for client_id in (*NOBODY, clients.disabled.client.client_id, clients.partner.client.client_id):
            answer = clients.asks(customer, clients.app, client_id=client_id)
            tried.refused(f"request of {client_id!r}", answer, by=(400,))
        for prompt in ("none", "none login"):
            tried.refused(f"prompt {prompt}", clients.asks(nobody, clients.app, prompt=prompt), back_to=CALLBACK)


def test_consent_that_nobody_gave_gets_no_code(uzbekistan_siege: Siege, clients: Clients) -> None:
    customer, demo = customer_of(uzbekistan_siege.demo, 10), uzbekistan_siege.demo
    stranger = guest_of(demo)
    with uzbekistan_siege.of("consents") as tried:
        form = {**clients.asks(customer, clients.app).forms[0], "decision": "allow"}
        for name, changed in {
            "that was never asked for": {"pending": "A" * 43},
            "to nothing": {"pending": ""},
            "with a null": {"pending": "\x00"},
        }.items():
            answer = customer.post("/oauth/authorize", {**form, **changed})
            tried.refused(f"consent {name}", answer, by=(400,))
        tried.refused("consent of nobody", stranger.post("/oauth/authorize", form), by=(303,))
        denied = customer.post("/oauth/authorize", {**form, "decision": "deny"})
        assert query_of(onward(denied))["error"] == "access_denied"
        tried.refused("consent after a refusal", customer.post("/oauth/authorize", form), by=(400,))
        fields = [("pending", form["pending"])] * 2_000
        tried.refused("consent in many fields", customer.post("/oauth/authorize", fields))


def test_token_endpoint_gives_nothing_for_what_is_not_the_clients(uzbekistan_siege: Siege, clients: Clients) -> None:
    customer, app, other = customer_of(uzbekistan_siege.demo, 10), clients.app, clients.other
    issued = clients.presents(app, clients.code(customer, app)).json
    code, of_web = clients.code(customer, app), clients.code(customer, clients.web)
    used = clients.assertion()
    assert clients.post("/oauth/token", by_assertion(clients, used)).status == 200
    with uzbekistan_siege.of("token requests") as tried:
        for name, form in FORMS.items():
            asked = {"client_id": app.client.client_id, **form}
            tried.refused(f"token for {name}", clients.post("/oauth/token", asked))
        for name, changes in CODES.items():
            tried.refused(f"code with {name}", clients.presents(app, code, **changes))
        tried.refused("code of another client", clients.presents(other, code))
        tried.refused("code of a client with a secret", clients.presents(app, of_web))
        tried.refused("code without its secret", clients.presents(clients.web, of_web, client_secret=None))
        tried.refused(
            "code with another's secret", clients.presents(clients.web, of_web, client_secret=clients.bank.secret)
        )
        for name, assertion in hostile_assertions(clients, used).items():
            tried.refused(
                f"assertion {name}", clients.post("/oauth/token", by_assertion(clients, assertion)), by=(400, 401)
            )
        for name, answer in in_two_ways(clients, of_web).items():
            tried.refused(name, answer)
        refresh = {"grant_type": "refresh_token", "refresh_token": issued["refresh_token"]}
        for name, client in {"another": other, "a partner": clients.partner, "a disabled": clients.disabled}.items():
            asked = {**refresh, "client_id": client.client.client_id}
            tried.refused(f"refresh token of {name} client", clients.post("/oauth/token", asked))
        asked = {**refresh, "client_id": app.client.client_id}
        tried.refused("refresh for more", clients.post("/oauth/token", {**asked, "scope": "profile:write"}))
        tried.refused("refresh for elsewhere", clients.post("/oauth/token", {**asked, "resource": EVIL}))
        for path in ("/oauth/introspect", "/oauth/revoke", "/oauth/device_authorization"):
            tried.refused(f"{path} by nobody", clients.post(path, {"token": issued["access_token"]}))
    assert clients.presents(app, code).status == 200
    assert clients.post("/oauth/token", asked).status == 200


def in_two_ways(clients: Clients, code: str) -> dict[str, Answer]:
    """Let clients prove themselves twice, or by a header that is none."""
    web, bank = clients.web, clients.bank
    secret = {"client_id": web.client.client_id, "client_secret": web.secret or ""}
    exchange = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    both = basic(web.client.client_id, web.secret or "")
    headers = {
        "of another client": basic(bank.client.client_id, bank.secret or ""),
        "with a wrong secret": basic(web.client.client_id, "ggs_" + "A" * 43),
        "that is no base64": "Basic !!!",
        "without a colon": "Basic YWJj",
        "of another scheme": f"Bearer {web.secret}",
        "that is huge": "Basic " + "A" * 8_000,
        "in another script": "Basic " + "ї".encode().decode("latin-1"),
    }
    tried = {
        "both secrets": clients.post("/oauth/token", {**exchange, **secret}, authorization=both),
        "secret and assertion": clients.post("/oauth/token", {**by_assertion(clients, clients.assertion()), **secret}),
        "secret twice": clients.post("/oauth/token", [*exchange.items(), *secret.items(), *secret.items()]),
        "secret in the address": clients.post(f"/oauth/token?{urlencode(secret)}", exchange),
        "form as JSON": clients.post("/oauth/token", {**exchange, **secret}, **{"content-type": "application/json"}),
    }
    return tried | {
        f"header {name}": clients.post("/oauth/token", exchange, authorization=header)
        for name, header in headers.items()
    }


def test_code_that_is_used_again_ends_what_it_led_to_and_gives_nothing(
    uzbekistan_siege: Siege, clients: Clients
) -> None:
    customer, app = customer_of(uzbekistan_siege.demo, 10), clients.app
    code = clients.code(customer, app)
    issued = clients.presents(app, code).json
    assert account_codes(customer, issued) == ["NOT_FOUND"]
    before = uzbekistan_siege.store.standing()
    replays = [clients.presents(app, code), clients.presents(clients.other, code)]
    refresh = {
        "grant_type": "refresh_token",
        "client_id": app.client.client_id,
        "refresh_token": issued["refresh_token"],
    }
    replays.append(clients.post("/oauth/token", refresh))
    assert [(each.status, each.json["error"]) for each in replays] == [(400, "invalid_grant")] * 3
    after = uzbekistan_siege.store.standing()
    assert {table for table in before if before[table] != after[table]} == {"token_families", "revocations"}
    assert account_codes(customer, issued) == ["UNAUTHENTICATED"]
    uzbekistan_siege.tell("hostile replays of a code: 3 tried, all refused, its tokens ended")


def test_token_of_one_purpose_is_good_for_no_other(uzbekistan_siege: Siege, clients: Clients) -> None:
    customer, guest = customer_of(uzbekistan_siege.demo, 10), guest_of(uzbekistan_siege.demo)
    issued = clients.presents(clients.app, clients.code(customer, clients.app)).json
    own = {"authorization": basic(clients.bank.client.client_id, clients.bank.secret or "")}
    partners = clients.post("/oauth/token", {"grant_type": "client_credentials"}, **own).json["access_token"]
    number = uzbekistan_siege.demo.user(10)["accounts"][0]
    with uzbekistan_siege.of("tokens of another purpose") as tried:
        for name, query in BEYOND.items():
            for whose, token in (("a partner's", partners), ("an application's", issued["access_token"])):
                told = guest.asks(query.replace("NUMBER", number), authorization=f"Bearer {token}").json
                codes = {error["extensions"]["code"] for error in told["errors"]}
                is_refused = codes <= {"UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND"}
                tried.counted(f"{name} by {whose}", is_refused=is_refused, told=told)
        for name, token in (("access", issued["access_token"]), ("refresh", issued["refresh_token"]), ("no", "x")):
            told = clients.post("/oauth/introspect", {"token": token}, **own).json
            tried.counted(f"introspection of another's {name} token", is_refused=told == {"active": False}, told=told)
            revoked = clients.post("/oauth/revoke", {"token": token}, **own)
            tried.counted(f"revocation of another's {name} token", is_refused=revoked.status == 200)
    assert account_codes(guest, issued) == ["NOT_FOUND"]


def account_codes(guest: Guest, issued: dict[str, Any]) -> list[str]:
    """Return how an access token is refused an account of nobody."""
    answer = guest.asks(ACCOUNT, {"number": "0000000000"}, authorization=f"Bearer {issued['access_token']}")
    return [error["extensions"]["code"] for error in answer.json["errors"]]
