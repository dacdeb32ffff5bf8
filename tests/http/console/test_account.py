"""One's own account: sessions, second factor, password; nobody else's."""

from __future__ import annotations

import re

import msgspec
import pytest
import segno

from hub.store.base import Act
from hub.web.account import _picture, program
from tests import fakes
from tests.http.asking import Hub
from tests.http.browser import Phone
from tests.http.person import Form, Person, fault, forms, text

NEW = "a new and better password"
FACTOR = "/account/second-factor"
PASSWORD = "/account/password"
GIVEN = {"old_password": fakes.PASSWORD, "new_password": NEW, "new_password_again": NEW}


class TestStart:
    @pytest.mark.parametrize("account", ["reader", "publisher", "administrator", "partner"])
    @pytest.mark.parametrize("lang", ["en", "vi"])
    def test_everybody_has_one(self, hub: Hub, account: str, lang: str) -> None:
        page = Person(hub, account, lang).get("/account")
        assert page.status_code == 200
        assert account in text(page)

    def test_it_says_what_one_may(self, hub: Hub) -> None:
        page = text(Person(hub, "partner").get("/account"))
        assert "Also publishes, and deletes what its organisation published." in page
        assert "TLP:AMBER+STRICT" in page
        assert "Partners" in page
        assert "Only administrators issue and revoke tokens." in page

    def test_it_lists_own_tokens_and_sessions_alone(self, hub: Hub, reader: Person) -> None:
        Person(hub, "publisher")
        page = text(reader.get("/account"))
        assert "reader-works" in page
        assert "publisher-works" not in page
        assert page.count("127.0.0.1") == 1

    @pytest.mark.parametrize("path", ["/account", PASSWORD, FACTOR, "/account/log-out-everywhere"])
    def test_nobody_without_a_log_in(self, hub: Hub, path: str) -> None:
        assert hub.app.test_client().get(path).headers["Location"].startswith("/login?next=")


class TestPassword:
    def test_it_is_changed_and_other_sessions_end(self, hub: Hub, reader: Person) -> None:
        other = Person(hub, "reader")
        answer = reader.fill(PASSWORD, **GIVEN)
        assert "Your password is changed." in reader.after(answer)
        assert other.get("/account").status_code == 303
        with pytest.raises(AssertionError):
            Person(hub, "reader")

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"old_password": "wrong"}, "old_password"),
            ({"old_password": ""}, "old_password"),
            ({"new_password": "short", "new_password_again": "short"}, "new_password"),
            ({"new_password": "", "new_password_again": ""}, "new_password"),
            ({"new_password_again": "another"}, "new_password_again"),
            (
                {"new_password": fakes.PASSWORD, "new_password_again": fakes.PASSWORD},
                "new_password",
            ),
        ],
    )
    def test_what_is_wrong_stands_at_its_field(
        self, hub: Hub, reader: Person, wrong: dict[str, str], field: str
    ) -> None:
        before = hub.store.directory()
        answer = reader.fill(PASSWORD, **(GIVEN | wrong))
        assert answer.status_code == 400
        assert fault(answer, field)
        assert NEW not in answer.text
        assert hub.store.directory() == before
        assert reader.get("/account").status_code == 200

    def test_guesses_have_to_wait(self, reader: Person) -> None:
        form = reader.form(PASSWORD)
        for number in range(3):
            reader.send(form, **(GIVEN | {"old_password": f"wrong {number}"}))
        answer = reader.send(form, **GIVEN)
        assert answer.status_code == 400
        assert "Too many log-ins failed" in text(answer)

    def test_sent_twice(self, hub: Hub, reader: Person) -> None:
        form = reader.form(PASSWORD)
        reader.send(form, **GIVEN)
        before = hub.store.directory()
        again = reader.send(form, **GIVEN)
        assert again.status_code == 409, "the form is of the session before"
        assert NEW not in again.text
        assert fakes.PASSWORD not in again.text
        assert hub.store.directory() == before

    def test_with_a_second_factor_its_code_is_asked_for(self, hub: Hub, reader: Person) -> None:
        phone, _ = enrol(reader)
        answer = reader.fill(PASSWORD, **GIVEN)
        assert answer.headers["Location"] == "/login/code"
        assert reader.get("/account").headers["Location"].startswith("/login/code")
        assert reader.post("/login/code", code=phone.code()).status_code == 303
        assert reader.get("/account").status_code == 200

    def test_an_account_without_one(self, hub: Hub, reader: Person) -> None:
        form = reader.form(PASSWORD)
        account = hub.store.directory().accounts["reader"]
        linked = msgspec.structs.replace(account, password="", oidc=("https://i", "s"))
        hub.store.write([linked], [], Act("x", "", "test", "t"), epoch=hub.store.epoch())
        assert reader.send(form, **GIVEN).status_code == 401, "its sessions have ended"


