"""People: from what a provider vouches for to a customer of ours.

The key is (issuer, subject there), never a phone or an e-mail (OWASP ASVS 5, 6.8.1). Two providers that the same state
stands behind meet in its number of the person. The store keeps keyed hashes: our table gives away no number.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from auth.identity.port import Identity
from auth.logins import read_name
from auth.password_sign_in import new_subject
from connectors.store.customers import CustomerRows
from connectors.store.identities import IdentityRows, OrganisationRow
from schema.customers import Customer

OWN_ISSUER: Final = "urn:gridgate"
"""The issuer of identities that are customers of ours already: their subject is the customer's."""

_NAMELESS: Final = "—"


@dataclass(frozen=True, slots=True)
class Recognised:
    """A customer who has proved themselves, and whether this is the first time."""

    customer: Customer
    is_new: bool


@dataclass(frozen=True, slots=True)
class People:
    """Recognises customers. `secret` keys the hashes."""

    rows: IdentityRows
    customers: CustomerRows
    secret: bytes = field(repr=False)
    now: Callable[[], datetime]

    async def recognise(self, identity: Identity) -> Recognised | None:
        """Return the customer, registering whoever comes for the first time; None for one of ours who is gone."""
        if identity.issuer == OWN_ISSUER:
            known = await self.customers.get(identity.subject)
            return Recognised(known, is_new=False) if known else None
        now = self.now()
        name = read_name(identity.full_name or "") or _NAMELESS
        newcomer = Customer(subject=new_subject(), name=name, email=None, phone=None, registered_at=now)
        subject, is_new = await self.rows.recognise(self._keys(identity), newcomer, identity.assurance, now)
        named = {each.tin: OrganisationRow(each.tin, each.name, each.is_primary) for each in identity.organisations}
        await self.rows.renew_organisations(subject, list(named.values()), now)
        customer = newcomer if is_new else await self.customers.get(subject)
        return Recognised(customer, is_new) if customer else None

    def _keys(self, identity: Identity) -> list[tuple[str, str]]:
        """Return the keys of an identity, the state's first: it names one person by whichever way they come."""
        known_as = [(identity.issuer, identity.subject)]
        if identity.state_number is not None:
            known_as.insert(0, (identity.state_number.register, identity.state_number.number))
        return [(issuer, self._key(issuer, subject)) for issuer, subject in known_as]

    def _key(self, issuer: str, subject: str) -> str:
        return hmac.new(self.secret, f"{issuer}\x1f{subject}".encode(), hashlib.sha256).hexdigest()
