"""Careless people: everything in which a secret passes through the gateway, or is put where none belongs."""

import json
from typing import Any, Final

from tests.auth.server.desk import basic
from tests.demo_process import operation
from tests.journeys.guests import (
    FORM,
    Guest,
    one_time_password,
    query_of,
    sends_keyword,
    signed_challenge,
    signs_by_phone,
    texts,
    vouched,
)
from tests.journeys.hostile.clients import DEVICE_GRANT, VERIFIER, onward
from tests.journeys.stories import Story, Watched

PASSWORD: Final = "a quiet evening in spring"
CARD: Final = "4000 0012 3456 7899"
CHANGE_PASSWORD: Final = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }"
CHANGE_PHONE: Final = "mutation($input: ChangePhoneInput!) { changePhone(input: $input) { __typename } }"
CONFIRM_PHONE: Final = "mutation($input: ConfirmPhoneInput!) { confirmPhone(input: $input) { __typename } }"


def by_password(story: Story) -> Watched:
    """Register, forget, guess, sign in by a password, and change it and the phone."""
    guest, email, phone = story.guest(), "olena.koval@example.org", story.people[6].phone
    new, wrong = "another evening in autumn", "a wrong evening in winter"
    story.hides("password", PASSWORD, new, wrong)
    story.owns("login", email)
    given = {"name": "Olena Koval", "email": email, "phone": phone, "return_to": "/security"}
    guest.post("/register", {**given, "password": "olena"})
    assert guest.post("/register", {**given, "password": PASSWORD}).status == 303
    for password in (wrong, new):
        stranger = story.guest()
        stranger.sign_in(email, password)
        stranger.asks(operation("sign-in"), {"input": {"login": email, "password": password}})
        stranger.asks(operation("register"), {"input": {**_names(given), "password": password}})
    assert story.guest().sign_in(email, PASSWORD).status == 303
    told = story.guest().asks(operation("sign-in"), {"input": {"login": email, "password": PASSWORD}}).json
    story.hides("access token", told["data"]["signIn"]["accessToken"])
    own = {"origin": story.clients.issuer, "content-type": "application/json"}
    for password in ("short", new):
        asked = {"query": CHANGE_PASSWORD, "variables": {"input": {"newPassword": password}}}
        changed = guest.says("/graphql", own, json.dumps(asked))
    assert changed.json["data"]["changePassword"]["__typename"] == "PasswordChanged"
    _changes_phone(story, guest, own)
    return guest


def _changes_phone(story: Story, guest: Watched, own: dict[str, str]) -> None:
    """Change the phone by a code, after a wrong one."""
    phone = story.people[7].phone
    before = len(texts(story.demo, phone))
    guest.says("/graphql", own, json.dumps({"query": CHANGE_PHONE, "variables": {"input": {"phone": phone}}}))
    code = one_time_password(story.demo, phone, before)
    story.hides("code", code)
    for typed in ("CCCC-CCCC", code):
        asked = {"query": CONFIRM_PHONE, "variables": {"input": {"code": typed}}}
        told = guest.says("/graphql", own, json.dumps(asked))
    assert told.json["data"]["confirmPhone"]["__typename"] != "Refusal", told.text


def by_sms(story: Story) -> Watched:
    """Send the keyword, mistype the one-time password, exchange it, and forget what came of it."""
    guest, phone, new = story.guest(), story.people[5].phone, "the third evening in summer"
    one_time = sends_keyword(story.demo, phone)
    story.hides("one-time password", one_time, one_time.replace("-", ""))
    story.hides("password", new)
    for typed in ("CCCC-CCCC", one_time):
        form = guest.get("/sign-in/sms").form
        given = {"login": phone, "one_time_password": typed, "new_password": new, "name": "Olha"}
        came = guest.post("/sign-in/sms/callback", {**form, **given})
    assert came.status == 303, came.words
    story.guest().sign_in(phone, one_time)
    story.guest().post("/sign-in/sms/forgotten", {"login": phone})
    return guest


def by_provider(story: Story, way: str, method: str, person: str) -> Watched:
    """Sign in at OneID or id.gov.ua, come back twice, link, and sign out there and here."""
    guest = story.guest()
    back = vouched(story.demo, guest, way, method, person)
    story.hides("provider's code", query_of(back)["code"])
    story.hides("state", query_of(back)["state"])
    came = guest.get(back)
    assert came.status == 303, came.words
    guest.get(back)
    story.guest().get(back)
    guest.get("/security")
    return guest


def by_signature(story: Story) -> Watched:
    """Sign in by E-IMZO on a computer and on a phone, with a signature that is used again."""
    guest, other = story.guest(), story.guest()
    form = signed_challenge(guest.get("/sign-in/e-imzo"), 4)
    story.hides("signature", form["pkcs7"][:200])
    assert guest.post("/sign-in/e-imzo/callback", form).status == 303
    other.post("/sign-in/e-imzo/callback", {**other.get("/sign-in/e-imzo").form, "pkcs7": form["pkcs7"]})
    page = other.get("/sign-in/e-imzo-mobile")
    assert other.post("/sign-in/e-imzo-mobile/callback", signs_by_phone(story.demo, page, "person4")).status == 303
    return guest


def linking(story: Story, guest: Guest) -> None:
    """Link an account, by what is wrong and by what is right."""
    holder = story.demo.client.get(f"{story.demo.facts['control_url']}/holders?size=1&count=4").json()[-1]["accounts"][
        0
    ]
    story.owns("account number", holder["number"])
    story.owns("bill", holder["qr"])
    guest.post("/link", {"method": "number-and-surname", "number": holder["number"], "surname": "Nobody"})
    guest.post("/link", {"method": "bill-qr", "bill_qr": holder["qr"][::-1]})
    assert guest.post("/link", {"method": "bill-qr", "bill_qr": holder["qr"]}).status == 303


