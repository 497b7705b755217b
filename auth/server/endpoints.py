"""Endpoints: what clients ask the server themselves; every answer is one, errors included."""

from collections.abc import Callable
from dataclasses import dataclass

from authlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]  # Authlib ships no types

from auth.dpop import ProofRefused, Proofs
from auth.server.call import Answer, Call, PlainRequest
from auth.server.core import Core
from auth.server.errors import InvalidProof
from auth.server.turn import Turn, Turns


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The endpoints of clients."""

    turns: Turns
    proofs: Proofs

    async def token(self, call: Call) -> Answer:
        """Issue tokens (RFC 6749, section 3.2), bound to a key where a DPoP proof comes along (RFC 9449, section 5)."""
        if not call.proofs:
            return await self._serve(call, Core.create_token_response)
        try:
            address = self.turns.means.addresses.token
            proof_key = await self.proofs.verify(
                call.proofs, method="POST", url=address, access_token=None, expected_key=None
            )
        except ProofRefused as refused:
            return error_answer(InvalidProof(refused.reason))
        return await self._serve(call, Core.create_token_response, proof_key)

    async def revoke(self, call: Call) -> Answer:
        """Withdraw a token of the client's own (RFC 7009)."""
        return await self._serve(call, lambda core, request: core.create_endpoint_response("revocation", request))

    async def introspect(self, call: Call) -> Answer:
        """Tell a client about a token of its own (RFC 7662)."""
        return await self._serve(call, lambda core, request: core.create_endpoint_response("introspection", request))

    async def authorize_device(self, call: Call) -> Answer:
        """Let a device begin to wait (RFC 8628, section 3.1)."""
        return await self._serve(
            call, lambda core, request: core.create_endpoint_response("device_authorization", request)
        )

    async def _serve(
        self, call: Call, work: Callable[[Core, PlainRequest], Answer], proof_key: str | None = None
    ) -> Answer:
        request = PlainRequest("POST", self.turns.means.addresses.of(call.path), call.form, call.authorization)

        def run(turn: Turn) -> Answer:
            return Core(turn).serve(request, work)

        return await self.turns.take(run, visitor=call.visitor, proof_key=proof_key)


def error_answer(error: OAuth2Error) -> Answer:
    """Answer an error that came up before the request could be served."""
    status, body, _ = error()
    return Answer(status, body)
