"""Utility profiles: two ship, a third is a file."""

from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from gateway.pages.language import offered
from gateway.profiles import SHIPPED, ProfileError, load_profile

KHARKIV = files("gateway").joinpath("utilities", "ua-kharkiv.toml").read_text("utf-8")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_profile_has_one_version_of_each_tariff_on_every_day(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    codes = {tariff.code for tariff in profile.tariffs}
    for day in (date(2024, 4, 30), date(2024, 6, 1), date(2025, 5, 1), date(2026, 4, 30), date(2026, 5, 1)):
        in_force = [tariff.code for tariff in profile.tariffs if tariff.is_in_force(day)]
        assert sorted(in_force) == sorted(codes)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_zones_of_a_tariff_cover_the_day_once(name: str) -> None:
    for tariff in load_profile(name).tariffs:
        edges = sorted(zone.starts_at for zone in tariff.zones)
        assert edges == sorted(zone.ends_at for zone in tariff.zones)
        assert len(edges) == len(set(edges))


def test_prices_are_those_of_the_decrees() -> None:
    uzbekistan = load_profile("uz-het")
    before = uzbekistan.tariff_in_force("UZ-HOUSE", date(2025, 4, 30))
    after = uzbekistan.tariff_in_force("UZ-HOUSE", date(2025, 5, 1))
    assert before is not None
    assert after is not None
    assert [tier.unit_price for tier in before.tiers] == [Decimal(price) for price in (450, 900, 1350, 1575, 1800)]
    assert [tier.unit_price for tier in after.tiers[:3]] == [Decimal(price) for price in (600, 800, 1000)]
    assert after.is_confirmed is False
    kharkiv = load_profile("ua-kharkiv").tariff_in_force("UA-3Z", date(2025, 1, 1))
    assert kharkiv is not None
    assert {(zone.name, zone.coefficient) for zone in kharkiv.zones} == {
        ("night", Decimal("0.4")),
        ("semi-peak", Decimal(1)),
        ("peak", Decimal("1.5")),
    }


def test_a_third_utility_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "third.toml"
    path.write_text(KHARKIV.replace('"ua-kharkiv"', '"third"').replace('"Europe/Kyiv"', '"Asia/Tbilisi"'))
    assert (load_profile(str(path)).name, load_profile(str(path)).zone.key) == ("third", "Asia/Tbilisi")


def test_a_third_utility_has_a_table_of_places_beside_its_profile_or_none(tmp_path: Path) -> None:
    path = tmp_path / "third.toml"
    path.write_text(KHARKIV.replace('places = "kharkiv-oblast"', 'places = "places.csv"'))
    (tmp_path / "places.csv").write_text("code;region;legacy_code;en\nUA46;;14;Lviv Oblast\n")
    assert [(region.code, region.legacy_code) for region in load_profile(str(path)).places.regions("uk")] == [
        ("UA46", "14")
    ]
    path.write_text(KHARKIV.replace('places = "kharkiv-oblast"\n', ""))
    assert load_profile(str(path)).places.rows == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('"Europe/Kyiv"', '"Europe/Kharkiv"'), "time_zone Europe/Kharkiv is not in the IANA time zone database"),
        (('currency = "UAH"', 'currency = "UAX"'), "currency UAX is none of"),
        (("pattern = '\\d{12}'", "pattern = '\\d{12'"), "example does not match"),
        (("pattern = '\\d{12}'", "pattern = '('"), "is not a regular expression"),
        (('["password", ', '["passwort", '), "sign_in_methods.0: Input should be 'password'"),
        (("last_days = 2", 'last_days = "two"'), "reading_window.last_days: Input should be a valid integer"),
        (("[reading_window]", "[reading_widow]"), "reading_widow: no such setting"),
        (
            ('places = "kharkiv-oblast"', 'places = "nowhere.csv"'),
            "places nowhere.csv: No such file or directory; name one of",
        ),
        (
            ('places = "kharkiv-oblast"', 'places = "wrong.toml"'),
            "places wrong.toml: no column code, en, region; compare",
        ),
    ],
)
def test_a_wrong_profile_says_what_is_wrong(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    assert change[0] in KHARKIV
    path = tmp_path / "wrong.toml"
    path.write_text(KHARKIV.replace(*change))
    with pytest.raises(ProfileError, match=message):
        load_profile(str(path))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_profile_has_its_title_in_every_language_of_the_pages(name: str) -> None:
    profile = load_profile(name)
    titles = {language: profile.title_in(language) for language in offered(profile.languages)}
    assert len(set(titles.values())) == len(titles)
    assert titles["en"] == profile.title == profile.title_in("ka")
