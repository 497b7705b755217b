"""DPoP: proofs that whoever sends a request holds the key that its token is bound to (RFC 9449).

ProofRefused   there is not exactly one proof, or it is not one for this request; the reason may be shown
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwa import JWSAlgModel
from joserfc.jws import JWSRegistry

from auth.jws_header import BadHeader, read_header
from auth.proof_key import ALGORITHMS, UnusableKey, read_public_key
from connectors.store.tickets import TicketRows, key_of

TYPE: Final = "dpop+jwt"
TICKET: Final = "dpop"
MAX_AGE: Final = timedelta(seconds=60)
MAX_AHEAD: Final = timedelta(seconds=5)
MAX_PROOF_LENGTH: Final = 4096
MAX_ID_LENGTH: Final = 256

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class ProofRefused(Exception):
    """The request comes with no proof that counts; `reason` may be shown to the client."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Proofs:
    """Verifies proofs, each of which counts once, for any number of processes."""

    def __init__(
        self,
        tickets: TicketRows,
        now: Callable[[], datetime],
        *,
        max_age: timedelta = MAX_AGE,
        max_ahead: timedelta = MAX_AHEAD,
    ) -> None:
        """Accept proofs that were made so long ago, or by a clock that is so far ahead."""
        self._tickets = tickets
        self._now = now
        self._max_age = max_age
        self._max_ahead = max_ahead

    async def verify(
        self, proof: str | Sequence[str], *, method: str, url: str, access_token: str | None, expected_key: str | None
    ) -> str:
        """Return the thumbprint (RFC 7638) of the key that signed a request's proof (RFC 9449, section 4.3).

        Args:
            proof: the value of the `DPoP` header, or of every one that the request has.
            method: the request's method.
            url: the public address that was asked, whatever a proxy made of it; query and fragment do not count.
            access_token: the token that comes with the request, where one does.
            expected_key: the thumbprint that the token or the code is bound to, where it is.

        Raises:
            ProofRefused: for anything but one proof, for this very request, seen for the first time.
        """
        thumbprint, claims = _verified(_only(proof))
        if expected_key is not None and not _same(thumbprint, expected_key):
            raise ProofRefused("the proof is signed by another key than the token is bound to")
        _check_request(claims, method, url)
        _check_token(claims, access_token)
        self._check_time(claims)
        await self._use_up(thumbprint, claims)
        return thumbprint

    def _check_time(self, claims: Mapping[str, Any]) -> None:
        issued_at, now = claims.get("iat"), self._now()
        if not isinstance(issued_at, int | float):
            raise ProofRefused("iat is no number")
        earliest, latest = (now - self._max_age).timestamp(), (now + self._max_ahead).timestamp()
        if not earliest <= issued_at <= latest:  # so that what is no number at all fits nowhere
            raise ProofRefused("iat is too old or in the future")

    async def _use_up(self, thumbprint: str, claims: Mapping[str, Any]) -> None:
        """Let a proof count once. Its ticket is kept until no process's clock could take the proof for a fresh one."""
        proof_id, now = claims.get("jti"), self._now()
        if not isinstance(proof_id, str) or not 0 < len(proof_id) <= MAX_ID_LENGTH:
            raise ProofRefused(f"jti is no text of 1 to {MAX_ID_LENGTH} characters")
        expires_at = now + 2 * (self._max_age + self._max_ahead)
        if not await self._tickets.put(TICKET, key_of(f"{thumbprint} {proof_id}"), "", now, expires_at):
            raise ProofRefused("the proof was used before")


class _Algorithms(JWSRegistry):
    """joserfc's algorithms, with a header that has room for an RSA key, and EdDSA as the one curve that we take."""

    max_header_length = MAX_PROOF_LENGTH

    def get_alg(self, name: str) -> JWSAlgModel:
        """Return an allowed algorithm; EdDSA is the older name of Ed25519 (RFC 9864)."""
        return super().get_alg("Ed25519" if name == "EdDSA" else name)


_REGISTRY: Final = _Algorithms(algorithms=ALGORITHMS, strict_check_header=False)


def _only(proof: str | Sequence[str]) -> str:
    given = [proof] if isinstance(proof, str) else proof
    if len(given) != 1:
        raise ProofRefused("the request needs one DPoP header")
    if len(given[0]) > MAX_PROOF_LENGTH:
        raise ProofRefused("the proof is too long")
    return given[0]


def _verified(proof: str) -> tuple[str, Mapping[str, Any]]:
    """Return the thumbprint of the key in a proof and the claims that it signed."""
    try:
        header = read_header(proof, typ=TYPE, algorithms=ALGORITHMS)
        key = read_public_key(header.get("jwk"), header["alg"])
        claims = jwt.decode(proof, key, registry=_REGISTRY).claims
    except BadHeader as error:
        raise ProofRefused(f"the proof's header cannot be used: {error}") from error
    except UnusableKey as error:
        raise ProofRefused(f"the proof's key cannot be used: {error}") from error
    except (JoseError, ValueError, RecursionError) as error:
        raise ProofRefused("the proof is not signed by its key, or holds no claims") from error
    return key.thumbprint(), claims


def _check_request(claims: Mapping[str, Any], method: str, url: str) -> None:
    if claims.get("htm") != method:
        raise ProofRefused("htm is not the request's method")
    said = claims.get("htu")
    target = _target(said) if isinstance(said, str) else None
    if target is None or target != _target(url):
        raise ProofRefused("htu is not the request's address")


def _check_token(claims: Mapping[str, Any], access_token: str | None) -> None:
    if access_token is None:
        return
    digest = hashlib.sha256(access_token.encode(errors="surrogatepass")).digest()
    said = claims.get("ath")
    if not isinstance(said, str) or not _same(said, urlsafe_b64encode(digest).rstrip(b"=").decode()):
        raise ProofRefused("ath is not the hash of the access token")


def _target(url: str) -> tuple[str, str, int, str] | None:
    """Return scheme, host, port and path of an address, normalised (RFC 3986, sections 6.2.2.1 and 6.2.3)."""
    if not (url.isascii() and url.isprintable()) or " " in url:
        return None  # urlsplit would drop some of these
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        return None
    if split.scheme not in _DEFAULT_PORTS or not split.hostname or "@" in split.netloc:
        return None
    return split.scheme, split.hostname, port or _DEFAULT_PORTS[split.scheme], split.path or "/"


def _same(said: str, ours: str) -> bool:
    return hmac.compare_digest(said.encode(errors="surrogatepass"), ours.encode())
