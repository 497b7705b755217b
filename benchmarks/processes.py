"""Processes under measurement: started on a core of their own, weighed by what the kernel says of them (Linux)."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
HOST: Final = "127.0.0.1"
LONGEST_START_S: Final = 60
LONGEST_GOODBYE_S: Final = 20

_TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")
_QUIET_S: Final = 0.1


def cores() -> tuple[set[int], set[int]]:
    """Return the cores for everything else and the one for contestants; the same where there is but one."""
    if not hasattr(os, "sched_getaffinity"):
        return set(), set()
    allowed = sorted(os.sched_getaffinity(0))
    return (set(allowed[:-1]), {allowed[-1]}) if len(allowed) > 1 else (set(allowed), set(allowed))


@contextmanager
def pinned(to: set[int]) -> Iterator[None]:
    """Keep this process, and every process that it starts meanwhile, on some cores where the system permits."""
    if not to:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, to)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run a command in the project's folder until the block ends; no setting of a gateway is inherited."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GRIDGATE_")}
    process = subprocess.Popen(  # noqa: S603 -- our own modules
        command, cwd=ROOT, env={**inherited, **environment}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=LONGEST_GOODBYE_S)


def gateway_command(port: int) -> list[str]:
    """Return the command that serves the gateway as it is shipped."""
    return [str(Path(sys.executable).with_name("gridgate")), "serve", f"--host={HOST}", f"--port={port}"]


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def wait_until_listening(process: subprocess.Popen[str], port: int) -> None:
    """Return once a port answers, which a server's does when its start is complete."""
    ends_at = time.monotonic() + LONGEST_START_S
    while time.monotonic() < ends_at:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}; its messages are above")
        try:
            socket.create_connection((HOST, port)).close()
        except ConnectionRefusedError:
            time.sleep(0.005)
        else:
            return
    raise TimeoutError(f"{process.args!r} does not listen after {LONGEST_START_S} s")


def processor_s(pid: int) -> float:
    """Return the processor time that a process has used in all of its threads, those that ended too."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND


def quiet_processor_s(pid: int) -> float:
    """Wait until a process has finished what it had in hand, then return its processor time."""
    before, now = -1.0, processor_s(pid)
    while now != before:
        time.sleep(_QUIET_S)
        before, now = now, processor_s(pid)
    return now


def resident_mib(pid: int) -> float:
    """Return the memory that a process has resident."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024
