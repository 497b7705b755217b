"""Bad manners of E-IMZO-SERVER, as one value that tests and the control endpoint change while it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive

Answer = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class Quirks:
    """Hold the server's manners; change them at any time.

    Attributes:
        challenge_ttl_s: how long a challenge lives.
        document_ttl_s: how long a phone's document lives.
        challenge_status: the `status` of /frontend/challenge, whatever happened.
        auth_status: that of /backend/auth.
        mobile_auth_status: that of /frontend/mobile/auth.
        mobile_status: that of /frontend/mobile/status.
        authenticate_status: that of /backend/mobile/authenticate.
        http_status: answer everything by this and a line of text: 400 of what was sent, 503 of the server itself.
        body: answer everything by 200 and this text, which a proxy might write.
        hang: answer nothing until the client leaves.
        tells_key: name the key's parameters, as from version 2 on.
        subject: fields of the certificate's subject that are different; None leaves one out.
        certificate: other fields of the certificate, likewise.
    """

    challenge_ttl_s: int = 120
    document_ttl_s: int = 300
    challenge_status: int | None = None
    auth_status: int | None = None
    mobile_auth_status: int | None = None
    mobile_status: int | None = None
    authenticate_status: int | None = None
    http_status: int | None = None
    body: str | None = None
    hang: bool = False
    tells_key: bool = True
    subject: dict[str, object] = field(default_factory=dict)
    certificate: dict[str, object] = field(default_factory=dict)


def mannered(operation: str, answer: Answer, quirks: Quirks, record: Callable[[str], None]) -> Answer:
    """Give an answer that is counted under its operation, and is by HTTP alone or none where the quirks say so."""

    async def answered(request: Request) -> Response:
        record(operation)
        if quirks.hang:
            await client_leaves(request.receive)
        if quirks.http_status is not None:
            return PlainTextResponse("see the log of E-IMZO-SERVER", quirks.http_status)
        return await answer(request) if quirks.body is None else HTMLResponse(quirks.body)

    return answered


async def client_leaves(receive: Receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
