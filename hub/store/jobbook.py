"""Jobs on SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from hub.errors import Fault, HubError
from hub.model.job import (
    KEPT_RUNS,
    STATE_BYTES,
    DeadLetter,
    Ending,
    Hold,
    Job,
    JobRun,
    Memory,
    Parting,
    Step,
    is_held,
    is_ready,
)
from hub.model.query import Scope
from hub.model.record import Status
from hub.store.base import Act, Batch, Removal
from hub.store.book import Book
from hub.store.jobs import LeaseLost
from hub.store.ledger import record_act
from hub.store.records import remove
from hub.store.writer import Writer

_FIELDS = Job.__struct_fields__
_COLUMNS = ", ".join(_FIELDS)
_HEADS = ", ".join("x'' AS state" if name == "state" else name for name in _FIELDS)
_WELL = "well"
_BROKEN = "broken off"
_MEMORY = "object_id, digest, version_us, created_us, own"
_LETTER = "key, reason, body, at_us, number, revived"


class JobBook(Book):
    """`hub.store.jobs.Jobs` on a SQLite database."""

    def jobs(self, prefix: str = "") -> list[Job]:
        """See `Jobs.jobs`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {_HEADS} FROM job WHERE substr(name, 1, ?) = ? ORDER BY name",
                (len(prefix), prefix),
            ).fetchall()
        return [_job(row) for row in rows]

    def job(self, name: str) -> Job | None:
        """See `Jobs.job`."""
        with self._database.reading() as connection:
            return _find(connection, name)

    def take_job(self, hold: Hold, *, only_due: bool = True) -> Job | None:
        """See `Jobs.take_job`."""
        # Most looks find nothing to do: they do not queue for the write lock.
        found = self.job(hold.name)
        if found is not None and not _is_free(found, self._clock(), only_due=only_due):
            return None
        with self._database.writing() as connection:
            now = self._clock()
            _know(connection, hold.name)
            found = _find(connection, hold.name)
            if found is None or not _is_free(found, now, only_due=only_due):
                return None
            if found.owner:
                words = "The process that ran it ended, or was not heard of in time."
                _note(connection, found, now, Ending(_BROKEN, 0, words=words))
            # Due from now on: a run that breaks off is not forgotten with the wish for it.
            connection.execute(
                "UPDATE job SET owner = ?, until_us = ?, began_us = ?, wished = 0,"
                " next_us = min(next_us, ?), started_us = CASE started_us WHEN 0 THEN ?"
                " ELSE started_us END WHERE name = ?",
                (hold.owner, now + hold.hold_us, now, now, now, hold.name),
            )
            return _find(connection, hold.name)

    def step_job(self, hold: Hold, step: Step) -> bool:
        """See `Jobs.step_job`."""
        with self._database.writing() as connection:
            now = self._clock()
            found = _held(connection, hold, now)
            _keep(connection, hold, step, now)
            return not found.paused

    def add_step(self, hold: Hold, batch: Batch, step: Callable[[Status], Step]) -> Status:
        """See `Jobs.add_step`."""
        with self._database.writing() as connection:
            now = self._clock()
            _held(connection, hold, now)
            status = Writer(connection, self._labels, batch, now).run()
            _keep(connection, hold, step(status), now)
            return status

    def remove_step(self, scope: Scope, hold: Hold, removal: Removal, parting: Parting) -> int:
        """See `Jobs.remove_step`."""
        with self._database.writing() as connection:
            now = self._clock()
            _held(connection, hold, now)
            held = _is_held(connection, parting)
            count = 0 if held else remove(connection, self._labels, scope, removal, now)
            _keep(connection, hold, parting.gone if count else parting.kept, now)
            return count

    def end_job(self, hold: Hold, ending: Ending) -> None:
        """See `Jobs.end_job`."""
        well = ending.outcome == _WELL
        with self._database.writing() as connection:
            now = self._clock()
            found = _held(connection, hold, now)
            _note(connection, found, now, ending)
            connection.execute(
                "UPDATE job SET owner = '', until_us = 0, began_us = 0, started_us = ?,"
                " failures = ?, next_us = ?, ended_us = ?, well_us = ?, error = ? WHERE name = ?",
                (
                    0 if ending.settled else found.started_us,
                    0 if well else found.failures + 1,
                    now + ending.wait_us,
                    now,
                    now if well else found.well_us,
                    "" if well else ending.words,
                    hold.name,
                ),
            )

    def pause_job(self, name: str, act: Act, *, paused: bool) -> None:
        """See `Jobs.pause_job`."""
        self._set(name, "paused", act, value=paused)

    def wish_job(self, name: str, act: Act) -> None:
        """See `Jobs.wish_job`."""
        self._set(name, "wished", act, value=True)

    def _set(self, name: str, field: str, act: Act, *, value: bool) -> None:
        with self._database.writing() as connection:
            _know(connection, name)
            connection.execute(f"UPDATE job SET {field} = ? WHERE name = ?", (value, name))
            record_act(connection, act, self._clock())

    def drop_job(self, name: str, act: Act) -> bool:
        """See `Jobs.drop_job`."""
        with self._database.writing() as connection:
            for table in ("job_run", "job_memory", "job_dead"):
                connection.execute(f"DELETE FROM {table} WHERE job = ?", (name,))
            gone = connection.execute("DELETE FROM job WHERE name = ?", (name,)).rowcount
            if gone:
                record_act(connection, act, self._clock())
            return bool(gone)

    def job_runs(self, name: str, limit: int) -> list[JobRun]:
        """See `Jobs.job_runs`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {', '.join(JobRun._fields)} FROM job_run WHERE job = ?"
                " ORDER BY number DESC LIMIT ?",
                (name, limit),
            ).fetchall()
        return [JobRun._make(row) for row in rows]

    def recall(self, name: str, ids: Sequence[str]) -> dict[str, Memory]:
        """See `Jobs.recall`."""
        with self._database.reading() as connection:
            return _recall(connection, name, ids)

    def remembered(self, name: str, after: str, limit: int) -> list[Memory]:
        """See `Jobs.remembered`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {_MEMORY} FROM job_memory WHERE job = ? AND object_id > ?"
                " ORDER BY object_id LIMIT ?",
                (name, after, limit),
            ).fetchall()
        return [_memory(row) for row in rows]

    def dead_letters(
        self, name: str, after: int, limit: int, *, revived: bool = False
    ) -> list[DeadLetter]:
        """See `Jobs.dead_letters`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {_LETTER} FROM job_dead WHERE job = ? AND number > ? AND revived >= ?"
                " ORDER BY number LIMIT ?",
                (name, after, revived, limit),
            ).fetchall()
        return [DeadLetter._make((*row[:-1], bool(row[-1]))) for row in rows]

    def revive_letters(self, name: str, numbers: Sequence[int], act: Act) -> int:
        """See `Jobs.revive_letters`."""
        return self._letters("UPDATE job_dead SET revived = 1", name, numbers, act)

    def drop_letters(self, name: str, numbers: Sequence[int], act: Act) -> int:
        """See `Jobs.drop_letters`."""
        return self._letters("DELETE FROM job_dead", name, numbers, act)

    def _letters(self, change: str, name: str, numbers: Sequence[int], act: Act) -> int:
        chosen = f"{change} WHERE job = ? AND number IN (SELECT value FROM json_each(?))"
        with self._database.writing() as connection:
            count = connection.execute(chosen, (name, json.dumps(list(numbers)))).rowcount
            if count:
                record_act(connection, act, self._clock())
            return count


def _recall(connection: sqlite3.Connection, name: str, ids: Sequence[str]) -> dict[str, Memory]:
    rows = connection.execute(
        f"SELECT {_MEMORY} FROM json_each(?) wanted"
        " CROSS JOIN job_memory ON job = ? AND object_id = wanted.value",
        (json.dumps(list(ids)), name),
    ).fetchall()
    return {row[0]: _memory(row) for row in rows}


def _is_held(connection: sqlite3.Connection, parting: Parting) -> bool:
    """Whether another job holds the object that is to be deleted."""
    ids = [parting.object_id]
    found = (_recall(connection, name, ids).values() for name in parting.others)
    return any(known.held for memory in found for known in memory)


def _memory(row: tuple[Any, ...]) -> Memory:
    object_id, digest, version_us, created_us, own = row
    return Memory(object_id, digest, version_us, created_us, bool(own))


def _is_free(job: Job, now: int, *, only_due: bool) -> bool:
    return not is_held(job, now) and (not only_due or is_ready(job, now))


def _know(connection: sqlite3.Connection, name: str) -> None:
    connection.execute("INSERT OR IGNORE INTO job (name) VALUES (?)", (name,))


def _find(connection: sqlite3.Connection, name: str) -> Job | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM job WHERE name = ?", (name,)).fetchone()
    return _job(row) if row else None


def _job(row: Sequence[object]) -> Job:
    return msgspec.convert(dict(zip(_FIELDS, row, strict=True)), Job, strict=False)


def _held(connection: sqlite3.Connection, hold: Hold, now: int) -> Job:
    """The job, which is still held: another may have begun it from the end of the hold on."""
    found = _find(connection, hold.name)
    if found is None or found.owner != hold.owner or found.until_us <= now:
        raise LeaseLost
    return found


def _note(connection: sqlite3.Connection, job: Job, now: int, ending: Ending) -> None:
    connection.execute(
        "INSERT INTO job_run (job, started_us, ended_us, outcome, counts, words)"
        " VALUES (?,?,?,?,?,?)",
        (job.name, job.began_us, now, ending.outcome, ending.counts, ending.words),
    )
    connection.execute(
        "DELETE FROM job_run WHERE job = ?1 AND number <= (SELECT number FROM job_run"
        " WHERE job = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)",
        (job.name, KEPT_RUNS),
    )


def _keep(connection: sqlite3.Connection, hold: Hold, step: Step, now: int) -> None:
    """Keep a step, and renew the hold."""
    name, until_us = hold.name, now + hold.hold_us
    if step.state is None:
        connection.execute("UPDATE job SET until_us = ? WHERE name = ?", (until_us, name))
    else:
        _check_size(step.state)
        connection.execute(
            "UPDATE job SET until_us = ?, state = ? WHERE name = ?", (until_us, step.state, name)
        )
    connection.executemany(
        "INSERT OR REPLACE INTO job_memory VALUES (?,?,?,?,?,?)",
        [(name, *memory) for memory in step.remember],
    )
    connection.executemany(
        "DELETE FROM job_memory WHERE job = ? AND object_id = ?",
        [(name, object_id) for object_id in step.forget],
    )
    connection.executemany(
        "INSERT INTO job_dead (job, key, reason, at_us, body) VALUES (?,?,?,?,?)",
        [(name, letter.key, letter.reason, now, letter.body) for letter in step.dead],
    )
    connection.executemany(
        "DELETE FROM job_dead WHERE job = ? AND number = ?",
        [(name, number) for number in step.done],
    )


def _check_size(state: bytes) -> None:
    if len(state) > STATE_BYTES:
        raise HubError(
            Fault.TOO_LARGE,
            f"the state has {len(state)} bytes, and may have {STATE_BYTES}",
            field="state",
        )
