"""`Finder` over the search copy.

It gives keys and counts, never bytes: those come from the record, which looks at the scope once
more. A number is exact or it is not given: an answer of a part of the shards, of what was looked
at in time, or of the most frequent values of each shard alone does not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from elasticsearch import Elasticsearch

from hub.errors import HubError
from hub.model.clock import DAY_US
from hub.model.query import Scope
from hub.model.search import (
    EVERYTHING,
    Bar,
    Facet,
    Hits,
    Node,
    Reach,
    Summary,
    Survey,
    Term,
)
from hub.store.elastic import tallies
from hub.store.elastic.client import Line, Overdue, Place, connect, failure
from hub.store.elastic.mapping import Names
from hub.store.elastic.visitor import Filter, filter_of, has, scope_filter
from hub.store.search import Source

_ENGINE = "elasticsearch"
_HITS = 5000
"""Of one request; Elasticsearch gives 10,000 at most."""

_GRACE_S = 2.0
"""What the way there and back may take beside"""

_REACH_S = 0.9
"""What a look at the progress may take: health checks wait for it. Too short to make others fail
at once (`hub.store.elastic.client.Line`)."""

_CHUNK = 500
_CHUNKS = 8
_LAST_ORDINAL = (1 << 63) - 1

Ask = dict[str, Any]
Answer = Mapping[str, Any]


class ElasticFinder:
    """`hub.store.search.Finder` on Elasticsearch.

    Args:
        source: The record that the copy is made from: it says what a scope sees.
        place: The cluster.
        prefix: What its indices begin with.
    """

    def __init__(self, source: Source, place: Place, prefix: str) -> None:
        self._source = source
        self._place = place
        self._alias = Names(prefix, source.identity()).alias
        client = connect(place, patience_s=place.timeout_s + _GRACE_S)
        self._line = Line(client, place)

    def close(self) -> None:
        """Close the connections."""
        self._line.close()

    def find(
        self, scope: Scope, node: Node, edge_us: int, limit: int, *, rising: bool = False
    ) -> Hits:
        """See `Finder.find`."""
        keys: list[int] = []
        filters = self._filters(scope, node)
        while filters and len(keys) <= limit:
            size = min(limit + 1 - len(keys), _HITS)
            page = self._page(filters, keys[-1] if keys else edge_us, size, rising=rising)
            keys += page
            if len(page) < size:
                break
        return Hits(keys[:limit], len(keys) > limit)

    def count(self, scope: Scope, node: Node) -> int | None:
        """See `Finder.count`."""
        filters = self._filters(scope, node)
        if not filters:
            return 0
        [answer] = self._counted([{**_sized(filters), "track_total_hits": True}])
        return None if answer is None else int(answer["hits"]["total"]["value"])

    def facets(self, scope: Scope, node: Node, fields: Sequence[str], most: int) -> list[Facet]:
        """See `Finder.facets`."""
        filters = self._filters(scope, node)
        if not (filters and fields):
            return [Facet(field, []) for field in fields]
        asks = [_sized(filters, tallies.most_frequent(field, most)) for field in fields]
        return _facets(fields, self._counted(asks), most)

    def histogram(self, scope: Scope, node: Node, field: str, step_us: int) -> list[Bar] | None:
        """See `Finder.histogram`."""
        filters = self._filters(scope, node)
        if not filters:
            return []
        [answer] = self._counted([_sized(filters, tallies.steps(field, step_us))])
        return None if answer is None else tallies.read_bars(answer, step_us)

    def survey(
        self, scope: Scope, node: Node, fields: Sequence[str], most: int, *, instant: str
    ) -> Survey:
        """See `Finder.survey`. The cluster does all of it side by side, in the time of one count."""
        filters = self._filters(scope, node)
        if not filters:
            return Survey(0, [Facet(field, []) for field in fields], [])
        total, bars, *facets = self._counted(
            [
                {**_sized(filters), "track_total_hits": True},
                _sized(filters, tallies.steps(instant, DAY_US)),
                *(_sized(filters, tallies.most_frequent(field, most)) for field in fields),
            ]
        )
        return Survey(
            None if total is None else int(total["hits"]["total"]["value"]),
            _facets(fields, facets, most),
            None if bars is None else tallies.read_bars(bars, DAY_US),
        )

    def suggest(self, scope: Scope, field: str, beginning: str, most: int) -> list[str]:
        """See `Finder.suggest`."""
        filters = self._filters(scope, EVERYTHING)
        if not filters or len(beginning) > tallies.LONGEST_BEGINNING:
            return []
        asked = tallies.most_frequent(field, most, beginning)
        [answer] = self._counted([_sized(filters, asked)])
        if answer is None:
            raise Overdue
        counts = tallies.read_counts(field, answer, most, beginning)
        if counts is None:
            raise Overdue
        return [count.key for count in counts]

    def summaries(self, scope: Scope, terms: Sequence[Term]) -> list[Summary]:
        """See `Finder.summaries`."""
        filters = self._filters(scope, EVERYTHING)
        known: dict[Term, Summary] = {}
        chunks = list(tallies.chunks(terms, _CHUNK)) if filters else []
        for start in range(0, len(chunks), _CHUNKS):
            self._summarise(filters, chunks[start : start + _CHUNKS], known)
        return [known.get(term) or Summary(term, 0) for term in terms]

    def reach(self) -> Reach:
        """See `Finder.reach`."""
        newest = ordinal = 0
        try:
            newest = self._source.touched(_LAST_ORDINAL, 1).state
            found = self._line.ask(self._horizon)
            ordinal = int(found["_source"]["horizon"])
        except HubError as error:
            return Reach(_ENGINE, ordinal, newest, error.reason)
        return Reach(_ENGINE, ordinal, newest)

    def _horizon(self, client: Elasticsearch) -> Answer:
        hurried = client.options(request_timeout=_REACH_S)
        return dict(hurried.get(index=self._alias, id="horizon"))

    def _filters(self, scope: Scope, node: Node) -> list[Filter]:
        """What the scope gets and the node asks for; empty: the scope sees nothing."""
        windows = self._source.windows(scope)
        return [*scope_filter(windows), filter_of(node)] if windows else []

    def _page(
        self, filters: Sequence[Filter], edge_us: int, size: int, *, rising: bool
    ) -> list[int]:
        """The newest keys before an instant, or the oldest after it."""
        side = "gt" if rising else "lt"
        limits = [{"range": {"added": {side: edge_us}}}] if edge_us else []

        def call(client: Elasticsearch) -> Answer:
            return dict(
                client.search(
                    index=self._alias,
                    query={"bool": {"filter": [*filters, *limits]}},
                    sort=[{"added": "asc" if rising else "desc"}],
                    size=size,
                    source=False,
                    stored_fields="_none_",
                    track_total_hits=False,
                    allow_partial_search_results=False,
                    timeout=_time(self._place.timeout_s),
                )
            )

        answer = self._line.ask(call)
        if answer["timed_out"]:
            raise Overdue
        return [hit["sort"][0] for hit in answer["hits"]["hits"]]

    def _counted(self, asks: Sequence[Ask], seconds: float = 0) -> list[Answer | None]:
        """The answers to several searches, each with its own time; None: not in time."""
        seconds = seconds or min(self._place.count_s, self._place.timeout_s)
        bodies: list[Ask] = []
        for ask in asks:
            bodies += [{"allow_partial_search_results": False}, {**ask, "timeout": _time(seconds)}]

        def call(client: Elasticsearch) -> list[Answer | None]:
            answers = client.msearch(index=self._alias, searches=bodies)["responses"]
            return [_complete(answer) for answer in answers]

        return self._line.ask(call)

    def _summarise(
        self,
        filters: Sequence[Filter],
        chunks: Sequence[tuple[str, list[str]]],
        known: dict[Term, Summary],
    ) -> None:
        """Look chunks of values of one field each up; a chunk that is too much is halved."""
        asks = [
            _sized([*filters, has(field, keys)], tallies.summed(field, keys))
            for field, keys in chunks
        ]
        answers = self._counted(asks, self._place.timeout_s)
        for (field, keys), answer in zip(chunks, answers, strict=True):
            found = None if answer is None else tallies.read_summaries(field, answer)
            if found is not None:
                known.update((summary.term, summary) for summary in found)
            elif len(keys) > 1:
                half = len(keys) // 2
                self._summarise(filters, [(field, keys[:half]), (field, keys[half:])], known)
            else:
                raise Overdue


def _facets(fields: Sequence[str], answers: Sequence[Answer | None], most: int) -> list[Facet]:
    return [
        Facet(field, None if answer is None else tallies.read_counts(field, answer, most))
        for field, answer in zip(fields, answers, strict=True)
    ]


def _sized(filters: Sequence[Filter], aggregations: Ask | None = None) -> Ask:
    """A search that gives numbers alone."""
    body: Ask = {"size": 0, "query": {"bool": {"filter": list(filters)}}}
    return {**body, "track_total_hits": False, "aggs": aggregations} if aggregations else body


def _complete(answer: Answer) -> Answer | None:
    """The answer; None when it did not come in time.

    Raises:
        HubError: It did not come for another reason.
    """
    if "error" not in answer:
        return None if answer["timed_out"] or answer["_shards"]["failed"] else answer
    reason = failure(answer)
    if isinstance(reason, Overdue):
        return None
    raise reason


def _time(seconds: float) -> str:
    return f"{max(1, int(seconds * 1000))}ms"
