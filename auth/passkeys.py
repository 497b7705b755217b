"""Passkeys (W3C Web Authentication, level 3): registered by a customer who is signed in.

A passkey needs a name in the domain system and a page that came encrypted, or `localhost`: anywhere else browsers
refuse it, and none is offered.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final, Self
from urllib.parse import urlsplit

from webauthn import generate_registration_options, options_to_json, verify_registration_response
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_attestation_object
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationFormat,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from auth.audit import Audit, AuditEvent, AuditKind
from auth.given import is_base64url
from auth.identity.port import Visitor
from auth.logins import read_name
from auth.refusals import invalid
from connectors.store.passkeys import Passkey, PasskeyRows
from connectors.store.tickets import TicketRows, key_of
from schema.customers import Customer
from schema.refusals import Refusal, RefusalCode

CEREMONY: Final = timedelta(minutes=5)
MOST_PASSKEYS: Final = 10
MAX_CREDENTIAL: Final = 20_000
"""Characters of what a browser sends."""
_LONGEST_ID: Final = 1364
"""Characters of a credential's id: 1023 bytes, the most that there may be (section 5.8.3), in base64url."""

_KIND: Final = "passkey-invitation"
_NOT_ACCEPTED: Final = Refusal(
    code=RefusalCode.SIGN_IN_REFUSED, message="This passkey could not be verified; try again."
)
_TOO_MANY: Final = invalid("credential", f"At most {MOST_PASSKEYS} passkeys; remove one first.")
UNREADABLE: Final = (WebAuthnException, ValueError, LookupError, TypeError)
"""What the library raises for a credential that is not one: its own errors, and those of what it reads unchecked."""
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whom a passkey is made for: a domain, the utility's title, and the origin of its pages."""

    domain: str
    title: str
    origin: str

    @classmethod
    def at(cls, address: str, title: str) -> Self | None:
        """Return the party at a public address, None where browsers would make no passkey for it."""
        parts = urlsplit(address)
        host = parts.hostname or ""
        is_local = host == "localhost" or host.endswith(".localhost")
        if not _is_name(host) or parts.scheme not in ({"https", "http"} if is_local else {"https"}):
            return None
        port = "" if parts.port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{parts.port}"
        return cls(host, title, f"{parts.scheme}://{host}{port}")


@dataclass(frozen=True, slots=True)
class Passkeys:
    """The verbs of a customer about their passkeys."""

    rows: PasskeyRows
    tickets: TicketRows
    audit: Audit
    party: RelyingParty
    now: Callable[[], datetime]

    async def of(self, subject: str) -> list[Passkey]:
        """Return a customer's passkeys, the oldest first."""
        return await self.rows.of_subject(subject)

    async def invite(self, customer: Customer) -> str:
        """Return, as JSON, what a browser needs to make a passkey (`PublicKeyCredentialCreationOptions`)."""
        known = await self.of(customer.subject)
        options = generate_registration_options(
            rp_id=self.party.domain,
            rp_name=self.party.title,
            user_id=customer.subject.encode(),
            user_name=customer.email or customer.phone or customer.name,
            user_display_name=customer.name,
            timeout=int(CEREMONY.total_seconds() * 1000),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential_id)) for each in known
            ],
        )
        now, challenge = self.now(), bytes_to_base64url(options.challenge)
        await self.tickets.put(_KIND, key_of(challenge), customer.subject, now, now + CEREMONY)
        return options_to_json(options)

    async def add(self, subject: str, credential: str, name: str, visitor: Visitor) -> Passkey | Refusal:
        """Keep the passkey that a browser made after `invite`; `credential` is its JSON."""
        called = read_name(name)
        if called is None:
            return invalid("name", "Give the passkey a name of 1 to 100 characters.")
        if len(await self.of(subject)) >= MOST_PASSKEYS:
            return _TOO_MANY
        verified = await self._verified(subject, credential)
        if verified is None:
            return _NOT_ACCEPTED
        credential_id = bytes_to_base64url(verified.credential_id)
        if not is_credential_id(credential_id):
            return _NOT_ACCEPTED
        passkey = Passkey(
            credential_id=credential_id,
            subject=subject,
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            is_backed_up=verified.credential_backed_up,
            name=called,
            added_at=self.now(),
        )
        if not await self.rows.add(passkey):
            return _NOT_ACCEPTED
        await self._record(subject, "PASSKEY_ADDED", visitor)
        return passkey

    async def _verified(self, subject: str, credential: str) -> VerifiedRegistration | None:
        challenge = challenge_of(credential)
        if challenge is None or await self.tickets.take(_KIND, key_of(challenge), self.now()) != subject:
            return None
        try:
            if not _is_unattested(credential):
                return None
            return verify_registration_response(
                credential=credential,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=self.party.domain,
                expected_origin=self.party.origin,
                require_user_verification=True,
            )
        except UNREADABLE:
            return None

    async def _record(self, subject: str, detail: str, visitor: Visitor) -> None:
        await self.audit.record(
            AuditEvent(
                AuditKind.CREDENTIAL_CHANGED, subject=subject, provider="passkey", detail=detail, visitor=visitor
            )
        )


def _is_unattested(credential: str) -> bool:
    """Tell whether no manufacturer vouches for a passkey; we ask for none, and read no certificates of strangers.

    What a passkey says of itself is left as it is by browsers (section 5.1.3, `none`). Raises UNREADABLE.
    """
    attestation = parse_attestation_object(base64url_to_bytes(json.loads(credential)["response"]["attestationObject"]))
    is_own = attestation.fmt == AttestationFormat.PACKED and attestation.att_stmt.x5c is None
    return is_own or attestation.fmt == AttestationFormat.NONE


def is_credential_id(text: str) -> bool:
    """Tell whether a text can be the id of a passkey."""
    return is_base64url(text, _LONGEST_ID)


def _is_name(host: str) -> bool:
    """Tell whether a host is a name; what ends in a number is an address to a browser, however it is written."""
    try:
        ip_address(host)
    except ValueError:
        return bool(host) and not host.rstrip(".").rpartition(".")[2].isdigit()
    return False


def challenge_of(credential: str) -> str | None:
    """Return the challenge that a browser says it answered; what it says is verified later."""
    if len(credential) > MAX_CREDENTIAL:
        return None
    try:
        client_data = json.loads(credential)["response"]["clientDataJSON"]
        challenge = json.loads(base64url_to_bytes(client_data))["challenge"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return challenge if isinstance(challenge, str) else None
