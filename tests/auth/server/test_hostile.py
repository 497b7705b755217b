"""Hostile requests, each tried, counted and refused; and nothing in the store has moved."""

from collections.abc import Mapping
from random import Random
from typing import Any, Final
from urllib.parse import urlencode

from auth.server.partners import Registered
from tests.auth.server.desk import (
    DEVICE_GRANT,
    ISSUER,
    REDIRECT_URI,
    VERIFIER,
    Desk,
    asking,
    basic,
    returned,
)
from tests.auth.server.hostile import ASKED, EVIL, REDIRECTS, REPEATED, assertions

OWN: Final = {"grant_type": "client_credentials"}
FORM: Final = "application/x-www-form-urlencoded"


async def test_no_browser_is_sent_to_an_address_that_is_not_registered(desk: Desk, app: Registered) -> None:
    before, tried = await desk.everything(), 0
    for name, uri in REDIRECTS.items():
        answer = await desk.authorize(app, redirect_uri=uri)
        assert (answer.status_code, answer.json()["page"]) == (400, "problem"), name
        assert "location" not in answer.headers, name
        tried += 1
    good = list(asking(app).items())
    for more in ([("redirect_uri", REDIRECT_URI)], [("redirect_uri", EVIL)], [("client_id", app.client.client_id)]):
        answer = await desk.http.get("/oauth/authorize", params=[*good, *more])
        assert (answer.status_code, "location" in answer.headers) == (400, False)
        tried += 1
    for client_id in ("ggc_unknown", "", "\x00", "ї", "a" * 65, "' OR 1=1 --"):
        answer = await desk.authorize(app, client_id=client_id)
        assert (answer.status_code, "location" in answer.headers) == (400, False)
        tried += 1
    assert (await desk.authorize(app, redirect_uri=None)).status_code == 400
    assert await desk.everything() == before
    print(f"hostile redirects: {tried + 1} tried, all refused, nothing changed")


async def test_hostile_request_goes_back_to_its_client_as_an_error(desk: Desk, app: Registered) -> None:
    before, tried = await desk.everything(), 0
    for name, (changes, error) in ASKED.items():
        answer = await desk.authorize(app, **changes)
        assert answer.headers["location"].startswith(f"{REDIRECT_URI}?"), name
        back = returned(answer)
        assert (back["error"], back["iss"], back["state"]) == (error, ISSUER, "the state"), name
        tried += 1
    for name in REPEATED:
        answer = await desk.http.get("/oauth/authorize", params=[*asking(app).items(), (name, "x"), (name, "x")])
        assert returned(answer)["error"] == "invalid_request", name
        tried += 1
    assert await desk.everything() == before
    print(f"hostile authorization requests: {tried} tried, all refused, nothing changed")


async def test_state_comes_back_as_it_was_and_breaks_nothing_out(desk: Desk, app: Registered) -> None:
    for state in ("a&code=x", "#", "\r\nSet-Cookie: x", "ї", "\x00", '"><script>', "%0d%0a", "a" * 2000):
        answer = await desk.authorize(app, state=state, prompt="none", acr_values="high")
        assert returned(answer)["state"] == state
        assert sorted(returned(answer)) == ["error", "iss", "state"]
        kept = await desk.decide(await desk.authorize(app, state=state, prompt="consent"))
        assert returned(kept)["state"] == state


