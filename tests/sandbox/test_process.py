"""The sandbox as a process: one announcement, four listeners, a clean end, and a million accounts as small as few."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from tests.postgres import PostgresMissing, private_postgres

ROOT = Path(__file__).parents[2]


@contextmanager
def started(*arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate(timeout=10)[1]
        yield process, json.loads(line)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)


def end_of_stdin(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None  # else communicate() flushes what is closed


def resident_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


async def test_one_line_announces_listeners_that_answer() -> None:
    with started("--accounts", "61", "--seed", "3") as (process, announced):
        assert list(announced) == ["billing", "distribution", "supply", "identity", "control_url"]
        async with httpx2.AsyncClient() as client:
            key = {"X-Api-Key": announced["billing"]["api_key"]}
            billing = await client.get(f"{announced['billing']['url']}/v1/ping", headers=key)
            wsdl = await client.get(announced["distribution"]["wsdl_url"])
            health = await client.get(f"{announced['control_url']}/health")
        assert billing.json()["status"] == "ok"
        assert "definitions" in wsdl.text
        assert health.json()["accounts"] == 61
        connection = await asyncpg.connect(announced["supply"]["url"].replace("+asyncpg", ""))
        assert await connection.fetchval("select count(*) from plat_vhod where ls = $1", "x") == 0
        await connection.close()
        process.send_signal(signal.SIGINT)
        assert (process.communicate(timeout=10), process.returncode) == (("", ""), 0)


@pytest.mark.parametrize("way", ["SIGTERM", "stdin"])
def test_it_ends_cleanly_even_while_it_hangs_on_purpose(way: str) -> None:
    with started("--accounts", "61", "--until-stdin-closes") as (process, announced):
        httpx2.put(f"{announced['control_url']}/faults/billing", json={"hang": True}).raise_for_status()
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.get(f"{announced['billing']['url']}/v1/ping", timeout=0.3)
        end_of_stdin(process) if way == "stdin" else process.terminate()
        assert (process.communicate(timeout=10), process.returncode) == (("", ""), 0)


def test_credentials_are_new_at_each_start_unless_given() -> None:
    with started("--accounts", "61") as (_, first), started("--accounts", "61", SANDBOX_API_KEY="given") as (_, second):
        assert second["billing"]["api_key"] == "given" != first["billing"]["api_key"]
        assert first["distribution"]["password"] != second["distribution"]["password"]
        assert first["supply"]["url"].rpartition("@")[0] != second["supply"]["url"].rpartition("@")[0]


async def test_what_is_made_to_happen_reaches_a_real_postgresql() -> None:
    try:
        with private_postgres() as server:
            await paid_into(server.url(driver="postgresql"))
    except PostgresMissing as missing:
        pytest.skip(str(missing))


async def paid_into(url: str) -> None:
    with started("--accounts", "61", "--supply-url", url) as (process, announced):
        assert announced["supply"]["url"] == url.replace("postgresql", "postgresql+asyncpg", 1)
        async with httpx2.AsyncClient(base_url=announced["control_url"], trust_env=False) as control:
            number = (await control.get("/holders")).json()[0]["accounts"][0]["number"]
            await control.post("/payments", json={"account": number, "amount": "12.34", "operator": "EASYPAY"})
            body = {"account": number, "amount": "5", "posted": False}
            waiting = (await control.post("/payments", json=body)).json()["id"]
            await control.post(f"/payments/{waiting}/post")
        process.terminate()
        assert process.wait(10) == 0
    connection = await asyncpg.connect(url)
    paid = await connection.fetch(
        "select summa, kanal, sost from platezhi where ls = $1 order by data_opl desc limit 2", number
    )
    staged = await connection.fetch("select summa, obrab, id_plat from plat_vhod")
    await connection.close()
    assert {(str(row["summa"]), row["sost"]) for row in paid} == {("12.34", 3), ("5.00", 3)}
    assert [(str(row["summa"]), row["obrab"], row["id_plat"]) for row in staged] == [("5.00", 1, waiting)]


def test_a_taken_port_is_said_in_one_line() -> None:
    with started("--accounts", "61") as (_, announced):
        port = announced["control_url"].rpartition(":")[2]
        arguments = [sys.executable, "-m", "sandbox", "--accounts", "61", "--control-port", port]
        ended = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("The sandbox could not start: ")
    assert ended.stderr.count("\n") == 1


def test_a_million_accounts_start_as_fast_and_as_small() -> None:
    figures: dict[str, tuple[float, int]] = {}
    for accounts in ("2000", "1000000"):
        began = time.perf_counter()
        with started("--accounts", accounts) as (process, announced):
            took = time.perf_counter() - began
            holders = httpx2.get(f"{announced['control_url']}/holders", params={"size": 50, "count": 2}).json()
            assert len(holders[1]["accounts"]) == 50
            figures[accounts] = (took, resident_kb(process.pid))
    (small_s, small_kb), (big_s, big_kb) = figures["2000"], figures["1000000"]
    print(f"\nstart {small_s:.2f} s / {big_s:.2f} s, resident {small_kb} kB / {big_kb} kB")
    assert big_s < small_s * 2 + 1
    assert big_kb < small_kb * 1.1


def test_green_button_folder_is_loaded_and_what_is_not_electricity_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<feed/>")
    with started("--accounts", "61", "--green-button", str(tmp_path)) as (process, announced):
        assert httpx2.get(f"{announced['control_url']}/greenbutton").json() == []
        process.terminate()
        _, err = process.communicate(timeout=10)
    assert "a.xml is passed over" in err


def test_help_says_what_it_is() -> None:
    arguments = [sys.executable, "-m", "sandbox", "--help"]
    ended = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=20, check=True)
    for word in ("--accounts", "--clock-speed", "SANDBOX_API_KEY", "one line of JSON"):
        assert word in ended.stdout
