"""The page on files for devices: formats, parameters, and why something is not in a file."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from pathlib import Path

from hub.api import outlet
from hub.api.params import Param
from hub.intake import breadth, lifetime
from hub.model.tlp import Tlp
from hub.service.outlet import csaf, folder, misp, rules, wish
from hub.service.outlet.press import Format
from hub.service.outlet.table import FORMATS
from hub.service.outlet.wish import Left
from tests.tools.markdown import codes, filled, table


def page() -> str:
    """Addresses, formats, parameters, reasons."""
    return filled(
        "export.md",
        addresses="\n".join(f"- `GET {address}`" for address in outlet.ADDRESSES),
        formats=table(
            ("format", "what it holds", "values", "media type", "up to", "comments"),
            [_format(form) for form in FORMATS.values()],
        ),
        open=str(csaf.CEILING),
        feeds=table(
            ("format", "addresses"),
            [
                ("A feed of MISP", codes(misp.NAMES)),
                ("A directory of CSAF 2.0 documents", codes(csaf.NAMES)),
            ],
        ),
        folders=folder.MOST_FOLDERS,
        folder_bytes=folder.MOST_BYTES // 1_000_000,
        params=table(
            ("parameter", "takes", "default", "meaning"), [_param(p) for p in outlet.PARAMS]
        ),
        reasons=table(("reason", "meaning"), _reasons()),
        lives=table(("values", "days", "speed"), [_life(field) for field in lifetime.FIELDS]),
        first_sid=f"{rules.NUMBERS.start:,}",
        last_sid=f"{rules.NUMBERS.stop - 1:,}",
        least=rules.LEAST,
        v4=breadth.LEAST_PREFIX[4],
        v6=breadth.LEAST_PREFIX[6],
        header=f"`{outlet.LEFT_OUT}`",
    )


def _format(form: Format) -> tuple[str, ...]:
    values = codes(form.fields) + (f"; if asked for {codes(form.more)}" if form.more else "")
    sign = f"`{form.sign}`" if form.sign else ""
    media = form.media_type.partition(";")[0]
    return f"`{form.name}`", form.meaning, values, f"`{media}`", str(Tlp(form.ceiling)), sign


def _param(param: Param) -> tuple[object, ...]:
    takes = "text"
    if param.bounds:
        takes = f"{param.bounds[0]:,} to {param.bounds[1]:,}"
    elif param.choices:
        takes = codes(param.choices)
    default = f"`{param.default}`" if param.default not in {"", None} else ""
    return f"`{param.name}`", takes, default, param.meaning


def _life(field: str) -> tuple[str, str, str]:
    days, speed = lifetime.life(field)
    return f"`{field}`", f"{days}" if days else "without end", f"{speed:g}"


def _reasons() -> list[tuple[str, str]]:
    """Each reason with the text that stands under it in the code."""
    source = Path(inspect.getfile(wish)).read_text(encoding="utf-8")
    (body,) = (
        node.body
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name == Left.__name__
    )
    meanings = {
        one.targets[0].id: two.value.value
        for one, two in pairwise(body)
        if isinstance(one, ast.Assign) and isinstance(two, ast.Expr)
    }
    return [(f"`{reason.value}`", meanings[reason.name]) for reason in Left]
