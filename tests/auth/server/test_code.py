"""The authorization code: asked for, approved by the customer, and exchanged."""

from dataclasses import replace
from datetime import timedelta

import pytest

from auth.server.authorization_request import AuthorizationRequest, Refused
from auth.server.partners import Registered
from schema.authentication import Assurance
from schema.scopes import CUSTOMER_SCOPES, Scope
from tests.auth.server.desk import ACCOUNTS, HERE, ISSUER, Desk, asking, refusal, returned


async def test_customer_consents_and_the_client_gets_tokens(desk: Desk, app: Registered) -> None:
    asked = await desk.authorize(app)
    assert {**asked.json(), "pending": ""} == {
        "page": "consent",
        "client": "Kettle",
        "subject": "s1",
        "scopes": ["balance:read", "charges:read"],
        "granted": [],
        "pending": "",
    }
    answer = await desk.decide(asked, scope=["balance:read"], account=[ACCOUNTS[0], "999999999999"])
    back = returned(answer)
    assert (back["state"], back["iss"], sorted(back)) == ("the state", ISSUER, ["code", "iss", "state"])
    tokens = (await desk.exchange(app, back["code"])).json()
    assert sorted(tokens) == ["access_token", "expires_in", "refresh_token", "scope", "token_type"]
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 600, "balance:read")
    principal = desk.read(tokens)
    assert (principal.subject, principal.client) == ("s1", app.client.client_id)
    assert (principal.scopes, principal.authentication) == (frozenset({Scope.BALANCE_READ}), desk.sign_in())
    assert principal.grant is not None
    assert await desk.server.grants.accounts(principal.grant) == frozenset({ACCOUNTS[0]})
    assert await desk.audit() == [("ACCESS_GRANTED", "balance:read")]


async def test_who_is_not_signed_in_signs_in_first_and_comes_back(desk: Desk, app: Registered) -> None:
    desk.sign_in(None)
    asked = await desk.authorize(app)
    assert (asked.status_code, asked.json()["page"]) == (401, "sign in")
    desk.sign_in()
    back = await desk.http.get(asked.json()["return_to"])
    assert back.json()["page"] == "consent"
    assert sorted(returned(await desk.decide(back))) == ["code", "iss", "state"]


async def test_application_of_our_own_asks_nobody_for_consent(desk: Desk) -> None:
    desk.sign_in()
    own = await desk.register(is_first_party=True)
    tokens = await desk.issued(own, scope=None)
    principal = desk.read(tokens)
    assert (principal.scopes, principal.grant) == (CUSTOMER_SCOPES, None)
    assert await desk.server.grants.of_subject("s1") == []


@pytest.mark.parametrize("uri", ["com.example.kettle:/back", "http://127.0.0.1:4711/back"])
@pytest.mark.parametrize("is_first_party", [False, True], ids=["somebody else's", "ours"])
async def test_customer_confirms_where_another_application_could_ask_in_the_client_s_name(
    desk: Desk, uri: str, is_first_party: object
) -> None:
    desk.sign_in()
    uris = ("com.example.kettle:/back", "http://127.0.0.1/back")
    client = await desk.register(is_first_party=bool(is_first_party), redirect_uris=uris)
    for _ in range(2):
        asked = await desk.authorize(client, redirect_uri=uri)
        assert asked.json()["page"] == "consent"
        back = await desk.decide(asked)
        assert back.headers["location"].startswith(f"{uri}?")
        assert (await desk.exchange(client, returned(back)["code"], redirect_uri=uri)).status_code == 200
    silent = await desk.authorize(client, redirect_uri=uri, prompt="none")
    assert returned(silent)["error"] == "consent_required"


async def test_what_was_granted_before_is_not_asked_again(desk: Desk, app: Registered) -> None:
    first = desk.read(await desk.issued(app))
    again = await desk.authorize(app, scope="balance:read")
    second = desk.read((await desk.exchange(app, returned(again)["code"])).json())
    assert (second.grant, second.scopes) == (first.grant, frozenset({Scope.BALANCE_READ}))
    assert (await desk.authorize(app, scope="balance:read readings:read")).json()["granted"] == [
        "balance:read",
        "charges:read",
    ]
    assert (await desk.authorize(app, prompt="consent")).json()["page"] == "consent"
    assert [kind for kind, _ in await desk.audit()] == ["ACCESS_GRANTED"]