async def test_code_is_worth_nothing_in_other_hands(desk: Desk, app: Registered) -> None:
    desk.sign_in()
    other, web = await desk.register(), await desk.register(is_confidential=True)
    code, of_web = await desk.code(app), await desk.code(web)
    before = await desk.everything()
    tries: Mapping[str, tuple[Registered, dict[str, Any]]] = {
        "another client": (other, {"code": code}),
        "another client that proves itself": (web, {"code": code}),
        "another verifier": (app, {"code": code, "code_verifier": "b" + VERIFIER}),
        "no verifier": (app, {"code": code, "code_verifier": None}),
        "the challenge as the verifier": (app, {"code": code, "code_verifier": asking(app)["code_challenge"]}),
        "a verifier that is too short": (app, {"code": code, "code_verifier": "short"}),
        "another redirect URI": (app, {"code": code, "redirect_uri": f"{REDIRECT_URI}/"}),
        "no redirect URI": (app, {"code": code, "redirect_uri": None}),
        "a code of our client's that proves itself": (app, {"code": of_web}),
        "a client that does not prove itself": (Registered(web.client), {"code": of_web}),
        "a code cut short": (app, {"code": code[:-1]}),
        "the code's hash": (app, {"code": before["authorization_codes"][0][0]}),
        "no code": (app, {"code": None}),
        "a null": (app, {"code": "\x00"}),
        "another grant type": (app, {"code": code, "grant_type": "refresh_token", "refresh_token": code}),
        "another resource": (app, {"code": code, "resource": EVIL}),
        "two codes": (app, {"code": [code, code]}),
        "two verifiers": (app, {"code": code, "code_verifier": [VERIFIER, VERIFIER]}),
        "two clients": (app, {"code": code, "client_id": [app.client.client_id, other.client.client_id]}),
    }
    for name, (client, form) in tries.items():
        answer = await desk.exchange(client, **form)
        assert answer.status_code in {400, 401}, name
        assert "access_token" not in answer.json(), name
    assert await desk.everything() == before
    assert (await desk.exchange(app, code)).status_code == 200
    assert (await desk.exchange(web, of_web)).status_code == 200
    print(f"hostile exchanges of a code: {len(tries)} tried, all refused, nothing changed")


async def test_refresh_token_is_worth_nothing_in_other_hands(desk: Desk, app: Registered) -> None:
    other, bank, kiosk = await desk.register(), await desk.partner(), await desk.register("device")
    tokens = await desk.issued(app, scope="balance:read")
    token, before = tokens["refresh_token"], await desk.everything()
    tries: Mapping[str, tuple[Registered, dict[str, Any]]] = {
        "another client": (other, {}),
        "a partner": (bank, {}),
        "a device": (kiosk, {}),
        "more scopes": (app, {"scope": "balance:read charges:read"}),
        "other scopes": (app, {"scope": "profile:write"}),
        "a scope that nobody knows": (app, {"scope": "world:rule"}),
        "another resource": (app, {"resource": EVIL}),
        "two resources": (app, {"resource": [ISSUER, EVIL]}),
        "two scopes": (app, {"scope": ["balance:read", "balance:read"]}),
        "two tokens": (app, {"refresh_token": [token, token]}),
        "an access token": (app, {"refresh_token": tokens["access_token"]}),
        "the token's hash": (app, {"refresh_token": before["refresh_tokens"][0][0]}),
        "a token cut short": (app, {"refresh_token": token[:-1]}),
        "a token and more": (app, {"refresh_token": f"{token} "}),
        "no token": (app, {"refresh_token": None}),
        "a null": (app, {"refresh_token": "\x00"}),
        "a proof that is none": (app, {"headers": {"dpop": "x"}}),
        "as a code": (app, {"grant_type": "authorization_code", "code": token, "redirect_uri": REDIRECT_URI}),
        "as a device code": (app, {"grant_type": DEVICE_GRANT, "device_code": token}),
    }
    for name, (client, form) in tries.items():
        given = {"grant_type": "refresh_token", "refresh_token": token, **form}
        answer = await desk.post("/oauth/token", client, **given)
        assert answer.status_code in {400, 401}, name
        assert "access_token" not in answer.json(), name
    assert await desk.everything() == before
    assert (await desk.refresh(app, token)).status_code == 200
    print(f"hostile refreshes: {len(tries)} tried, all refused, nothing changed")


async def test_assertion_that_proves_nothing_is_refused(desk: Desk, app: Registered) -> None:
    bank, other = await desk.partner(), await desk.partner()
    used = desk.assertion(bank.client.client_id)
    assert (await desk.post("/oauth/token", bank, **OWN, client_assertion=used)).status_code == 200
    before = await desk.everything()
    tries = {**assertions(desk, bank, other), "used before": used}
    for name, assertion in tries.items():
        answer = await desk.post("/oauth/token", bank, **OWN, client_assertion=assertion)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), name
    good = desk.assertion(bank.client.client_id)
    for form in (
        {"client_assertion": good, "client_assertion_type": None},
        {"client_assertion": good, "client_assertion_type": "urn:other"},
        {"client_assertion": good, "client_id": other.client.client_id},
        {"client_assertion": good, "client_id": app.client.client_id},
        {"client_assertion": None},
    ):
        answer = await desk.post("/oauth/token", bank, **OWN, **form)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert await desk.everything() == before
    print(f"hostile assertions: {len(tries) + 5} tried, all refused, nothing changed")


