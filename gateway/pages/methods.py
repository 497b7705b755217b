"""The ways to sign in as pages show them: their words, their signs, and what each one's own page needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import segno
from markupsafe import Markup

from auth.identity.port import Form, IdentityProvider
from gateway.pages.addresses import way
from gateway.pages.visit import Visit
from schema.authentication import Assurance

PAGES: Final[Mapping[str, str]] = {
    "password": "password.html",
    "sms": "sms.html",
    "e-imzo": "e_imzo.html",
    "e-imzo-mobile": "e_imzo_mobile.html",
    "passkey": "passkey.html",
}
"""The template of each `Form.page`."""

_KNOWN: Final = frozenset({*PAGES, "oneid", "id-gov-ua"})
_OTHER: Final = "oidc"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody signs in for: where they are heading, and the least assurance that will do."""

    return_to: str
    assurance: Assurance = Assurance.LOW

    @classmethod
    def of(cls, visit: Visit) -> "Wanted":
        """Read what a page's address or its form says; an `acr` that is none of ours asks for nothing."""
        acr = visit.field("acr") or visit.request.query_params.get("acr", "")
        known = {each.acr: each for each in Assurance}
        return cls(visit.return_to, known.get(acr, Assurance.LOW))

    @property
    def acr(self) -> str:
        """The assurance's name, empty for the least."""
        return self.assurance.acr if self.assurance > Assurance.LOW else ""

    def at(self, path: str, **more: str) -> str:
        """Return the address of a page for the same."""
        return way(path, self.return_to, **({"acr": self.acr} if self.acr else {}), **more)


@dataclass(frozen=True, slots=True)
class Method:
    """A way to sign in: its sign, its title and a sentence about it in the visitor's language, and where it begins."""

    sign: str
    title: str
    hint: str
    address: str


def methods(visit: Visit, wanted: Wanted, *, without: str = "") -> list[Method]:
    """List the ways that can reach the assurance, in the utility's order."""
    offering = visit.entrance.flow.offering(wanted.assurance)
    return [_method(visit, wanted, provider) for provider in offering if provider.name != without]


def title_of(visit: Visit, name: str) -> str:
    """Return a way's title; a provider that has no words of its own here is known by its name."""
    if name in _KNOWN:
        return visit.say(f"provider.{name}")
    return visit.say("provider.oidc", name=name)


def matter_of(form: Form) -> Mapping[str, object]:
    """Return what the page of a way shows, for its template."""
    more: dict[str, object] = dict(form.shown)
    if form.page == "e-imzo-mobile":
        picture = segno.make(form.shown["code"], error="m").svg_inline(omitsize=True, border=2, light="#fff")
        more["picture"] = Markup(picture)  # noqa: S704 -- segno draws it; the code is in no attribute or text
    return more


def reaches(form: Form) -> str | None:
    """Return the origin beside ours that a way's script talks to: E-IMZO's agent on the visitor's computer."""
    agent = form.shown.get("capiws_url")
    return None if agent is None else f"{urlsplit(agent).scheme}://{urlsplit(agent).netloc}"


def _method(visit: Visit, wanted: Wanted, provider: IdentityProvider) -> Method:
    name = provider.name if provider.name in _KNOWN else _OTHER
    return Method(
        sign=name,
        title=title_of(visit, provider.name),
        hint=visit.say(f"provider_hint.{name}"),
        address=wanted.at(f"/sign-in/{provider.name}"),
    )
