"""The benchmark judges its own figures rightly."""

import math

from .meter import Round
from .report import Table, goals, percentile, tenths


def _verdicts(table, sizes):
    return {
        goal.text.partition(" <=")[0].partition(" >=")[0]: goal for goal in goals(table, sizes)
    }


def test_percentiles_are_nearest_rank():
    walls = [float(n) for n in range(1, 101)]

    assert (percentile(walls, 0.5), percentile(walls, 0.95)) == (50.0, 95.0)
    assert percentile([7.0], 0.95) == 7.0
    assert math.isnan(percentile([], 0.5))


def test_a_row_takes_the_median_round():
    row = Table().row("page, first", "hub", 10)
    for cpu in (0.1, 0.9, 0.2):
        row.rounds.append(Round([0.5, 0.5], cpu=cpu, objects=100, elapsed=1.0))

    assert row.cpu_ms == 100
    assert row.cpu_us_object == 2000
    assert row.rate == 100


def test_tenths_are_rates_of_equal_shares():
    load = Round([0.1] * 10 + [0.2] * 10, objects=20_000)

    parts = tenths(load)

    assert parts["load, first tenth"].elapsed == 0.2
    assert parts["load, last tenth"].elapsed == 0.4
    assert {part.objects for part in parts.values()} == {2000}
    assert tenths(Round([0.1] * 9, objects=9000)) == {}


def test_a_goal_is_met_missed_or_not_measured():
    table = Table()
    table.row("full poll", "hub", 1000).rounds.append(
        Round([0.001], cpu=0.004, objects=1000, elapsed=0.001)
    )
    table.row("full poll", "plain scan", 1000).rounds.append(
        Round([0.001], cpu=0.001, objects=1000, elapsed=0.001)
    )

    verdicts = _verdicts(table, [1000])

    assert verdicts["full poll"].met is True
    assert verdicts["full poll"].figure == "1,000,000 objects/s"
    assert verdicts["page / plain SQLite scan, CPU"].met is False
    assert verdicts["32 pollers"].met is None
    assert verdicts["errors"].met is True


def test_a_row_with_errors_fulfils_no_goal():
    table = Table()
    table.row("full poll", "hub", 1000).rounds.append(
        Round([0.001], objects=1000, elapsed=0.001, errors=1)
    )

    verdicts = _verdicts(table, [1000])

    assert verdicts["full poll"].met is None
    assert verdicts["errors"].met is False


def test_growth_needs_two_sizes():
    table = Table()
    for size, cpu in ((10, 1.0), (1000, 1.4)):
        table.row("full poll", "hub", size).rounds.append(Round([1.0], cpu=cpu, objects=1))

    assert _verdicts(table, [10])["page, CPU, at 10 / at 10 objects"].met is None
    assert _verdicts(table, [10, 1000])["page, CPU, at 1,000 / at 10 objects"].met is True


def test_a_file_holds_null_for_what_was_not_measured():
    row = Table().row("disk", "hub", 10)
    row.megabytes = 1.5

    figures = row.figures()

    assert figures["megabytes"] == 1.5
    assert figures["p50_ms"] is None


def test_a_run_that_was_cut_short_has_an_error():
    table = Table()
    table.failures += 1

    assert _verdicts(table, [10])["errors"].met is False
