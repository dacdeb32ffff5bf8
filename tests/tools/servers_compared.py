"""Writes the table of docs/explanation/servers-compared.md from reports of `hub check`.

Run at the top of the checkout, with one file that `hub check --json` wrote for each column:
`python -m tests.tools.servers_compared HUB MEDALLION OPENTAXII OPENTAXII`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from connectors.check.catalogue import Verdict, checks
from connectors.check.report import Report, Share
from connectors.check.signing import verified
from tests.tools.markdown import table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "servers-compared.md"
COLUMNS = ("the hub", "medallion 3.0.0", "OpenTAXII 0.9.3", "OpenTAXII 0.10.0b1")
_WORDS = {
    Verdict.PASS: "passes",
    Verdict.FAIL: "fails",
    Verdict.NOT_TRIED: "not tried",
    Verdict.NOT_APPLICABLE: "",
}


def scores(reports: list[Report]) -> str:
    """Passed of tried, by level."""
    rows = []
    for name in ("must", "should", "practice"):
        shares: list[Share] = [getattr(report.score, name) for report in reports]
        cells = [f"{share.passed} of {share.tried}" for share in shares]
        rows.append((name.upper() if name != "practice" else name, *cells))
    rows.append(("not tried", *(str(_not_tried(report)) for report in reports)))
    rows.append(("level", *(report.score.level for report in reports)))
    return table(("", *COLUMNS), rows)


def _not_tried(report: Report) -> int:
    return sum(line.verdict == Verdict.NOT_TRIED for line in report.checks)


def differences(reports: list[Report]) -> str:
    """The checks in which one of them fails."""
    found = [{line.id: line.verdict for line in report.checks} for report in reports]
    rows = [
        (name, check.level, check.asks, *(_WORDS[Verdict(one[name])] for one in found))
        for name, check in checks().items()
        if any(one[name] == Verdict.FAIL for one in found)
    ]
    return table(("check", "level", "what is asked", *COLUMNS), rows)


def main(paths: list[str]) -> int:
    if len(paths) != len(COLUMNS):
        print(__doc__)
        return 2
    reports = [verified(Path(path).read_bytes()).report for path in paths]
    text = PAGE.read_text(encoding="utf-8")
    for name, part in (("scores", scores(reports)), ("differences", differences(reports))):
        marks = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        found = re.compile(f"({marks[0]}).*({marks[1]})", re.DOTALL)
        text, count = found.subn(lambda at, part=part: f"{at[1]}\n{part}\n\n{at[2]}", text)
        if count != 1:
            raise ValueError(f"{PAGE} has no place for {name}")
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
