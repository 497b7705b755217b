"""Metadata (RFC 8414, RFC 9728) and keys, as clients and APIs read them."""

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata  # type: ignore[import-untyped]  # Authlib ships no types
from joserfc import jwt
from joserfc.jwk import KeySet

from auth.server.partners import Registered
from tests.auth.server.desk import ISSUER, ON_SQLITE, Desk

pytestmark = ON_SQLITE


async def test_metadata_are_what_rfc_8414_says(desk: Desk) -> None:
    answer = await desk.http.get("/.well-known/oauth-authorization-server")
    metadata = answer.json()
    AuthorizationServerMetadata(metadata).validate()
    assert metadata["issuer"] == ISSUER
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["response_types_supported"] == ["code"]
    assert metadata["authorization_response_iss_parameter_supported"] is True
    assert metadata["introspection_endpoint_auth_methods_supported"] == [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
    ]
    assert not {"password", "implicit"} & set(metadata["grant_types_supported"])


async def test_every_endpoint_of_the_metadata_is_there(desk: Desk) -> None:
    metadata = (await desk.http.get("/.well-known/oauth-authorization-server")).json()
    endpoints = {name: url for name, url in metadata.items() if name.endswith(("_endpoint", "_uri"))}
    assert len(endpoints) == 6
    for name, url in endpoints.items():
        by_post = name not in {"jwks_uri", "authorization_endpoint"}
        answer = await (desk.http.post(url) if by_post else desk.http.get(url))
        assert answer.status_code == (200 if name == "jwks_uri" else 400), name


async def test_access_token_is_verified_by_the_published_keys(desk: Desk, app: Registered) -> None:
    tokens = await desk.issued(app)
    published = KeySet.import_key_set((await desk.http.get("/oauth/jwks")).json())
    decoded = jwt.decode(tokens["access_token"], published, algorithms=["ES256"])
    assert decoded.header["typ"] == "at+jwt"
    assert (decoded.claims["iss"], decoded.claims["client_id"]) == (ISSUER, app.client.client_id)
    assert all("d" not in key for key in (await desk.http.get("/oauth/jwks")).json()["keys"])


@pytest.mark.parametrize(("path", "resource"), [("", ISSUER), ("/graphql", f"{ISSUER}/graphql")])
async def test_api_says_who_issues_its_tokens(desk: Desk, path: str, resource: str) -> None:
    said = (await desk.http.get(f"/.well-known/oauth-protected-resource{path}")).json()
    assert (said["resource"], said["authorization_servers"]) == (resource, [ISSUER])
    assert (await desk.http.get("/.well-known/oauth-protected-resource/other")).status_code == 404