def begun(person: Person) -> Phone:
    """The enrolment up to the code."""
    person.after(person.fill(FACTOR))
    page = person.get(FACTOR).text
    (key,) = re.findall(r"<code>([A-Z2-7 ]+)</code>", page)
    return Phone(key.replace(" ", ""))


def enrol(person: Person) -> tuple[Phone, list[str]]:
    """With a phone and recovery codes."""
    phone = begun(person)
    answer = person.fill(FACTOR, code=phone.code())
    assert answer.status_code == 200, text(answer)
    return phone, re.findall(r"<li><code>([a-z2-7-]+)</code>", answer.text)


class TestFactor:
    def test_it_is_set_up_and_asked_for(self, hub: Hub, reader: Person) -> None:
        other = Person(hub, "reader")
        _, codes = enrol(reader)
        assert len(set(codes)) == 10
        assert other.get("/account").status_code == 303, "other sessions end"
        assert "10 recovery codes left" in text(reader.get("/account"))
        third = hub.app.test_client()
        headers = {"Sec-Fetch-Site": "same-origin"}
        log_in = {"account": "reader", "password": fakes.PASSWORD}
        answer = third.post("/login", data=log_in, headers=headers)
        assert answer.headers["Location"].startswith("/login/code")
        third.post("/login/code", data={"code": codes[0]}, headers=headers)
        assert third.get("/account").status_code == 200

    def test_the_picture_says_what_the_key_says(self, reader: Person) -> None:
        reader.after(reader.fill(FACTOR))
        page = reader.get(FACTOR).text
        assert re.search(r'<svg class="qr" viewBox="0 0 (\d+) \1"', page)
        assert re.search(r'<path class="dark" d="(M\d+ \d+h\d+v1h-\d+z)+">', page)
        assert "otpauth://totp/" in page
        assert reader.get(FACTOR).text.count("otpauth") == 1, "the same offer is shown again"
        first, second = (re.findall(r"secret=(\w+)", reader.get(FACTOR).text) for _ in range(2))
        assert first == second

    def test_looking_at_the_page_offers_nothing(self, hub: Hub, reader: Person) -> None:
        assert "otpauth" not in reader.get(FACTOR).text
        assert hub.store.factor("reader") is None

    def test_a_wrong_code_keeps_the_key(self, reader: Person) -> None:
        phone = begun(reader)
        answer = reader.fill(FACTOR, code=phone.wrong())
        assert answer.status_code == 400
        assert "The code is wrong" in fault(answer, "code")
        assert reader.fill(FACTOR, code=phone.code()).status_code == 200

    def test_codes_are_shown_once(self, reader: Person) -> None:
        form_before = begun(reader)
        form = reader.form(FACTOR)
        shown = reader.send(form, code=form_before.code())
        assert shown.headers["Cache-Control"] == "private, no-store"
        assert reader.get(FACTOR).status_code == 303
        assert reader.send(form, code=form_before.again()).status_code == 409

    def test_the_page_of_the_codes_logs_out_as_any_other(self, reader: Person) -> None:
        phone = begun(reader)
        page = reader.fill(FACTOR, code=phone.code()).text
        token = re.findall(r'name="token" value="([^"]+)"', page)[0]
        assert reader.post("/logout", token=token).headers["Location"] == "/login"
        assert reader.get("/account").status_code == 303

    def test_it_is_removed_with_a_code(self, hub: Hub, reader: Person) -> None:
        phone, codes = enrol(reader)
        path = f"{FACTOR}/remove"
        wrong = reader.fill(path, code=phone.wrong())
        assert wrong.status_code == 400
        assert fault(wrong, "code")
        assert hub.store.factor("reader")
        answer = reader.fill(path, code=codes[3])
        assert answer.headers["Location"] == "/login"
        assert hub.store.factor("reader") is None
        assert Person(hub, "reader").get(path).status_code == 303, "there is none any more"

    def test_an_administrator_removes_it(self, hub: Hub, reader: Person) -> None:
        enrol(reader)
        boss = Person(hub)
        assert "10 recovery codes left" in text(boss.get("/admin/accounts/reader"))
        boss.after(boss.fill("/admin/accounts/reader/reset-factor"))
        assert hub.store.factor("reader") is None
        assert reader.get("/account").status_code == 303


