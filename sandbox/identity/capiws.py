"""The E-IMZO application on a customer's computer: the WebSocket that pages ask to sign (CAPIWS), as a stand-in.

Questions are {"plugin", "name", "arguments"}; answers have `success`, else `reason` and `status`. It asks for no
password: who is at this computer has typed it already.
"""

from __future__ import annotations

import binascii
import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from sandbox.identity.certificates import Carrier, Certificate, certificates
from sandbox.identity.people import Person
from sandbox.identity.pkcs7 import sign

Reply = Mapping[str, object]
_CHIPS = {"idcard": Carrier.CARD, "baikey": Carrier.TOKEN}
_NO_KEY = -1022
_ERROR = -1


@dataclass(slots=True)
class Computer:
    """Hold what is on the computer; change it at any time.

    Attributes:
        has_files: whether there are key files, of everybody.
        card: the login of whose ID-card is in the reader.
        token: the login of whose token is plugged in.
        password_is_wrong: whether the customer mistypes the password.
    """

    has_files: bool = True
    card: str | None = "person1"
    token: str | None = None
    password_is_wrong: bool = False


class _Failure(Exception):
    """Say why a call failed, with the status that the application gives it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def create_app(
    people: Iterable[Person],
    *,
    api_keys: Mapping[str, str],
    now: Callable[[], datetime],
    computer: Computer | None = None,
) -> Starlette:
    """Build the application; `api_keys` are those it takes, by domain."""
    application = _Application(list(people), dict(api_keys), now, computer or Computer())
    return Starlette(routes=[WebSocketRoute("/service/cryptapi", application.serve)])


class _Application:
    """Answer the calls of pages."""

    def __init__(
        self, people: list[Person], api_keys: dict[str, str], now: Callable[[], datetime], computer: Computer
    ) -> None:
        self._people = people
        self._api_keys = api_keys
        self._now = now
        self._computer = computer
        self._known: set[str] = set()
        self._loaded: dict[str, Certificate] = {}
        self._calls: dict[tuple[str, str], Callable[[Sequence[str]], Reply]] = {
            ("pfx", "list_all_certificates"): self._list,
            ("pfx", "load_key"): self._load,
            ("pkcs7", "create_pkcs7"): self._sign,
        }

    async def serve(self, socket: WebSocket) -> None:
        """Answer one page's calls in their order."""
        await socket.accept()
        domain = urlsplit(socket.headers.get("origin", "")).hostname or "null"
        async for text in socket.iter_text():
            try:
                reply = {"success": True, **self._answer(json.loads(text), domain)}
            except _Failure as failure:
                reply = {"success": False, "status": failure.status, "reason": str(failure)}
            await socket.send_json(reply)

    def _answer(self, question: Mapping[str, object], domain: str) -> Reply:
        plugin, name, given = question.get("plugin"), str(question.get("name")), question.get("arguments")
        arguments = [str(each) for each in given] if isinstance(given, list) else []
        if plugin is None and name == "apikey":
            return self._introduce(arguments, domain)
        call = self._calls.get((str(plugin), name))
        if call is None:  # so it says of "apikey" with a plugin too, which misleads
            raise _Failure(_ERROR, "Функция не найдена или версия E-IMZO устарела")
        if domain not in self._known:
            raise _Failure(_NO_KEY, f"API-key для домена {domain} недействителен")
        return call(arguments)

    def _introduce(self, arguments: Sequence[str], domain: str) -> Reply:
        """Take [domain, key, domain, key, ...]; the domain of the asking page must be among them, with its key."""
        given = dict(zip(arguments[::2], arguments[1::2], strict=False))
        if domain not in self._api_keys or given.get(domain) != self._api_keys[domain]:
            raise _Failure(_NO_KEY, f"API-key для домена {domain} недействителен")
        self._known.add(domain)
        return {}

    def _list(self, _arguments: Sequence[str]) -> Reply:
        rows = (
            {"disk": "C:\\", "path": "DSKEYS", "name": f"DS{each.serial}", "alias": each.alias}
            for each in self._files()
        )
        return {"certificates": list(rows)}

    def _load(self, arguments: Sequence[str]) -> Reply:
        _disk, _path, name, alias = [*arguments, "", "", "", ""][:4]
        found = next((each for each in self._files() if (f"DS{each.serial}", each.alias) == (name, alias)), None)
        if found is None:
            raise _Failure(_ERROR, "Ключ не найден")
        key_id = secrets.token_hex(16)
        self._loaded[key_id] = found
        return {"keyId": key_id, "type": "PFX"}

    def _sign(self, arguments: Sequence[str]) -> Reply:
        data, key_id, detached = [*arguments, "", "", ""][:3]
        if self._computer.password_is_wrong:
            raise _Failure(_ERROR, "javax.crypto.BadPaddingException: pad block corrupted")
        signer = self._signer(key_id)
        try:
            content = b64decode(data, validate=True)
        except binascii.Error as error:
            raise _Failure(_ERROR, "Данные не в кодировке BASE64") from error
        signature = sign(content, signer.serial, signer.alias, self._now(), detached=detached == "yes")
        return {"pkcs7_64": b64encode(signature).decode(), "signer_serial_number": signer.serial}

    def _signer(self, key_id: str) -> Certificate:
        logins = {"idcard": self._computer.card, "baikey": self._computer.token}
        if key_id not in logins:
            found = self._loaded.get(key_id)
        else:
            mine = (each for each in self._certificates() if each.carrier is _CHIPS[key_id])
            found = next((each for each in mine if each.person.login == logins[key_id]), None)
        if found is None:
            raise _Failure(_ERROR, "Ключ не найден")
        return found

    def _files(self) -> Iterable[Certificate]:
        return (each for each in self._certificates() if each.carrier is Carrier.FILE and self._computer.has_files)

    def _certificates(self) -> Iterable[Certificate]:
        return certificates(self._people, self._now())
