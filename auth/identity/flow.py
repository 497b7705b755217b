"""The flow of a sign-in: begun at one of the providers, finished once, in the same browser, within ten minutes."""

import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from auth.audit import Audit, AuditEvent, AuditKind
from auth.identity.people import People, Recognised
from auth.identity.port import (
    Beginning,
    Form,
    Identity,
    IdentityProvider,
    ProviderUnavailable,
    SignInExpired,
    SignInNotYet,
    SignInRefused,
    Step,
    Visitor,
)
from auth.sessions import OpenedSession, Sessions
from auth.throttle import Kind, Throttle, Tried
from connectors.store.tickets import TicketRows, key_of
from connectors.transport.deadline import Deadline
from schema.authentication import Assurance, Authentication
from schema.refusals import RefusalCode

LIFETIME: Final = timedelta(minutes=10)
_KIND: Final = "sign-in"
_MAX_PATH: Final = 2000
_PATH: Final = re.compile(r"/[^?#]*")
_METHOD: Final = re.compile(r"(?!.*[0-9]{3})[A-Za-z0-9_-]{1,40}")

log: Final = structlog.get_logger("gridgate")


class _BadState(SignInExpired):
    """The state is unknown, used, too old or another's: nobody was judged, and nothing is written down."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in under way: what the browser does next, and the state that it brings back."""

    step: Step
    state: str


@dataclass(frozen=True, slots=True)
class Finished:
    """A sign-in that succeeded: the new session, whose it is, and the local path that the customer was heading for."""

    opened: OpenedSession
    recognised: Recognised
    return_to: str


