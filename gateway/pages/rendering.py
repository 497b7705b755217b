"""Rendering: templates filled for one visitor, under the pages' security headers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from gateway.pages.addresses import way
from gateway.pages.assets import Assets
from gateway.pages.headers import guards, policy
from gateway.pages.language import Catalogue, catalogues

STATIC: Final = "/pages/static"
_HERE: Final = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Shown:
    """What every page shows around its own matter.

    `address` is where the page is shown by GET, for the links that change its language. `connects` is the origin beside
    ours that the page's script talks to.
    """

    catalogue: Catalogue
    languages: Sequence[str]
    utility: str
    address: str
    is_signed_in: bool
    connects: str | None = None

    def languages_of(self) -> list[tuple[str, str, str]]:
        """Return each language's tag, its own name, and where the page is in it."""
        mark = "&" if "?" in self.address else "?"
        return [
            (tag, catalogues()[tag].say("language.name"), f"{self.address}{mark}lang={tag}") for tag in self.languages
        ]


class Rendering:
    """Fills templates. Everything is escaped, and a name that is not given is a defect."""

    def __init__(self) -> None:
        self.assets = Assets.of(_HERE / "static" / "pages", STATIC)
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def page(self, template: str, shown: Shown, status: int, **values: object) -> HTMLResponse:
        """Fill a template; `t` says a message, `asset` links a file, and `values` are the page's own matter."""
        filled = self._environment.get_template(template).render(
            t=shown.catalogue.say, asset=self.assets.link, way=way, shown=shown, **values
        )
        guard = policy(connect_src=f"+{shown.connects}") if shown.connects else policy()
        return HTMLResponse(filled, status, {"cache-control": "no-store", **guards(guard)})
