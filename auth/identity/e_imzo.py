"""E-IMZO on a computer: the customer signs a challenge in the browser, with a key that never leaves their machine.

The server knows the challenges that it drew, not which browser each was drawn for: that is compared here, so that a
signature of another browser's challenge is refused although the server would take it. What the browser says of the
certificate counts for nothing.
"""

import binascii
import hmac
import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import chain
from typing import Final

from auth.identity.e_imzo_server import EImzoServer
from auth.identity.e_imzo_settings import EImzoSettings
from auth.identity.port import Beginning, Form, Identity, SignInRefused
from auth.identity.signed_data import NotSignedData, attached_content
from connectors.transport.deadline import Deadline
from schema.authentication import Amr, Assurance

_LARGEST: Final = 64 * 1024
"""Characters of base64; a signature with its certificates has about 8,000."""


class EImzo:
    """Signs people in by E-IMZO on their computer; see `IdentityProvider`."""

    name = "e-imzo"
    assurance = Assurance.HIGH

    def __init__(self, settings: EImzoSettings, server: EImzoServer, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._server = server
        self._now = now

    async def begin(self, beginning: Beginning, deadline: Deadline) -> Form:
        """Show the page that has a fresh challenge signed; see `IdentityProvider.begin`.

        `shown`: `challenge`, `ttl` (seconds), `capiws_url`, and `api_keys`, a JSON list [domain, key, ...].
        """
        challenge = await self._server.draw_challenge(beginning.visitor.address, deadline)
        is_secure = beginning.callback_url.startswith("https:")
        shown = {
            "challenge": challenge.text,
            "ttl": str(challenge.ttl_s),
            "capiws_url": self._settings.secure_agent_url if is_secure else self._settings.agent_url,
            "api_keys": json.dumps(list(chain.from_iterable(self._settings.api_keys.items()))),
        }
        return Form("e-imzo", shown, kept={"challenge": challenge.text})

    async def finish(
        self, answer: Mapping[str, str], kept: Mapping[str, str], beginning: Beginning, deadline: Deadline
    ) -> Identity:
        """Judge `answer["pkcs7"]`, base64, with the challenge attached; see `IdentityProvider.finish`."""
        signed = _decoded(answer.get("pkcs7", ""))
        if not hmac.compare_digest(_content(signed), kept["challenge"].encode()):
            raise SignInRefused("EIMZO_CHALLENGE_OF_ANOTHER")
        certificate = await self._server.authenticate(signed, beginning.visitor.address, deadline)
        return certificate.vouch(self._settings, self._now(), method="pkcs7", key=Amr.SOFTWARE_KEY)

    async def sign_out(self, hint: str, return_to: str, deadline: Deadline) -> str | None:  # noqa: ARG002 -- there is no session at E-IMZO
        """Do nothing: E-IMZO remembers nobody."""
        return None


def _decoded(text: str) -> bytes:
    """Decode base64, in lines or not."""
    if len(text) > _LARGEST:
        raise SignInRefused("EIMZO_SIGNATURE_MALFORMED")
    try:
        return b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignInRefused("EIMZO_SIGNATURE_MALFORMED") from error


def _content(signed: bytes) -> bytes:
    try:
        return attached_content(signed)
    except NotSignedData as error:
        raise SignInRefused("EIMZO_SIGNATURE_MALFORMED") from error
