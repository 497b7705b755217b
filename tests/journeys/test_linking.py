"""A new customer registers, links accounts as the utility's profile permits, and unlinks them again."""

import uuid
from typing import Any, NamedTuple

import pytest

from tests.demo_process import DemoProcess

PASSWORD = "a quiet evening in spring"


class Newcomer(NamedTuple):
    """A customer registered for one test."""

    demo: DemoProcess
    login: str
    token: str

    def link(self, **proof: object) -> dict[str, Any]:
        answer: dict[str, Any] = self.demo.ask("link-account", {"input": proof}, self.token)["data"]["linkAccount"]
        return answer

    def unlink(self, number: str) -> dict[str, Any]:
        query = """mutation($n: AccountNumber!) { unlinkAccount(number: $n) { number } }"""
        answer: dict[str, Any] = self.demo.send(query, {"n": number}, self.token)["data"]["unlinkAccount"]
        return answer

    def linked(self) -> list[str]:
        nodes = self.demo.ask("home", token=self.token)["data"]["me"]["accounts"]["nodes"]
        return [node["number"] for node in nodes]


def newcomer(demo: DemoProcess) -> Newcomer:
    login = f"{uuid.uuid4().hex}@newcomer.example"
    given = {"name": "Newcomer", "email": login, "password": PASSWORD}
    registered = demo.ask("register", {"input": given})["data"]["register"]
    return Newcomer(demo, login, registered["accessToken"])


def holder(demo: DemoProcess, size: int) -> list[dict[str, Any]]:
    found = demo.client.get(f"{demo.facts['control_url']}/holders?size={size}&count=2").json()
    accounts: list[dict[str, Any]] = found[-1]["accounts"]
    return accounts


def test_by_number_and_surname_in_kharkiv(kharkiv: DemoProcess) -> None:
    customer = newcomer(kharkiv)
    account = holder(kharkiv, 3)[0]
    surname = f" {account['last_name'].upper()} ".replace("\u2019", "'").replace("\u02bc", "\u0060")
    proof = {"numberAndSurname": {"number": account["number"], "surname": surname}}
    linked = customer.link(**proof)
    assert linked["number"] == account["number"]
    assert customer.link(**proof) == linked
    assert customer.linked() == [account["number"]]


def test_by_district_and_bill_in_uzbekistan(uzbekistan: DemoProcess) -> None:
    customer = newcomer(uzbekistan)
    account = holder(uzbekistan, 3)[0]
    proof = {
        "regionCode": account["region_code"],
        "districtCode": account["district_code"],
        "number": account["number"],
        "billNumber": account["bill_number"],
    }
    no_district = customer.link(districtAndBill={**proof, "districtCode": "1726999"})
    assert (no_district["code"], no_district["field"]) == ("INVALID_INPUT", "districtCode")
    wrong_place = {**proof, "regionCode": "1703", "districtCode": "1703401"}
    assert customer.link(districtAndBill=wrong_place)["code"] == "ACCOUNT_NOT_CONFIRMED"
    assert customer.link(districtAndBill=proof)["number"] == account["number"]
    assert customer.linked() == [account["number"]]


def test_by_qr_any_number_of_accounts_and_away_again(demo: DemoProcess) -> None:
    customer = newcomer(demo)
    accounts = holder(demo, 5)
    for account in accounts:
        assert customer.link(billQr=account["qr"])["number"] == account["number"]
    numbers = sorted(account["number"] for account in accounts)
    assert customer.linked() == numbers
    assert customer.unlink(numbers[0]) == {"number": numbers[0]} == customer.unlink(numbers[0])
    assert customer.linked() == numbers[1:]
    assert customer.link(billQr=next(a["qr"] for a in accounts if a["number"] == numbers[0]))["number"] == numbers[0]
    assert customer.linked() == numbers


