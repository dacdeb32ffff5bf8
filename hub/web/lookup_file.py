"""One part of a look-up as a file: CSV for spreadsheets, plain values for other tools."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response

from hub.language.sheet import MARK, MEDIA_TYPE, plain, row
from hub.language.values import is_cut, show
from hub.model.clock import format_us
from hub.model.search import Term
from hub.service.lookup import Answer

_COLUMNS = (
    *("given", "state", "field", "value", "records"),
    *("first_added", "last_added", "strictest_tlp", "publishers"),
)


def file_of(name: str, suffix: str, answers: Sequence[Answer]) -> Response:
    """All answers of a part.

    Args:
        name: The part.
        suffix: `csv` or `txt`.
        answers: Of one state.
    """
    data = _csv(answers) if suffix == "csv" else _text(answers)
    kind = MEDIA_TYPE if suffix == "csv" else "text/plain; charset=utf-8"
    response = Response(data, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="lookup-{name}.{suffix}"'
    return response


def _csv(answers: Sequence[Answer]) -> bytes:
    return MARK + row(_COLUMNS) + b"".join(row(_cells(answer)) for answer in answers)


def _cells(answer: Answer) -> list[str]:
    found = answer.summary
    if found is None:
        return [answer.given, answer.state, *[""] * (len(_COLUMNS) - 2)]
    seen = ["", "", "", ""]
    if found.records:
        first, last = format_us(found.first_us), format_us(found.last_us)
        seen = [first, last, found.tlp.text, " ".join(found.publishers)]
    field, value = found.term.field, _value(found.term, answer.given)
    return [answer.given, answer.state, field, value, str(found.records), *seen]


def _value(term: Term, given: str) -> str:
    return given if is_cut(term.key) else show(term)


def _text(answers: Sequence[Answer]) -> bytes:
    values = (
        _value(item.summary.term, item.given) if item.summary else item.given for item in answers
    )
    return "".join(f"{plain(value)}\n" for value in values).encode("utf-8", "replace")
