"""What an OpenID provider says of itself (OpenID Connect Discovery 1.0, section 3), read and believed in part.

It must name the issuer that is configured, exactly; every address of it must be secure; and of the algorithms that it
lists only those count that prove something: never `none`, and never one that is keyed by our own secret.
"""

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet

from auth.identity.oidc_settings import is_secure
from auth.identity.port import ProviderUnavailable

ALGORITHMS: Final = frozenset({"RS256", "PS256", "ES256", "EdDSA", "Ed25519"})
"""Signatures of ID tokens that are accepted."""

_MALFORMED: Final = "METADATA_MALFORMED"
_SHORTEST_RSA_BITS: Final = 2048


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """The part of a provider's metadata that is used.

    `promises_issuer` says that every authorization response carries `iss` (RFC 9207, section 3).
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    algorithms: frozenset[str]
    token_auth_methods: frozenset[str]
    promises_issuer: bool


def read_metadata(document: Mapping[str, Any], issuer: str) -> ProviderMetadata:
    """Read the metadata of an issuer; raises ProviderUnavailable where it cannot be trusted or used."""
    if document.get("issuer") != issuer:
        raise ProviderUnavailable("ISSUER_MISMATCH")
    algorithms = _names(document, "id_token_signing_alg_values_supported", "RS256") & ALGORITHMS
    if not algorithms:
        raise ProviderUnavailable("ALGORITHMS_REFUSED")
    return ProviderMetadata(
        issuer=issuer,
        authorization_endpoint=_address(document, "authorization_endpoint", issuer),
        token_endpoint=_address(document, "token_endpoint", issuer),
        jwks_uri=_address(document, "jwks_uri", issuer),
        userinfo_endpoint=_optional_address(document, "userinfo_endpoint", issuer),
        end_session_endpoint=_optional_address(document, "end_session_endpoint", issuer),
        algorithms=algorithms,
        token_auth_methods=_names(document, "token_endpoint_auth_methods_supported", "client_secret_basic"),
        promises_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )


def read_keys(document: Mapping[str, Any]) -> KeySet:
    """Read a JWK Set (RFC 7517, section 5) without keys that cannot be used; raises ProviderUnavailable for none."""
    listed = document.get("keys")
    found = [_read_key(each) for each in listed] if isinstance(listed, list) else []
    usable = [key for key in found if key is not None]
    if not usable:
        raise ProviderUnavailable("KEYS_MISSING")
    return KeySet(usable)


def _read_key(value: Any) -> Key | None:  # noqa: ANN401 -- JSON
    """Read a public key; None for a secret, one too short, and one that is none."""
    try:
        if value["kty"] == "oct" or (value["kty"] == "RSA" and _bits(value["n"]) < _SHORTEST_RSA_BITS):
            return None
        return JWKRegistry.import_key(value)
    except (JoseError, LookupError, TypeError, ValueError):
        return None


def _bits(number: str) -> int:
    return int.from_bytes(urlsafe_b64decode(f"{number}==")).bit_length()


def _address(document: Mapping[str, Any], name: str, issuer: str) -> str:
    url = document.get(name)
    if not isinstance(url, str):
        raise ProviderUnavailable(_MALFORMED)
    if not is_secure(url, issuer):
        raise ProviderUnavailable("ENDPOINT_INSECURE")
    return url


def _optional_address(document: Mapping[str, Any], name: str, issuer: str) -> str | None:
    return None if document.get(name) is None else _address(document, name, issuer)


def _names(document: Mapping[str, Any], name: str, absent: str) -> frozenset[str]:
    """Read a list of names; where it is absent, the one that the standard takes for granted."""
    listed = document.get(name, [absent])
    if not isinstance(listed, list):
        raise ProviderUnavailable(_MALFORMED)
    return frozenset(each for each in listed if isinstance(each, str))
