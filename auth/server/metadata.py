"""Metadata: what clients and APIs read about the server before they ask it anything (RFC 8414, RFC 9728)."""

from typing import Any, Final

from auth.proof_key import ALGORITHMS as PROOF_ALGORITHMS
from auth.server.authorization_request import PROMPTS
from auth.server.client import CODE, DEVICE, METHODS, NONE, OWN, REFRESH
from auth.server.client_assertion import ALGORITHMS as ASSERTION_ALGORITHMS
from auth.server.rules import Addresses
from schema.authentication import Assurance
from schema.scopes import Scope

_PROVING: Final = [method for method in METHODS if method != NONE]


def server_metadata(addresses: Addresses) -> dict[str, Any]:
    """Describe the authorization server."""
    return {
        "issuer": addresses.issuer,
        "authorization_endpoint": addresses.of("/oauth/authorize"),
        "token_endpoint": addresses.token,
        "revocation_endpoint": addresses.of("/oauth/revoke"),
        "introspection_endpoint": addresses.of("/oauth/introspect"),
        "device_authorization_endpoint": addresses.of("/oauth/device_authorization"),
        "jwks_uri": addresses.of("/oauth/jwks"),
        "scopes_supported": [scope.value for scope in Scope],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [CODE, REFRESH, OWN, DEVICE],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": list(METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": list(METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": list(_PROVING),
        "introspection_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "authorization_response_iss_parameter_supported": True,
        "dpop_signing_alg_values_supported": list(PROOF_ALGORITHMS),
        "acr_values_supported": [each.acr for each in Assurance],
        "prompt_values_supported": sorted(PROMPTS),
        "protected_resources": [addresses.issuer],
    }


def resource_metadata(addresses: Addresses, resource: str) -> dict[str, Any]:
    """Describe the GraphQL API under one of its names, as a resource that the server issues tokens for."""
    return {
        "resource": resource,
        "authorization_servers": [addresses.issuer],
        "scopes_supported": [scope.value for scope in Scope],
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": list(PROOF_ALGORITHMS),
    }
