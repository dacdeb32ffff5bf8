"""How feeds and deliveries do, as metrics: one read of the jobs when somebody asks, no count of its own.

- A label is the name of a definition, which an operator chose; what a delivery sends to one reader is
  counted with the delivery, and names nobody.
- A job that is paused is left out: nobody waits for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from hub.errors import HubError
from hub.model.clock import SECOND_US
from hub.model.job import Job
from hub.store.jobs import Jobs

FAILURES = "hub_job_failures"
LAST_WELL = "hub_job_last_well_seconds"
JOBS: Mapping[str, str] = MappingProxyType(
    {
        FAILURES: "Runs in a row that failed; of a delivery to readers, those of the worst.",
        LAST_WELL: "When it last ended well, in seconds since 1970; 0: never.",
    }
)
"""Gauges that are asked for when /metrics is; absent while the store cannot be read"""

LABEL = "job"


class JobFigures(Collector):
    """The jobs that a store knows, without those that are paused."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """See `Collector.collect`."""
        try:
            found = self._jobs.jobs()
        except HubError:
            return
        failures: dict[str, int] = {}
        well_us: dict[str, int] = {}
        for job in found:
            if not job.paused:
                name = _shown(job)
                failures[name] = max(failures.get(name, 0), job.failures)
                well_us[name] = max(well_us.get(name, 0), job.well_us)
        yield _gauge(FAILURES, failures)
        yield _gauge(LAST_WELL, {name: at // SECOND_US for name, at in well_us.items()})


def _shown(job: Job) -> str:
    """Its name without that of a reader."""
    return job.name.partition("/")[0]


def _gauge(name: str, figures: Mapping[str, int]) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, JOBS[name], labels=[LABEL])
    for job, figure in figures.items():
        gauge.add_metric([job], figure)
    return gauge