async def test_what_is_decided_anew_bounds_the_tokens_from_before(desk: Desk, app: Registered) -> None:
    tokens = await desk.issued(app)
    grant = desk.read(tokens).grant
    asked = await desk.authorize(app, scope="charges:read readings:read", prompt="consent")
    await desk.decide(asked, scope=["readings:read"], account=[ACCOUNTS[1]])
    (kept,) = await desk.server.grants.of_subject("s1")
    assert (kept.id, kept.scopes) == (grant, frozenset({"balance:read", "readings:read"}))
    assert kept.accounts == frozenset({ACCOUNTS[1]})
    assert (await desk.refresh(app, tokens["refresh_token"])).json()["scope"] == "balance:read"


async def test_denial_goes_back_to_the_client_and_grants_nothing(desk: Desk, app: Registered) -> None:
    answer = await desk.decide(await desk.authorize(app), decision="deny")
    back = returned(answer)
    assert (back.pop("error_description", ""), back)[1] == {
        "error": "access_denied",
        "state": "the state",
        "iss": ISSUER,
    }
    assert await desk.server.grants.of_subject("s1") == []
    assert await desk.audit() == [("ACCESS_REFUSED", "BY_CUSTOMER")]


async def test_approving_nothing_of_what_was_asked_is_a_denial(desk: Desk, app: Registered) -> None:
    answer = await desk.decide(await desk.authorize(app), scope=["profile:write", "readings:read"])
    assert returned(answer)["error"] == "access_denied"
    assert await desk.server.grants.of_subject("s1") == []


async def test_request_is_decided_once(desk: Desk, app: Registered) -> None:
    asked = await desk.authorize(app)
    first, second = await desk.decide(asked), await desk.decide(asked)
    assert "code" in returned(first)
    assert (second.status_code, second.json()["error"]) == (400, "request_expired")
    assert len((await desk.everything())["authorization_codes"]) == 1


async def test_request_does_not_wait_for_ever(desk: Desk, app: Registered) -> None:
    asked = await desk.authorize(app)
    desk.clock.move(minutes=15)
    desk.sign_in()
    assert (await desk.decide(asked)).json()["error"] == "request_expired"


async def test_decision_that_no_page_of_ours_posted_changes_nothing(desk: Desk, app: Registered) -> None:
    asked = await desk.authorize(app)
    before = await desk.everything()
    assert (await desk.decide(asked, **{"from": "elsewhere"})).status_code == 403
    assert await desk.everything() == before
    assert "code" in returned(await desk.decide(asked))


async def test_decision_of_somebody_who_has_signed_out_counts_for_nothing(desk: Desk, app: Registered) -> None:
    asked = await desk.authorize(app)
    desk.sign_in(None)
    assert (await desk.decide(asked)).json()["page"] == "sign in"
    assert await desk.server.grants.of_subject("s1") == []


async def test_client_disabled_while_its_page_is_shown_gets_nothing(desk: Desk, app: Registered) -> None:
    asked = await desk.authorize(app)
    await desk.partners.disable(app.client.client_id)
    answer = await desk.decide(asked)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")
    assert (await desk.everything())["authorization_codes"] == []


async def test_refused_grant_between_code_and_exchange_leaves_nothing(desk: Desk, app: Registered) -> None:
    code = await desk.code(app)
    (grant,) = await desk.server.grants.of_subject("s1")
    assert await desk.server.grants.revoke("s1", grant.id, desk.clock.now()) == grant
    assert refusal(await desk.exchange(app, code)) == (400, "invalid_grant")
    assert (await desk.everything())["token_families"] == []


async def test_client_on_a_server_proves_itself_and_gets_no_refresh_token(desk: Desk) -> None:
    desk.sign_in()
    web = await desk.register(is_confidential=True)
    tokens = await desk.issued(web)
    assert sorted(tokens) == ["access_token", "expires_in", "scope", "token_type"]
    code = await desk.code(web)
    pretended = await desk.exchange(replace(web, secret=None), code)
    assert refusal(pretended) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({"acr_values": "low"}, "consent"),
        ({"acr_values": "substantial"}, "sign in"),
        ({"acr_values": "high substantial"}, "sign in"),
        ({"acr_values": "urn:other low"}, "consent"),
        ({"max_age": "600"}, "consent"),
        ({"max_age": "59"}, "sign in"),
        ({"max_age": "0"}, "sign in"),
        ({"prompt": "login"}, "sign in"),
        ({"prompt": "login consent"}, "sign in"),
    ],
)
async def test_sign_in_has_to_be_as_strong_and_as_recent_as_asked(
    desk: Desk, app: Registered, changes: dict[str, str | None], needed: str
) -> None:
    desk.clock.move(minutes=1)
    asked = await desk.authorize(app, **changes)
    assert asked.json()["page"] == needed
    if needed == "sign in":
        desk.clock.move(seconds=1)
        desk.sign_in(assurance=Assurance.SUBSTANTIAL)
        desk.clock.move(seconds=30)
        asked = await desk.http.get(asked.json()["return_to"])
        assert asked.json()["page"] == "consent"
    assert "code" in returned(await desk.decide(asked))


