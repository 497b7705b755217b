"""Arguments of a request as values; one that cannot be read is refused by a soap:Client fault naming it."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone, tzinfo

from sandbox.distribution.envelope import Node, SoapFaultError


def numbers(arguments: Node, name: str) -> list[str]:
    """Read an ArrayOfString of account or meter numbers: in order, each once."""
    return list(dict.fromkeys(row.text for row in arguments.rows(name, "string")))


def day(arguments: Node, name: str) -> date | None:
    """Read an xsd:date, None where it is absent."""
    text = arguments.value(name)
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise SoapFaultError("Client", f"{name} is not a date") from error


def moment(arguments: Node, name: str, zone: tzinfo, *, fold: int = 0) -> datetime | None:
    """Read an xsd:dateTime as local time, None where it is absent.

    Without a zone it is local; utcOffsetMinutes beside it settles the hour that comes twice in autumn, and without it
    the earlier of the two is meant (the later with fold=1).
    """
    text = arguments.value(name)
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise SoapFaultError("Client", f"{name} is not a dateTime") from error
    if read.tzinfo is not None:
        return read.astimezone(zone)
    offset = whole(arguments, "utcOffsetMinutes")
    if offset is not None:
        return read.replace(tzinfo=_offset(offset)).astimezone(zone)
    return read.replace(tzinfo=zone, fold=fold)


def whole(arguments: Node, name: str) -> int | None:
    """Read an xsd:int, None where it is absent."""
    text = arguments.value(name)
    try:
        return None if text is None else int(text)
    except ValueError as error:
        raise SoapFaultError("Client", f"{name} is not a whole number") from error


def _offset(minutes: int) -> timezone:
    try:
        return timezone(timedelta(minutes=minutes))
    except (ValueError, OverflowError) as error:
        raise SoapFaultError("Client", "utcOffsetMinutes is not an offset from UTC") from error