def test_what_is_wrong_is_never_told(kharkiv: DemoProcess) -> None:
    account = holder(kharkiv, 2)[0]
    number, reverse = account["number"], account["number"][::-1]
    proofs: list[dict[str, Any]] = [
        {"numberAndSurname": {"number": number, "surname": "Інший"}},
        {"numberAndSurname": {"number": reverse, "surname": account["last_name"]}},
        {"billQr": f"KHE;{number};0000000000"},
        {"billQr": f"KHE;{reverse};{account['bill_number']}"},
    ]
    customer = newcomer(kharkiv)
    refusals = [customer.link(**proof) for proof in proofs]
    assert refusals == [refusals[0]] * len(proofs)
    assert refusals[0]["code"] == "ACCOUNT_NOT_CONFIRMED"
    assert customer.linked() == []


@pytest.mark.parametrize("qr", ["", "KHE", "KHE;1;2", "https://phishing.example/?n=1"])
def test_a_qr_of_something_else_is_invalid(kharkiv: DemoProcess, qr: str) -> None:
    assert newcomer(kharkiv).link(billQr=qr)["code"] == "INVALID_INPUT"


def test_a_way_that_the_utility_does_not_offer_is_refused(kharkiv: DemoProcess) -> None:
    proof = {"regionCode": "1726", "districtCode": "1726262", "number": "012345678901", "billNumber": "1"}
    assert newcomer(kharkiv).link(districtAndBill=proof)["code"] == "METHOD_NOT_OFFERED"


def test_guessing_is_slowed_down_and_says_for_how_long(kharkiv: DemoProcess) -> None:
    customer = newcomer(kharkiv)
    guesses = [{"number": f"{guess:012d}", "surname": "Коваль"} for guess in range(8)]
    refusals = [customer.link(numberAndSurname=guess) for guess in guesses]
    assert [refusal["code"] for refusal in refusals[:5]] == ["ACCOUNT_NOT_CONFIRMED"] * 5
    assert refusals[-1]["code"] == "TOO_MANY_ATTEMPTS"
    assert refusals[-1]["retryAfterSeconds"] > 0


def test_while_billing_is_down_nothing_can_be_checked_and_nothing_counts(kharkiv: DemoProcess) -> None:
    customer = newcomer(kharkiv)
    account = holder(kharkiv, 2)[1]
    proof = {"numberAndSurname": {"number": account["number"], "surname": account["last_name"]}}
    kharkiv.disturb("billing", error_rate=1.0)
    refusals = [customer.link(**proof)["code"] for _ in range(7)]
    kharkiv.calm()
    assert refusals == ["SYSTEM_NOT_AVAILABLE"] * 7
    assert customer.link(**proof)["number"] == account["number"]


def test_a_password_is_asked_for_and_nothing_else_is_told(demo: DemoProcess) -> None:
    customer = newcomer(demo)
    right = demo.ask("sign-in", {"input": {"login": customer.login.upper(), "password": PASSWORD}})
    assert right["data"]["signIn"]["customer"] == {"name": "Newcomer"}
    wrong = [
        demo.ask("sign-in", {"input": {"login": login, "password": password}})["data"]["signIn"]
        for login, password in ((customer.login, PASSWORD + "x"), ("nobody@newcomer.example", PASSWORD))
    ]
    assert wrong[0] == wrong[1]
    assert wrong[0]["code"] == "WRONG_CREDENTIALS"


def test_a_login_that_is_taken_reveals_nothing(demo: DemoProcess) -> None:
    customer = newcomer(demo)
    given = {"name": "Another", "email": customer.login, "password": PASSWORD}
    refused = demo.ask("register", {"input": given})["data"]["register"]
    assert (refused["code"], refused["field"]) == ("INVALID_INPUT", None)


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"email": "x@y.example", "password": "short"}, "WEAK_PASSWORD", "password"),
        ({"email": "not an address", "password": PASSWORD}, "INVALID_INPUT", "email"),
        ({"phone": "12", "password": PASSWORD}, "INVALID_INPUT", "phone"),
        ({"password": PASSWORD}, "INVALID_INPUT", "email"),
    ],
)
def test_a_registration_says_which_field_is_wrong(
    demo: DemoProcess, given: dict[str, str], code: str, field: str
) -> None:
    refused = demo.ask("register", {"input": {"name": "Newcomer", **given}})["data"]["register"]
    assert (refused["code"], refused["field"]) == (code, field)
