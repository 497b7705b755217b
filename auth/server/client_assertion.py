"""Client assertion: a client proves itself by a JWT that its private key signed (RFC 7523, `private_key_jwt`).

The audience is our issuer or our token endpoint and nothing besides, for a list could be somebody else's as well. An
assertion is good for minutes, whatever it says of its end, and its id counts once.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from authlib.oauth2.rfc6749 import InvalidClientError  # type: ignore[import-untyped]  # Authlib ships no types
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion  # type: ignore[import-untyped]  # same
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, Key, KeySet

from auth.jws_header import EXTENSIONS
from auth.server.client import BY_KEY, Client
from auth.server.turn import Turn
from connectors.store.authorization import use_once
from connectors.store.tickets import key_of

ALGORITHMS: Final = ("ES256", "RS256", "PS256", "Ed25519")
TYPES: Final = frozenset({None, "JWT", "jwt", "client-authentication+jwt"})
"""Any other type is a token for another purpose (RFC 8725, section 3.11)."""
TICKET: Final = "client-assertion"
CLOCKS_APART: Final = timedelta(seconds=30)
LONGEST_WITH_IAT: Final = timedelta(hours=24)
MAX_LENGTH: Final = 4096
MAX_ID_LENGTH: Final = 256


class ClientAssertion(JWTBearerClientAssertion):  # type: ignore[misc]  # untyped
    """Authenticates a client by its assertion."""

    CLIENT_AUTH_METHOD = BY_KEY

    def __init__(self, turn: Turn) -> None:
        super().__init__()
        self._turn = turn

    def get_audiences(self) -> list[str]:
        """Return the two names that we answer to."""
        addresses = self._turn.means.addresses
        return [addresses.issuer, addresses.token]

    def resolve_client_public_key(self, client: Client) -> KeySet:
        """Return the client's keys."""
        if client.row.jwks is None:
            raise InvalidClientError(description="The client has no keys.")
        return KeySet.import_key_set({"keys": [dict(key) for key in client.row.jwks["keys"]]})

    def extract_assertion(self, assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Read an assertion without verifying it; refuses what has not even its shape."""
        if len(assertion) > MAX_LENGTH or not assertion.isascii():
            raise InvalidClientError(description="The assertion is too long, or no JWT.")
        try:
            headers, claims = super().extract_assertion(assertion)
        except (JoseError, ValueError, RecursionError) as error:
            raise InvalidClientError(description="The assertion is no JWT.") from error
        if any(name in headers for name in EXTENSIONS):
            raise InvalidClientError(description="The assertion demands an extension.")
        if headers.get("typ") not in TYPES:
            raise InvalidClientError(description="The assertion is a token for another purpose.")
        return headers, claims

    def process_assertion_claims(self, assertion: str, resolve_key: KeySet) -> Mapping[str, Any]:
        """Verify the signature, by algorithms that are spelled out, and then the claims."""
        try:
            claims = jwt.decode(assertion, _chooser(resolve_key), algorithms=list(ALGORITHMS)).claims
        except (JoseError, ValueError, RecursionError) as error:
            raise InvalidClientError(description="The assertion is not signed by a key of the client.") from error
        self.verify_claims(claims)
        return claims

    def verify_claims(self, claims: Mapping[str, Any]) -> None:
        """Check every claim by our clock, and use the id up."""
        audience = claims.get("aud")
        if isinstance(audience, list) and len(audience) == 1:
            audience = audience[0]
        if not isinstance(audience, str) or audience not in self.get_audiences():
            raise InvalidClientError(description="aud is not this server and nothing besides.")
        if not isinstance(claims.get("sub"), str) or claims.get("iss") != claims["sub"]:
            raise InvalidClientError(description="iss and sub are not both the client.")
        self._check_times(claims)
        token_id = claims.get("jti")
        if not isinstance(token_id, str) or not 0 < len(token_id) <= MAX_ID_LENGTH:
            raise InvalidClientError(description="jti is missing.")
        if not self.validate_jti(claims, token_id):
            raise InvalidClientError(description="The assertion was used before.")

    def validate_jti(self, claims: Mapping[str, Any], jti: str) -> bool:
        """Use the id up for as long as the assertion could be shown again."""
        turn = self._turn
        forget_at = turn.now + turn.means.rules.assertion_lifetime + 3 * CLOCKS_APART
        return use_once(turn.transaction, TICKET, key_of(f"{claims['sub']} {jti}"), turn.now, forget_at)

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        """Check that the assertion is young. Where it says when it was issued, it may say that it lives for long."""
        now, lifetime = self._turn.now, self._turn.means.rules.assertion_lifetime
        earliest, latest = (now - CLOCKS_APART).timestamp(), (now + CLOCKS_APART).timestamp()
        longest = LONGEST_WITH_IAT if "iat" in claims else lifetime
        if not _lies_within(claims.get("exp"), earliest, latest + longest.total_seconds()):
            raise InvalidClientError(description="exp is missing, past, or too far ahead.")
        if "iat" in claims and not _lies_within(claims["iat"], earliest - lifetime.total_seconds(), latest):
            raise InvalidClientError(description="iat is too old or in the future.")
        if "nbf" in claims and not _lies_within(claims["nbf"], 0, latest):
            raise InvalidClientError(description="nbf is in the future.")


def _chooser(keys: KeySet) -> Any:  # noqa: ANN401 -- joserfc's union of ways to give a key
    """Choose the key that the header names; where it names none, the only one."""

    def choose(signed: GuestProtocol) -> Key:
        kid = signed.headers().get("kid")
        fitting = [key for key in keys.keys if kid is None or key.kid == kid]
        if len(fitting) != 1:
            raise ValueError("the header names no key of the client")
        return fitting[0]

    return choose


def _lies_within(moment: object, earliest: float, latest: float) -> bool:
    """Tell whether a claim is a time between two others; what is no number at all lies nowhere."""
    return isinstance(moment, int | float) and not isinstance(moment, bool) and earliest < moment <= latest