def applications(story: Story, guest: Guest) -> None:
    """Let applications in, and let them lose, repeat and mix up what they were given."""
    clients = story.clients
    for client in (clients.app, clients.web):
        page = clients.asks(guest, client)
        code = query_of(onward(clients.decides(guest, page)))["code"]
        given = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
        form = {**given, "client_id": client.client.client_id, "redirect_uri": client.client.redirect_uris[0]}
        form |= {"client_secret": client.secret} if client.secret else {}
        story.posts("/oauth/token", {**form, "code_verifier": "b" + VERIFIER})
        issued = story.posts("/oauth/token", form).json
        story.guest().asks("{ me { id } }", authorization=f"Bearer {issued['access_token']}")
        if "refresh_token" in issued:
            refresh = {"grant_type": "refresh_token", "client_id": client.client.client_id}
            story.posts("/oauth/token", {**refresh, "refresh_token": issued["refresh_token"], "scope": "no:such"})
            story.posts("/oauth/token", {**refresh, "refresh_token": issued["refresh_token"]})
            story.posts("/oauth/revoke", {"token": issued["refresh_token"], "client_id": client.client.client_id})
        story.posts("/oauth/token", form)
    _devices(story, guest)
    _partners(story)


def _devices(story: Story, guest: Guest) -> None:
    """Let a device in."""
    client_id = story.clients.device.client.client_id
    device = story.posts("/oauth/device_authorization", {"client_id": client_id}).json
    story.hides("user code", device["user_code"], device["user_code"].replace("-", ""))
    guest.post("/device", {"user_code": "BCDF-GHJK"})
    guest.post("/device", {"user_code": device["user_code"], "decision": "allow"})
    asked = {"grant_type": DEVICE_GRANT, "client_id": client_id, "device_code": device["device_code"]}
    assert story.posts("/oauth/token", asked).status == 200
    story.posts("/oauth/token", asked)


def _partners(story: Story) -> None:
    """Let a partner look accounts up, prove itself wrongly, and ask about tokens."""
    bank, number = story.clients.bank, story.people[1].accounts[0]
    own = basic(bank.client.client_id, bank.secret or "")
    token = story.posts("/oauth/token", {"grant_type": "client_credentials"}, authorization=own).json["access_token"]
    for asked in (number, number[::-1], "0" * len(number)):
        payee = "query($n: AccountNumber!) { payee(number: $n) { number } }"
        story.guest().asks(payee, {"n": asked}, authorization=f"Bearer {token}")
    story.posts("/oauth/introspect", {"token": token}, authorization=own)
    story.posts("/oauth/introspect", {"token": token}, authorization=own[:-6])
    story.posts(
        "/oauth/token", {"grant_type": "client_credentials", "client_secret": bank.secret or ""}, authorization=own
    )


def mistakes(story: Story) -> None:
    """Put secrets where none belong: into broken bodies, wrong fields, addresses, names and headers."""
    person, guest = story.people[0], story.guest()
    story.hides("card", CARD, CARD.replace(" ", ""))
    secret, number, card = PASSWORD, person.accounts[0], CARD.replace(" ", "")
    sign_in, own = operation("sign-in"), {"origin": story.clients.issuer, "content-type": FORM}
    variables: list[Any] = [
        {"input": {"login": person.phone, "password": secret, "pin": person.pinfl}},
        {"input": {"password": secret}},
        {"input": {"login": [person.pinfl], "password": {"password": secret}}},
        {"input": secret},
        {"input": {"login": person.phone, "password": secret, "scopes": [card]}},
        {"input": {"login": "\ud800", "password": secret + "\ud800"}},
    ]
    for each in variables:
        guest.asks(sign_in, each)
    literal = f'login: "{person.phone}", password: "{secret}"'
    for document in (
        f"mutation {{ signIn(input: {{{literal}, pin: {person.pinfl}}}) {{ __typename }} }}",
        f"mutation {{ signIn(input: {{{literal} }} {{ __typename }} }}",
        f"mutation {{ signIn(input: {{login: {card}, password: {person.pinfl}}}) {{ __typename }} }}",
        f'{{ account(number: "{card}") {{ number }} }}',
        f'{{ me "{secret}" }}',
    ):
        guest.asks(document)
    for body in (f'{{"query": "{secret}', f'["{secret}"]', f'{{"query": 7, "x": "{secret}"}}', secret):
        guest.says("/graphql", {"content-type": "application/json"}, body)
        guest.says("/oauth/token", {"content-type": "application/json"}, body)
        guest.says("/sign-in/password/callback", own, body)
    guest.get(f"/sign-in/password/callback?login={person.phone}&password={secret.replace(' ', '+')}&state=x")
    guest.get(f"/{card}/{person.pinfl}?access_token={card}")
    guest.get(f"/graphql?query={{me{{id}}}}&variables={card}")
    guest.says(f"/webhooks/sms/{card}{card}/inbound", {"content-type": "text/xml"}, f"<a>{person.phone} {number}</a>")
    for header in (f"Bearer {card}", f"Basic {card}", f"DPoP {card}", card):
        guest.asks("{ me { id } }", authorization=header, dpop=card)
        guest.says("/oauth/token", {"authorization": header, "content-type": FORM}, f"code={card}")


def _names(given: dict[str, str]) -> dict[str, str]:
    return {name: given[name] for name in ("name", "email", "phone")}