class TestSessions:
    def ids(self, person: Person) -> list[str]:
        return re.findall(r"/account/sessions/(\w+)/end", person.get("/account").text)

    def test_one_is_ended(self, hub: Hub, reader: Person) -> None:
        other = Person(hub, "reader")
        (other_id,) = self.ids(reader)
        path = f"/account/sessions/{other_id}/end"
        form = reader.form(path)
        assert "The session has ended." in reader.after(reader.send(form))
        assert other.get("/account").status_code == 303
        assert reader.get("/account").status_code == 200
        assert "has ended already" in reader.after(reader.send(form)), "pressed twice"

    def test_not_that_of_somebody_else(self, hub: Hub, reader: Person) -> None:
        publisher = Person(hub, "publisher")
        (session,) = hub.store.list_sessions("publisher")
        answer = reader.get(f"/account/sessions/{session.id}/end")
        assert answer.status_code == 303
        assert publisher.get("/account").status_code == 200

    def test_all_of_them(self, hub: Hub, reader: Person) -> None:
        other = Person(hub, "reader")
        page = "/account/log-out-everywhere"
        assert "2 sessions end at once." in text(reader.get(page))
        assert reader.fill(page).headers["Location"] == "/login"
        assert other.get("/account").status_code == 303
        assert reader.get("/account").status_code == 303

    @pytest.mark.parametrize("token", [None, "wrong"])
    def test_no_form_works_without_its_token(
        self, hub: Hub, reader: Person, token: str | None
    ) -> None:
        Person(hub, "reader")
        paths = [PASSWORD, FACTOR, "/account/log-out-everywhere"]
        paths += [f"/account/sessions/{i}/end" for i in self.ids(reader)]
        before = hub.store.list_sessions("reader")
        for path in paths:
            form: Form = forms(reader.get(path).text, path)[0]
            assert reader.send(form, token=token).status_code == 409, path
        assert hub.store.list_sessions("reader") == before
        assert hub.store.factor("reader") is None


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox 140, Windows",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36",
            "Chrome 156, Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0",
            "Edge 156, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Safari/604.1",
            "Safari 18, iPhone",
        ),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "?"),
        ("x" * 90, "x" * 40),
    ],
)
def test_browsers_in_short(label: str, shown: str) -> None:
    assert program(label) == shown


def test_the_picture_is_the_code_of_the_address():
    address = "otpauth://totp/Sample:reader?secret=ABCDEFGHIJKLMNOP&issuer=Sample"
    picture = _picture(address)
    dark = set()
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", picture.path):
        dark |= {(int(x) + step, int(y)) for step in range(int(length))}
    code = segno.make_qr(address, error="m")
    wanted = {
        (x + 4, y + 4) for y, row in enumerate(code.matrix) for x, bit in enumerate(row) if bit
    }
    assert dark == wanted
    assert picture.size == len(code.matrix) + 8
