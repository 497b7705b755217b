"""Stories: what happens at a demo while every answer is watched, and what of it is a secret."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.identity.people import People, Person
from sandbox.world import World
from tests.demo_process import DemoProcess
from tests.demo_store import DemoStore
from tests.emitted import EMITTED
from tests.gateway.reader import Answer
from tests.journeys.guests import Guest, host_of
from tests.journeys.hostile.clients import Clients

ACCOUNTS: Final = 200
_SECRET_FIELDS: Final = frozenset(
    {
        "access_token", "refresh_token", "device_code", "user_code", "code", "code_verifier", "client_secret",
        "client_assertion", "token",
    }
)  # fmt: skip


@dataclass(slots=True)
class Watched(Guest):
    """A guest whose every answer is kept."""

    answers: list[tuple[str, Answer]] = field(default_factory=list)

    def says(self, path: str, headers: Any, body: str | None = None, method: str = "POST") -> Answer:  # noqa: ANN401 -- as the guest's
        return self._keep(path, Guest.says(self, path, headers, body, method))

    def asks(self, query: str, variables: dict[str, Any] | None = None, **headers: str) -> Answer:
        return self._keep("/graphql", Guest.asks(self, query, variables, **headers))

    def _ask(self, path: str, method: str, headers: Any, body: str | None) -> Answer:  # noqa: ANN401 -- same
        return self._keep(path, Guest._ask(self, path, method, headers, body))  # noqa: SLF001 -- see Guest

    def _keep(self, path: str, answer: Answer) -> Answer:
        self.answers.append((path.partition("?")[0], answer))
        return answer


@dataclass(slots=True)
class Story:
    """What happens at a demo, what of it is secret from everybody (`never`), and what is the customers' `own`."""

    demo: DemoProcess
    clients: Clients
    people: list[Person]
    guests: list[Watched] = field(default_factory=list)
    told: list[tuple[str, Answer]] = field(default_factory=list)
    never: dict[str, str] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, demo: DemoProcess, profile: str) -> "Story":
        """Begin a story at a demo with ACCOUNTS accounts."""
        issuer = demo.facts["graphql_url"].removesuffix("/graphql")
        story = cls(demo, Clients.at(DemoStore.of(demo), issuer), list(People(World(profile, accounts=ACCOUNTS))))
        for person in story.people:
            story.hides("number of a person", person.pinfl, person.tax_number, person.document)
            story.owns("phone", person.phone, person.phone.removeprefix("+"))
            story.owns("account number", *person.accounts)
        story.hides("client secret", story.clients.web.secret or "", story.clients.bank.secret or "")
        return story

    def hides(self, what: str, *values: str) -> None:
        """Take note of secrets, which are looked for here and in all that the suite emits."""
        EMITTED.register(f"a {what} of a story", *values)
        self.never |= {value: what for value in values if value}

    def owns(self, what: str, *values: str) -> None:
        """Take note of what is a customer's own."""
        self.own |= dict.fromkeys(values, what)

    def guest(self) -> Watched:
        """Return somebody who is watched."""
        self.guests.append(Watched(host_of(self.demo)))
        return self.guests[-1]

    def answers(self) -> Iterator[tuple[str, Answer]]:
        """Give every answer; the cookies in them are secrets by now."""
        for guest in self.guests:
            self.hides("cookie", *guest.cookies.values())
            yield from guest.answers
        yield from self.told

    def messages(self) -> list[str]:
        """Return what the demo has written down so far."""
        return (self.demo.data_dir / "messages.log").read_text("utf-8").splitlines()

    def posts(self, path: str, form: dict[str, str], **headers: str) -> Answer:
        """Post a form as a client does, and keep the answer."""
        self.hides("client's own", *(value for name, value in form.items() if name in _SECRET_FIELDS))
        answer = self.clients.post(path, form, **headers)
        self.told.append((path, answer))
        told = answer.json if answer.text.startswith("{") else {}
        self.hides("token", *(str(value) for name, value in told.items() if name in _SECRET_FIELDS))
        return answer

    @contextmanager
    def disturbed(self, system: str, quirks: dict[str, object]) -> Iterator[None]:
        """Let somebody who vouches for people have quirks for a while."""
        address = f"{self.demo.facts['control_url']}/quirks"
        self.demo.client.put(f"{address}/{system}", json=quirks).raise_for_status()
        yield
        self.demo.client.delete(address).raise_for_status()
