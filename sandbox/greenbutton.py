"""Green Button: reads the interval readings of an Atom/ESPI feed (NAESB REQ.21).

Of a feed with several meter readings the first one that is electric energy delivered, in Wh, per interval, is taken;
its blocks are found by the feed's own links. Money, power quality and summaries are left alone.

    FeedRefused(ValueError)    not XML, a DTD, another namespace, another commodity or unit, broken numbers
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from lxml import etree

_ATOM = "{http://www.w3.org/2005/Atom}"
_ESPI = "{http://naesb.org/espi}"
_WATT_HOURS = "72"
_ELECTRICITY = (None, "0", "1")  # ESPI CommodityKind: not applicable, electricity secondary metered
_DELTA = (None, "0", "4")  # AccumulationKind: none, delta
_DELIVERED = (None, "0", "1")  # FlowDirectionKind: not applicable, forward


class FeedRefused(ValueError):
    """Say why a feed was not taken."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Hold the energy of one interval; `quality` is the ESPI ReadingQuality code, 0 when the feed gives none."""

    start: datetime
    end: datetime
    kwh: Decimal
    quality: int


def read_feed(feed: Path | bytes) -> list[Interval]:
    """Read a feed's intervals in order of time (aware, UTC); `FeedRefused` says what is wrong with it."""
    root = _parsed(feed.read_bytes() if isinstance(feed, Path) else feed)
    entries = list(root.iter(f"{_ATOM}entry"))
    reading_type, blocks = _energy(entries)
    exponent = _number(reading_type, "powerOfTenMultiplier", 0) - 3
    found = [_interval(each, exponent) for block in blocks for each in block.iter(f"{_ESPI}IntervalReading")]
    if not found:
        raise FeedRefused("the feed has no IntervalReading")
    return sorted(found, key=lambda interval: interval.start)


def _parsed(text: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        raise FeedRefused(f"the feed is not XML: {error.msg}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise FeedRefused("the feed carries a DTD, which is not read")
    if root.tag != f"{_ATOM}feed":
        raise FeedRefused(f"the document is {etree.QName(root).text}, not an Atom feed")
    if root.find(f".//{_ESPI}IntervalBlock") is None:
        raise FeedRefused(f"the feed has no IntervalBlock in the namespace {_ESPI.strip('{}')}")
    return root


def _energy(entries: list[etree._Element]) -> tuple[etree._Element, list[etree._Element]]:
    """Find the reading type of the energy and the blocks that belong to it."""
    types = {_link(entry, "self"): found for entry in entries if (found := _content(entry, "ReadingType")) is not None}
    if not types:
        raise FeedRefused("the feed has no ReadingType")
    wanted = {href: each for href, each in types.items() if _refusal(each) is None}
    if not wanted:
        raise FeedRefused("; ".join(sorted({_refusal(each) or "" for each in types.values()})))
    blocks = [entry for entry in entries if _content(entry, "IntervalBlock") is not None]
    if len(types) == 1:
        return next(iter(wanted.values())), blocks
    for entry in entries:
        reading_type = next((wanted[href] for href in _links(entry, "related") if href in wanted), None)
        if _content(entry, "MeterReading") is not None and reading_type is not None:
            home = _link(entry, "self")
            return reading_type, [block for block in blocks if _link(block, "up").startswith(f"{home}/")]
    raise FeedRefused("no MeterReading of the feed is linked to an energy ReadingType")


def _refusal(reading_type: etree._Element) -> str | None:
    """Say why a reading type is not energy per interval; `None` when it is."""
    uom, commodity = (reading_type.findtext(f"{_ESPI}{name}") for name in ("uom", "commodity"))
    if commodity not in _ELECTRICITY:
        return f"the commodity {commodity} is not electricity"
    if uom != _WATT_HOURS:
        return f"the unit of measure {uom} is not Wh (72): another commodity, or not energy"
    if reading_type.findtext(f"{_ESPI}accumulationBehaviour") not in _DELTA:
        return "the readings accumulate; only energy per interval is read"
    if reading_type.findtext(f"{_ESPI}flowDirection") not in _DELIVERED:
        return "the energy is received from the customer, not delivered"
    return None


def _interval(reading: etree._Element, exponent: int) -> Interval:
    period = reading.find(f"{_ESPI}timePeriod")
    if period is None:
        raise FeedRefused("an IntervalReading has no timePeriod")
    try:
        start = datetime.fromtimestamp(_number(period, "start"), UTC)
        end = start + timedelta(seconds=_number(period, "duration"))
    except (OverflowError, OSError) as error:
        raise FeedRefused("a timePeriod lies outside the calendar") from error
    return Interval(
        start=start,
        end=end,
        kwh=Decimal(_number(reading, "value")).scaleb(exponent),
        quality=_number(reading, "ReadingQuality/quality", 0),
    )


def _number(parent: etree._Element, path: str, absent: int | None = None) -> int:
    text = parent.findtext("/".join(f"{_ESPI}{name}" for name in path.split("/")))
    if text is None and absent is not None:
        return absent
    try:
        return int(text or "")
    except ValueError as error:
        raise FeedRefused(f"{path} is not a whole number: {text!r}") from error


def _content(entry: etree._Element, name: str) -> etree._Element | None:
    return entry.find(f"{_ATOM}content/{_ESPI}{name}")


def _links(entry: etree._Element, rel: str) -> list[str]:
    return [link.get("href", "") for link in entry.findall(f"{_ATOM}link") if link.get("rel") == rel]


def _link(entry: etree._Element, rel: str) -> str:
    return next(iter(_links(entry, rel)), "")
