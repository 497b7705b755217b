"""Decryption of what a provider sealed for us.

id.gov.ua seals by DSTU 4145 key agreement and GOST 28147, signed inside; only certified Ukrainian libraries open that,
so it is done by a service beside us. Its protocol is the one of Liquio's signing service (public code, liquio/liquio):
`POST {url}/decrypt` with the header `token` and `{"data": base64}`, answered by `{"data": base64}`.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from auth.identity.asking import MALFORMED, get_object, parse_object
from auth.identity.port import ProviderUnavailable
from connectors.transport.deadline import Deadline
from connectors.transport.port import Exchange, Transport


class Decryption(Protocol):
    """Opens what was sealed for our certificate."""

    async def decrypt(self, sealed: bytes, deadline: Deadline) -> Mapping[str, object]:
        """Return the JSON object inside, its signature verified; raises ProviderUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class DecryptionSettings:
    """Where the service is, and the token that it knows us by."""

    url: str
    token: str = field(repr=False)
    timeout_s: float = 5.0


class DecryptionService:
    """Decryption by a service that holds the key of our certificate.

    It verifies the signature inside and hands out the signed content; what is still wrapped in a signature is refused,
    because nobody here could verify it.
    """

    def __init__(self, settings: DecryptionSettings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport

    async def decrypt(self, sealed: bytes, deadline: Deadline) -> Mapping[str, object]:
        """Return the JSON object inside; see `Decryption.decrypt`."""
        limited = deadline.sooner(self._settings.timeout_s)
        opened = await get_object(self._transport, self._exchange(sealed), limited)
        return parse_object(decode_base64(opened.get("data")))

    def _exchange(self, sealed: bytes) -> Exchange:
        url = f"{self._settings.url.rstrip('/')}/decrypt"
        headers = {"Content-Type": "application/json", "token": self._settings.token}
        body = json.dumps({"data": b64encode(sealed).decode()}).encode()
        return Exchange("decrypt", "POST", url, headers, body, may_repeat=True)


def decode_base64(text: object) -> bytes:
    """Decode base64 text, line breaks allowed; raises ProviderUnavailable for anything else."""
    if not isinstance(text, str):
        raise ProviderUnavailable(MALFORMED)
    try:
        return b64decode("".join(text.split()), validate=True)
    except ValueError as error:
        raise ProviderUnavailable(MALFORMED) from error
