"""Settings of identity providers: what the agreement with each settles. One that is not set up is not offered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import Literal

from auth.identity.decryption import DecryptionSettings
from auth.identity.e_imzo_settings import EImzoSettings
from auth.identity.id_gov_ua import IdGovUaSettings
from auth.identity.oidc_settings import OidcSettings
from auth.identity.oneid import OneIdSettings
from connectors.messaging.eskiz import EskizSettings
from connectors.messaging.inbound import InboundFields
from connectors.messaging.playmobile import PlayMobileSettings
from connectors.messaging.turbosms import TurboSmsSettings


@dataclass(frozen=True, slots=True)
class SmsSettings:
    """Text messages: through exactly one gateway, and, with a secret for its webhooks, to the short number.

    `inbound` is how the operator delivers what subscribers send: PlayMobile's XML, or a JSON object or form whose
    `fields` were agreed. `networks` bounds who may call the webhooks; none bounds nobody.
    """

    eskiz: EskizSettings | None = None
    playmobile: PlayMobileSettings | None = None
    turbosms: TurboSmsSettings | None = None
    short_number: str = "2100"
    keywords: tuple[str, ...] = ("P", "П")
    webhook_secret: str = field(default="", repr=False)
    inbound: Literal["playmobile", "fields"] = "playmobile"
    fields: InboundFields = field(default_factory=InboundFields)
    networks: Sequence[IPv4Network | IPv6Network] = ()

    def __post_init__(self) -> None:
        """Refuse none or several gateways, and a secret that can be guessed."""
        if sum(gateway is not None for gateway in (self.eskiz, self.playmobile, self.turbosms)) != 1:
            raise ValueError("sms needs exactly one of eskiz, playmobile and turbosms")
        if self.webhook_secret and len(self.webhook_secret) < 20:  # noqa: PLR2004 -- NIST SP 800-63B-4: 112 bits
            raise ValueError("sms.webhook_secret must have at least 20 characters")


@dataclass(frozen=True, slots=True)
class IdentitySettings:
    """The providers that are set up."""

    oneid: OneIdSettings | None = None
    e_imzo: EImzoSettings | None = None
    id_gov_ua: IdGovUaSettings | None = None
    decryption: DecryptionSettings | None = None
    oidc: tuple[OidcSettings, ...] = ()
    sms: SmsSettings | None = None
