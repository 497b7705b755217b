"""A soft authenticator: what a browser and its passkeys answer, with real keys, and with any part said otherwise."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

PRESENT: Final = 0x01
VERIFIED: Final = 0x04
ELIGIBLE: Final = 0x08
BACKED_UP: Final = 0x10
ATTESTED: Final = 0x40

GOOD: Final = PRESENT | VERIFIED
SYNCED: Final = GOOD | ELIGIBLE | BACKED_UP

_EARLY: Final = datetime(2020, 1, 1, tzinfo=UTC)
_LATE: Final = datetime(2099, 1, 1, tzinfo=UTC)


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    return urlsafe_b64decode(text + "==")


@dataclass(frozen=True, slots=True)
class Said:
    """What is said otherwise than an honest browser would; None leaves a part honest."""

    origin: str | None = None
    rp_id: str | None = None
    challenge: str | None = None
    ceremony: str | None = None
    user_handle: str | None = None
    credential_id: str | None = None
    public_key: bytes | None = None
    format: str = "none"
    statement: dict[str, Any] = field(default_factory=dict)
    vouches_for_itself: bool = False
    has_certificate: bool = False


HONEST: Final = Said()


@dataclass(slots=True)
class SoftAuthenticator:
    """A key pair of its own for each passkey, P-256. Synced authenticators do not count their signatures (`counts`)."""

    origin: str
    flags: int = GOOD
    counts: bool = True
    count: int = 0
    keys: dict[str, tuple[ec.EllipticCurvePrivateKey, str]] = field(default_factory=dict)

    def make(self, options: str, said: Said = HONEST) -> str:
        """Make a passkey for PublicKeyCredentialCreationOptions; returns the credential as JSON."""
        asked = json.loads(options)
        key = ec.generate_private_key(ec.SECP256R1())
        credential_id = said.credential_id or b64(secrets.token_bytes(16))
        self.keys[credential_id] = (key, asked["user"]["id"])
        public_key = cose_key(key) if said.public_key is None else said.public_key
        attested = bytes(16) + len(raw(credential_id)).to_bytes(2, "big") + raw(credential_id) + public_key
        data = self._data(said.rp_id or asked["rp"]["id"], self.flags | ATTESTED) + attested
        client_data = self._client_data("webauthn.create", asked["challenge"], said)
        word = {"alg": -7, "sig": _signature(key, data, client_data)} if said.vouches_for_itself else {}
        statement = {**word, **said.statement, **({"x5c": [_certificate(key)]} if said.has_certificate else {})}
        attestation = cbor2.dumps({"fmt": said.format, "attStmt": statement, "authData": data})
        return _credential(credential_id, {"clientDataJSON": b64(client_data), "attestationObject": b64(attestation)})

    def sign(self, options: str, said: Said = HONEST) -> str:
        """Sign PublicKeyCredentialRequestOptions with one of the passkeys allowed; returns the credential as JSON."""
        asked = json.loads(options)
        allowed = [each["id"] for each in asked["allowCredentials"]] or list(self.keys)
        credential_id = next(each for each in allowed if each in self.keys)
        key, user = self.keys[credential_id]
        data = self._data(said.rp_id or asked["rpId"], self.flags)
        client_data = self._client_data("webauthn.get", asked["challenge"], said)
        response = {
            "clientDataJSON": b64(client_data),
            "authenticatorData": b64(data),
            "signature": b64(_signature(key, data, client_data)),
            "userHandle": user if said.user_handle is None else said.user_handle,
        }
        return _credential(said.credential_id or credential_id, response)

    def _data(self, rp_id: str, flags: int) -> bytes:
        self.count += self.counts
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client_data(self, ceremony: str, challenge: str, said: Said) -> bytes:
        told = {
            "type": said.ceremony or ceremony,
            "challenge": said.challenge or challenge,
            "origin": said.origin or self.origin,
            "crossOrigin": False,
        }
        return json.dumps(told).encode()


def cose_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Write a public key as COSE does (RFC 9053, section 7.1.1)."""
    numbers = key.public_key().public_numbers()
    return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})


def _signature(key: ec.EllipticCurvePrivateKey, data: bytes, client_data: bytes) -> bytes:
    return key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))


def _certificate(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Make a certificate that nobody but its own key signed."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A manufacturer")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    valid = builder.serial_number(1).not_valid_before(_EARLY).not_valid_after(_LATE)
    return valid.sign(key, SHA256()).public_bytes(Encoding.DER)


def _credential(credential_id: str, response: dict[str, str]) -> str:
    return json.dumps({"id": credential_id, "rawId": credential_id, "type": "public-key", "response": response})
