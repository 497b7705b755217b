"""Places: the regions and districts that a utility serves, by their official codes, in several languages.

Codes stay while names change, so everything else stores the code; the name is looked up here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import strawberry

FALLBACK: Final = "en"
"""The language in which every place has a name."""


@strawberry.type(description="A district, or a city that stands beside the districts of its region.")
class District:
    """A district or a city; `code` is KATOTTG or SOATO as the profile's `territorial_code` says."""

    code: str = strawberry.field(description="In the utility's code system of addresses: KATOTTG or SOATO.")
    legacy_code: str | None = strawberry.field(description="The utility's own number of it, where one is known.")
    name: str


@strawberry.type(description="A region with its districts and cities.")
class Region:
    """A region with its districts and cities, in the order of their codes in the table."""

    code: str = strawberry.field(description="In the utility's code system of addresses: KATOTTG or SOATO.")
    legacy_code: str | None = strawberry.field(description="The utility's own number of it, where one is known.")
    name: str
    districts: list[District]


@dataclass(frozen=True, slots=True)
class Place:
    """One row of a table: a region, or (with `region`, the code of its region) a district or city of one."""

    code: str
    region: str | None
    legacy_code: str | None
    names: Mapping[str, str]
    """By BCP 47 tag in small letters; without those in which the table has none."""

    def name(self, language: str) -> str:
        """Return the name in a language (BCP 47): the nearest that the table has (RFC 4647, 3.4), else in English."""
        return next(self.names[tag] for tag in _nearest(language.lower()) if tag in self.names)


@dataclass(frozen=True, slots=True)
class Places:
    """The table of a utility. An empty one knows no place, and therefore objects to none."""

    rows: tuple[Place, ...] = ()

    def regions(self, language: str) -> list[Region]:
        """List the regions and their districts with names in a language (BCP 47)."""
        return [
            Region(
                code=region.code,
                legacy_code=region.legacy_code,
                name=region.name(language),
                districts=[
                    District(code=row.code, legacy_code=row.legacy_code, name=row.name(language))
                    for row in self.rows
                    if row.region == region.code
                ],
            )
            for region in self.rows
            if region.region is None
        ]

    def accepts_region(self, code: str) -> bool:
        """Tell whether there may be a region with this code."""
        return not self.rows or any(row.code == code and row.region is None for row in self.rows)

    def accepts_district(self, code: str, region: str | None = None) -> bool:
        """Tell whether there may be a district or city with this code in a region, in any where none is given."""
        regions = {row.region for row in self.rows if row.code == code} - {None}
        return not self.rows or (bool(regions) if region is None else region in regions)


def read_places(text: str) -> Places:
    """Read a table; raises ValueError that names the row.

    Lines of cells between semicolons; `#` begins a comment. The first line names the columns: `code`, `region` (empty
    for a region), `legacy_code` where the utility has numbers of its own, and one for each language by its BCP 47 tag.
    """
    head, *lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")] or [""]
    columns = [column.strip() for column in head.split(";")]
    if missing := {"code", "region", FALLBACK} - set(columns):
        raise ValueError(f"no column {', '.join(sorted(missing))}")
    rows = tuple(_read_place(columns, line) for line in lines)
    _check(rows)
    return Places(rows)


def _read_place(columns: Sequence[str], line: str) -> Place:
    cells = [cell.strip() for cell in line.split(";")]
    if len(cells) != len(columns):
        raise ValueError(f"row {cells[0]}: {len(cells)} cells for {len(columns)} columns")
    named = {column: cell for column, cell in zip(columns, cells, strict=True) if cell}
    code, region, legacy_code = (named.pop(column, None) for column in ("code", "region", "legacy_code"))
    if code is None:
        raise ValueError(f"row {line}: no code")
    if FALLBACK not in named:
        raise ValueError(f"row {code}: no name in {FALLBACK}")
    return Place(code, region, legacy_code, {language.lower(): name for language, name in named.items()})


def _check(rows: Sequence[Place]) -> None:
    regions = {row.code for row in rows if row.region is None}
    seen: set[str] = set()
    for row in rows:
        if row.code in seen:
            raise ValueError(f"row {row.code}: stands twice")
        if row.region is not None and row.region not in regions:
            raise ValueError(f"row {row.code}: its region {row.region} is no region of the table")
        seen.add(row.code)


def _nearest(language: str) -> Iterator[str]:
    """Give the tag and what remains of it without its last subtags, then the fallback."""
    parts = language.split("-")
    for length in range(len(parts), 0, -1):
        yield "-".join(parts[:length])
    yield FALLBACK
