"""Text messages: the gateway that is set up, its sender, and what its webhooks call."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from auth.audit import Audit
from auth.one_time_passwords import OneTimePasswords
from auth.passwords import Passwords
from auth.phone_change import PhoneCodes
from auth.sms_credentials import SmsCredentials, SmsRules
from auth.sms_sending import SmsSender
from auth.sms_texts import SmsTexts
from auth.throttle import Throttle
from connectors.messaging.eskiz import Eskiz
from connectors.messaging.inbound import read_playmobile
from connectors.messaging.playmobile import PlayMobile
from connectors.messaging.sms import SmsGateway
from connectors.messaging.turbosms import TurboSms
from connectors.store.customers import CustomerRows
from connectors.store.health import Store
from connectors.store.one_time_passwords import OneTimePasswordRows
from connectors.store.passkeys import PasskeyRows
from connectors.store.sms import SmsRows
from connectors.store.tickets import TicketRows
from connectors.transport.port import Transport
from gateway.identity_settings import SmsSettings
from gateway.webhooks import SmsWebhooks
from schema.profile import UtilityProfile


@dataclass(frozen=True, slots=True)
class Sms:
    """What text messages take."""

    settings: SmsSettings
    credentials: SmsCredentials
    one_time: OneTimePasswords
    phone_codes: PhoneCodes
    messages: SmsRows
    texts: SmsTexts
    sender: SmsSender

    @property
    def webhooks(self) -> SmsWebhooks | None:
        """What the operator calls; None where no secret is agreed."""
        if not self.settings.webhook_secret:
            return None
        reader = read_playmobile if self.settings.inbound == "playmobile" else self.settings.fields.read
        return SmsWebhooks(
            self.settings.webhook_secret, reader, self.credentials, self.sender, tuple(self.settings.networks)
        )


def open_sms(  # noqa: PLR0913 -- each is another part of the house
    settings: SmsSettings,
    store: Store,
    transport: Transport,
    *,
    profile: UtilityProfile,
    throttle: Throttle,
    passwords: Passwords,
    audit: Audit,
    now: Callable[[], datetime],
) -> Sms:
    """Wire text messages."""
    messages, texts = SmsRows(store), SmsTexts.load(profile.languages[0])
    one_time = OneTimePasswords(OneTimePasswordRows(store), passwords, now)
    credentials = SmsCredentials(
        CustomerRows(store),
        messages,
        TicketRows(store),
        throttle,
        texts,
        profile,
        audit,
        partial(_has_passkey, PasskeyRows(store)),
        now,
        SmsRules(keywords=settings.keywords),
    )
    codes = PhoneCodes(TicketRows(store), now)
    sender = SmsSender(messages, one_time, codes, _gateway(settings, transport), texts, audit, now)
    return Sms(settings, credentials, one_time, codes, messages, texts, sender)


async def _has_passkey(passkeys: PasskeyRows, subject: str) -> bool:
    return bool(await passkeys.of_subject(subject))


def _gateway(settings: SmsSettings, transport: Transport) -> SmsGateway:
    if settings.eskiz is not None:
        return Eskiz(settings.eskiz, transport)
    if settings.playmobile is not None:
        return PlayMobile(settings.playmobile, transport)
    if settings.turbosms is not None:
        return TurboSms(settings.turbosms, transport)
    raise ValueError("no gateway is set up")
