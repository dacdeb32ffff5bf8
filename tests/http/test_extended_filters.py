"""The extended match filters of the interoperability document, one object for each field."""

from __future__ import annotations

import pytest

from hub.stix.terms import MATCH_FIELDS, NESTED, Kind
from tests import fakes
from tests.http import sample
from tests.http.asking import Hub, Room, data, ids

EQUAL = sorted(name for name, kind in MATCH_FIELDS.items() if not name.endswith(("-gte", "-lte")))
TEXTS = [
    name for name in EQUAL if MATCH_FIELDS[name] is Kind.STRING and name != "relationships-all"
]
NUMBERS = [name for name in EQUAL if MATCH_FIELDS[name] is Kind.INTEGER]
INSTANTS = ["valid_from", "valid_until"]


def bearer_of(field: str) -> dict:
    """An object that carries the field where STIX has it, with a value of its own."""
    number = 500 + EQUAL.index(field)
    value: object = number if field in NUMBERS else f"value of {field}"
    placed = {"x_details": [{"inner": {field: value}}]} if field in NESTED else {field: value}
    return sample.stix("x-sample", number, **placed)


@pytest.fixture(scope="module")
def fields(hub: Hub) -> Room:
    """One object for each text or number field, and two that carry none of them."""
    room = hub.room()
    room.add(sample.MALWARE | {"name": "none"}, *(bearer_of(name) for name in TEXTS + NUMBERS))
    room.add(sample.ADDRESS)
    return room


@pytest.mark.parametrize("field", TEXTS)
def test_a_text_field_matches_exactly(fields: Room, field: str) -> None:
    assert fields.objects(**{field: f"value of {field}"}) == [bearer_of(field)]
    assert fields.objects(**{field: f"other,value of {field}"}) == [bearer_of(field)]
    for near in (f"value of {field} ", f"Value of {field}", f"alue of {field}", "value of", "%"):
        assert fields.objects(**{field: near}) == []


@pytest.mark.parametrize("field", NUMBERS)
def test_a_number_matches_exactly_and_by_bounds(fields: Room, field: str) -> None:
    wanted = bearer_of(field)
    value = wanted[field]
    for text in (value, f"0{value}", f"1,{value}"):
        assert fields.objects(**{field: text}) == [wanted]
    assert fields.objects(**{field: value + 1}) == []
    assert fields.objects(**{f"{field}-gte": value}) == [wanted]
    assert fields.objects(**{f"{field}-lte": value}) == [wanted]
    assert fields.objects(**{f"{field}-gte": value + 1}) == []
    assert fields.objects(**{f"{field}-lte": value - 1}) == []
    assert fields.objects(**{f"{field}-gte": value - 1, f"{field}-lte": value + 1}) == [wanted]
    assert fields.objects(**{f"{field}-gte": f"{value + 5},{value}"}) == [wanted]
    assert fields.objects(**{f"{field}-lte": f"{value - 5},{value}"}) == [wanted]


@pytest.mark.parametrize("field", INSTANTS)
def test_an_instant_is_bounded(room: Room, field: str) -> None:
    early = fakes.indicator(1, **{field: "2024-05-01T00:00:00Z"})
    late = fakes.indicator(2, **{field: "2024-05-02T00:00:00.000Z"})
    room.add(early, late, sample.MALWARE)
    assert room.objects(**{f"{field}-gte": "2024-05-02T00:00:00.000000Z"}) == [late]
    assert room.objects(**{f"{field}-lte": "2024-05-01T23:59:59.999999Z"}) == [early]
    between = {f"{field}-gte": "2024-05-01T00:00:00Z", f"{field}-lte": "2024-05-02T00:00:00Z"}
    assert room.objects(**between) == [early, late]


def test_modified_is_bounded(room: Room) -> None:
    room.add(*(fakes.indicator(1, version) for version in (1, 2, 3)))
    every = {"version": "all"}
    found = room.objects(**{"modified-gte": sample.V2}, **every)
    assert found == [fakes.indicator(1, 2), fakes.indicator(1, 3)]
    found = room.objects(**{"modified-lte": sample.V2}, **every)
    assert found == [fakes.indicator(1, 1), fakes.indicator(1, 2)]


def test_last_is_chosen_among_what_the_filters_let_pass(room: Room) -> None:
    room.add(*(fakes.indicator(1, version) for version in (1, 2, 3)))
    assert room.objects(**{"modified-lte": sample.V2}) == [fakes.indicator(1, 2)]
    room.add(fakes.indicator(2, 1, name="Old"), fakes.indicator(2, 2, name="New"))
    assert room.objects(name="Old") == [fakes.indicator(2, 1, name="Old")]
    assert room.objects(name="Old,New") == [fakes.indicator(2, 2, name="New")]
    assert room.objects(name="Old,New", version="first") == [fakes.indicator(2, 1, name="Old")]


LISTED = sample.stix("malware", 90, is_family=False, aliases=["một", "hai"], roles=["agent"])


def test_one_member_of_a_list_is_enough(room: Room) -> None:
    room.add(LISTED, sample.MALWARE)
    for filters in (
        {"aliases": "hai"},
        {"aliases": "ba,một"},
        {"aliases": "hai", "roles": "agent"},
    ):
        assert room.objects(**filters) == [LISTED]
    assert room.objects(aliases="hai", roles="director") == []


