"""What the endpoint refuses and how: limits, methods, bodies, faulty documents; and that nothing personal is logged."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.demo_process import DemoProcess, operation

README = Path(__file__).parents[2] / "README.md"


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in answer.get("errors", [])]


@pytest.mark.parametrize(
    "query",
    [
        "{",
        "{ nothing }",
        "query First { tariffs { code } } query First { tariffs { code } }",
        "query($n: AccountNumber!) { account(number: $n) { number } }",
        '{ account(number: "12a") { number } }',
        "{ " + " ".join(f"a{n}: tariffs {{ code }}" for n in range(40)) + " }",
        "{ tariffs { " + "code " * 3000 + " } }",
    ],
    ids=["syntax", "unknown field", "one name twice", "missing variable", "bad scalar", "aliases", "tokens"],
)
def test_a_document_at_fault_gets_a_code(kharkiv: DemoProcess, query: str) -> None:
    answer = kharkiv.send(query)
    assert set(codes(answer)) == {"OPERATION_INVALID"}
    assert not answer["data"]


def test_first_is_bounded_and_the_argument_named(kharkiv: DemoProcess) -> None:
    answer = kharkiv.send("{ me { accounts(first: 101) { totalCount } } }", token=kharkiv.token(10))
    assert answer["errors"][0]["extensions"] == {"code": "VALIDATION_FAILED", "argument": "first"}


def test_one_operation_cannot_ask_for_everything(kharkiv: DemoProcess) -> None:
    query = "{ me { accounts(first: 100) { nodes { meters { readings(first: 500) { totalCount } } } } } }"
    answer = kharkiv.send(query, token=kharkiv.token(50))
    assert set(codes(answer)) == {"NODE_LIMIT_EXCEEDED"}


def test_a_cursor_of_another_list_is_refused_and_spoils_nothing_else(kharkiv: DemoProcess) -> None:
    query = """query($n: AccountNumber!) { account(number: $n) {
      good: charges(first: 1) { totalCount } bad: charges(first: 1, after: "bm90IG91cnM") { totalCount } } }"""
    answer = kharkiv.send(query, {"n": kharkiv.user(10)["accounts"][0]}, kharkiv.token(10))
    assert codes(answer) == ["VALIDATION_FAILED"]
    assert answer["data"]["account"]["good"]["totalCount"] > 12


def test_a_large_body_is_refused(kharkiv: DemoProcess) -> None:
    answer = kharkiv.client.post(kharkiv.facts["graphql_url"], content=b"x" * 1_000_001)
    assert answer.status_code == 413
    assert codes(answer.json()) == ["REQUEST_TOO_LARGE"]


def test_a_large_body_in_chunks_is_refused(kharkiv: DemoProcess) -> None:
    answer = kharkiv.client.post(
        kharkiv.facts["graphql_url"],
        content=(b" " * 100_000 for _ in range(11)),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 413


def test_a_form_of_another_site_cannot_post(kharkiv: DemoProcess) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = kharkiv.client.post(
            kharkiv.facts["graphql_url"], content=b'{"query": "{ tariffs { code } }"}', headers={"content-type": kind}
        )
        assert answer.status_code == 400


def test_a_mutation_is_never_sent_by_get(kharkiv: DemoProcess) -> None:
    answer = kharkiv.client.get(kharkiv.facts["graphql_url"], params={"query": operation("sign-in")})
    assert answer.status_code == 400


def test_answers_are_never_cached(kharkiv: DemoProcess) -> None:
    answer = kharkiv.client.post(kharkiv.facts["graphql_url"], json={"query": "{ tariffs { code } }"})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_health_is_told(kharkiv: DemoProcess) -> None:
    base = kharkiv.facts["graphql_url"].removesuffix("/graphql")
    assert kharkiv.client.get(f"{base}/health/live").json() == {"status": "live"}
    assert kharkiv.client.get(f"{base}/health/ready").json() == {"status": "ready"}


def test_the_commands_of_the_readme_give_the_answer_it_promises(kharkiv: DemoProcess) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text("utf-8"), flags=re.DOTALL)
    (first_query,) = [block for block in blocks if "curl" in block]
    port = kharkiv.facts["graphql_url"].split(":")[2].split("/")[0]
    ran = subprocess.run(
        ["bash", "-euc", first_query.replace("127.0.0.1:8000", f"127.0.0.1:{port}")],  # noqa: S607 -- the reader's shell
        cwd=README.parent,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert json.loads(ran.stdout)["data"]["me"]["accounts"]["totalCount"] == 10


def test_nothing_personal_is_logged(demo: DemoProcess) -> None:
    demo.disturb("billing", error_rate=1.0)
    demo.disturb("supply", wrong_encoding=True)
    token = demo.token(10)
    demo.ask("home", token=token)
    demo.calm()
    logged = (demo.data_dir / "messages.log").read_text("utf-8")
    assert "upstream_failed" in logged
    personal = [token, demo.user(10)["login"], demo.user(10)["password"], *demo.user(50)["accounts"]]
    announced = json.loads((demo.data_dir / "sandbox.json").read_text("utf-8"))
    secrets = [announced["billing"]["api_key"], announced["distribution"]["password"], announced["supply"]["url"]]
    assert [text for text in personal + secrets if text in logged] == []
