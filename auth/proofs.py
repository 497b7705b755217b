"""Proofs that an account is the customer's: what a customer gives, read as one value, and how billing confirms it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import strawberry

from auth.names import is_same_name
from auth.refusals import invalid
from schema.billing import AccountDetails, Bill
from schema.identifiers import AccountNumber
from schema.linking import LinkAccountInput
from schema.places import Places
from schema.profile import LinkMethod, UtilityProfile
from schema.refusals import Refusal, RefusalCode

LAST_BILLS = 3
"""How many of the newest bills prove an account."""


@dataclass(frozen=True, slots=True)
class Proof:
    """An account's number and facts that only its holder should know; a fact that is None was not asked for."""

    method: LinkMethod
    number: AccountNumber
    surname: str | None = None
    bill_number: str | None = None
    region_code: str | None = None
    district_code: str | None = None

    def confirmed_by(self, details: AccountDetails | None, bills: Sequence[Bill]) -> bool:
        """Tell whether every fact given is billing's; an unknown account confirms nothing."""
        if details is None or (self.surname is None and self.bill_number is None):
            return False
        facts = [
            self.surname is None or is_same_name(self.surname, details.holder.last_name),
            self.bill_number is None or self.bill_number in {bill.number for bill in bills},
            self.region_code is None or self.region_code == details.address.region_code,
            self.district_code is None or self.district_code == details.address.district_code,
        ]
        return all(facts)


def read_proof(given: LinkAccountInput, profile: UtilityProfile) -> Proof | Refusal:
    """Read what a customer gave as a proof that the utility accepts; nothing here depends on any account."""
    proof = _read(given, profile)
    if isinstance(proof, Refusal):
        return proof
    if proof.method not in profile.link_methods:
        return Refusal(code=RefusalCode.METHOD_NOT_OFFERED, message="This utility does not accept this kind of proof.")
    if not profile.account_number.matches(proof.number):
        example = profile.account_number.example
        return invalid("number", f"An account number of this utility looks like {example}.")
    return _misplaced(proof, profile.places) or proof


def _misplaced(proof: Proof, places: Places) -> Refusal | None:
    """Refuse a place that the utility's table does not have; it is the same for every account."""
    by_qr = proof.method is LinkMethod.BILL_QR
    if proof.region_code is not None and not places.accepts_region(proof.region_code):
        return invalid("billQr" if by_qr else "regionCode", "This utility serves no region with this code.")
    if proof.district_code is not None and not places.accepts_district(proof.district_code, proof.region_code):
        return invalid("billQr" if by_qr else "districtCode", "The region has no district with this code.")
    return None


def _read(given: LinkAccountInput, profile: UtilityProfile) -> Proof | Refusal:
    by_name, by_bill, qr = given.number_and_surname, given.district_and_bill, given.bill_qr
    if by_name is not None and by_name is not strawberry.UNSET:
        return Proof(LinkMethod.NUMBER_AND_SURNAME, by_name.number, surname=by_name.surname)
    if by_bill is not None and by_bill is not strawberry.UNSET:
        return Proof(
            LinkMethod.DISTRICT_AND_BILL,
            by_bill.number,
            bill_number=by_bill.bill_number.strip(),
            region_code=by_bill.region_code.strip(),
            district_code=by_bill.district_code.strip(),
        )
    return _read_qr(qr if isinstance(qr, str) else "", profile.bill_qr_patterns)


def _read_qr(text: str, patterns: Sequence[str]) -> Proof | Refusal:
    """Read the text of a bill's QR code by the utility's patterns with the groups number, bill, region and district."""
    for pattern in patterns:
        found = re.fullmatch(pattern, text.strip())
        if found:
            said = found.groupdict()
            return Proof(
                LinkMethod.BILL_QR,
                AccountNumber(said["number"]),
                bill_number=said["bill"],
                region_code=said.get("region"),
                district_code=said.get("district"),
            )
    return invalid("billQr", "This is not the text of a QR code on a bill of this utility.")
