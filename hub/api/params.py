"""Parameters of the query string: one table says what they are, how they are read and documented."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import Request

from hub.http.query import check_query
from hub.service.changes import bad

_DIGITS = 10


class Param(NamedTuple):
    """One parameter: a whole number if it has bounds, else a text."""

    name: str
    meaning: str
    default: str | int | None = ""
    choices: tuple[str, ...] = ()
    """Other texts are refused; none: any text"""
    bounds: tuple[int, int] | None = None
    """Of a whole number"""
    repeated: bool = False
    """It may be given several times"""

    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        if self.bounds:
            low, high = self.bounds
            found: dict[str, Any] = {"type": "integer", "minimum": low, "maximum": high}
        else:
            found = {"type": "string"} | ({"enum": list(self.choices)} if self.choices else {})
        if self.repeated:
            return {"type": "array", "items": found}
        return found if self.default in {"", None} else found | {"default": self.default}


def read(request: Request, params: tuple[Param, ...]) -> dict[str, Any]:
    """What the request gives, by name; lists for what may be repeated.

    Raises:
        HubError: BAD_REQUEST for an unknown, repeated or malformed parameter, and for a query
            string that is no UTF-8.
    """
    check_query(request)
    known = {param.name for param in params}
    for name in request.args:
        if name not in known:
            remedy = f"Known here: {', '.join(sorted(known))}." if known else ""
            raise bad("parameter", f"{name[:80]!r} is no parameter of this address", remedy)
    return {param.name: _read(param, request.args.getlist(param.name)) for param in params}


def _read(param: Param, given: list[str]) -> Any:
    if param.repeated:
        return [_value(param, text) for text in given]
    if len(given) > 1:
        raise bad(param.name, f"{param.name} is given {len(given)} times", "Give it once.")
    return _value(param, given[0]) if given else param.default


def _value(param: Param, text: str) -> str | int:
    if param.bounds is None:
        if param.choices and text not in param.choices:
            raise bad(
                param.name,
                f"{text[:80]!r} is no value of {param.name}",
                f"Give one of {', '.join(param.choices)}.",
            )
        return text
    low, high = param.bounds
    if not (
        text.isascii() and text.isdigit() and len(text) <= _DIGITS and low <= int(text) <= high
    ):
        raise bad(param.name, f"{param.name} must be a whole number from {low} to {high}")
    return int(text)