@dataclass(frozen=True, slots=True)
class _Kept:
    provider: str
    browser: str
    return_to: str
    assurance: int
    awaits: bool
    kept: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SignInFlow:
    """Begins and finishes sign-ins. `callback_url` gives the address that a provider, by name, returns to."""

    providers: Mapping[str, IdentityProvider]
    tickets: TicketRows
    people: People
    sessions: Sessions
    audit: Audit
    throttle: Throttle
    callback_url: Callable[[str], str]
    now: Callable[[], datetime]

    def offering(self, assurance: Assurance) -> list[IdentityProvider]:
        """Return the providers that can reach an assurance, in the profile's order."""
        return [provider for provider in self.providers.values() if provider.assurance >= assurance]

    async def begin(  # noqa: PLR0913 -- each is another fact of the beginning
        self,
        name: str,
        browser: str,
        *,
        return_to: str,
        visitor: Visitor,
        deadline: Deadline,
        assurance: Assurance = Assurance.LOW,
    ) -> Begun:
        """Begin at a provider.

        Args:
            name: the provider's.
            browser: the secret of this browser's cookie, which `finish` must see again.
            return_to: the local path to go to afterwards; any other address is replaced by `/`.
            visitor: who asks.
            deadline: until when the provider may take.
            assurance: the least that will do.

        Raises:
            SignInRefused, ProviderUnavailable: as the provider does.
            KeyError: there is no such provider.
        """
        provider = self.providers[name]
        wait = await self.throttle.begin(Tried.address(Kind.SIGN_IN_BEGUN, visitor.address))
        if wait is not None:
            raise SignInRefused(RefusalCode.TOO_MANY_ATTEMPTS.value, retry_after_s=wait)
        state = secrets.token_urlsafe(32)
        step = await provider.begin(self._beginning(name, state, visitor, assurance), deadline)
        kept = {
            "provider": name,
            "browser": key_of(browser),
            "return_to": local_path(return_to),
            "assurance": int(assurance),
            "awaits": isinstance(step, Form) and step.awaits,
            "kept": dict(step.kept),
        }
        now = self.now()
        await self.tickets.put(_KIND, key_of(state), json.dumps(kept), now, now + LIFETIME)
        return Begun(step, state)

    async def finish(
        self, name: str, browser: str, answer: Mapping[str, str], visitor: Visitor, deadline: Deadline
    ) -> Finished:
        """Judge what the browser brought back, and open a session.

        Raises:
            SignInExpired: the state is unknown, used, too old, another browser's or another provider's.
            SignInRefused: as the provider does, and for less assurance than was asked for. What was judged and refused
                is in the audit trail; what the throttle turned away is not, for a flood would fill it.
            ProviderUnavailable: as the provider does.
        """
        state = answer.get("state", "")
        kept = await self._kept(name, browser, state)
        try:
            identity = await self._judge(kept, state, answer, visitor, deadline)
            recognised = await self._recognise(identity)
        except (SignInNotYet, _BadState):
            raise
        except SignInRefused as error:
            if error.retry_after_s is None:
                await self._record_refusal(name, error, visitor)
            raise
        except ProviderUnavailable as error:
            log.warning("provider_unavailable", provider=name, reason=error.reason)
            raise
        return await self._open(kept, identity, recognised, visitor)

    async def under_way(self, name: str, browser: str, state: str) -> tuple[str, Assurance]:
        """Return where a sign-in that is still under way leads, and the least assurance that it asks for.

        Where there is none, that is `/` and the lowest.
        """
        try:
            kept = await self._kept(name, browser, state)
        except _BadState:
            return "/", Assurance.LOW
        return kept.return_to, Assurance(kept.assurance)

    async def _kept(self, name: str, browser: str, state: str) -> _Kept:
        payload = await self.tickets.peek(_KIND, key_of(state), self.now())
        if payload is None:
            raise _BadState("STATE_UNKNOWN")
        values: dict[str, Any] = json.loads(payload)
        kept = _Kept(**values)
        if kept.provider != name or not browser or not hmac.compare_digest(kept.browser, key_of(browser)):
            raise _BadState("STATE_OF_ANOTHER")
        return kept

    async def _judge(
        self, kept: _Kept, state: str, answer: Mapping[str, str], visitor: Visitor, deadline: Deadline
    ) -> Identity:
        """Ask the provider, after the state was used up; where the person acts elsewhere, before.

        There the state stays good while they have not acted and while the provider is silent, and not a moment longer.
        """
        if not kept.awaits:
            await self._use_up(state)
        beginning = self._beginning(kept.provider, state, visitor, Assurance(kept.assurance))
        try:
            identity = await self.providers[kept.provider].finish(answer, kept.kept, beginning, deadline)
        except SignInNotYet:
            raise
        except SignInRefused:
            if kept.awaits:
                await self._use_up(state)
            raise
        if kept.awaits:
            await self._use_up(state)
        if identity.assurance < beginning.assurance:
            raise SignInRefused("ASSURANCE_NOT_REACHED")
        return identity

    async def _recognise(self, identity: Identity) -> Recognised:
        recognised = await self.people.recognise(identity)
        if recognised is None:
            raise SignInRefused("UNKNOWN_CUSTOMER")
        return recognised

    async def _use_up(self, state: str) -> None:
        if await self.tickets.take(_KIND, key_of(state), self.now()) is None:
            raise _BadState("STATE_USED")

    async def _record_refusal(self, name: str, error: SignInRefused, visitor: Visitor) -> None:
        await self.audit.record(
            AuditEvent(
                AuditKind.SIGN_IN_REFUSED, subject=error.subject, provider=name, detail=error.reason, visitor=visitor
            )
        )

    async def _open(self, kept: _Kept, identity: Identity, recognised: Recognised, visitor: Visitor) -> Finished:
        authentication = Authentication(identity.assurance, identity.amr, self.now())
        subject = recognised.customer.subject
        opened = await self.sessions.open(
            subject, kept.provider, authentication, visitor, sign_out_hint=identity.sign_out_hint
        )
        events = [AuditKind.REGISTERED] * recognised.is_new + [AuditKind.SIGNED_IN]
        await self.audit.record(
            *(
                AuditEvent(
                    kind, subject=subject, provider=kept.provider, detail=word_of(identity.method), visitor=visitor
                )
                for kind in events
            )
        )
        await self.throttle.take_back(Tried.address(Kind.SIGN_IN_BEGUN, visitor.address))
        return Finished(opened, recognised, kept.return_to)

    def _beginning(self, name: str, state: str, visitor: Visitor, assurance: Assurance) -> Beginning:
        return Beginning(state, self.callback_url(name), visitor, assurance)


def word_of(method: str) -> str:
    """Return a provider's word for a method as the audit trail may keep it: never anything that could be a number."""
    return method if _METHOD.fullmatch(method) else "OTHER"


def local_path(text: str) -> str:
    """Return a path of our own as it is, and `/` for anything that a browser could take for another site's address.

    Browsers read a backslash as a slash, pass over tabs and line ends, and take a path that begins with two slashes
    for a host; so does whoever meets such a path again after its dots were resolved.
    """
    path = _PATH.match(text)
    is_local = path is not None and "//" not in path[0] and "\\" not in text and text.isprintable()
    return text if is_local and len(text) <= _MAX_PATH else "/"
