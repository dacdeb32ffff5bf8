"""What holds for every page: log-in, forms that come too late, languages, headers, errors."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import ClassVar

import pytest

from hub.http.goal import is_here
from hub.model.party import Role
from hub.web import console, guide
from hub.web.address import ADDRESSES, changed, link
from hub.web.carry import Carried, read
from hub.web.frame import Answer, Console, Page
from hub.web.headers import POLICY
from hub.web.visit import Visit
from tests import fakes
from tests.http.asking import Hub
from tests.http.browser import Browser
from tests.web.conftest import Person
from tests.web.surfing import Surfer


class TestAddresses:
    def test_what_the_rule_names_goes_into_the_path(self) -> None:
        assert link("help", page="a b/c", q="x:y") == "/help/a%20b%2Fc?q=x:y"

    def test_nothing_is_left_out_of_a_query_but_nothing(self) -> None:
        assert (
            link("search", q="", before=None, cols=["a", "b"], n=0) == "/search?cols=a&cols=b&n=0"
        )

    def test_changes_replace_and_take_away(self) -> None:
        assert changed("/search", {"q": ["a b"], "x": ["1"]}, {"x": None}) == "/search?q=a+b"

    @pytest.mark.parametrize(
        "path", ["//evil.example", "/\\evil.example", "http://x", "", "x", "/a b", "/\n"]
    )
    def test_paths_elsewhere_are_none(self, path: str) -> None:
        assert not is_here(path)
        assert read(Carried(path, []).text()) is None

    @pytest.mark.parametrize("name", ADDRESSES)
    def test_no_api_root_can_take_the_place_of_a_page(self, name: str) -> None:
        from hub.config.checks import RESERVED

        first = ADDRESSES[name].split("/")[1]
        assert not first or first in RESERVED


class TestLogIn:
    def test_a_page_leads_there_and_back(self, surfer: Surfer, person: Person) -> None:
        page = surfer.get("/help/start?x=1")
        assert page.path == "/login?next=/help/start?x%3D1" or "next=" in page.path
        inside = surfer.send(page.form("account"), account=person(), password=fakes.PASSWORD)
        assert inside.path == "/help/start?x=1"
        assert inside.status == 200

    @pytest.mark.parametrize(
        "goal", ["//evil.example/", "https://evil.example", "/\\evil.example"]
    )
    def test_and_nowhere_else(self, surfer: Surfer, person: Person, goal: str) -> None:
        form = surfer.get("/login").form("account")
        answer = surfer.client.post(
            "/login",
            data={
                **dict(form.fields),
                "account": person(),
                "password": fakes.PASSWORD,
                "next": goal,
            },
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert answer.headers["Location"] == "/"

    def test_a_wrong_password_keeps_the_account(self, surfer: Surfer, person: Person) -> None:
        name = person()
        page = surfer.log_in(name, "wrong")
        assert page.status == 401
        assert dict(page.form("account").fields)["account"] == name
        assert "wrong" not in page.html.replace("the password is wrong", "")

    def test_of_another_site_is_refused(self, surfer: Surfer, person: Person) -> None:
        answer = surfer.client.post(
            "/login",
            data={"account": person(), "password": fakes.PASSWORD},
            headers={"Sec-Fetch-Site": "cross-site", "Accept": "text/html"},
        )
        assert answer.status_code == 403
        assert answer.content_type.startswith("text/html")

    def test_with_a_second_factor(self, hub: Hub, surfer: Surfer, person: Person) -> None:
        name = person()
        program = Browser(hub)
        assert program.log_in(name).status_code == 200
        phone = program.enrol()
        page = surfer.log_in(name)
        assert page.path.startswith("/login/code")
        assert surfer.get("/help/start").path.startswith("/login/code?next=")
        wrong = surfer.send(page.form("code"), code=phone.wrong())
        assert wrong.status in {401, 403}
        right = surfer.send(wrong.form("code"), code=phone.code())
        assert right.path == "/"
        assert surfer.get("/help/start").status == 200

    def test_after_a_log_out_nothing_is_shown(self, inside: Surfer) -> None:
        page = inside.get("/help/start")
        assert page.headers["Cache-Control"] == "private, no-store"
        assert inside.send(page.form("/logout")).path == "/login"
        assert inside.get("/help/start").path.startswith("/login")

    def test_a_log_out_of_another_page_does_nothing(self, inside: Surfer) -> None:
        form = inside.get("/help/start").form("/logout")
        inside.send(form, token="invented")
        assert inside.get("/help/start").status == 200


class TestLateForms:
    """Over a hub with one page that notes what is sent to it."""

    @pytest.fixture
    def notes(self) -> list[dict[str, list[str]]]:
        return []

    @pytest.fixture
    def late(self, hub: Hub, notes, monkeypatch) -> Surfer:
        def view(visit: Visit) -> Answer:
            if visit.request.method == "POST":
                notes.append(visit.form.to_dict(flat=False))
                visit.say(visit.form.get("say", "Kept."))
                return visit.go("style")
            token = visit.current.token
            text = (
                f'<form method="post" action="/account?x=1"><input name="token" value="{token}">'
            )
            return text + '<textarea name="note"></textarea><input name="tag"></form>'

        def pages(console: Console) -> list[Page]:
            return [*guide.pages(console), Page("account", view, ("GET", "POST"))]

        monkeypatch.setattr(console, "PARTS", (SimpleNamespace(pages=pages),))
        return Surfer(Hub(hub.config, hub.store))

    FILLED: ClassVar = {
        "note": "dòng 1\ndòng 2 <b>&amp;",
        "tag": ["a", "b"],
        "password": "a-secret-one",
    }

    def test_in_time_it_is_done_once(self, late: Surfer, person: Person, notes) -> None:
        late.log_in(person())
        page = late.send(late.get("/account").form("note"), **self.FILLED)
        assert page.path == "/style"
        assert "Kept." in page.text
        assert "Kept." not in late.get("/style").text
        assert [note["tag"] for note in notes] == [["a", "b"]]

    @pytest.mark.parametrize("said", ["\u1ec7" * 700, '"' * 2000, "\u1ec7a" * 900])
    def test_a_long_notice_is_cut_and_not_lost(self, late: Surfer, person: Person, said) -> None:
        late.log_in(person())
        page = late.send(late.get("/account").form("note"), say=said)
        assert said[:300] in page.text

    def test_after_the_session_it_goes_through_the_log_in(self, late, person, notes) -> None:
        name = person()
        late.log_in(name)
        form = late.get("/account").form("note")
        late.send(late.get("/style").form("/logout"))
        page = late.send(form, **self.FILLED)
        assert page.status == 401
        wrong = late.send(page.form("account"), account=name, password="wrong")
        asked = late.send(wrong.form("account"), account=name, password=fakes.PASSWORD)
        assert asked.status == 200
        assert not notes, "nothing is done unasked"
        assert "a-secret-one" not in asked.html, "a password is not kept"
        done = late.send(asked.form("note"))
        assert done.path == "/style"
        assert notes[0]["note"] == [self.FILLED["note"].replace("\n", "\r\n")] or notes[0][
            "note"
        ] == [self.FILLED["note"]]
        assert notes[0]["tag"] == ["a", "b"]

    def test_a_long_text_comes_through_as_well(self, late, person, notes) -> None:
        """Percent signs would make it three times as long, which is more than a page takes."""
        name = person()
        late.log_in(name)
        form = late.get("/account").form("note")
        form.encoding = "multipart/form-data"
        late.send(late.get("/style").form("/logout"))
        page = late.send(form, note='"' * 250_000)
        asked = late.send(page.form("account"), account=name, password=fakes.PASSWORD)
        assert late.send(asked.form("note")).path == "/style"
        assert notes[0]["note"] == ['"' * 250_000]

    def test_after_another_log_in_it_is_asked_for_again(self, late, person, notes) -> None:
        late.log_in(person())
        form = late.get("/account").form("note")
        late.log_in(person())
        page = late.send(form, **self.FILLED)
        assert page.status == 409
        assert not notes
        assert late.send(page.form("note")).path == "/style"
        assert notes[0]["tag"] == ["a", "b"]

    def test_with_a_second_factor(self, hub: Hub, late, person, notes) -> None:
        name = person()
        late.log_in(name)
        form = late.get("/account").form("note")
        program = Browser(hub)
        program.log_in(name)
        phone = program.enrol()
        page = late.send(form, **self.FILLED)
        assert page.status == 401, "a new factor ended the other sessions"
        code = late.send(page.form("account"), account=name, password=fakes.PASSWORD)
        asked = late.send(code.form("code"), code=phone.code())
        assert not notes
        assert late.send(asked.form("note")).path == "/style"
        assert notes[0]["tag"] == ["a", "b"]

    @pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {}])
    def test_not_from_another_site(self, late, person, notes, headers) -> None:
        late.log_in(person())
        fields = dict(late.get("/account").form("note").fields)
        for given in (fields, fields | {"token": ""}):
            answer = late.client.post("/account", data=given, headers=headers)
            assert answer.status_code == 403
        assert not notes

    def test_carried(self) -> None:
        kept = Carried("/x?y=1", [("a", "b"), ("a", "c")], files=True)
        assert read(kept.text()) == kept
        assert read("{") is None
        assert read('["/x", [["a"]]]') is None


class TestLanguages:
    @pytest.mark.parametrize(
        ("header", "lang"), [("vi", "vi"), ("en-GB,vi;q=0.5", "en"), ("th", "vi"), ("", "vi")]
    )
    def test_the_browser_says_which(self, hub: Hub, header: str, lang: str) -> None:
        assert f'<html lang="{lang}"' in Surfer(hub, header).get("/login").html

    def test_the_choice_is_kept_and_leads_back(self, inside: Surfer) -> None:
        form = inside.get("/help/start?x=1").form("back")
        page = inside.send(form, button=("lang", "vi"))
        assert page.path == "/help/start?x=1"
        assert '<html lang="vi"' in page.html
        dark = inside.send(page.form("back"), button=("theme", "dark"))
        assert 'data-theme="dark"' in dark.html

    def test_an_invented_one_changes_nothing(self, inside: Surfer) -> None:
        form = inside.get("/help/start").form("back")
        page = inside.send(form, button=("lang", "xx"), back="//evil.example")
        assert page.path == "/"
        assert '<html lang="en"' in inside.get("/help/start").html


class TestHeaders:
    @pytest.mark.parametrize(
        "path", ["/login", "/help/start", "/static/style.css", "/nothing", "/help/nothing"]
    )
    def test_of_every_answer(self, inside: Surfer, path: str) -> None:
        page = inside.get(path)
        assert page.headers["Content-Security-Policy"] == POLICY
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Referrer-Policy"] == "same-origin"

    def test_files_change_their_address(self, inside: Surfer) -> None:
        page = inside.get("/help/start")
        (path,) = set(re.findall(r'"(/static/style.css\?v=[0-9a-f]{12})"', page.html))
        file = inside.get(path)
        assert "immutable" in file.headers["Cache-Control"]
        again = inside.client.get(path, headers={"If-None-Match": file.headers["ETag"]})
        assert again.status_code == 304
        assert inside.get("/static/style.css?v=old").headers["Cache-Control"] == "public, no-cache"

    @pytest.mark.parametrize("name", ["../render.py", "..%2frender.py", "nothing.css", ".css"])
    def test_no_other_file_is_served(self, inside: Surfer, name: str) -> None:
        assert inside.get(f"/static/{name}").status in {404, 308}


class TestErrors:
    def test_where_programs_ask_nothing_changes(self, hub: Hub) -> None:
        for path in ("/nothing", "/api/v1/nothing", "/taxii2/nothing"):
            answer = hub.app.test_client().get(path, headers={"Accept": "*/*"})
            assert answer.status_code == 404
            assert answer.content_type.startswith("application/")

    def test_a_browser_gets_a_page(self, inside: Surfer) -> None:
        page = inside.get("/nothing")
        assert page.status == 404
        assert page.headers["X-Request-ID"] in page.text

    def test_a_method_is_refused_as_a_page(self, inside: Surfer) -> None:
        answer = inside.client.delete("/help/start", headers={"Accept": "text/html"})
        assert answer.status_code == 405

    def test_a_body_that_is_too_large(self, inside: Surfer) -> None:
        answer = inside.client.post(
            "/preferences",
            data={"back": "x" * 4_100_000},
            headers={"Sec-Fetch-Site": "same-origin", "Accept": "text/html"},
        )
        assert answer.status_code == 413


class TestRoles:
    def test_everybody_may_read_help(self, inside: Surfer) -> None:
        assert inside.get("/help/start").status == 200

    def test_navigation_follows_them(self, hub: Hub, person: Person) -> None:
        for roles, shown in (({Role.READER}, False), ({Role.ADMINISTRATOR}, True)):
            surfer = Surfer(hub)
            surfer.log_in(person(*roles))
            assert ("/admin" in dict(surfer.get("/help/start").links)) is shown
