"""A siege: hostile requests are tried, counted and judged, and the store is compared before and after."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urljoin, urlsplit

from gateway.browsers import SESSION_COOKIE
from tests.demo_process import DemoProcess
from tests.demo_store import DemoStore
from tests.gateway.reader import Answer

OUR_PAGES: Final = ("/sign-in", "/")
"""Where somebody is sent who asks for what needs a sign-in, or who is heading nowhere."""


@dataclass(slots=True)
class Tried:
    """What was tried, by name, and how a refusal is told from anything else."""

    names: list[str] = field(default_factory=list)

    def refused(self, name: str, answer: Answer, *, by: Sequence[int] = (), back_to: str | None = None) -> None:
        """Count a hostile request, and fail where it was not refused.

        A refusal is 4xx, one of `by` where they are given, or an error that goes back to the client at `back_to`.
        """
        self.names.append(name)
        assert answer.status < 500, (name, answer.status, answer.text)
        assert not answer.cookies.get(SESSION_COOKIE), (name, "a session")
        if back_to is not None and answer.status == 303:
            assert is_error(answer.location, back_to), (name, answer.location)
            return
        assert "location" not in answer.headers or is_ours(answer.location), (name, answer.location)
        assert answer.status in by if by else 400 <= answer.status < 500, (name, answer.status, answer.text[:500])

    def counted(self, name: str, *, is_refused: bool, told: object = None) -> None:
        """Count what was judged elsewhere."""
        self.names.append(name)
        assert is_refused, (name, told)


@dataclass(frozen=True, slots=True)
class Siege:
    """A demo under siege."""

    demo: DemoProcess
    store: DemoStore
    tell: Callable[[str], None]

    @contextmanager
    def of(self, what: str) -> Iterator[Tried]:
        """Try one kind of input; afterwards the store holds what it held, and the figure is told."""
        before, tried = self.store.standing(), Tried()
        yield tried
        after = self.store.standing()
        for table, rows in before.items():
            assert after[table] == rows, (what, table, set(after[table]) ^ set(rows))
        assert len(set(tried.names)) == len(tried.names) > 0
        self.tell(f"hostile {what}: {len(tried.names)} tried, all refused, nothing changed")


def is_error(location: str, back_to: str) -> bool:
    """Tell whether a redirect goes to a client's own address, with an error and without a code."""
    given = dict(parse_qsl(urlsplit(location).query))
    return location.startswith(f"{back_to}?") and "error" in given and "code" not in given


def is_ours(location: str) -> bool:
    """Tell whether a browser would stay with us: backslashes are slashes, and tabs and line ends are passed over."""
    as_read = location.replace("\\", "/").translate(dict.fromkeys(map(ord, "\t\r\n"))).strip()
    split = urlsplit(urljoin("http://ours.example/page", as_read))
    return split.netloc == "ours.example" and not as_read.startswith("//") and "//" not in split.path
