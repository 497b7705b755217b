"""SCRAM-SHA-256, the server's side (RFC 5802, RFC 7677), without channel binding."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

from sandbox.supply.errors import FatalError

__all__ = ["MECHANISMS", "Exchange", "Verifier"]

MECHANISMS = b"SCRAM-SHA-256\0\0"
_ITERATIONS = 4096


def _hmac(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")


class Verifier:
    """Keep what proves a password without being it: salt, StoredKey and ServerKey."""

    def __init__(self, password: str) -> None:
        self.salt = secrets.token_bytes(16)
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), self.salt, _ITERATIONS)
        self.stored_key = hashlib.sha256(_hmac(salted, b"Client Key")).digest()
        self.server_key = _hmac(salted, b"Server Key")


class Exchange:
    """Hold one conversation; every failure is 28P01 with the same text."""

    def __init__(self, verifier: Verifier, user: str) -> None:
        self._verifier = verifier
        self._user = user
        self._nonce = ""
        self._said = b""

    def first(self, client_first: bytes) -> bytes:
        """Answer `n,,n=,r=NONCE` with the whole nonce, the salt and the iterations."""
        bare = client_first.split(b",", 2)[-1]
        nonce = self._attribute(bare, b"r").decode("ascii", "replace")
        self._nonce = nonce + secrets.token_urlsafe(18)
        salt = base64.b64encode(self._verifier.salt).decode()
        answer = f"r={self._nonce},s={salt},i={_ITERATIONS}".encode()
        self._said = bare + b"," + answer
        return answer

    def final(self, client_final: bytes) -> bytes:
        """Check `c=...,r=NONCE,p=PROOF`; give the server's signature."""
        unproven, _, proof_text = client_final.rpartition(b",p=")
        said = self._said + b"," + unproven
        try:
            proof = base64.b64decode(proof_text, validate=True)
        except binascii.Error as error:
            raise self._refused() from error
        signature = _hmac(self._verifier.stored_key, said)
        client_key = bytes(one ^ other for one, other in zip(proof, signature, strict=False))
        known = hmac.compare_digest(hashlib.sha256(client_key).digest(), self._verifier.stored_key)
        if not known or self._attribute(unproven, b"r") != self._nonce.encode():
            raise self._refused()
        return b"v=" + base64.b64encode(_hmac(self._verifier.server_key, said))

    def _attribute(self, text: bytes, name: bytes) -> bytes:
        for part in text.split(b","):
            if part.startswith(name + b"="):
                return part[2:]
        raise self._refused()

    def _refused(self) -> FatalError:
        return FatalError("28P01", f'password authentication failed for user "{self._user}"')
