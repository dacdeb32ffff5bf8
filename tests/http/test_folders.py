"""Directories of files, which are made by one walk: how often, for whom, and that nobody has another's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest import mock

import pytest
from werkzeug.test import TestResponse

from hub.model.party import Account, Grant, Token, WarningList
from hub.model.tlp import Tlp
from hub.service.credentials import digest
from hub.service.outlet.folder import Filed, Place, Shelf
from hub.service.search import Searcher
from hub.store.finder import SqliteFinder
from tests import fakes
from tests.http.asking import PARTNERS, Hub, Room, data
from tests.http.pieces import REF_OF
from tests.http.searching import indicator, opened
from tests.http.test_csaf_directory import flaw, id_of, report

AMBER = {"object_marking_refs": [REF_OF[Tlp.AMBER]]}
SECRETS = {name: f"hub_{name}-".ljust(47, "x") for name in ("wide", "narrow", "other")}
DAY_S = 86_400


@pytest.fixture(scope="module")
def clock() -> fakes.Clock:
    return fakes.Clock(fakes.START_US + 60_000_000)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, clock: fakes.Clock) -> Iterator[Hub]:
    with opened(tmp_path_factory.mktemp("folders"), clock) as made:
        ceilings = {"wide": ("publisher", Tlp.AMBER), "narrow": ("publisher", Tlp.CLEAR)}
        for name, (account, ceiling) in (ceilings | {"other": ("partner", Tlp.GREEN)}).items():
            secret = digest(SECRETS[name])
            made.put(Token(name, account, secret, 2**62, ceiling=ceiling, purpose="export"))
        yield made


@pytest.fixture
def room(hub: Hub) -> Room:
    return filled(hub)


def filled(hub: Hub) -> Room:
    """Two reports with what they name, and values that none names; half of it is CLEAR."""
    room = hub.room()
    clear = {"object_marking_refs": [REF_OF[Tlp.CLEAR]]}
    refs = [id_of("vulnerability", n) for n in (1, 2)]
    room.add(
        flaw(1, **clear),
        flaw(2),
        report(7, *refs, **clear),
        report(8, refs[1]),
        domain(3, **clear),
        domain(4),
    )
    return room


def domain(number: int, **more: Any) -> dict[str, Any]:
    return indicator(number, f"[domain-name:value = 'host-{number}.example']", **more)


class Kind(NamedTuple):
    """A kind of folder."""

    name: str
    lists: tuple[str, ...]
    named: Callable[[bytes], list[str]]
    """The other files, as the first list names them"""

    def files(self, ask: Callable[[str], TestResponse]) -> dict[str, TestResponse]:
        """All of them, one after the other."""
        found = {name: ask(f"{self.name}/{name}") for name in self.lists}
        more = self.named(found[self.lists[0]].data)
        return found | {name: ask(f"{self.name}/{name}") for name in more}


def _documents(index: bytes) -> list[str]:
    paths = index.decode().split()
    return [f"{path}{suffix}" for path in paths for suffix in ("", ".sha256")]


MISP = Kind(
    "misp",
    ("manifest.json", "hashes.csv"),
    lambda raw: [f"{name}.json" for name in json.loads(raw)],
)
CSAF = Kind("csaf", ("index.txt", "changes.csv", "provider-metadata.json"), _documents)
KINDS = pytest.mark.parametrize("kind", [MISP, CSAF], ids=lambda kind: kind.name)


def pull(room: Room, name: str, who: str = "wide", **headers: str) -> TestResponse:
    sent = {"Authorization": f"Bearer {SECRETS[who]}", "Accept": "*/*"} | headers
    path = f"/export/collections/{room.collection.alias}/{name}"
    return whole(room.hub.get(path, account="", headers=sent))


def whole(answer: TestResponse) -> TestResponse:
    """Read to its end, as the desk at which it is written is free only then."""
    assert answer.status_code in {200, 304, 404}, answer.data
    answer.get_data()
    return answer


def told(answers: dict[str, TestResponse]) -> dict[str, Any]:
    """What is said of each file; `Last-Modified` is of the caller's own pulls."""
    headers = ("Hub-Left-Out", "Content-Type", "Content-Length")
    return {
        name: (answer.status_code, answer.data, [answer.headers.get(h) for h in headers])
        for name, answer in answers.items()
    }


def everything(room: Room, kind: Kind, who: str = "wide") -> dict[str, Any]:
    return told(kind.files(lambda name: pull(room, name, who)))


def made_anew(room: Room, kind: Kind, who: str = "wide") -> dict[str, Any]:
    """As a hub says it that has no folder yet."""
    fresh = Room(Hub(room.hub.config, room.hub.store), room.collection)
    return everything(fresh, kind, who)


@contextmanager
def walks() -> Iterator[list[int]]:
    """Counts walks through a selection."""
    true, count = Searcher.walk, [0]

    def walk(self: Searcher, *args: Any) -> Any:
        count[0] += 1
        return true(self, *args)

    with mock.patch.object(Searcher, "walk", walk):
        yield count


