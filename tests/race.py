"""Races staged between processes: each gets ready, all start at one moment, and what each came to is compared."""

import multiprocessing
import queue
from collections.abc import Callable
from typing import Any

_LONGEST_S = 60
_IMPORTED_ONCE = ["asyncpg", "aiosqlite", "alembic.command", "pytest", "tests.auth.hall", "tests.auth.server.desk"]
"""What takes long to import: the fork server does it before the first race, and the runners are its forks."""


def race(run: Callable[..., Any], *arguments: object, runners: int = 2) -> list[Any]:
    """Run a module's function in several processes at once, as `run(start, runner, *arguments)`.

    `start` waits until all are ready. Returns what they returned, in no order; an exception comes back as its repr.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED_ONCE)
    line, answers = context.Barrier(runners), context.Queue()
    processes = [
        context.Process(target=_run, args=(run, line, answers, runner, arguments)) for runner in range(runners)
    ]
    for process in processes:
        process.start()
    try:
        return [answers.get(timeout=_LONGEST_S) for _ in processes]
    except queue.Empty:
        raise AssertionError("a runner never arrived") from None
    finally:
        for process in processes:
            process.join(_LONGEST_S)


def _run(run: Callable[..., Any], line: Any, answers: Any, runner: int, arguments: tuple[object, ...]) -> None:  # noqa: ANN401 -- multiprocessing's own types
    try:
        answers.put(run(lambda: line.wait(_LONGEST_S), runner, *arguments))
    except Exception as error:  # noqa: BLE001 -- handed to the test, which judges it
        answers.put(repr(error))
