"""What `test_search_hostile` asks, where Elasticsearch searches: an answer or an error, no 5xx."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import fakes
from tests.elastic.copies import copy_of
from tests.http.asking import Hub, data
from tests.http.searching import indicator
from tests.http.test_search_hostile import HOSTILE, LONGEST_S, PATHS, WORDS

PARTS = st.one_of(WORDS, st.sampled_from([*HOSTILE.values()]).map(lambda text: text[:200]))


@pytest.fixture
def hub(elastic_url: str, elastic_prefix: str, tmp_path: Path) -> Iterator[Hub]:
    config = fakes.make_config(tmp_path, "[limits]\nrequests_per_minute = 0\n")
    store = fakes.open_store(config.store_path)
    fakes.populate(store)
    with copy_of(store, elastic_url, elastic_prefix) as copy:
        with mock.patch("hub.app.open_finder", return_value=copy.finder):
            made = Hub(config, store)
        room = made.room()
        secret = indicator(7, "[domain-name:value = 'secret.example']", name="secret")
        room.post(fakes.body(secret), headers={"Hub-Audience": "org:ministry"})
        room.add(indicator(1, "[domain-name:value = 'evil.example']", name="evil"))
        copy.settle()
        yield made
    store.close()


def ask(hub: Hub, path: str, **query: str) -> int:
    """As somebody from whom the secret is hidden."""
    begun = time.perf_counter()
    answer = hub.get(f"/api/v1/{path}", account="partner", query_string=query)
    assert time.perf_counter() - begun < LONGEST_S, query
    assert answer.status_code in {200, 400, 404}, (query, answer.data)
    if answer.status_code == 200 and path == "search":
        assert all("secret" not in hit["name"] for hit in data(answer)["hits"])
    return answer.status_code


def test_hostile_queries(hub: Hub) -> None:
    """One application for all of them: a copy takes longer to make than they take together."""
    fields = ("type", "label", "publisher", "cve", "has", "tlp")
    for text in HOSTILE.values():
        found = [ask(hub, path, q=text) for path in PATHS]
        assert len(set(found)) == 1 or "added" in text
        for field in fields:
            ask(hub, "suggest", field=field, begin=text)
        answer = hub.ask(
            "POST",
            "/api/v1/lookup",
            account="partner",
            headers={"Content-Type": "text/plain"},
            body=text.encode(errors="replace"),
        )
        assert answer.status_code == 200, text
    assert ask(hub, "search", q="evil") == 200


def test_any_query(hub: Hub) -> None:
    @settings(max_examples=150)
    @given(parts=st.lists(PARTS, max_size=10), glue=st.sampled_from(["", " ", " ", " OR ", "\n"]))
    def check(parts: list[str], glue: str) -> None:
        ask(hub, "search", q=glue.join(parts))
        ask(hub, "facets", q=glue.join(parts), field="type")

    check()
