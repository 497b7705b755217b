"""The systems that own the data, and which module of the schema belongs to which."""

from enum import Enum
from typing import Final

import strawberry


@strawberry.enum(description="The system that owns a piece of data.")
class System(Enum):
    """An owner of data: our own identity store or one of the three legacy systems."""

    IDENTITY = "identity"
    BILLING = "billing"
    DISTRIBUTION = "distribution"
    SUPPLY = "supply"


OWNERS: Final = {
    "schema.customers": System.IDENTITY,
    "schema.access": System.IDENTITY,
    "schema.payees": System.BILLING,
    "resolvers.security": System.IDENTITY,
    "resolvers.credentials": System.IDENTITY,
    "resolvers.payees": System.BILLING,
    "schema.billing": System.BILLING,
    "schema.tariffs": System.BILLING,
    "schema.notices": System.BILLING,
    "schema.metering": System.DISTRIBUTION,
    "schema.payments": System.SUPPLY,
    "resolvers.customers": System.IDENTITY,
    "resolvers.sign_in": System.IDENTITY,
    "resolvers.linking": System.IDENTITY,
    "resolvers.accounts": System.IDENTITY,
    "resolvers.utility": System.IDENTITY,
    "resolvers.places": System.IDENTITY,
    "schema.places": System.IDENTITY,
    "schema.profile": System.IDENTITY,
    "resolvers.balances": System.BILLING,
    "resolvers.tariffs": System.BILLING,
    "resolvers.notices": System.BILLING,
}
"""Owner of every module that declares fields; a module that is absent belongs to the whole house (nodes, paging)."""
