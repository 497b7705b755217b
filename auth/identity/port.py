"""The port of identity providers: what is asked of whoever vouches for a person, and what they say.

SignInRefused           the provider, or the person, said no: asking again the same way will not help
├── SignInExpired       the state, code or challenge is unknown, used or too old: begin again
└── SignInNotYet        the person has not acted yet: ask again in a moment
ProviderUnavailable     the provider does not answer as agreed: try later, or sign in another way
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from connectors.transport.deadline import Deadline
from schema.authentication import Assurance


class SignInRefused(Exception):
    """The sign-in is refused; `reason` is a short code for the log and the audit trail, without personal data.

    `retry_after_s` is set where the throttle refused, and nothing was judged. `subject` is the customer of ours whom
    somebody tried to sign in as, where that is known: for the audit trail alone.
    """

    def __init__(self, reason: str, *, retry_after_s: int | None = None, subject: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.subject = subject


class SignInExpired(SignInRefused):
    """The state, code or challenge is unknown, used or too old; beginning again helps."""


class SignInNotYet(SignInRefused):
    """The person has not acted yet on their other device."""


class ProviderUnavailable(Exception):
    """The provider does not answer as agreed; `reason` is a short code for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Organisation:
    """A legal person that somebody may act for. `tin` is its taxpayer number, which is public."""

    tin: str
    name: str
    is_primary: bool = False


@dataclass(frozen=True, slots=True)
class StateNumber:
    """A person's number in a state's register: the same person by whichever state-verified way they come."""

    register: str
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a provider vouches for. The key is (`issuer`, `subject`); never a phone or an e-mail.

    `method` is the provider's own word for how the person proved themselves, verbatim. `sign_out_hint` is what the
    provider needs to end its own session later: a secret.
    """

    issuer: str
    subject: str = field(repr=False)
    method: str
    assurance: Assurance
    amr: tuple[str, ...]
    full_name: str | None = field(default=None, repr=False)
    state_number: StateNumber | None = field(default=None, repr=False)
    organisations: tuple[Organisation, ...] = field(default=(), repr=False)
    sign_out_hint: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is at the browser: IP address, user agent, preferred language (BCP 47), and the customer, if signed in."""

    address: str
    user_agent: str = ""
    language: str = "en"
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a sign-in begins from.

    `state` ties the answer to the browser, `callback_url` is where a provider returns to, and `assurance` is the least
    that will do, for providers that can be asked for more.
    """

    state: str
    callback_url: str
    visitor: Visitor
    assurance: Assurance = Assurance.LOW


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the browser to `url`; `kept` is remembered under the state until it comes back."""

    url: str
    kept: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Form:
    """Show our own page `page` with `shown`; `kept` is remembered under the state, and never shown.

    With `awaits` the person acts on another device, and the page asks again and again until they have.
    """

    page: str
    shown: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict, repr=False)
    awaits: bool = False


Step: TypeAlias = Redirect | Form


class IdentityProvider(Protocol):
    """Somebody who vouches for a person. Every verb keeps to the deadline."""

    @property
    def name(self) -> str:
        """The provider's name in addresses and in the audit trail: a short slug."""
        ...

    @property
    def assurance(self) -> Assurance:
        """The most that a sign-in here can reach."""
        ...

    async def begin(self, beginning: Beginning, deadline: Deadline) -> Step:
        """Begin a sign-in; raises SignInRefused and ProviderUnavailable."""
        ...

    async def finish(
        self, answer: Mapping[str, str], kept: Mapping[str, str], beginning: Beginning, deadline: Deadline
    ) -> Identity:
        """Judge what came back from the browser, beside what was kept.

        Raises SignInRefused (SignInExpired, SignInNotYet) and ProviderUnavailable; anything else is a defect.
        """
        ...

    async def sign_out(self, hint: str, return_to: str, deadline: Deadline) -> str | None:
        """End the provider's own session as well as can be; return where to send the browser, if anywhere."""
        ...
