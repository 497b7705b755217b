"""Scopes and callers: who may do what, on their own, for a customer, or not at all."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from schema.authentication import RECENT, Amr, Assurance, Authentication
from schema.errors import Forbidden, GridgateError, Unauthenticated
from schema.scopes import (
    CUSTOMER_SCOPES,
    GRANTABLE_SCOPES,
    NOBODY,
    PARTNER_SCOPES,
    Principal,
    Scope,
    authenticated,
    requires,
    requires_client,
)

READ: Final = frozenset({Scope.BALANCE_READ})
CUSTOMER: Final = Principal(subject="s1", scopes=READ)
APP: Final = Principal(subject="s1", client="app", grant="g1", scopes=READ)
PARTNER: Final = Principal(client="bank", scopes=PARTNER_SCOPES)
IDLE_PARTNER: Final = Principal(client="bank")


def answer(principal: Principal, scope: Scope | None) -> str | type[GridgateError]:
    try:
        return principal.require(scope)
    except GridgateError as error:
        return type(error)


@pytest.mark.parametrize(
    ("principal", "scope", "expected"),
    [
        (NOBODY, None, Unauthenticated),
        (NOBODY, Scope.BALANCE_READ, Unauthenticated),
        (Principal(scopes=frozenset(Scope)), Scope.BALANCE_READ, Unauthenticated),
        (CUSTOMER, None, "s1"),
        (CUSTOMER, Scope.BALANCE_READ, "s1"),
        (CUSTOMER, Scope.PROFILE_WRITE, Forbidden),
        (CUSTOMER, Scope.PAYEES_READ, Forbidden),
        (Principal(subject="s1"), None, "s1"),
        (Principal(subject="s1"), Scope.BALANCE_READ, Forbidden),
        (APP, None, "s1"),
        (APP, Scope.BALANCE_READ, "s1"),
        (APP, Scope.CHARGES_READ, Forbidden),
        (PARTNER, None, Unauthenticated),
        (PARTNER, Scope.BALANCE_READ, Forbidden),
        (PARTNER, Scope.PAYEES_READ, Unauthenticated),
        (IDLE_PARTNER, None, Unauthenticated),
    ],
)
def test_customer_s_fields_are_for_callers_with_a_subject_and_the_scope(
    principal: Principal, scope: Scope | None, expected: str | type[GridgateError]
) -> None:
    assert answer(principal, scope) == expected
    guard = authenticated() if scope is None else requires(scope)
    if isinstance(expected, str):
        guard.check(principal)
    else:
        with pytest.raises(expected):
            guard.check(principal)


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        (NOBODY, Unauthenticated),
        (Principal(scopes=PARTNER_SCOPES), Unauthenticated),
        (CUSTOMER, Forbidden),
        (Principal(subject="s1", scopes=frozenset(Scope)), Forbidden),
        (APP, Forbidden),
        (IDLE_PARTNER, Forbidden),
        (Principal(client="bank", scopes=CUSTOMER_SCOPES), Forbidden),
        (PARTNER, "bank"),
    ],
)
def test_partner_s_fields_are_for_clients_on_their_own_with_the_scope(
    principal: Principal, expected: str | type[GridgateError]
) -> None:
    guard = requires_client(Scope.PAYEES_READ)
    if isinstance(expected, str):
        assert principal.require_client(Scope.PAYEES_READ) == expected
        guard.check(principal)
        return
    for check in (guard.check, lambda caller: caller.require_client(Scope.PAYEES_READ)):
        with pytest.raises(expected):
            check(principal)


def test_refusal_names_the_scope_that_is_missing() -> None:
    with pytest.raises(Forbidden) as raised:
        CUSTOMER.require(Scope.PROFILE_WRITE)
    assert dict(raised.value.extensions) == {"code": "FORBIDDEN", "requiredScopes": ["profile:write"]}


def test_no_customer_can_grant_what_changes_how_they_sign_in_or_tells_who_saw_them() -> None:
    assert {Scope.PAYEES_READ} == PARTNER_SCOPES
    assert set(Scope) == PARTNER_SCOPES | CUSTOMER_SCOPES
    assert not PARTNER_SCOPES & CUSTOMER_SCOPES
    withheld = {Scope.PROFILE_WRITE, Scope.ACCOUNTS_LINK, Scope.ACCESS_READ}
    assert CUSTOMER_SCOPES - withheld == GRANTABLE_SCOPES


def test_assurances_are_ordered_and_read_back_from_their_names() -> None:
    assert Assurance.LOW < Assurance.SUBSTANTIAL < Assurance.HIGH
    assert [each.acr for each in Assurance] == ["low", "substantial", "high"]
    assert [Assurance.of_acr(each.acr) for each in Assurance] == list(Assurance)


@pytest.mark.parametrize("acr", ["", "LOW", "Low", "3", "urn:mace:incommon:iap:gold", " low"])
def test_acr_of_somebody_else_is_none_of_ours(acr: str) -> None:
    with pytest.raises(ValueError, match="no acr of ours"):
        Assurance.of_acr(acr)


@pytest.mark.parametrize(
    ("assurance", "age", "is_enough"),
    [
        (Assurance.HIGH, timedelta(0), True),
        (Assurance.SUBSTANTIAL, RECENT, True),
        (Assurance.SUBSTANTIAL, RECENT + timedelta(microseconds=1), False),
        (Assurance.LOW, timedelta(0), False),
        (Assurance.HIGH, timedelta(days=1), False),
    ],
)
def test_sign_in_is_enough_where_it_is_strong_and_recent(
    assurance: Assurance, age: timedelta, *, is_enough: bool
) -> None:
    now = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    signed_in = Authentication(assurance, (Amr.PASSWORD,), now - age)
    assert signed_in.satisfies(Assurance.SUBSTANTIAL, RECENT, now) is is_enough
