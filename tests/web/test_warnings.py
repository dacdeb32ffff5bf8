"""The page of warning lists: kept by publishers, read by colleagues, seen by nobody else."""

from hub.model.party import Role
from tests.http.asking import Hub
from tests.web.conftest import Person
from tests.web.surfing import Surfer

PAGE, OF_HUB = "/warning-list", "/admin/warning-list"


def surf(hub: Hub, name: str) -> Surfer:
    surfer = Surfer(hub)
    surfer.log_in(name)
    return surfer


def clear(surfer: Surfer, page: str) -> None:
    surfer.send(surfer.get(page).form("lines"), lines="")


def test_a_publisher_keeps_the_list_and_a_colleague_reads_it(hub: Hub, person: Person) -> None:
    surfer = surf(hub, person(Role.PUBLISHER))
    stored = surfer.send(
        surfer.get(PAGE).form("lines"), lines="agency.example # ours\r\n\r\n203.0.113.0/24"
    )
    try:
        assert stored.status == 200
        assert "The warning list is stored." in stored.text
        assert "agency.example # ours\n203.0.113.0/24" in stored.html
        page = surf(hub, person(Role.READER)).get(PAGE)
        assert "203.0.113.0/24" in page.text
        assert not [form for form in page.forms if "lines" in form.names()]
        others = surf(hub, person(Role.PUBLISHER, org="grid")).get(PAGE)
        assert "agency.example" not in others.text
    finally:
        clear(surfer, PAGE)
    assert "agency.example" not in surfer.get(PAGE).text


def test_what_holds_no_value_is_named_and_nothing_is_lost(hub: Hub, person: Person) -> None:
    surfer = surf(hub, person(Role.PUBLISHER))
    again = surfer.send(surfer.get(PAGE).form("lines"), lines="agency.example\nnot a value")
    assert again.status == 400
    assert "line 2: 'not a value'" in again.text
    assert "agency.example\nnot a value" in again.html
    assert "agency.example" not in surfer.get(PAGE).text


def test_two_who_change_it_at_once(hub: Hub, person: Person) -> None:
    surfer = surf(hub, person(Role.PUBLISHER))
    form = surfer.get(PAGE).form("lines")
    surfer.send(form, lines="a.example")
    try:
        again = surfer.send(form, lines="b.example")
        assert again.status == 409
        assert "b.example" in again.html
        assert "a.example" in surfer.get(PAGE).html
    finally:
        clear(surfer, PAGE)


def test_what_the_list_has_is_not_ticked_when_it_is_submitted(hub: Hub, person: Person) -> None:
    surfer = surf(hub, person(Role.PUBLISHER))
    surfer.send(surfer.get(PAGE).form("lines"), lines="intra.attacker.net")
    try:
        form = surfer.get("/submit").form("text")
        draft = surfer.send(form, text="mail.intra.attacker.net and evil.attacker.net")
        assert "in a warning list of your organisation or the hub" in draft.text
        kept = [value for each in draft.forms for name, value in each.fields if name == "keep"]
        assert len(kept) == 1
    finally:
        clear(surfer, PAGE)


def test_the_list_of_the_hub_is_for_administrators(hub: Hub, person: Person) -> None:
    assert surf(hub, person(Role.PUBLISHER)).get(OF_HUB).status == 403
    surfer = surf(hub, person(Role.ADMINISTRATOR))
    stored = surfer.send(surfer.get(OF_HUB).form("lines"), lines="everybody.example")
    assert "everybody.example" in stored.html
    clear(surfer, OF_HUB)
