"""Secrecy: whatever people and systems do, no secret and no personal number stands where it does not belong."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.demo_process import running_demo
from tests.demo_store import DemoStore
from tests.emitted import shapes_in
from tests.gateway.reader import Answer
from tests.journeys import careless, outages, recorded_spans
from tests.journeys.stories import ACCOUNTS, Story

KEPT: Final = {
    "login": {"customers.email"},
    "phone": {"customers.phone", "sms_messages.phone", "tickets.payload"},
    "account number": {
        "account_links.account_number",
        "audit_events.account_number",
        "grant_accounts.account_number",
        "last_balances.account_number",
    },
}
"""Where the store holds what is a customer's own; a phone in a ticket is one that is just being confirmed."""

ONEID: Final[list[dict[str, object]]] = [
    {"outage": True},
    {"maintenance_page": True},
    {"error_in_200": True},
    {"ret_cd_failure": True},
    {"without_pin": True},
    {"older_fields": True, "auth_method": "4000001234567899"},
]
E_IMZO: Final[list[dict[str, object]]] = [
    {"http_status": 503},
    {"http_status": 400},
    {"body": "<html>"},
    {"auth_status": -10},
    {"subject": {"1.2.860.3.16.1.2": None}},
    {"certificate": {"validTo": "never"}},
]
ID_GOV_UA: Final[list[dict[str, object]]] = [
    {"outage": True},
    {"html_in_200": True},
    {"message_errors": True, "refuse_plain": True},
    {"no_tax_number": True},
    {"documents_only": True},
    {"nameless": True, "silent_auth_type": True},
]


@pytest.fixture(scope="module")
def spans(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Let demos that start from now on write down every span of theirs."""
    folder = tmp_path_factory.mktemp("spans")
    shutil.copy(recorded_spans.__file__, folder / "recorded_spans.py")
    facts = folder / "recorded_spans-0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: recorded-spans\nVersion: 0\n")
    (facts / "entry_points.txt").write_text("[opentelemetry_tracer_provider]\nrecorded = recorded_spans:Provider\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
        patch.setenv("OTEL_PYTHON_TRACER_PROVIDER", "recorded")
        patch.setenv(recorded_spans.FILE, str(folder / "spans.jsonl"))
        yield folder / "spans.jsonl"


@pytest.fixture(scope="module")
def uzbek_story(spans: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:  # noqa: ARG001 -- from before the start
    with running_demo(tmp_path_factory.mktemp("uz"), profile="uz-het", accounts=ACCOUNTS) as demo:
        story = Story.at(demo, "uz-het")
        lived_through(story)
        careless.by_provider(story, "oneid", "LEPKCSMETHOD", "person3").post("/sign-out", {})
        careless.by_signature(story)
        outages.of_providers(story, "oneid", "MOBILEMETHOD", "oneid", ONEID)
        outages.of_signatures(story, E_IMZO)
        yield story


@pytest.fixture(scope="module")
def ukrainian_story(spans: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:  # noqa: ARG001 -- same
    with running_demo(tmp_path_factory.mktemp("ua"), profile="ua-kharkiv", accounts=ACCOUNTS) as demo:
        story = Story.at(demo, "ua-kharkiv")
        lived_through(story)
        careless.by_provider(story, "id-gov-ua", "dig_sign", "person3").post("/sign-out", {})
        outages.of_providers(story, "id-gov-ua", "bank_id", "id_gov_ua", ID_GOV_UA)
        yield story


def lived_through(story: Story) -> None:
    """Let everything happen that happens in both countries."""
    guest = careless.by_password(story)
    careless.linking(story, guest)
    careless.applications(story, guest)
    careless.by_sms(story)
    careless.mistakes(story)
    outages.of_systems(story)
    outages.of_messages(story)
    for each in story.guests:
        story.hides("cookie", *each.cookies.values())


@pytest.fixture(params=["uzbek_story", "ukrainian_story"])
def story(request: pytest.FixtureRequest) -> Story:
    told: Story = request.getfixturevalue(request.param)
    return told


def held(text: str, secrets: Mapping[str, str]) -> set[str]:
    """Return what of some secrets stands in a text."""
    return {what for value, what in secrets.items() if value in text}


def test_messages_hold_no_secret_and_nothing_of_customers(story: Story, tell: Callable[[str], None]) -> None:
    text = (story.demo.data_dir / "messages.log").read_text("utf-8")
    assert "provider_unavailable" in text
    assert "upstream_failed" in text
    assert held(text, story.never | story.own) == set()
    assert shapes_in(text) == []
    tell(f"messages: {len(text.splitlines())} lines, {len(story.never | story.own)} secrets looked for, none found")


def test_refusals_hold_no_secret(story: Story, tell: Callable[[str], None]) -> None:
    marks = ('"errors"', '"Refusal"', "<Refusal")
    refusals = [
        (path, each) for path, each in story.answers() if each.status >= 400 or any(map(each.text.__contains__, marks))
    ]
    for path, answer in refusals:
        headers = {name: value for name, value in answer.headers.items() if name != "set-cookie"}
        assert held(json.dumps(headers), story.never | story.own) == set(), path
        assert held(answer.text, story.never) == set(), (path, answer.text)
        assert held(said(answer), story.own) == set(), (path, answer.text)
    tell(f"refusals: {len(refusals)} searched, no secret found")


def said(answer: Answer) -> str:
    """Return what an answer says went wrong.

    A page shows again what was typed into its form, a GraphQL answer tells its owner what did not fail, and a path is
    made of the words that the client chose for its fields.
    """
    if answer.headers.get("content-type", "").startswith("text/html"):
        return answer.words
    if '"errors"' not in answer.text:
        return answer.text
    return json.dumps([{**error, "path": None} for error in answer.json["errors"]])


def test_spans_hold_no_secret_and_nothing_of_customers(story: Story, spans: Path, tell: Callable[[str], None]) -> None:
    text = spans.read_text("utf-8")
    recorded = [json.loads(line) for line in text.splitlines()]
    assert {span["attributes"]["gridgate.system"] for span in recorded} >= {"billing", "identity", "supply"}
    assert held(text, story.never | story.own) == set()
    assert shapes_in(text) == []
    tell(f"spans: {len(recorded)} searched, no secret found")


def test_store_holds_no_secret_and_what_is_customers_own_where_it_belongs(
    story: Story, tell: Callable[[str], None]
) -> None:
    store = DemoStore.of(story.demo)
    raw = store.raw()
    assert {what for value, what in story.never.items() if value.encode() in raw} == set()
    searched = 0
    for table, columns in store.columns():
        for column in columns:
            text = "\n".join(str(value) for (value,) in store.rows(table, [column]))
            for what in held(text, story.own):
                assert f"{table}.{column}" in KEPT.get(what, set()), (table, column, what)
            searched += 1
    trail = store.ask("SELECT kind FROM audit_events")
    tell(f"store: {len(raw)} bytes and {searched} columns searched, {len(trail)} audit events, no secret found")
