"""Hostile clients over the front door: what they ask of customers, and what they present at the token endpoint."""

from typing import Final
from urllib.parse import urlencode

from auth.server.partners import Registered
from tests.auth.server.desk import basic
from tests.auth.server.hostile import ASKED as WRONGLY_ASKED
from tests.auth.server.hostile import REDIRECTS, REPEATED
from tests.journeys.guests import FORM, Guest, customer_of, guest_of, query_of
from tests.journeys.hostile.addresses import LOOPBACK, NATIVE
from tests.journeys.hostile.clients import CALLBACK, DEVICE_GRANT, Clients
from tests.journeys.hostile.siege import Siege, Tried
from tests.journeys.hostile.token_requests import CODES, FORMS, by_assertion, hostile_assertions

NOBODY: Final = ("ggc_unknown", "", "\x00", "ї", "a" * 65, "' OR 1=1 --", "../app", "gridgate")


def test_redirect_uri_that_is_not_registered_gets_nothing(uzbekistan_siege: Siege, clients: Clients) -> None:
    customer, app, native = customer_of(uzbekistan_siege.demo, 10), clients.app, clients.native
    assert clients.asks(customer, native, redirect_uri="http://127.0.0.1:40001/callback").status == 200
    with uzbekistan_siege.of("redirect URIs") as tried:
        for kind, client, table in (("web", app, REDIRECTS), ("loopback", native, LOOPBACK), ("own", native, NATIVE)):
            for name, uri in table.items():
                answer = clients.asks(customer, client, redirect_uri=uri)
                tried.counted(f"{kind} redirect {name}", is_refused=is_told(answer.status, answer.headers))
                tried.refused(f"{kind} redirect {name}, again", answer, by=(400,))


def is_told(status: int, headers: object) -> bool:
    """Tell whether a request was refused on a page of ours, and the browser stays there."""
    return status == 400 and "location" not in str(headers)
