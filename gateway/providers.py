"""Providers: the identity providers that the profile offers and the settings set up, in the profile's order."""

from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from auth.identity.decryption import DecryptionService
from auth.identity.e_imzo import EImzo
from auth.identity.e_imzo_mobile import EImzoMobile
from auth.identity.e_imzo_server import EImzoServer
from auth.identity.id_gov_ua import IdGovUa
from auth.identity.oidc import OidcProvider
from auth.identity.oneid import OneId
from auth.identity.port import IdentityProvider
from connectors.transport.http import HttpTransport
from gateway.clock import now
from gateway.identity_settings import IdentitySettings
from schema.profile import SignInMethod
from schema.systems import System


@dataclass(frozen=True, slots=True)
class ExternalProviders:
    """Providers outside the house, by the method of the profile that offers them."""

    by_method: Mapping[SignInMethod, tuple[IdentityProvider, ...]]


def open_external(settings: IdentitySettings, opened: AsyncExitStack) -> ExternalProviders:
    """Open the providers that are set up, each with a pool of its own, so that one that hangs holds up no other."""
    by_method: dict[SignInMethod, tuple[IdentityProvider, ...]] = {}
    if settings.oneid is not None:
        by_method[SignInMethod.ONEID] = (OneId(settings.oneid, _transport(opened)),)
    if settings.e_imzo is not None:
        server = EImzoServer(settings.e_imzo, _transport(opened))
        by_method[SignInMethod.E_IMZO] = (EImzo(settings.e_imzo, server, now),)
        by_method[SignInMethod.E_IMZO_MOBILE] = (EImzoMobile(settings.e_imzo, server, now),)
    if settings.id_gov_ua is not None:
        given = settings.decryption
        decryption = DecryptionService(given, _transport(opened)) if given else None
        by_method[SignInMethod.ID_GOV_UA] = (IdGovUa(settings.id_gov_ua, _transport(opened), decryption),)
    by_method[SignInMethod.OPENID_CONNECT] = tuple(
        OidcProvider(each, _transport(opened), now) for each in settings.oidc
    )
    return ExternalProviders(by_method)


def offered(
    methods: Iterable[SignInMethod], known: Mapping[SignInMethod, tuple[IdentityProvider, ...]]
) -> dict[str, IdentityProvider]:
    """Return the providers by name, in the order of the profile's methods; one that is not set up is left out."""
    return {provider.name: provider for method in methods for provider in known.get(method, ())}


def _transport(opened: AsyncExitStack) -> HttpTransport:
    transport = HttpTransport(System.IDENTITY)
    opened.push_async_callback(transport.aclose)
    return transport
