"""Anybody may ask for the utility's regions and districts, in the language of their choice."""

# ruff: noqa: RUF001 -- the letters are Ukrainian, Russian and Uzbek and meant to be

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from gateway.profiles import load_profile
from resolvers.graph import Graph
from schema.context import NodeBudget
from schema.places import Places
from schema.profile import UtilityProfile
from schema.systems import System
from tests.demo_process import operation

KHARKIV = load_profile("ua-kharkiv")
UZBEKISTAN = load_profile("uz-het")


@dataclass(slots=True)
class Surroundings:
    """What the field leans on: no caller, no system, no store."""

    profile: UtilityProfile
    budget: NodeBudget = field(default_factory=lambda: NodeBudget(20_000))


async def ask(surroundings: Surroundings, query: str = operation("places"), language: str | None = None) -> Any:  # noqa: ANN401 -- an answer
    graph = Graph([System.IDENTITY], [])
    given = {} if language is None else {"language": language}
    answer = await graph.execute(query, variable_values=given, context_value=surroundings)
    assert answer.errors is None
    assert answer.data is not None
    return answer.data["regions"]


@pytest.mark.parametrize(
    ("language", "region", "district"),
    [
        (None, "Toshkent shahri", "Mirzo Ulugʻbek tumani"),
        ("uz", "Toshkent shahri", "Mirzo Ulugʻbek tumani"),
        ("uz-Cyrl", "Тошкент шаҳри", "Мирзо Улуғбек тумани"),
        ("ru", "город Ташкент", "Мирзо-Улугбекский район"),
        ("en", "Tashkent City", "Mirzo Ulugbek District"),
        ("uk", "Tashkent City", "Mirzo Ulugbek District"),
    ],
)
async def test_uzbekistan_in_each_language(language: str | None, region: str, district: str) -> None:
    regions = await ask(Surroundings(UZBEKISTAN), language=language)
    assert (len(regions), sum(len(each["districts"]) for each in regions)) == (14, 206)
    tashkent = next(each for each in regions if each["code"] == "1726")
    assert tashkent["name"] == region
    assert tashkent["districts"][3] == {"code": "1726269", "name": district}


@pytest.mark.parametrize(
    ("language", "region", "district"),
    [
        (None, "Харківська область", "Куп’янський район"),
        ("uk-UA", "Харківська область", "Куп’янський район"),
        ("ru", "Харьковская область", "Купянский район"),
        ("en", "Kharkiv Oblast", "Kupianskyi Raion"),
        ("uz", "Kharkiv Oblast", "Kupianskyi Raion"),
    ],
)
async def test_kharkiv_in_each_language(language: str | None, region: str, district: str) -> None:
    (oblast,) = await ask(Surroundings(KHARKIV), language=language)
    assert (oblast["code"], oblast["name"], len(oblast["districts"])) == ("UA63000000000041885", region, 16)
    assert oblast["districts"][3] == {"code": "UA63080000000032022", "name": district}


async def test_a_utility_without_a_table_has_an_empty_list() -> None:
    assert await ask(Surroundings(replace(UZBEKISTAN, places=Places()))) == []


async def test_a_utility_s_own_numbers_are_told_where_its_table_has_them() -> None:
    query = "{ regions { code legacyCode districts { code legacyCode } } }"
    (oblast,) = await ask(Surroundings(KHARKIV), query)
    assert {each["legacyCode"] for each in (oblast, *oblast["districts"])} == {None}


async def test_places_cost_as_many_nodes_as_the_table_has() -> None:
    assert len(await ask(Surroundings(UZBEKISTAN, NodeBudget(220)))) == 14
    graph = Graph([System.IDENTITY], [])
    answer = await graph.execute("{ regions { code } }", context_value=Surroundings(UZBEKISTAN, NodeBudget(219)))
    assert answer.data is None
    assert [(error.extensions or {})["code"] for error in answer.errors or []] == ["NODE_LIMIT_EXCEEDED"]
