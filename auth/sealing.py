"""Sealing: what the store keeps for a browser, and what only the secret in that browser's cookie opens (RFC 7516)."""

import hmac
from typing import Final

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

_HEADER: Final = {"alg": "dir", "enc": "A256GCM"}
_ALGORITHMS: Final = list(_HEADER.values())


def seal(text: str, secret: str, purpose: str) -> str:
    """Seal a text by a secret of 256 random bits; each purpose has its own key, which no hash of the secret tells."""
    return jwe.encrypt_compact(dict(_HEADER), text, _key(secret, purpose), algorithms=_ALGORITHMS)


def unseal(sealed: str, secret: str, purpose: str) -> str | None:
    """Return what was sealed; None for what another secret sealed, or nobody did."""
    try:
        opened = jwe.decrypt_compact(sealed, _key(secret, purpose), algorithms=_ALGORITHMS)
    except (JoseError, ValueError):
        return None
    return opened.plaintext.decode() if opened.plaintext is not None else None


def _key(secret: str, purpose: str) -> OctKey:
    return OctKey.import_key(hmac.digest(secret.encode(), f"gridgate {purpose}".encode(), "sha256"))
