"""Looking up many values: pasted, out of a file, or a few in the address.

A few values stand in the address, so that a look-up can be shared and gone back to; more of them
are sent by a form, which the page of the result carries along for its other views and its files.
A file is made from the very values that the page shows, so that both have the same counts.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple, cast, get_args

from hub.errors import Fault, HubError
from hub.language.listed import Listed, listed
from hub.language.values import show
from hub.model.search import Term
from hub.service.lookup import Answer as Found
from hub.service.lookup import Sorted, State, lookup, nearest, sort_out
from hub.web.address import link
from hub.web.frame import Answer, Console, Page
from hub.web.lookup_file import file_of
from hub.web.visit import Visit

_MOST_FORM = 10 << 20
_MOST_FILE = 8 << 20
_LONGEST_ADDRESS = 1_500
_STATES: tuple[State, ...] = get_args(State)
_VIEW = re.compile(rf"({'|'.join(_STATES)})-([1-9][0-9]{{0,3}})", re.ASCII)
_FILE = re.compile(rf"({'|'.join(_STATES)})\.(csv|txt)")
_ROWS_OF_EACH = 100
_ROWS_OF_ONE = 250
_MOST_SUBMITTED = 1_000
# What no text has; the first bytes of ZIP, which office files are.
_BINARY = (b"\x00", b"PK\x03\x04", b"%PDF-")


class _Asked(NamedTuple):
    """What a request is about."""

    values: list[str]
    notes: list[str]
    """How the text was read, where something of it was left out"""
    view: str
    """Part and page, such as `unknown-2`; empty: the beginning of each part"""
    file: str
    """Such as `known.csv`; empty: a page"""
    is_exact: bool
    """The values come from a page of the result."""


class Section(NamedTuple):
    """One part of the result, as far as the page shows it."""

    state: State
    total: int
    rows: list[Found]
    first: int
    """Place of the first row, from 1"""
    newer: str
    """The view with the rows before these; empty: there are none"""
    older: str


def pages(console: Console) -> list[Page]:
    """`/lookup`."""
    del console
    return [Page("lookup", _lookup, ("GET", "POST"), most=_MOST_FORM)]


def asked(term: Term) -> str:
    """The query that finds the records of a value."""
    text = show(term).replace('"', '""')
    return f'{term.field}:"{text}"'


def _lookup(visit: Visit) -> Answer:
    sent = visit.request.method == "POST"
    values = visit.form.get("values", "")
    if visit.form.get("edit") or not (sent or visit.args.getlist("v")):
        return _form(visit, values, {})
    try:
        wanted = _of_form(visit) if sent else _of_address(visit)
        if not wanted.values:
            return _form(visit, values, {"values": visit.text("There is no value in it.")}), 400
        if sent and not wanted.is_exact and len(_address(wanted)) <= _LONGEST_ADDRESS:
            if wanted.notes:
                visit.say(" ".join(wanted.notes))
            return visit.to(_address(wanted))
        return _answer(visit, wanted, sent=sent)
    except HubError as error:
        if error.fault not in {Fault.TOO_LARGE, Fault.BAD_REQUEST}:
            raise
        return _form(visit, values, {error.field: visit.problem(error)}), 400


def _form(visit: Visit, values: str, errors: dict[str, str]) -> str:
    return visit.render("lookup/form.html", values=values, errors=errors)


def _address(wanted: _Asked) -> str:
    return link("lookup", v=wanted.values)


def _of_address(visit: Visit) -> _Asked:
    """Each `v` is a value, or several as people write them."""
    parts = [listed(text) for text in visit.args.getlist("v")]
    values = [value for part in parts for value in part.values]
    views = visit.args.get("show", ""), visit.args.get("download", "")
    return _Asked(values, [], *views, is_exact=False)


def _of_form(visit: Visit) -> _Asked:
    form = visit.form
    views = form.get("show", ""), form.get("download", "")
    if form.get("exact"):
        notes = [form["notes"]] if form.get("notes") else []
        return _Asked(form.get("values", "").splitlines(), notes, *views, is_exact=True)
    found = listed("\n".join(filter(None, [form.get("values", ""), _uploaded(visit)])))
    return _Asked(found.values, _notes(visit, found), *views, is_exact=False)


def _uploaded(visit: Visit) -> str:
    """The text of the file that was chosen, if one was.

    Raises:
        HubError: TOO_LARGE, or BAD_REQUEST for what is no text.
    """
    file = visit.files.get("file")
    if file is None:
        return ""
    with file.stream as stream:
        data = stream.read(_MOST_FILE + 1)
    if len(data) > _MOST_FILE:
        raise HubError(
            Fault.TOO_LARGE,
            f"the file is larger than {_MOST_FILE >> 20} MB",
            field="file",
            remedy="Split it, or send the column with the values alone.",
        )
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    if data.startswith(_BINARY) or b"\x00" in data:
        raise HubError(
            Fault.BAD_REQUEST,
            "this is no text file",
            field="file",
            remedy="Save it as CSV or as plain text, and choose that.",
        )
    # What is not UTF-8 is of an old code page; values are ASCII in all of them.
    return data.decode("utf-8-sig", "replace")


def _notes(visit: Visit, found: Listed) -> list[str]:
    notes = []
    if found.taken:
        notes.append(visit.text("Columns read: %(names)s.", names=", ".join(found.taken)))
    if found.left:
        notes.append(visit.text("Columns left out: %(names)s.", names=", ".join(found.left)))
    if num := found.repeated:
        notes.append(visit.plural("%(num)s repetition.", "%(num)s repetitions.", num))
    if num := found.comments:
        notes.append(
            visit.plural("%(num)s comment line left out.", "%(num)s comment lines left out.", num)
        )
    return notes


def _answer(visit: Visit, wanted: _Asked, *, sent: bool) -> Answer:
    finder = visit.console.finder
    found = sort_out(lookup(finder, visit.scope, wanted.values))
    file = _FILE.fullmatch(wanted.file)
    if wanted.file:
        if file is None:
            raise HubError(Fault.ABSENT, "there is nothing at this address")
        answers = _of(found, cast("State", file[1]))
        return file_of(file[1], file[2], answers)
    sections = _sections(found, wanted.view)
    shown = [
        row.summary.term
        for part in sections
        if part.state == "unknown"
        for row in part.rows
        if row.summary
    ]
    return visit.render(
        "lookup/result.html",
        found=found,
        counts={state: len(_of(found, state)) for state in _STATES},
        sections=sections,
        view=wanted.view,
        near=nearest(finder, visit.scope, shown),
        values="\n".join(wanted.values),
        notes=" ".join(wanted.notes),
        is_sent=sent,
        query=asked,
        submitted=_submitted(visit, found),
    )


def _submitted(visit: Visit, found: Sorted) -> str:
    """The unknown values as a text to submit; empty: the account may not, or they are too many."""
    fits = visit.scope.writable and 0 < len(found.unknown) <= _MOST_SUBMITTED
    return "\n".join(answer.given for answer in found.unknown) if fits else ""


def _of(found: Sorted, state: State) -> list[Found]:
    return {
        "known": found.known,
        "unknown": found.unknown,
        "not-understood": found.not_understood,
    }[state]


def _sections(found: Sorted, view: str) -> list[Section]:
    """The beginning of each part, or one page of one."""
    chosen = _VIEW.fullmatch(view)
    if chosen is None:
        parts = [(state, _of(found, state)) for state in _STATES]
        return [
            Section(s, len(rows), rows[:_ROWS_OF_EACH], 1, "", "") for s, rows in parts if rows
        ]
    state, page = cast("State", chosen[1]), int(chosen[2])
    rows, start = _of(found, state), (page - 1) * _ROWS_OF_ONE
    before = f"{state}-{page - 1}" if page > 1 else ""
    behind = f"{state}-{page + 1}" if start + _ROWS_OF_ONE < len(rows) else ""
    return [
        Section(state, len(rows), rows[start : start + _ROWS_OF_ONE], start + 1, before, behind)
    ]