async def test_header_or_body_that_is_none_is_refused(desk: Desk, app: Registered) -> None:
    bank = await desk.register("partner")
    client_id, before = bank.client.client_id, await desk.everything()
    headers = {
        "no scheme": client_id,
        "another scheme": "Bearer abc",
        "no base64": "Basic !!!",
        "base64 of no text": "Basic //79",
        "no colon": "Basic Z2dj",
        "no secret": basic(client_id, ""),
        "another secret": basic(client_id, "ggs_wrong"),
        "no client": basic("", "ggs_wrong"),
        "a null as client": basic("\x00", "ggs_wrong"),
        "an unknown client": basic("ggc_unknown", "ggs_wrong"),
        "an encoded null": basic("%00", "%00"),
        "a public client with a secret": basic(app.client.client_id, "ggs_any"),
        "two": f"{basic(client_id, str(bank.secret))}, Basic eDp5",
    }
    for name, header in headers.items():
        answer = await desk.post("/oauth/token", bank, **OWN, authorization=header)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), name
        assert answer.headers["www-authenticate"].startswith("Basic"), name
    bodies = {
        "JSON": (b'{"grant_type": "client_credentials"}', "application/json"),
        "no type": (urlencode(OWN).encode(), ""),
        "multipart": (b"--x--", "multipart/form-data; boundary=x"),
        "no text": (b"grant_type=\xff", FORM),
        "no text once decoded": (b"grant_type=%ff", FORM),
        "too many fields": (b"&".join(b"a%d=1" % at for at in range(60)), FORM),
    }
    for name, (body, content_type) in bodies.items():
        answer = await desk.http.post("/oauth/token", content=body, headers={"content-type": content_type})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), name
    for path in ("token", "revoke", "introspect", "device_authorization"):
        assert (await desk.http.get(f"/oauth/{path}")).status_code == 405
    assert await desk.everything() == before
    print(f"hostile headers and bodies: {len(headers) + len(bodies) + 4} tried, all refused, nothing changed")


async def test_code_of_one_server_is_told_from_that_of_another(desk: Desk, app: Registered) -> None:
    """A mix-up (RFC 9207): the client is told who answered it, and its code is good at no other client's address."""
    honest = await desk.authorize(app)
    back = returned(await desk.decide(honest))
    assert back["iss"] == ISSUER
    attacker = await desk.register(redirect_uris=(f"{EVIL}/callback",))
    stolen = await desk.exchange(attacker, back["code"], redirect_uri=REDIRECT_URI)
    assert stolen.json()["error"] == "invalid_grant"
    assert (await desk.authorize(attacker)).status_code == 400
    assert (await desk.exchange(app, back["code"])).status_code == 200


async def test_junk_breaks_nothing(desk: Desk, app: Registered) -> None:
    bank, dice, seen = await desk.register("partner"), Random(1), set[int]()  # noqa: S311 -- the same junk each time
    good: Mapping[str, dict[str, str]] = {
        "/oauth/token": {**OWN, "scope": "payees:read", "resource": ISSUER},
        "/oauth/revoke": {"token": "ggr_any", "token_type_hint": "refresh_token"},
        "/oauth/introspect": {"token": "a.b.c"},
        "/oauth/device_authorization": {"client_id": app.client.client_id},
        "/oauth/authorize": asking(app),
    }
    for _ in range(600):
        path = dice.choice(list(good))
        header = junk(dice, basic(bank.client.client_id, str(bank.secret))).encode("latin-1", "replace")
        form = urlencode([(junk(dice, name), junk(dice, value)) for name, value in good[path].items()])
        if path == "/oauth/authorize":
            answer = await desk.http.get(f"{path}?{form}")
        else:
            headers = {b"content-type": FORM.encode(), b"authorization": header, b"dpop": header}
            answer = await desk.http.post(path, content=junk(dice, form).encode(), headers=headers)
        seen.add(answer.status_code)
        assert answer.status_code in {200, 303, 400, 401}, (path, answer.text)
    assert {400, 401} <= seen


def junk(dice: Random, text: str) -> str:
    """Spoil a text now and then."""
    if dice.random() < 0.6:
        return text
    at = dice.randrange(len(text) + 1)
    return text[:at] + dice.choice(["", "\x00", "%", "%ff", "ї", '"', "\\", " ", "&", "=", "a" * 300]) + text[at + 1 :]
