"""Tariffs: effective-dated prices in tiers and zones, as data of the utility's profile."""

from datetime import date, time
from decimal import Decimal
from enum import Enum

import strawberry

from schema.energy import Energy


@strawberry.enum(description="How the tariff's prices relate to value-added tax.")
class VatMode(Enum):
    """How prices relate to VAT."""

    INCLUDED = "INCLUDED"
    EXCLUDED = "EXCLUDED"


@strawberry.type(description="A block of monthly consumption with its price (CIM ConsumptionTariffInterval).")
class TariffTier:
    """A consumption tier: from `from_energy` (inclusive lower bound) up to the next tier's."""

    number: int
    from_energy: Energy = strawberry.field(description="The lower bound within a calendar month.")
    unit_price: Decimal = strawberry.field(description="Major units per kWh.")
    is_social_norm: bool = False


@strawberry.type(description="A time-of-use zone with its coefficient (CIM TimeTariffInterval).")
class TariffZone:
    """Hours of the local day in which the tier's price is multiplied."""

    name: str
    starts_at: time
    ends_at: time
    coefficient: Decimal


@strawberry.type(description="One version of a tariff, in force between two dates.")
class Tariff:
    """A tariff version. `effective_to` is exclusive; None means until further notice."""

    code: str
    name: str
    customer_group: str
    currency: str = strawberry.field(description="ISO 4217.")
    effective_from: date
    effective_to: date | None = None
    vat_mode: VatMode = VatMode.INCLUDED
    tiers: list[TariffTier]
    zones: list[TariffZone]
    source: str = strawberry.field(description="The document that sets the prices.")
    is_confirmed: bool = strawberry.field(
        default=True, description="False: configured without a published source; do not rely on it."
    )

    def is_in_force(self, on: date) -> bool:
        """Tell whether the version is in force on a day."""
        return self.effective_from <= on and (self.effective_to is None or on < self.effective_to)