@pytest.mark.parametrize(
    ("subject", "changes", "error"),
    [
        (None, {"prompt": "none"}, "login_required"),
        ("s1", {"prompt": "none"}, "consent_required"),
        ("s1", {"prompt": "none", "acr_values": "high"}, "login_required"),
        ("s1", {"acr_values": "urn:other"}, "unmet_authentication_requirements"),
    ],
)
async def test_client_that_wants_no_page_is_told_why_it_needs_one(
    desk: Desk, app: Registered, subject: str | None, changes: dict[str, str | None], error: str
) -> None:
    desk.sign_in(subject)
    back = returned(await desk.authorize(app, **changes))
    assert (back["error"], back["state"], back["iss"]) == (error, "the state", ISSUER)


async def test_verbs_refuse_what_the_pages_should_not_have_let_through(desk: Desk, app: Registered) -> None:
    wanted = await desk.server.read_request(list(asking(app, acr_values="high").items()))
    assert isinstance(wanted, AuthorizationRequest)
    weak, before = desk.sign_in(), await desk.everything()
    too_weak = await desk.server.approve(wanted, "s1", weak, wanted.scopes, ACCOUNTS, visitor=HERE)
    strong = desk.sign_in(assurance=Assurance.HIGH)
    nobody_asked = await desk.server.approve(wanted, "s1", strong, wanted.scopes)
    assert isinstance(too_weak, Refused)
    assert (too_weak.error, too_weak.redirect_url is not None) == ("login_required", True)
    assert isinstance(nobody_asked, str)
    assert "error=consent_required" in nobody_asked
    assert await desk.everything() == before


async def test_of_two_decisions_taken_at_once_one_counts(desk: Desk, app: Registered) -> None:
    wanted = await desk.server.read_request(list(asking(app).items()))
    assert isinstance(wanted, AuthorizationRequest)
    wanted = await desk.server.keep(wanted)
    authentication = desk.sign_in()
    approved = await desk.server.approve(wanted, "s1", authentication, wanted.scopes, ACCOUNTS)
    before = await desk.everything()
    late = [
        await desk.server.approve(wanted, "s1", authentication, wanted.scopes, ACCOUNTS),
        await desk.server.deny(wanted, "s1"),
        await desk.server.refuse(wanted, "login_required"),
    ]
    assert isinstance(approved, str)
    assert [answer.error for answer in late if isinstance(answer, Refused)] == ["request_expired"] * 3
    assert await desk.everything() == before


async def test_grant_of_somebody_else_covers_nothing(desk: Desk, app: Registered) -> None:
    await desk.issued(app)
    desk.sign_in("s2")
    asked = await desk.authorize(app)
    assert (asked.json()["page"], asked.json()["granted"]) == ("consent", [])
    await desk.decide(asked)
    (grant,) = await desk.server.grants.of_subject("s2")
    assert grant.accounts == frozenset({ACCOUNTS[1]})


async def test_code_is_good_for_sixty_seconds(desk: Desk, app: Registered) -> None:
    in_time, too_late = await desk.code(app), await desk.code(app)
    desk.clock.move(seconds=59.9)
    assert (await desk.exchange(app, in_time)).status_code == 200
    desk.clock.move(seconds=0.1)
    assert refusal(await desk.exchange(app, too_late)) == (400, "invalid_grant")


async def test_codes_and_families_are_forgotten_when_nothing_can_come_of_them(desk: Desk, app: Registered) -> None:
    await desk.issued(app)
    rows = desk.server.turns.rows
    assert await rows.forget(desk.clock.now()) == 0
    assert await rows.forget(desk.clock.now() + timedelta(hours=1)) == 1
    assert await rows.forget(desk.clock.now() + timedelta(days=200)) == 1
    kept = await desk.everything()
    assert [kept[name] for name in ("authorization_codes", "refresh_tokens", "token_families")] == [[], [], []]
    assert len(kept["grants"]) == 1
