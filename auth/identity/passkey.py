"""Passkeys behind the port: who holds the private key of a customer's passkey, and unlocked it, is that customer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from webauthn import generate_authentication_options, options_to_json, verify_authentication_response
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.structs import (
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    UserVerificationRequirement,
)

from auth.identity.people import OWN_ISSUER
from auth.identity.port import Beginning, Form, Identity, SignInRefused
from auth.passkeys import MAX_CREDENTIAL, UNREADABLE, RelyingParty, is_credential_id
from connectors.store.passkeys import Passkey, PasskeyRows
from connectors.transport.deadline import Deadline
from schema.authentication import Amr, Assurance


@dataclass(frozen=True, slots=True)
class PasskeyProvider:
    """Our own customers, by passkey. With a customer signed in, only theirs will do."""

    name: ClassVar[str] = "passkey"
    assurance: ClassVar[Assurance] = Assurance.HIGH
    rows: PasskeyRows
    party: RelyingParty
    now: Callable[[], datetime]

    async def begin(self, beginning: Beginning, deadline: Deadline) -> Form:  # noqa: ARG002 -- the port's signature
        """Ask the browser for a signature; whose passkeys there are is shown to their customer alone."""
        subject = beginning.visitor.subject
        known = await self.rows.of_subject(subject) if subject else []
        options = generate_authentication_options(
            rp_id=self.party.domain,
            allow_credentials=[
                PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential_id)) for each in known
            ],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        kept = {"challenge": bytes_to_base64url(options.challenge), "subject": subject or ""}
        return Form("passkey", {"options": options_to_json(options)}, kept)

    async def finish(
        self,
        answer: Mapping[str, str],
        kept: Mapping[str, str],
        beginning: Beginning,  # noqa: ARG002 -- the port's signature
        deadline: Deadline,  # noqa: ARG002 -- same
    ) -> Identity:
        """Judge `credential`, the JSON of what the browser signed."""
        credential = answer.get("credential", "")
        passkey = await self._named(credential)
        if passkey is None or kept["subject"] not in {"", passkey.subject}:
            raise SignInRefused("PASSKEY_UNKNOWN")
        verified = self._verify(credential, passkey, kept["challenge"])
        if not await self.rows.use(passkey.credential_id, passkey.sign_count, verified.new_sign_count, self.now()):
            raise SignInRefused("PASSKEY_USED_AT_ONCE", subject=passkey.subject)
        stays = verified.credential_device_type is CredentialDeviceType.SINGLE_DEVICE
        key = Amr.HARDWARE_KEY if stays else Amr.SOFTWARE_KEY
        return Identity(OWN_ISSUER, passkey.subject, "PASSKEY", self.assurance, (key, Amr.PRESENCE))

    async def sign_out(self, hint: str, return_to: str, deadline: Deadline) -> None:
        """Do nothing: the session here was the only one."""

    async def _named(self, credential: str) -> Passkey | None:
        """Find the passkey that a browser names, where it says nothing of another customer (section 7.2, step 6)."""
        if len(credential) > MAX_CREDENTIAL:
            return None
        try:
            said = json.loads(credential)
            credential_id, handle = said["id"], said["response"].get("userHandle")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None
        if not isinstance(credential_id, str) or not is_credential_id(credential_id):
            return None
        passkey = await self.rows.find(credential_id)
        if passkey is None or (handle and handle != bytes_to_base64url(passkey.subject.encode())):
            return None
        return passkey

    def _verify(self, credential: str, passkey: Passkey, challenge: str) -> VerifiedAuthentication:
        """Verify the signature; a counter that went back tells of a copied key, and is refused too."""
        try:
            return verify_authentication_response(
                credential=credential,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=self.party.domain,
                expected_origin=self.party.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except UNREADABLE as error:
            raise SignInRefused("PASSKEY_NOT_VERIFIED", subject=passkey.subject) from error
