"""A small Green Button feed: intervals of one length, one after another."""

from collections.abc import Sequence
from datetime import datetime, timedelta

_FEED = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:espi="http://naesb.org/espi">
  <entry><link rel="self" href="/ReadingType/1"/><content><espi:ReadingType>
    <espi:powerOfTenMultiplier>0</espi:powerOfTenMultiplier><espi:uom>72</espi:uom>
  </espi:ReadingType></content></entry>
  <entry><link rel="self" href="/IntervalBlock/1"/><content>
    <espi:IntervalBlock>{}</espi:IntervalBlock>
  </content></entry>
</feed>"""
_READING = (
    "<espi:IntervalReading><espi:timePeriod><espi:duration>{duration}</espi:duration><espi:start>{start}</espi:start>"
    "</espi:timePeriod><espi:value>{value}</espi:value></espi:IntervalReading>"
)


def feed(first_start: datetime, length: timedelta, watt_hours: Sequence[int]) -> bytes:
    """Write a feed with one interval for each value."""
    duration, start = int(length.total_seconds()), int(first_start.timestamp())
    readings = (
        _READING.format(duration=duration, start=start + duration * place, value=value)
        for place, value in enumerate(watt_hours)
    )
    return _FEED.format("".join(readings)).encode()
