"""What a question costs, counted in SQLite's own steps."""

from __future__ import annotations

from collections.abc import Callable

from hub.store.sqlite import SqliteStore


def steps(store: SqliteStore, ask: Callable[[], object]) -> int:
    """Instructions of SQLite's machine for an answer, when everything is prepared."""
    count = 0

    def one() -> int:
        nonlocal count
        count += 1
        return 0

    answer = ask()
    connection = store.database.connection()
    connection.set_progress_handler(one, 1)
    assert ask() == answer
    connection.set_progress_handler(None, 1)
    return count
