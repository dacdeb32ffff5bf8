"""The picture of a neighbourhood: no overlap, inside its frame, the same every time."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from hub.model.search import Piece
from hub.model.tlp import Tlp
from hub.service.around import Around, Near
from hub.service.graph import BOX_HEIGHT, BOX_WIDTH, MOST, Picture, draw
from hub.service.related import Link
from tests.tools.growth import assert_grows

OWN = "malware--0"
TYPES = ("indicator", "tool", "campaign", "identity", "x-a")


def near(kind: str, number: int) -> Near:
    name = f"{kind}--{number}"
    piece = Piece(number, 1, name, kind, "v", Tlp.CLEAR, "org", b"")
    return Near(name, kind, f"{kind} {number}", piece)


def around(own: str, others: list[tuple[Near, bool]]) -> Around:
    links = [
        Link(own, each.object_id, "uses", "r") if away else Link(each.object_id, own, "uses", "r")
        for each, away in others
    ]
    return Around(links, {each.object_id: each for each, _ in others}, [], more=False, loose=False)


def many(own: str, number: int, start: int = 1) -> Around:
    found = [(near(TYPES[n % 5], start + n), n % 3 > 0) for n in range(number)]
    return around(own, found)


NEARS = st.lists(
    st.tuples(st.builds(near, st.sampled_from(TYPES), st.integers(1, 60)), st.booleans()),
    max_size=90,
)


def check(picture: Picture) -> None:
    assert len(picture.spots) <= MOST
    boxes = [(spot.x, spot.y) for spot in picture.spots]
    for x, y in boxes:
        assert 0 <= x <= picture.width - BOX_WIDTH
        assert 0 <= y <= picture.height - BOX_HEIGHT
    for place, (x, y) in enumerate(boxes):
        for other_x, other_y in boxes[:place]:
            assert abs(x - other_x) >= BOX_WIDTH or abs(y - other_y) >= BOX_HEIGHT
    keys = [spot.key for spot in picture.spots]
    assert len(keys) == len(set(keys))
    # Every node but the one in the middle hangs on one line.
    assert sorted(line.edge.outer for line in picture.lines) == sorted(keys[1:])
    # No label stands on a box, and none on another label.
    places = [(line.label_x, line.label_y) for line in picture.lines]
    assert len(places) == len(set(places))


@given(NEARS, NEARS, NEARS)
def test_nothing_overlaps_and_all_is_inside(first, second, third):
    arounds = {OWN: around(OWN, first)}
    for others in (second, third):
        opened = next((e.object_id for e, _ in first if e.object_id not in arounds), None)
        if opened:
            arounds[opened] = around(opened, [x for x in others if x[0].object_id != opened])
    picture = draw(OWN, "malware", arounds)
    check(picture)
    assert picture == draw(OWN, "malware", arounds)


@given(NEARS)
def test_every_neighbour_is_drawn_or_counted(first):
    picture = draw(OWN, "malware", {OWN: around(OWN, first)})
    shown = Counter(spot.type for spot in picture.spots[1:] if spot.near)
    folded = Counter[str]()
    for spot in picture.spots:
        folded[spot.type] += spot.folded
    there = Counter(each.type for each in {each.object_id: each for each, _ in first}.values())
    assert shown + folded == there


def test_direction_decides_the_side():
    left, right = near("tool", 1), near("tool", 2)
    picture = draw(OWN, "malware", {OWN: around(OWN, [(left, False), (right, True)])})
    x = {spot.key: spot.x for spot in picture.spots}
    assert x["tool--1"] < x[OWN] < x["tool--2"]
    assert {line.edge.outer: line.edge.outward for line in picture.lines} == {
        "tool--1": False,
        "tool--2": True,
    }


def test_many_of_a_type_are_folded_and_the_opened_one_stays():
    others = [(near("indicator", n), False) for n in range(1, 80)]
    closed = draw(OWN, "malware", {OWN: around(OWN, others)})
    assert [spot.folded for spot in closed.spots if spot.folded] == [74]
    last = "indicator--79"
    opened = draw(OWN, "malware", {OWN: around(OWN, others), last: many(last, 30, 100)})
    assert opened.opened == [last]
    assert last in {spot.key for spot in opened.spots}
    check(opened)
    columns = {spot.x for spot in opened.spots}
    assert len(columns) > len({spot.x for spot in closed.spots})


def test_what_is_not_in_the_picture_is_not_opened():
    picture = draw(OWN, "malware", {OWN: many(OWN, 3), "tool--999": many("tool--999", 5, 50)})
    assert picture.opened == []
    assert len(picture.spots) == 4


def test_more_types_than_there_is_room_for():
    others = [(near(f"x-{n}", n), True) for n in range(200)]
    check(draw(OWN, "malware", {OWN: around(OWN, others)}))


def test_many_cost_no_more_each_than_few():
    """Physics would compare each with each, again and again."""

    def drawing(size):
        arounds = {OWN: many(OWN, size)}
        return lambda: draw(OWN, "malware", arounds)

    assert_grows(drawing, 25)
    assert_grows(drawing, 200)
