"""Passkeys: added after a sign-in by password, good for signing in, and asked for before a password is changed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.demo_process import DemoProcess, running_demo
from tests.journeys.sign_in_pages import PASSWORD, Visitor, account_of, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

OWN = "another quiet evening"
CHANGE = """
mutation($new: String!) { changePassword(input: { newPassword: $new }) { __typename ... on Refusal { code } } }
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    """Run a demo under a name: an address that is none takes no passkeys."""
    folder = tmp_path_factory.mktemp("passkeys")
    with running_demo(folder, profile="ua-kharkiv", accounts=100, public_host="localhost") as demo:
        yield demo


@pytest.fixture
def visitor(browser: "Browser", demo: DemoProcess) -> Iterator[Visitor]:
    """Visit with a device that holds passkeys and knows its owner."""
    with visiting(browser, demo) as opened:
        device = opened.context.new_cdp_session(opened.page)
        device.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True}
        has = {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
        device.send("WebAuthn.addVirtualAuthenticator", {"options": options | has})
        yield opened


def changes_password(visitor: Visitor) -> dict[str, Any]:
    return visitor.asks(CHANGE, {"new": OWN})


def test_who_has_a_passkey_is_asked_for_it_before_the_password_is_changed(visitor: Visitor, demo: DemoProcess) -> None:
    account = account_of(demo, 2)
    visitor.registers(email="passkey@newcomer.example")
    visitor.links_by_surname(account)
    visitor.signs_out()
    visitor.signs_in_by_password("passkey@newcomer.example")
    visitor.is_at("/security")
    visitor.follows("/security/passkeys/new")
    visitor.fills(name="Laptop")
    visitor.sends()
    visitor.is_at("/security")
    visitor.sees("section:has(#passkeys) li", "Laptop")
    visitor.signs_out()
    visitor.sees_nothing()

    visitor.heads_for()
    visitor.chooses("passkey")
    visitor.sends()
    visitor.is_at("/security")
    assert visitor.sees_home(account) == "Newcomer"
    assert visitor.events()[0] == ("SIGNED_IN", "passkey", "PASSKEY")
    visitor.signs_out()

    visitor.signs_in_by_password("passkey@newcomer.example")
    visitor.is_at("/security")
    (refused,) = changes_password(visitor)["errors"]
    assert refused["extensions"]["code"] == "INSUFFICIENT_USER_AUTHENTICATION"
    assert refused["extensions"]["methods"] == ["passkey"]
    visitor.follows("/security/password")
    visitor.is_at("/sign-in")
    visitor.sees("main", "surer that it is you")
    assert visitor.ways() == ["passkey"]
    visitor.chooses("passkey")
    visitor.sends()
    visitor.is_at("/security/password")
    assert changes_password(visitor) == {"data": {"changePassword": {"__typename": "PasswordChanged"}}}
    visitor.opens("/security")
    visitor.signs_out()

    visitor.signs_in_by_password("passkey@newcomer.example", PASSWORD)
    assert "wrong" in visitor.told()
    visitor.fills(password=OWN)
    visitor.sends()
    visitor.is_at("/security")
    visitor.sees_home(account)
    visitor.assert_clean(refusals=[403])
