"""The token endpoint of an OpenID provider, by Authlib's OAuth client over our one outgoing port.

Authlib's client would open connections of its own; here it is given a transport that hands each request to ours, so
deadline, limits and tracing are the same as everywhere.
"""

from base64 import b64encode
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeAlias
from urllib.parse import quote_plus

from authlib.integrations.httpx_client import (  # type: ignore[import-untyped]  # Authlib ships no types
    AsyncOAuth2Client,
    OAuthError,
)
from authlib.integrations.httpx_client.oauth2_client import Response  # type: ignore[import-untyped]  # same
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # type: ignore[import-untyped]  # same
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]  # same

from auth.identity.asking import ask, read_object
from auth.identity.oidc_metadata import ProviderMetadata
from auth.identity.oidc_settings import OidcSettings
from auth.identity.port import ProviderUnavailable, SignInExpired
from connectors.transport.deadline import Deadline
from connectors.transport.port import Exchange, Transport

_PASSED_ON: Final = ("authorization", "content-type", "accept")
_AuthMethod: TypeAlias = str | Callable[[Any, str, str, MutableMapping[str, str], str], tuple[str, Any, str]]


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the provider granted; `id_token` is not verified yet."""

    id_token: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)


class TokenEndpoint:
    """Builds authorization requests and redeems what they lead to, for one client at one provider."""

    def __init__(self, settings: OidcSettings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport

    def authorization_url(self, metadata: ProviderMetadata, verifier: str, **parameters: str | int | None) -> str:
        """Return where to send the browser: the code flow with PKCE by S256; parameters of None are left out."""
        url: str = prepare_grant_uri(
            metadata.authorization_endpoint,
            self._settings.client_id,
            "code",
            scope=" ".join(self._settings.scopes),
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
            **parameters,
        )
        return url

    async def by_code(
        self, metadata: ProviderMetadata, code: str, verifier: str, redirect_uri: str, deadline: Deadline
    ) -> Tokens:
        """Redeem a code.

        Raises:
            SignInExpired: the provider does not take it: it is unknown, used, too old or another's.
            ProviderUnavailable: the provider does not answer as agreed, or does not know us.
        """
        client = self._client(metadata, "oidc.token", deadline)
        grant = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        return await _granted(client.fetch_token(metadata.token_endpoint, redirect_uri=redirect_uri, **grant))

    async def by_refresh_token(self, metadata: ProviderMetadata, refresh_token: str, deadline: Deadline) -> Tokens:
        """Redeem a refresh token; raises as `by_code` does. The answer holds the one to use next."""
        client = self._client(metadata, "oidc.refresh", deadline)
        return await _granted(client.refresh_token(metadata.token_endpoint, refresh_token=refresh_token))

    def _client(self, metadata: ProviderMetadata, operation: str, deadline: Deadline) -> Any:  # noqa: ANN401 -- untyped
        return AsyncOAuth2Client(
            self._settings.client_id,
            self._settings.client_secret,
            token_endpoint_auth_method=self._auth_method(metadata),
            transport=_Carrier(self._transport, operation, deadline),
            trust_env=False,
        )

    def _auth_method(self, metadata: ProviderMetadata) -> _AuthMethod:
        if not self._settings.client_secret:
            return "none"
        if "client_secret_basic" in metadata.token_auth_methods:
            return _client_secret_basic
        if "client_secret_post" in metadata.token_auth_methods:
            return "client_secret_post"
        raise ProviderUnavailable("CLIENT_AUTHENTICATION")


class _Carrier:
    """A transport in the shape that Authlib's HTTP client takes, over ours. Only JSON objects come back."""

    def __init__(self, transport: Transport, operation: str, deadline: Deadline) -> None:
        self._transport = transport
        self._operation = operation
        self._deadline = deadline

    async def handle_async_request(self, request: Any) -> Any:  # noqa: ANN401 -- Authlib's request and response
        """Carry one request."""
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        exchange = Exchange(self._operation, request.method, str(request.url), headers, await request.aread())
        answer = await ask(self._transport, exchange, self._deadline)
        said = read_object(answer)
        if answer.status != HTTPStatus.OK and "error" not in said:
            raise ProviderUnavailable(f"HTTP_{answer.status}")
        return Response(answer.status, content=answer.body, request=request)


def _client_secret_basic(
    client: Any,  # noqa: ANN401 -- Authlib's
    _method: str,
    uri: str,
    headers: MutableMapping[str, str],
    body: str,
) -> tuple[str, MutableMapping[str, str], str]:
    """Authenticate the client (RFC 6749, 2.3.1); Authlib's own leaves out the percent-encoding that stands there."""
    credentials = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    headers["Authorization"] = f"Basic {b64encode(credentials.encode()).decode()}"
    return uri, headers, body


async def _granted(answer: Any) -> Tokens:  # noqa: ANN401 -- Authlib's awaitable
    try:
        said = await answer
    except OAuthError as error:
        if error.error == "invalid_grant":
            raise SignInExpired("GRANT_REFUSED") from error
        raise ProviderUnavailable("CLIENT_REFUSED") from error
    except (TypeError, ValueError) as error:  # an `expires_in` that is no number
        raise ProviderUnavailable("TOKEN_MALFORMED") from error
    id_token, access_token, refresh_token = (said.get(name) for name in ("id_token", "access_token", "refresh_token"))
    if not isinstance(id_token, str) or not isinstance(access_token, str):
        raise ProviderUnavailable("TOKEN_MALFORMED")
    if str(said.get("token_type")).lower() != "bearer":
        raise ProviderUnavailable("TOKEN_MALFORMED")
    return Tokens(id_token, access_token, refresh_token if isinstance(refresh_token, str) else None)
