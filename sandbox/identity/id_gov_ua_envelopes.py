"""Sealed answers of id.gov.ua's stand-in, and the service beside the client that opens them.

The original seals by DSTU 4145 and GOST 28147, which no Python library has; here it is AES with a key that only this
process knows. What the client sees is the same: bytes that it can open nowhere but at its own service.
"""

from __future__ import annotations

import binascii
import hmac
import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_LARGEST_CERTIFICATE = 16_384


class CertificateRefused(ValueError):
    """Say that a certificate is not base64, such as after one decoding too many."""


def new_certificate() -> str:
    """Draw what passes for a client's certificate: base64 with signs that an address cannot hold."""
    return b64encode(b"\x30\x82\xfb\xef\xbe" + secrets.token_bytes(600)).decode()


class Envelopes:
    """Seal for any certificate, and open what was sealed for one."""

    def __init__(self, certificate: str) -> None:
        self.certificate = certificate
        self._key = OctKey.generate_key(256)

    def seal(self, content: Mapping[str, object], certificate: str) -> str:
        """Seal a JSON object as base64; raises CertificateRefused."""
        header = {"alg": "dir", "enc": "A256GCM", "kid": _thumbprint(certificate)}
        sealed = jwe.encrypt_compact(header, json.dumps(content, ensure_ascii=False), self._key)
        return b64encode(sealed.encode()).decode()

    def open(self, sealed: bytes) -> bytes:
        """Open what was sealed for this certificate; raises ValueError for all else."""
        try:
            opened = jwe.decrypt_compact(sealed, self._key)
        except (JoseError, ValueError) as error:
            raise ValueError("not sealed here") from error
        if opened.headers().get("kid") != _thumbprint(self.certificate):
            raise ValueError("sealed for another certificate")
        return opened.plaintext or b""


class DecryptionDesk:
    """Answer `POST /decrypt` as the service beside a client does: {"data": base64} in and out."""

    def __init__(self, envelopes: Envelopes, token: str) -> None:
        self._envelopes = envelopes
        self._token = token.encode()

    async def decrypt(self, request: Request) -> Response:
        """Open one envelope for whoever knows the token."""
        if not hmac.compare_digest(request.headers.get("token", "").encode(), self._token):
            return JSONResponse({"error": "token"}, status_code=401)
        try:
            opened = self._envelopes.open(b64decode((await request.json())["data"], validate=True))
        except (ValueError, KeyError, TypeError):
            return JSONResponse({"error": "data"}, status_code=400)
        return JSONResponse({"data": b64encode(opened).decode()})


def _thumbprint(certificate: str) -> str:
    try:
        content = b64decode(certificate, validate=True)
    except (binascii.Error, ValueError) as error:
        raise CertificateRefused("cert is not base64") from error
    if not 0 < len(content) < _LARGEST_CERTIFICATE:
        raise CertificateRefused("cert is no certificate")
    return sha256(content).hexdigest()
