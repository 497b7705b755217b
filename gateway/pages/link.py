"""Linking an account: the proofs that the utility accepts, and the accounts that are linked already."""

from collections.abc import Callable, Mapping
from typing import Final

from starlette.responses import Response

from auth.refusals import invalid
from gateway.pages.addresses import way
from gateway.pages.problems import Problem, problem_with
from gateway.pages.visit import Visit
from schema.identifiers import AccountNumber
from schema.linking import DistrictAndBill, LinkAccountInput, NumberAndSurname
from schema.places import Region
from schema.profile import LinkMethod
from schema.refusals import Refusal

_SHOWN_AGAIN: Final = ("number", "surname", "district", "bill_number", "bill_qr")


async def show(visit: Visit) -> Response:
    """Show the accounts that are linked, and ask for a proof of another."""
    return await _page(visit)


async def link(visit: Visit) -> Response:
    """Link an account."""
    given = _read(visit)
    if isinstance(given, Refusal):
        return await _page(visit, problem_with(visit, given))
    subject = visit.own_session().subject
    linked = await visit.entrance.linking.link(subject, given, visit.visitor, visit.deadline())
    if isinstance(linked, Refusal):
        return await _page(visit, problem_with(visit, linked))
    return visit.go(way("/link", visit.return_to))


async def _page(visit: Visit, problem: Problem | None = None) -> Response:
    subject, profile = visit.own_session().subject, visit.entrance.profile
    response = visit.show(
        "link.html",
        problem.status if problem else 200,
        at=way("/link", visit.return_to),
        return_to=visit.return_to,
        problem=problem,
        asked=visit.field("method"),
        methods=[method.value for method in profile.link_methods],
        example=profile.account_number.example,
        regions=_regions(visit),
        accounts=sorted(await visit.entrance.linking.links.numbers(subject)),
        typed={name: visit.field(name) for name in _SHOWN_AGAIN},
    )
    return problem.on(response) if problem else response


def _regions(visit: Visit) -> list[Region]:
    """List the regions and districts that the utility serves; none where its profile has no table of places."""
    return visit.entrance.profile.places.regions(visit.catalogue.language)


def _region_of(visit: Visit, district: str) -> str:
    """Return the region of a district."""
    rows = visit.entrance.profile.places.rows
    return next((row.region for row in rows if row.code == district and row.region), "")


def _read(visit: Visit) -> LinkAccountInput | Refusal:
    readers: Mapping[str, Callable[[Visit], LinkAccountInput | Refusal]] = {
        LinkMethod.NUMBER_AND_SURNAME.value: _by_name,
        LinkMethod.DISTRICT_AND_BILL.value: _by_bill,
        LinkMethod.BILL_QR.value: _by_qr,
    }
    reader = readers.get(visit.field("method"))
    return reader(visit) if reader else invalid("method", "There is no such proof.")


def _by_name(visit: Visit) -> LinkAccountInput:
    return LinkAccountInput(number_and_surname=NumberAndSurname(number=_number(visit), surname=visit.field("surname")))


def _by_bill(visit: Visit) -> LinkAccountInput:
    district = visit.field("district")
    return LinkAccountInput(
        district_and_bill=DistrictAndBill(
            region_code=visit.field("region") or _region_of(visit, district),
            district_code=district,
            number=_number(visit),
            bill_number=visit.field("bill_number"),
        )
    )


def _by_qr(visit: Visit) -> LinkAccountInput:
    return LinkAccountInput(bill_qr=visit.field("bill_qr"))


def _number(visit: Visit) -> AccountNumber:
    """Return the account's number as it is printed, without the spaces that people put into it."""
    return AccountNumber("".join(visit.field("number").split()))
