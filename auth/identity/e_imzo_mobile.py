"""E-IMZO on a phone: its application reads an ID-card over NFC and signs a challenge for a code that it scanned.

The vendor's cloud brings the signature to E-IMZO-SERVER's `/frontend/mobile/upload`, an address registered with the
vendor. The document asked about is always the one kept for this browser; a browser cannot name another. What no
protocol of this kind prevents: a customer who scans a code that a stranger sends them signs the stranger in.
"""

import zlib
from collections.abc import Callable, Mapping
from datetime import datetime

from auth.identity.e_imzo_server import EImzoServer, MobileDocument
from auth.identity.e_imzo_settings import EImzoSettings
from auth.identity.gost94 import gost94
from auth.identity.port import Beginning, Form, Identity
from connectors.transport.deadline import Deadline
from schema.authentication import Amr, Assurance


class EImzoMobile:
    """Signs people in by E-IMZO on their phone; see `IdentityProvider`."""

    name = "e-imzo-mobile"
    assurance = Assurance.HIGH

    def __init__(self, settings: EImzoSettings, server: EImzoServer, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._server = server
        self._now = now

    async def begin(self, beginning: Beginning, deadline: Deadline) -> Form:
        """Show the page with the code; see `IdentityProvider.begin`.

        `shown`: `code`, which a phone scans as a QR code, and `deep_link`, which opens its application with that code.
        """
        document = await self._server.open_document(beginning.visitor.address, deadline)
        code = scan_code(document)
        shown = {"code": code, "deep_link": self._settings.app_link + code}
        return Form("e-imzo-mobile", shown, kept={"document_id": document.document_id}, awaits=True)

    async def finish(
        self,
        answer: Mapping[str, str],  # noqa: ARG002 -- the phone answers elsewhere
        kept: Mapping[str, str],
        beginning: Beginning,
        deadline: Deadline,
    ) -> Identity:
        """Ask whether a phone has signed, and who; see `IdentityProvider.finish`."""
        document_id, address = kept["document_id"], beginning.visitor.address
        await self._server.check_signed(document_id, address, deadline)
        certificate = await self._server.authenticate_document(document_id, address, deadline)
        return certificate.vouch(self._settings, self._now(), method="mobile", key=Amr.HARDWARE_KEY)

    async def sign_out(self, hint: str, return_to: str, deadline: Deadline) -> str | None:  # noqa: ARG002 -- there is no session at E-IMZO
        """Do nothing: E-IMZO remembers nobody."""
        return None


def scan_code(document: MobileDocument) -> str:
    """Return what a phone scans, 84 hex digits: site, document, the challenge's hash, and the CRC-32 of the rest.

    The CRC is of the bytes, not of their digits (the vendor's demo, crc32.js).
    """
    code = document.site_id + document.document_id + gost94(document.challenge.encode()).hex()
    return f"{code}{zlib.crc32(bytes.fromhex(code)):08x}"
