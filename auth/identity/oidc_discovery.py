"""Discovery: what a provider publishes, fetched by one request at a time and kept for an hour.

A token signed by a key that is not known yet makes it fetched again, for keys are rotated; at most once a minute, for a
token costs nobody anything.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from joserfc.jwk import KeySet

from auth.identity.asking import get_object
from auth.identity.oidc_metadata import ProviderMetadata, read_keys, read_metadata
from auth.identity.port import ProviderUnavailable
from connectors.transport.deadline import Deadline
from connectors.transport.port import Exchange, Transport
from schema.errors import UpstreamTimeout
from schema.systems import System

LIFETIME: Final = timedelta(hours=1)
FETCHED_AGAIN_AFTER: Final = timedelta(minutes=1)

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_HEADERS: Final = {"Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Published:
    """A provider's metadata and the keys that it signs with, as of one moment."""

    metadata: ProviderMetadata
    keys: KeySet = field(repr=False)
    fetched_at: datetime


class Discovery:
    """What one provider publishes."""

    def __init__(self, issuer: str, transport: Transport, now: Callable[[], datetime]) -> None:
        self._issuer = issuer
        self._transport = transport
        self._now = now
        self._turn = asyncio.Lock()
        self._published: Published | None = None
        self._fetched_again_at = _LONG_AGO

    async def published(self, deadline: Deadline) -> Published:
        """Return what is published, not older than an hour; raises ProviderUnavailable."""
        known = self._published
        if known is not None and self._now() < known.fetched_at + LIFETIME:
            return known
        return await self._fresher(known, deadline, may_fetch=lambda: True)

    async def after_rotation(self, seen: Published, deadline: Deadline) -> Published:
        """Return what is published after a key was missing in `seen`: `seen` itself where it is too early to ask again.

        Raises ProviderUnavailable.
        """
        return await self._fresher(seen, deadline, may_fetch=self._fetch_again)

    async def _fresher(self, seen: Published | None, deadline: Deadline, *, may_fetch: Callable[[], bool]) -> Published:
        """Return what somebody fetched since `seen` was seen; if nobody did, fetch it where that may be."""
        try:
            async with deadline.scope(System.IDENTITY), self._turn:
                if self._published is None or (self._published is seen and may_fetch()):
                    self._published = await self._fetch(deadline)
                return self._published
        except UpstreamTimeout as error:
            raise ProviderUnavailable(error.code.value) from error

    def _fetch_again(self) -> bool:
        """Tell whether it may be fetched before its time, and count that it is."""
        now = self._now()
        if now < self._fetched_again_at + FETCHED_AGAIN_AFTER:
            return False
        self._fetched_again_at = now
        return True

    async def _fetch(self, deadline: Deadline) -> Published:
        url = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        metadata = read_metadata(await self._get("oidc.discovery", url, deadline), self._issuer)
        keys = read_keys(await self._get("oidc.jwks", metadata.jwks_uri, deadline))
        return Published(metadata, keys, self._now())

    async def _get(self, operation: str, url: str, deadline: Deadline) -> dict[str, object]:
        return await get_object(self._transport, Exchange(operation, "GET", url, _HEADERS, may_repeat=True), deadline)
