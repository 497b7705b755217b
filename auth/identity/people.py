"""People: from what a provider vouches for to a customer of ours.

The key is (issuer, subject there), never a phone or an e-mail (OWASP ASVS 5, 6.8.1). Where a state vouches for a
person's number, that number is the key, and every provider that the state stands behind leads to the same customer.
Only one of the two ever is: an account that was opened in somebody's number without proof has the number as its name
at the provider, and must not lead to what the number itself opens. The store keeps keyed hashes, which give no number
away.
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
from connectors.store.identities import IdentityKey, IdentityRows, OrganisationRow
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
        subject, is_new = await self.rows.recognise(self._key(identity), newcomer, identity.assurance, now)
        named = {each.tin: OrganisationRow(each.tin, each.name, each.is_primary) for each in identity.organisations}
        await self.rows.renew_organisations(subject, list(named.values()), now)
        customer = newcomer if is_new else await self.customers.get(subject)
        return Recognised(customer, is_new) if customer else None

    def _key(self, identity: Identity) -> IdentityKey:
        known_as, number = (identity.issuer, identity.subject), identity.state_number
        issuer, subject = known_as if number is None else (number.register, number.number)
        return issuer, hmac.new(self.secret, f"{issuer}\x1f{subject}".encode(), hashlib.sha256).hexdigest()
