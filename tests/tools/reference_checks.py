"""The page on the checks of the conformance kit, from their table."""

from __future__ import annotations

from itertools import groupby

from connectors.check.catalogue import VERSION, Check, Level, Verdict, checks
from tests.tools.markdown import filled, table
from tests.tools.reference_policy import meanings


def page() -> str:
    """Levels and verdicts, then every check by group."""
    # A group may come up again further down in the table; on the page it stands once.
    ordered = sorted(checks().values(), key=lambda check: _groups().index(check.group))
    parts = [_group(name, list(found)) for name, found in groupby(ordered, lambda c: c.group)]
    return filled(
        "checks.md",
        version=VERSION,
        count=len(checks()),
        levels=_rows(Level),
        verdicts=_rows(Verdict),
        groups="\n\n".join(parts),
    )


def _groups() -> list[str]:
    return list(dict.fromkeys(check.group for check in checks().values()))


def _rows(kind: type) -> str:
    return "\n".join(f"| {name} | {text} |" for name, text in meanings(kind))


def _group(name: str, found: list[Check]) -> str:
    rows = [
        (f"{c.id}{' **!**' if c.loses else ''}", c.level, c.section, c.asks, c.why) for c in found
    ]
    columns = ("check", "level", "section", "what is asked", "what it means to a feed")
    return f"## {name[:1].upper()}{name[1:]}\n\n{table(columns, rows)}"
