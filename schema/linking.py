"""Linking accounts to a customer: the proofs that an account is theirs."""

import strawberry

from schema.identifiers import AccountNumber


@strawberry.input(description="The account's number and the holder's surname.")
class NumberAndSurname:
    """The account's number and the holder's surname, in any spelling of its apostrophes."""

    number: AccountNumber
    surname: str


@strawberry.input(description="Where the account is, its number, and the number of one of its last bills.")
class DistrictAndBill:
    """Region, district and number of the account, with the number of one of its last bills."""

    region_code: str
    district_code: str
    number: AccountNumber
    bill_number: str


@strawberry.input(one_of=True, description="Exactly one proof; the utility's profile tells which it accepts.")
class LinkAccountInput:
    """Exactly one proof that the account is the customer's."""

    number_and_surname: NumberAndSurname | None = strawberry.UNSET
    district_and_bill: DistrictAndBill | None = strawberry.UNSET
    bill_qr: str | None = strawberry.field(default=strawberry.UNSET, description="The text of the QR code on a bill.")


@strawberry.type(description="The account is no longer linked.")
class AccountUnlinked:
    """The account is no longer linked; unlinking again changes nothing."""

    number: AccountNumber
