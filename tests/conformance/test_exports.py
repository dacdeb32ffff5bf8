"""Numbers of rules and states of files: of one account and clearance, stable, rising."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.model.exporting import Made, Numbered
from hub.model.query import Scope
from hub.model.tlp import Tlp
from tests.conformance.builders import ACT
from tests.fakes import accounts, populate

READER = Scope(account="reader", org="ministry", clearance=Tlp.AMBER)
NARROW = Scope(account="reader", org="ministry", clearance=Tlp.GREEN)
PARTNER = Scope(account="partner", org="grid", clearance=Tlp.AMBER)
NUMBERS = range(100, 110)
FAR = 2**60


def rules(*names: str, digest: bytes = b"1") -> list[tuple[str, bytes]]:
    return [(name, digest) for name in names]


def made(digest: bytes) -> Made:
    return Made(b"seen", digest, FAR, "")


@pytest.fixture
def filled(store):
    populate(store)
    return store


def test_numbers_rise_and_stay(filled):
    first = filled.number_rules(READER, rules("a", "b"), NUMBERS)
    assert first == [Numbered(100, 1), Numbered(101, 1)]
    again = filled.number_rules(READER, rules("c", "b", "a"), NUMBERS)
    assert again == [Numbered(102, 1), Numbered(101, 1), Numbered(100, 1)]


def test_a_changed_text_has_another_revision(filled):
    filled.number_rules(READER, rules("a"), NUMBERS)
    assert filled.number_rules(READER, rules("a", digest=b"2"), NUMBERS) == [Numbered(100, 2)]
    assert filled.number_rules(READER, rules("a", digest=b"1"), NUMBERS) == [Numbered(100, 3)]


def test_books_know_nothing_of_each_other(filled):
    filled.number_rules(READER, rules("a", "b", "c"), NUMBERS)
    for scope in (NARROW, PARTNER):
        assert filled.number_rules(scope, rules("c"), NUMBERS) == [Numbered(100, 1)]


def test_no_number_is_left(filled):
    found = filled.number_rules(READER, rules(*map(str, range(12))), NUMBERS)
    assert found[-3:] == [Numbered(109, 1), None, None]
    assert filled.number_rules(READER, rules("0", "new"), NUMBERS) == [Numbered(100, 1), None]


def test_two_who_ask_at_once_get_the_same(filled):
    names = rules(*map(str, range(9)))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: filled.number_rules(READER, names, NUMBERS), range(8)))
    assert all(each == found[0] for each in found)
    assert len({item.sid for item in found[0]}) == 9


def test_a_serial_rises_with_the_content_alone(filled, clock):
    first = filled.keep_export(READER, "x", made(b"1"))
    assert first.serial == clock.now // 1_000_000
    assert filled.keep_export(READER, "x", made(b"1")) == first
    # However soon it changes, and also when the clock is set back.
    clock.advance(-100)
    second = filled.keep_export(READER, "x", made(b"2"))
    assert second.serial == first.serial + 1
    assert second.changed_us >= first.changed_us + 1_000_000
    assert filled.export_state(READER, "x") == second
    assert filled.export_state(NARROW, "x") is None
    assert filled.export_state(PARTNER, "x") is None


def test_what_is_newly_left_out_is_no_change(filled):
    first = filled.keep_export(READER, "x", made(b"1"))
    more = made(b"1")._replace(left_out="expired=1", turn_us=5)
    kept = filled.keep_export(READER, "x", more)
    assert (kept.serial, kept.changed_us, kept.made) == (first.serial, first.changed_us, more)


def test_old_states_make_room(filled, clock):
    for number in range(510):
        clock.advance(1)
        filled.keep_export(READER, str(number), made(b"1"))
    assert filled.export_state(READER, "0") is None
    assert filled.export_state(READER, "509") is not None


def test_they_go_with_the_account(filled):
    filled.number_rules(READER, rules("a"), NUMBERS)
    filled.keep_export(READER, "x", made(b"1"))
    (reader,) = (item for item in accounts() if item.name == "reader")
    filled.write([], [reader], ACT, epoch=filled.epoch())
    assert filled.export_state(READER, "x") is None
    assert filled.number_rules(READER, rules("b"), NUMBERS) == [Numbered(100, 1)]