@KINDS
def test_a_whole_folder_costs_one_walk(room: Room, kind: Kind) -> None:
    with walks() as count:
        first = everything(room, kind)
        assert len(first) >= len(kind.lists) + 3
        assert {status for status, *_ in first.values()} == {200}
        assert everything(room, kind) == first
        assert count == [1]
        # What the caller sees has changed: one more.
        room.add(domain(5), flaw(5))
        assert everything(room, kind) != first
        assert count == [2]


@KINDS
def test_what_is_hidden_costs_no_walk(hub: Hub, room: Room, kind: Kind) -> None:
    first = everything(room, kind, "narrow")
    with walks() as count:
        room.add(domain(5, **AMBER), flaw(5, **AMBER))
        other = filled(hub)
        hub.put(Grant(other.collection.key, PARTNERS))
        assert everything(room, kind, "narrow") == first
        assert count == [0]
    assert made_anew(room, kind, "narrow") == first


@KINDS
def test_each_file_keeps_its_tag_and_date_while_others_change(room: Room, kind: Kind) -> None:
    first = kind.files(lambda name: pull(room, name))
    room.add(domain(5, created="2020-01-01T00:00:00.000Z"), flaw(5))
    same = {name: answer for name, answer in first.items() if name not in kind.lists}
    with walks() as count:
        for name, answer in same.items():
            tag, date = answer.headers["ETag"], answer.headers["Last-Modified"]
            for asked in ({"If-None-Match": tag}, {"If-Modified-Since": date}):
                again = pull(room, f"{kind.name}/{name}", **asked)
                assert (again.status_code, again.data) == (304, b"")
            assert pull(room, f"{kind.name}/{name}").headers["Last-Modified"] == date
        for name in kind.lists:
            tag = first[name].headers["ETag"]
            assert pull(room, f"{kind.name}/{name}", **{"If-None-Match": tag}).status_code == (
                # Its newest date is the same.
                304 if name == "provider-metadata.json" else 200
            )
        assert count == [1]


@KINDS
def test_a_304_needs_no_folder(room: Room, kind: Kind) -> None:
    answers = kind.files(lambda name: pull(room, name))
    fresh = Room(Hub(room.hub.config, room.hub.store), room.collection)
    with walks() as count:
        for name, answer in answers.items():
            tag = {"If-None-Match": answer.headers["ETag"]}
            assert pull(fresh, f"{kind.name}/{name}", **tag).status_code == 304
        assert count == [0]


@KINDS
def test_what_is_not_there_costs_no_walk_of_its_own(room: Room, kind: Kind) -> None:
    first = everything(room, kind)
    name = f"{fakes.uuid_of(999)}.json"
    name = name if kind is MISP else f"2026/vulnerability--{name}"
    with walks() as count:
        for _ in range(3):
            assert pull(room, f"{kind.name}/{name}").status_code == 404
        assert count == [0]
    assert everything(room, kind) == first


def _publish(room: Room) -> None:
    room.add(domain(5), flaw(5))


def _delete(room: Room) -> None:
    for object_id in (domain(4)["id"], id_of("vulnerability", 2)):
        assert room.delete(object_id).status_code == 200


def _withdraw(room: Room) -> None:
    later = fakes.format_us(fakes.START_US + 5_000_000)
    room.add(domain(4, revoked=True, modified=later), flaw(2, version=9, revoked=True))


def _lower_the_grant(room: Room) -> None:
    room.hub.put(Grant(room.collection.key, PARTNERS, read=True, write=True, ceiling=Tlp.CLEAR))


def _narrow_the_grant(room: Room) -> None:
    later = fakes.START_US + 3_600_000_000
    room.hub.put(Grant(room.collection.key, PARTNERS, read=True, write=True, since_us=later))


def _lower_the_account(room: Room) -> None:
    roles = fakes.ROLES["publisher"]
    room.hub.put(Account("publisher", "ministry", roles, "", clearance=Tlp.CLEAR))


def _forbid_a_value(room: Room) -> None:
    room.hub.put(WarningList("ministry", ("host-4.example",)))


CHANGES = (_publish, _delete, _withdraw, _lower_the_grant, _narrow_the_grant, _lower_the_account)


@pytest.fixture
def usual(hub: Hub) -> Iterator[None]:
    """Puts back what is of more than a room."""
    was = hub.store.directory().accounts["publisher"]
    yield
    hub.put(was, WarningList("ministry"))


@pytest.mark.usefixtures("usual")
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@KINDS
def test_a_change_of_what_the_caller_sees_makes_it_anew(
    room: Room, kind: Kind, change: Callable[[Room], None]
) -> None:
    changes_are_seen(room, kind, change)


@pytest.mark.usefixtures("usual")
def test_a_change_of_a_warning_list_makes_it_anew(room: Room) -> None:
    changes_are_seen(room, MISP, _forbid_a_value)


