"""More than fits into memory comes out in order, as often as it is asked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.service.outlet.sorter import Sorter

PAIRS = st.lists(st.tuples(st.text(max_size=30), st.binary(max_size=200)), max_size=60)


@given(pairs=PAIRS, run_bytes=st.sampled_from((1, 50, 1000, 10**6)))
def test_what_goes_in_comes_out_sorted(pairs: list[tuple[str, bytes]], run_bytes: int) -> None:
    sorter = Sorter(run_bytes)
    for key, payload in pairs:
        sorter.add(key, payload)
    assert list(sorter) == sorted(pairs)
    assert list(sorter) == sorted(pairs)
    sorter.close()


def test_readers_do_not_disturb_each_other() -> None:
    sorter = Sorter(100)
    for number in range(500):
        sorter.add(f"{number % 50:03d}", bytes([number % 7]) * (number % 300))
    first, second = iter(sorter), iter(sorter)
    found = [(next(first), next(second)) for _ in range(500)]
    assert all(one == other for one, other in found)
    sorter.close()


def test_payloads_longer_than_what_is_read_ahead() -> None:
    sorter = Sorter(1)
    for number in (2, 1):
        sorter.add(str(number), bytes([number]) * 300_000)
    assert [(key, len(payload)) for key, payload in sorter] == [("1", 300_000), ("2", 300_000)]
    sorter.close()