def test_revoked(room: Room) -> None:
    gone, stays = fakes.indicator(1, revoked=True), fakes.indicator(2)
    room.add(gone, stays, sample.ADDRESS)
    assert room.objects(revoked="true") == [gone]
    assert room.objects(revoked="false") == [stays]
    assert room.objects(revoked="true,false") == [gone, stays]


COLOURS = {
    "clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "green": sample.TLP2_GREEN,
    "amber": sample.TLP_AMBER,
    "amber+strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
}


def marked(colour: str) -> dict:
    number = 600 + list(COLOURS).index(colour)
    return fakes.indicator(number, object_marking_refs=[COLOURS[colour]])


@pytest.mark.parametrize("colour", COLOURS)
def test_tlp(room: Room, colour: str) -> None:
    room.add(*(marked(name) for name in COLOURS), sample.MALWARE)
    for text in (colour, colour.upper(), f"TLP:{colour.upper()}"):
        assert room.objects(tlp=text) == [marked(colour)]
    assert room.objects(tlp="white") == [marked("clear")]
    assert room.objects(tlp="clear,amber") == [marked("clear"), marked("amber")]


def test_tlp_of_a_part(room: Room) -> None:
    part = {"selectors": ["description"], "marking_ref": sample.TLP_AMBER}
    item = fakes.indicator(1, description="x", granular_markings=[part])
    room.add(item, fakes.indicator(2))
    assert room.objects(tlp="amber") == [item]


def test_relationships_all(room: Room) -> None:
    room.add(sample.RELATIONSHIP, sample.SIGHTING, sample.REPORT, sample.LANGUAGE, sample.MALWARE)
    found = room.objects(**{"relationships-all": sample.VERSIONED})
    assert found == [sample.RELATIONSHIP, sample.SIGHTING, sample.REPORT]
    both = f"{sample.VERSIONED},{sample.MALWARE['id']}"
    assert len(room.objects(**{"relationships-all": both})) == 4
    assert room.objects(**{"relationships-all": sample.REPORT["id"]}) == []


def test_fields_are_alternatives_inside_and_conditions_between(room: Room) -> None:
    room.add(fakes.indicator(1, confidence=10), fakes.indicator(2, confidence=90), sample.MALWARE)
    found = room.objects(**{"name": "Sample 1,Sample 2", "confidence-gte": 50})
    assert ids(found) == [fakes.indicator(2)["id"]]


def test_long_values(room: Room) -> None:
    long = "[ipv4-addr:value = '192.0.2.1']" + " OR [ipv4-addr:value = '192.0.2.1']" * 20
    room.add(fakes.indicator(1, pattern=long), fakes.indicator(2))
    assert ids(room.objects(pattern=long)) == [fakes.indicator(1)["id"]]
    assert room.objects(pattern=long[:100]) == []


@pytest.mark.parametrize(
    "name",
    [
        "match[nothing]",
        "match[]",
        "match[",
        "match[type",
        "match[Type]",
        "match[type ]",
        "match[type]x",
        "match[modified]",
        "match[name-gte]",
        "match[tlp-gte]",
        "match[valid_from]",
        "match[type][0]",
        "match[x\x00]",
    ],
)
@pytest.mark.parametrize("tail", ["objects/", "manifest/"])
def test_an_unknown_match_field_is_400(hub: Hub, seed: Room, tail: str, name: str) -> None:
    answer = hub.get(seed.url + tail, query_string={name: "x"})
    assert (answer.status_code, data(answer)["error_code"]) == (400, "bad-filter")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((name, text) for name in NUMBERS for text in ("x", "1.5", "1e3", "٣", "9" * 30, " 1")),
        *((f"{name}-gte", "x") for name in (*NUMBERS, *INSTANTS, "modified")),
        *((f"{name}-lte", "2024-01-01") for name in (*INSTANTS, "modified")),
        ("tlp", "blue"),
        ("tlp", "TLP:"),
        ("revoked", "yes"),
        ("name", ""),
        ("name", "a,,b"),
        ("type", ","),
    ],
)
def test_a_malformed_value_is_400(seed: Room, field: str, value: str) -> None:
    answer = seed.get(**{field: value})
    assert (answer.status_code, data(answer)["error_code"]) == (400, "bad-filter")
    assert data(answer)["details"] == {"field": f"match[{field}]"}


def test_too_many_values_are_400(seed: Room) -> None:
    answer = seed.get(id=",".join(f"x{n}" for n in range(101)))
    assert (answer.status_code, data(answer)["error_code"]) == (400, "bad-filter")


def test_a_query_that_is_too_long_is_400(seed: Room) -> None:
    names = ("name", "value", "aliases", "labels", "roles", "sectors", "region")
    text = ",".join(f"value {n}" for n in range(90))
    assert seed.get(**dict.fromkeys(names, text)).status_code == 400


def test_the_largest_conditions_are_no_problem_for_the_engine(seed: Room) -> None:
    values = ",".join(chr(0x100 + n) for n in range(100))
    for count in (1, 6, 13):
        filters = dict.fromkeys([*TEXTS[:count], "type"], values)
        assert seed.get(**filters).status_code in {200, 400}, count