def changes_are_seen(room: Room, kind: Kind, change: Callable[[Room], None]) -> None:
    first = everything(room, kind)
    change(room)
    with walks() as count:
        later = everything(room, kind)
        assert later != first
        assert count == [1]
    assert later == made_anew(room, kind)
    gone = first.keys() - later.keys()
    assert {pull(room, f"{kind.name}/{name}").status_code for name in gone} <= {404}


def test_time_makes_it_anew(room: Room, clock: fakes.Clock) -> None:
    ends = fakes.format_us(fakes.START_US + 2 * DAY_S * 1_000_000)
    room.add(domain(5, valid_until=ends))
    first, now = everything(room, MISP), clock.now
    try:
        with walks() as count:
            clock.advance(DAY_S)
            assert everything(room, MISP) == first
            assert count == [0]
            clock.advance(DAY_S)
            later = everything(room, MISP)
            assert count == [1]
        assert later != first
        assert {left for _, _, (left, *_) in later.values()} == {"expired=1"}
    finally:
        clock.now = now


def test_a_folder_of_a_search_holds_ten_minutes(hub: Hub, room: Room, clock: fakes.Clock) -> None:
    query = json.dumps({"name": "x", "query": f"collection:{room.collection.alias}"}).encode()
    plain = {"Accept": "application/json", "Content-Type": "application/json"}
    search = data(hub.ask("POST", "/api/v1/searches", headers=plain, body=query))["id"]
    now = clock.now

    def ask(name: str) -> TestResponse:
        return whole(hub.get(f"/export/searches/{search}/{name}", headers={"Accept": None}))

    try:
        with walks() as count:
            first = told(MISP.files(ask))
            clock.advance(599)
            assert told(MISP.files(ask)) == first
            assert count == [1]
            clock.advance(1)
            assert told(MISP.files(ask)) == first
            assert count == [2]
    finally:
        clock.now = now


@KINDS
def test_each_wish_has_a_folder_of_its_own(room: Room, kind: Kind) -> None:
    with walks() as count:
        for _ in range(2):
            wide, clear = (
                pull(room, f"{kind.name}/{kind.lists[0]}{end}") for end in ("", "?tlp=clear")
            )
            assert wide.data != clear.data
        assert count == [2]


CALLERS = (("wide", "narrow"), ("narrow", "wide"), ("wide", "other"), ("other", "narrow"))


@KINDS
def test_callers_have_folders_of_their_own(hub: Hub, kind: Kind) -> None:
    for callers in CALLERS:
        callers_are_apart(filled(hub), kind, callers)


def callers_are_apart(room: Room, kind: Kind, callers: tuple[str, ...]) -> None:
    room.add(domain(5, **AMBER), flaw(5, **AMBER))
    for who in (*callers, *callers):
        assert everything(room, kind, who) == made_anew(room, kind, who)


def _whoever_asks(place: Place) -> Place:
    return place[3:]


def _whatever_it_is(place: Place) -> Place:
    return place[:3]


@contextmanager
def planted(key: Callable[[Place], Place], *, looks: bool) -> Iterator[None]:
    """A shelf with a bug in what it knows folders by, which may not look whether they are right."""
    true = Shelf.get

    def get(self: Shelf, place: Place, is_right: Any, make: Any) -> Filed:
        return true(self, key(place), is_right if looks else lambda _: True, make)

    with mock.patch.object(Shelf, "get", get):
        yield


@KINDS
def test_a_shelf_that_forgets_whose_a_folder_is_is_noticed(hub: Hub, kind: Kind) -> None:
    with planted(_whoever_asks, looks=False), pytest.raises(AssertionError):
        callers_are_apart(filled(hub), kind, CALLERS[0])


@KINDS
def test_a_shelf_that_forgets_what_a_folder_is_of_is_noticed(hub: Hub, kind: Kind) -> None:
    with planted(_whatever_it_is, looks=True), pytest.raises(AssertionError):
        test_each_wish_has_a_folder_of_its_own(filled(hub), kind)


@pytest.mark.usefixtures("usual")
@pytest.mark.parametrize("change", CHANGES[:-1], ids=lambda change: change.__name__)
@KINDS
def test_a_shelf_that_does_not_look_is_noticed(
    hub: Hub, kind: Kind, change: Callable[[Room], None]
) -> None:
    # Another clearance is another place.
    with planted(lambda place: place, looks=False), pytest.raises(AssertionError):
        changes_are_seen(filled(hub), kind, change)


def test_an_index_that_is_behind_is_walked_each_time(room: Room) -> None:
    """What it finds may be older than what was counted, so it is kept for nobody."""
    true = SqliteFinder.reach

    def behind(self: SqliteFinder) -> Any:
        return true(self)._replace(newest=2**40)

    with walks() as count, mock.patch.object(SqliteFinder, "reach", behind):
        pull(room, "misp/manifest.json")
        pull(room, "misp/manifest.json")
        assert count == [2]
