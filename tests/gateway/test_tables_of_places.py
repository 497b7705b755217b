"""The tables of places that ship: whole, in the letters of each language, and what their sources say."""

# ruff: noqa: RUF001 -- the letters are Ukrainian, Russian and Uzbek and meant to be

import json
import re
from itertools import chain
from typing import Any, Final

import pytest

from gateway.profiles import SHIPPED, load_profile
from sandbox.geography import UKRAINE, UZBEKISTAN
from schema.places import Place, Region
from tests.sandbox.shared_data import shared_data

LETTERS: Final = {
    "en": re.compile(r"[A-Za-z' ,]+"),
    "ru": re.compile(r"[А-Яа-яЁё ,-]+"),
    "uk": re.compile(r"[А-ЩЬЮЯҐЄІЇа-щьюяґєії’ ,]+"),
    "uz": re.compile(r"[A-Za-zʻʼ ]+"),
    "uz-cyrl": re.compile(r"[А-ЯЁЎҚҒҲа-яёўқғҳ ]+"),
}
LOOKALIKES: Final = str.maketrans("pP", "рР")
"""Latin letters within Russian names of the source."""

SLIPS: Final = {"Zomin tumaniм": "Zomin tumani", "Акдарьинский районм": "Акдарьинский район"}
"""Slips of the source that the table does not repeat."""


def rows(profile: str) -> tuple[Place, ...]:
    return load_profile(profile).places.rows


def regions(profile: str) -> list[Region]:
    return load_profile(profile).places.regions("en")


def test_uzbekistan_has_14_regions_with_206_districts_and_cities() -> None:
    found = regions("uz-het")
    districts = [district.code for region in found for district in region.districts]
    assert (len(found), len(districts), len(set(districts))) == (14, 206, 206)
    assert sum(code[4] == "4" for code in districts) == 31
    assert all(code.startswith(region.code) for region in found for code in (each.code for each in region.districts))
    assert len(next(region for region in found if region.code == "1726").districts) == 12


def test_kharkiv_oblast_has_7_raions_and_9_districts_of_the_city() -> None:
    (oblast,) = regions("ua-kharkiv")
    city = [district for district in oblast.districts if district.code.startswith("UA6312027001")]
    raions = [district for district in oblast.districts if district not in city]
    assert (oblast.code, len(raions), len(city)) == ("UA63000000000041885", 7, 9)
    assert all(re.fullmatch(r"UA63\d{15}", district.code) for district in oblast.districts)
    assert all(district.name.startswith("Kharkiv, ") for district in city)


@pytest.mark.parametrize(
    ("profile", "languages"), [("uz-het", {"uz", "uz-cyrl", "ru", "en"}), ("ua-kharkiv", {"uk", "ru", "en"})]
)
def test_every_place_has_a_name_in_each_language_and_in_its_letters(profile: str, languages: set[str]) -> None:
    assert {row.code for row in rows(profile) if set(row.names) != languages} == set()
    names = list(chain.from_iterable(row.names.items() for row in rows(profile)))
    assert [name for language, name in names if not LETTERS[language].fullmatch(name)] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_a_utility_names_places_in_each_of_its_languages(name: str) -> None:
    profile = load_profile(name)
    assert all(language in row.names for row in profile.places.rows for language in profile.languages)


@pytest.mark.parametrize("name", SHIPPED)
def test_two_places_of_one_list_never_have_one_name(name: str) -> None:
    places = load_profile(name).places
    for language in ("uz", "uz-Cyrl", "ru", "uk", "en"):
        lists = [[each.name for each in region.districts] for region in places.regions(language)]
        assert [len(names) for names in lists] == [len(set(names)) for names in lists]


@pytest.mark.parametrize(("profile", "sandbox"), [("uz-het", UZBEKISTAN), ("ua-kharkiv", UKRAINE)])
def test_every_place_of_the_sandbox_is_in_the_table(profile: str, sandbox: tuple[Any, ...]) -> None:
    places = load_profile(profile).places
    assert [each for each in sandbox if not places.accepts_region(each.region_code)] == []
    assert [each for each in sandbox if not places.accepts_district(each.code, each.region_code)] == []


def test_the_table_of_uzbekistan_is_what_its_source_says() -> None:
    source = json.loads(shared_data("soato", "CodeSystem-regions-cs.json").read_text("utf-8"))
    expected = {concept["code"]: said(concept) for concept in source["concept"] if is_place(concept["code"])}
    compared = {
        row.code: {language: folded(name) for language, name in row.names.items() if language != "uz-cyrl"}
        for row in rows("uz-het")
    }
    assert compared == expected


def is_place(code: str) -> bool:
    """Tell a region, district or city from the country, from headings of groups, and from settlements."""
    return len(code) == 4 or (len(code) == 7 and code[4:] not in {"200", "400"} and code != "1726260")


def said(concept: dict[str, Any]) -> dict[str, str]:
    """Return the names that the source gives: without the region's or district's centre, spelt alike."""
    given = {"uz": concept["display"]} | {each["language"]: each["value"] for each in concept["designation"]}
    names = {language: re.sub(r" *\(.*", "", name) for language, name in given.items()}
    names["ru"] = names["ru"].translate(LOOKALIKES)
    return {language: folded(SLIPS.get(name, name)) for language, name in names.items()}


def folded(name: str) -> str:
    """Spell apostrophes and capitals alike."""
    return re.sub("[ʻʼ]", "'", name).lower()
