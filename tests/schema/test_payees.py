"""Payees: enough to know the right account by, and no more of whoever holds it."""

from dataclasses import asdict
from datetime import UTC, date, datetime

import pytest

from schema.billing import AccountDetails, AccountHolder, AccountStatus, Address, Balance, ServiceSupplier
from schema.identifiers import AccountNumber
from schema.money import Money
from schema.payees import Payee, masked
from schema.systems import System

NUMBER = AccountNumber("012345678901")


def details(holder: AccountHolder, *, is_prepaid: bool = False) -> AccountDetails:
    company = ServiceSupplier(code="1", name="A company")
    place = Address(
        region_code=None,
        district_code=None,
        city="Kharkiv",
        street="Sumska",
        house="1",
        flat="2",
        postal_code="61000",
    )
    return AccountDetails(
        number=NUMBER,
        holder=holder,
        address=place,
        supplier=company,
        distribution_operator=company,
        status=AccountStatus.ACTIVE,
        is_prepaid=is_prepaid,
        contract_number="C-1",
        contract_date=date(2020, 1, 2),
        tariff_code="T",
    )


def owing(minor: int) -> Balance:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    return Balance(
        account_number=NUMBER,
        amount_owed_by_customer=Money(minor, "UAH"),
        as_of=at,
        source=System.BILLING,
        is_stale=False,
    )


KOVAL = AccountHolder(last_name="Koval", first_name="Maria", middle_name="Petrivna")


@pytest.mark.parametrize(
    ("last_name", "first_name", "shown"),
    [
        ("Koval", "Maria", "K*** M."),
        ("Їжак", "Євген", "Ї*** Є."),
        ("O\u2018rinboyev", "O\u2018g\u2018iloy", "O*** O."),
        (" Koval ", " Maria ", "K*** M."),
        ("Koval", "", "K***"),
        ("Koval", " ", "K***"),
        ("", "", "***"),
    ],
)
def test_name_is_masked_to_its_first_letters_whatever_its_length(last_name: str, first_name: str, shown: str) -> None:
    assert masked(AccountHolder(last_name=last_name, first_name=first_name, middle_name="Petrivna")) == shown


@pytest.mark.parametrize(("minor", "due"), [(12_345, 12_345), (1, 1), (0, 0), (-1, 0), (-99_999, 0)])
def test_debt_is_shown_and_credit_is_not(minor: int, due: int) -> None:
    assert Payee.of(details(KOVAL), owing(minor)).amount_due == Money(due, "UAH")


@pytest.mark.parametrize("is_prepaid", [False, True])
def test_payee_is_number_masked_name_debt_and_kind_and_nothing_else(*, is_prepaid: bool) -> None:
    payee = Payee.of(details(KOVAL, is_prepaid=is_prepaid), owing(500))
    assert asdict(payee) == {
        "number": NUMBER,
        "masked_holder": "K*** M.",
        "amount_due": {"minor": 500, "currency": "UAH"},
        "is_prepaid": is_prepaid,
    }
    assert not [told for told in ("Koval", "Maria", "Petrivna", "Sumska", "C-1") if told in repr(payee)]
