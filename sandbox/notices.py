"""Notices: planned maintenance as the fault board has it, and one piece of news."""

# ruff: noqa: RUF001 - the letters are Ukrainian and Uzbek and meant to be
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.faults import SYSTEMS, FaultBoard
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Notice:
    """Hold one notice.

    Attributes:
        kind: "MAINTENANCE" or "INFORMATION".
        system: the system it is about; `None` for news.
        texts: (language, text) pairs.
    """

    id: str
    kind: str
    system: str | None
    starts_at: datetime
    ends_at: datetime
    texts: tuple[tuple[str, str], ...]


_MAINTENANCE = (
    ("uk", "Планові роботи. Частина відомостей тимчасово недоступна."),
    ("uz", "Rejali ishlar. Ayrim maʼlumotlar vaqtincha mavjud emas."),
    ("ru", "Плановые работы. Часть сведений временно недоступна."),
    ("en", "Planned maintenance. Some information is temporarily unavailable."),
)
_READING_WINDOW = (
    ("uk", "Показання лічильника приймаються з передостаннього дня місяця до 3-го числа включно."),
    ("uz", "Hisoblagich ko‘rsatkichlari oyning oxiridan oldingi kunidan 3-sanagacha qabul qilinadi."),
    ("ru", "Показания счётчика принимаются с предпоследнего дня месяца по 3-е число включительно."),
    ("en", "Readings are taken from the last day but one of the month to the 3rd, both included."),
)


def notices(world: World, board: FaultBoard) -> list[Notice]:
    """Give the maintenance that is on, and for postpaid accounts the reading window of this month."""
    now = world.now()
    found = [
        Notice(f"maintenance-{system}", "MAINTENANCE", system, now, until, _MAINTENANCE)
        for system in SYSTEMS
        if (until := board.maintenance(system, now))
    ]
    if not world.utility.prepaid:
        first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        following = (first + timedelta(days=32)).replace(day=1)
        starts_at, ends_at = following - timedelta(days=2), following + timedelta(days=3)
        found.append(Notice(f"readings-{now:%Y-%m}", "INFORMATION", None, starts_at, ends_at, _READING_WINDOW))
    return found
