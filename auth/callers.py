"""Callers: who is asking, by an access token (RFC 6750, RFC 9449) or by a browser's session."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from auth.dpop import ProofRefused, Proofs
from auth.revocations import Revocations
from auth.sessions import LONGEST_TOKEN, Sessions, principal_of
from auth.tokens import AccessTokens
from schema.errors import Unauthenticated
from schema.scopes import NOBODY, Principal


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a request a DPoP proof must speak of: its method, its address, and the proofs that came with it."""

    method: str
    url: str
    proofs: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Callers:
    """Finds out who is asking, and whether they still may."""

    tokens: AccessTokens
    revocations: Revocations
    proofs: Proofs
    sessions: Sessions
    now: Callable[[], datetime]

    async def by_token(self, authorization: str, asked: Asked) -> Principal:
        """Read an `Authorization` header; raises Unauthenticated for anything that is not a token of ours in force.

        A token that is bound to a key needs the scheme `DPoP` and a proof by that key; the scheme `Bearer` is refused.
        """
        scheme, _, token = authorization.partition(" ")
        principal = self.still(self.tokens.read(token.strip(), self.now()))
        is_bound = principal.proof_key is not None
        if principal is NOBODY or scheme.lower() != ("dpop" if is_bound else "bearer"):
            raise Unauthenticated
        if is_bound:
            await self._prove(token.strip(), principal, asked)
        return principal

    async def by_session(self, secret: str) -> Principal:
        """Read a session's cookie; nobody where no session is open behind it.

        The caller expires long before the session does: a connection that stays open must not outlive the memory of
        what was revoked, and asks again.
        """
        session = await self.sessions.find(secret)
        if session is None:
            return NOBODY
        return replace(principal_of(session), expires_at=min(session.expires_at, self.now() + LONGEST_TOKEN))

    def still(self, principal: Principal) -> Principal:
        """Return the caller, or nobody once they have expired or were revoked."""
        expires_at = principal.expires_at
        if expires_at is not None and expires_at <= self.now():
            return NOBODY
        return NOBODY if self.revocations.is_revoked(principal) else principal

    async def _prove(self, token: str, principal: Principal, asked: Asked) -> None:
        try:
            await self.proofs.verify(
                list(asked.proofs),
                method=asked.method,
                url=asked.url,
                access_token=token,
                expected_key=principal.proof_key,
            )
        except ProofRefused as error:
            raise Unauthenticated("The DPoP proof was refused.") from error
