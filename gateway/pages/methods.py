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
    """What somebody signs in for: where they are heading, and the least assurance that will do.

    `is_once_more` tells that a page asks for it, be it of somebody who is signed in: so long ago, or not so strongly.
    """

    return_to: str
    assurance: Assurance = Assurance.LOW
    is_once_more: bool = False

    @classmethod
    def of(cls, visit: Visit) -> "Wanted":
        """Read what a page's address or its form says; an `acr` that is none of ours asks for nothing."""
        acr = visit.field("acr") or visit.request.query_params.get("acr", "")
        known = {each.acr: each for each in Assurance}
        return cls(visit.return_to, known.get(acr, Assurance.LOW), is_once_more=acr in known)

    @property
    def acr(self) -> str:
        """The assurance's name, empty where nothing is asked for."""
        return self.assurance.acr if self.is_once_more or self.assurance > Assurance.LOW else ""

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


async def methods(visit: Visit, wanted: Wanted, *, without: str = "") -> list[Method]:
    """List the ways that can reach the assurance, in the utility's order.

    Whoever is signed in and asked to do so once more sees their own ways: by another they would be somebody else.
    """
    offering = visit.entrance.flow.offering(wanted.assurance)
    theirs = await _ways_of_customer(visit, wanted)
    shown = [provider for provider in offering if provider.name in theirs] or offering
    return [_method(visit, wanted, provider) for provider in shown if provider.name != without]


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


async def _ways_of_customer(visit: Visit, wanted: Wanted) -> tuple[str, ...]:
    if visit.session is None or not wanted.acr:
        return ()
    return await visit.entrance.step_up.ways(visit.session.subject, wanted.assurance)


def _method(visit: Visit, wanted: Wanted, provider: IdentityProvider) -> Method:
    name = provider.name if provider.name in _KNOWN else _OTHER
    return Method(
        sign=name,
        title=title_of(visit, provider.name),
        hint=visit.say(f"provider_hint.{name}"),
        address=wanted.at(f"/sign-in/{provider.name}"),
    )
