"""A table of places is read strictly, and gives names in the nearest language that it has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.places import Places, read_places

TABLE = """# two regions
code;region;legacy_code;uz;uz-Cyrl;ru;en
17;;7;Bir;Бир;Первая;First
18;;;Ikki;Икки;Вторая;Second
1701;17;71;Bir shahri;;;First City

1801;18;;Ikki tumani;Икки тумани;Второй район;Second District
"""


def test_regions_hold_their_districts_in_the_table_s_order() -> None:
    first, second = read_places(TABLE).regions("uz")
    assert (first.code, first.legacy_code, first.name) == ("17", "7", "Bir")
    assert [(each.code, each.legacy_code, each.name) for each in first.districts] == [("1701", "71", "Bir shahri")]
    assert (second.code, second.legacy_code, second.name) == ("18", None, "Ikki")
    assert [(each.code, each.legacy_code, each.name) for each in second.districts] == [("1801", None, "Ikki tumani")]


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("ru", "Вторая"),
        ("ru-RU", "Вторая"),
        ("RU-cyrl-ru", "Вторая"),
        ("uz", "Ikki"),
        ("uz-Latn", "Ikki"),
        ("uz-Latn-UZ", "Ikki"),
        ("uz-Cyrl", "Икки"),
        ("uz-cyrl-uz", "Икки"),
        ("uk", "Second"),
        ("en-GB", "Second"),
        ("", "Second"),
        ("no such thing", "Second"),
    ],
)
def test_the_nearest_language_names_a_place_and_english_the_rest(language: str, name: str) -> None:
    assert read_places(TABLE).regions(language)[1].name == name


def test_a_place_without_a_name_in_a_language_has_its_shorter_tag_s_or_the_english_one() -> None:
    places = read_places(TABLE)
    names = [places.regions(language)[0].districts[0].name for language in ("uz-Cyrl", "ru")]
    assert names == ["Bir shahri", "First City"]


@given(st.text(max_size=40))
def test_any_language_gives_every_place_a_name(language: str) -> None:
    assert all(region.name for region in read_places(TABLE).regions(language))


@pytest.mark.parametrize(
    ("region", "district", "accepted"),
    [
        ("17", "1701", (True, True)),
        ("17", "1801", (True, False)),
        ("19", "1801", (False, False)),
        ("1701", "17", (False, False)),
        ("17", "17", (True, False)),
        ("", "", (False, False)),
    ],
)
def test_a_place_must_be_of_the_table_and_a_district_of_its_region(
    region: str, district: str, accepted: tuple[bool, bool]
) -> None:
    places = read_places(TABLE)
    assert (places.accepts_region(region), places.accepts_district(district, region)) == accepted


def test_without_a_region_a_district_may_be_of_any() -> None:
    places = read_places(TABLE)
    assert [places.accepts_district(code) for code in ("1801", "1802", "18")] == [True, False, False]


def test_without_a_table_there_is_no_region_to_choose_and_none_is_refused() -> None:
    nowhere = Places()
    assert nowhere.regions("en") == []
    assert nowhere.accepts_region("1")
    assert nowhere.accepts_district("1", "2")
    assert nowhere.accepts_district("1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column code, en, region"),
        ("# nothing but a comment", "no column code, en, region"),
        ("code;region;uz\n17;;Bir", "no column en"),
        ("code;region;en\n17;First", "row 17: 2 cells for 3 columns"),
        ("code;region;en\n17;;First;Second", "row 17: 4 cells for 3 columns"),
        ("code;region;en\n;;First", "no code"),
        ("code;region;uz;en\n17;;Bir; ", "row 17: no name in en"),
        ("code;region;en\n17;;First\n17;;Second", "row 17: stands twice"),
        ("code;region;en\n17;;First\n1801;18;Second", "row 1801: its region 18 is no region of the table"),
        ("code;region;en\n17;;First\n1701;17;A\n170101;1701;B", "row 170101: its region 1701 is no region"),
    ],
)
def test_a_wrong_table_says_which_row_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_places(text)
