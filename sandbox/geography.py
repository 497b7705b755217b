"""Where accounts lie: districts with their official codes.

Codes: KATOTTG (Ukraine's codifier of 2020, Kharkiv oblast) and SOATO (Uzbekistan's classifier). A cell that is listed
several times holds more people.
"""

# ruff: noqa: RUF001 - the letters are Ukrainian and Uzbek and meant to be
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class District:
    """Hold one district: official codes, the city or village people write in their address, and the postal prefix."""

    region_code: str
    code: str
    city: str
    post_prefix: str


def _districts(region: str, rows: str) -> tuple[District, ...]:
    """Read "code;post prefix;city" lines."""
    parts = (row.strip().split(";") for row in rows.strip().splitlines())
    return tuple(District(region, code, city, prefix) for code, prefix, city in parts)


_KHARKIV_CITY = _districts(
    "UA63000000000041885",
    """UA63120270010158723;61;м. Харків
    UA63120270010216514;61;м. Харків
    UA63120270010315719;61;м. Харків
    UA63120270010423479;61;м. Харків
    UA63120270010565081;61;м. Харків
    UA63120270010681864;61;м. Харків
    UA63120270010736370;61;м. Харків
    UA63120270010877312;61;м. Харків
    UA63120270010948820;61;м. Харків""",
)
_KHARKIV_RAIONS = _districts(
    "UA63000000000041885",
    """UA63020000000066931;62;м. Богодухів
    UA63040000000023521;64;м. Ізюм
    UA63060000000053698;63;м. Берестин
    UA63080000000032022;63;м. Куп’янськ
    UA63100000000059237;64;м. Лозова
    UA63120000000091135;62;с-ще Пісочин
    UA63140000000096278;63;м. Чугуїв""",
)
UKRAINE = _KHARKIV_CITY * 3 + _KHARKIV_RAIONS

_TASHKENT = _districts(
    "1726",
    """1726262;10;Toshkent sh.
    1726264;10;Toshkent sh.
    1726266;10;Toshkent sh.
    1726269;10;Toshkent sh.
    1726273;10;Toshkent sh.
    1726277;10;Toshkent sh.
    1726280;10;Toshkent sh.
    1726283;10;Toshkent sh.
    1726287;10;Toshkent sh.
    1726290;10;Toshkent sh.
    1726292;10;Toshkent sh.
    1726294;10;Toshkent sh.""",
)
_SAMARKAND = _districts("1718", "1718401;14;Samarqand sh.\n1718406;14;Kattaqo‘rg‘on sh.")
_BUKHARA = _districts("1706", "1706401;20;Buxoro sh.\n1706403;20;Kogon sh.")
_FERGANA = _districts("1730", "1730401;15;Farg‘ona sh.\n1730405;15;Qo‘qon sh.\n1730412;15;Marg‘ilon sh.")
UZBEKISTAN = _TASHKENT * 2 + _SAMARKAND + _BUKHARA + _FERGANA
