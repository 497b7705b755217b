"""Step-up: what changes how a customer signs in asks for a recent, strong sign-in (RFC 9470, RFC 9068)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from auth.identity.port import IdentityProvider
from connectors.store.identities import IdentityRows
from connectors.store.passkeys import PasskeyRows
from schema.authentication import RECENT, Assurance
from schema.errors import StepUpRequired
from schema.scopes import Principal, Scope

_PASSKEY: Final = "passkey"
_OURS: Final = frozenset({"password", "sms"})
"""Providers that vouch for whoever has registered with ourselves."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The assurance that is asked of a customer, and the names of the providers by which they can reach it."""

    assurance: Assurance
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StepUp:
    """Asks for a sign-in that is recent and as strong as the customer can give.

    Whoever has a passkey, or has reached a higher assurance at a provider before, must reach it again; whoever has a
    password alone gives it once more. So a session that was stolen opens nothing, and nobody is asked for what they
    do not have, or what the utility has stopped offering.
    """

    offering: Callable[[Assurance], Sequence[IdentityProvider]]
    passkeys: PasskeyRows
    identities: IdentityRows
    now: Callable[[], datetime]
    max_age: timedelta = RECENT

    async def require(self, principal: Principal) -> str:
        """Return the subject; raises Unauthenticated, Forbidden, or StepUpRequired, which names what would do."""
        subject = principal.require(Scope.PROFILE_WRITE)
        asked = await self._asked(subject)
        authentication = principal.authentication
        if authentication is None or not authentication.satisfies(asked.assurance, self.max_age, self.now()):
            raise StepUpRequired(asked.assurance.acr, int(self.max_age.total_seconds()), asked.methods)
        return subject

    async def needed(self, subject: str) -> Assurance:
        """Return the assurance that a customer can give, and therefore must."""
        return (await self._asked(subject)).assurance

    async def ways(self, subject: str, assurance: Assurance) -> tuple[str, ...]:
        """Return the providers that reach an assurance and may know the customer; to others they are a stranger."""
        has_passkey = bool(await self.passkeys.of_subject(subject))
        reached = await self.identities.best_assurance(subject)
        return self._ways(assurance, has_passkey=has_passkey, is_vouched_for=reached is not None)

    async def _asked(self, subject: str) -> Asked:
        has_passkey = bool(await self.passkeys.of_subject(subject))
        reached = await self.identities.best_assurance(subject)
        best = Assurance.HIGH if has_passkey else reached or Assurance.LOW
        for assurance in sorted(Assurance, reverse=True):
            ways = self._ways(assurance, has_passkey=has_passkey, is_vouched_for=reached is not None)
            if assurance <= best and ways:
                return Asked(assurance, ways)
        return Asked(Assurance.LOW, ())

    def _ways(self, assurance: Assurance, *, has_passkey: bool, is_vouched_for: bool) -> tuple[str, ...]:
        theirs = {_PASSKEY: has_passkey, **dict.fromkeys(_OURS, True)}
        return tuple(each.name for each in self.offering(assurance) if theirs.get(each.name, is_vouched_for))
