"""Device grant: a device polls until somebody has let it in, and gets tokens once (RFC 8628, 3.4 and 3.5).

Authlib never uses a device code up; here the first exchange does, by compare-and-set.
"""

import secrets
from datetime import timedelta
from typing import Any, Final

from authlib.oauth2.rfc6749 import InvalidGrantError  # type: ignore[import-untyped]  # Authlib ships no types
from authlib.oauth2.rfc8628 import DeviceCodeGrant  # type: ignore[import-untyped]  # same

from auth.server.call import PlainRequest
from auth.server.client import METHODS
from auth.server.issuing import Issued, open_and_issue, permitted, require_proof
from auth.server.turn import Turn
from connectors.store.devices import Device, consume, lock_device, note_poll
from connectors.store.families import Family
from connectors.store.tickets import key_of

_SLOWER_S: Final = 5
"""How much longer a device that asks too often must wait from then on (RFC 8628, section 3.5)."""


class WaitingDevice:
    """A device as Authlib asks it."""

    def __init__(self, row: Device, turn: Turn) -> None:
        self.row = row
        self._turn = turn

    def get_client_id(self) -> str:
        """Return whose device it is."""
        return self.row.client_id

    def get_scope(self) -> str:
        """Return what it asked for, or was given."""
        return self.row.scope

    def get_user_code(self) -> str:
        """Return the hash of the code that it shows: the code itself is not known any more."""
        return self.row.user_code_hash

    def is_expired(self) -> bool:
        """Tell whether it waited too long."""
        return self.row.expires_at <= self._turn.now


class DeviceGrant(DeviceCodeGrant):  # type: ignore[misc]  # untyped
    """Answers devices that poll."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    request: PlainRequest

    @property
    def turn(self) -> Turn:
        """The request's turn."""
        turn: Turn = self.server.turn
        return turn

    def query_device_credential(self, device_code: str) -> WaitingDevice:
        """Find a device of this client that has no tokens yet; its row is held. Raises InvalidGrantError."""
        row = lock_device(self.turn.transaction, key_of(device_code))
        if row is None or row.client_id != self.request.client.client_id or row.state == "consumed":
            raise InvalidGrantError("Invalid 'device_code' in request.")
        require_proof(self.turn, self.request.client, None)
        device = WaitingDevice(row, self.turn)
        self.request.credential = device
        return device

    def query_user_grant(self, user_code: str) -> tuple[str, bool] | None:  # noqa: ARG002 -- Authlib's signature
        """Return who has decided, and whether they let the device in; None while nobody has."""
        row = self.request.credential.row
        return None if row.state == "pending" else (row.subject, row.state == "approved")

    def should_slow_down(self, credential: WaitingDevice) -> bool:
        """Tell whether the device asks too often; then it must wait longer from now on."""
        row, now = credential.row, self.turn.now
        interval = timedelta(seconds=row.interval_s)
        is_hasty = row.last_polled_at is not None and now - row.last_polled_at < interval
        note_poll(self.turn.transaction, row.device_code_hash, now, row.interval_s + _SLOWER_S * is_hasty)
        return is_hasty

    def generate_token(self, *_: Any, **__: Any) -> Issued:  # noqa: ANN401 -- Authlib's signature
        """Use the device's code up, open a family, and answer with its first tokens."""
        turn, client, row = self.turn, self.request.client, self.request.credential.row
        if not consume(turn.transaction, row.device_code_hash):
            raise InvalidGrantError("Invalid 'device_code' in request.")
        family = Family(
            id=secrets.token_urlsafe(16),
            client_id=row.client_id,
            subject=row.subject,
            grant_id=row.grant_id,
            scope=row.scope,
            dpop_jkt=turn.proof_key,
            authentication=row.authentication,
            opened_at=turn.now,
            last_used_at=turn.now,
            expires_at=turn.now + turn.means.rules.refresh_absolute,
        )
        return open_and_issue(turn, client, family, permitted(turn, client, family))
