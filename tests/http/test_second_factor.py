"""The second factor: enrolment, log-in, recovery, removal, and what guesses meet."""

from __future__ import annotations

import threading
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.config import write_secret
from hub.errors import Fault
from tests import fakes
from tests.http.asking import Hub, data
from tests.http.browser import URL, Browser, Phone
from tests.http.test_sessions import LIST, fault


@pytest.fixture
def phone(inside: Browser) -> Phone:
    """The app of the person, whose second factor is in force; `inside` is still logged in."""
    return inside.enrol()


@pytest.fixture
def halfway(hub: Hub, phone: Phone, person: fakes.Account) -> Browser:
    """Another browser, with the password given and the second factor outstanding."""
    browser = Browser(hub)
    assert data(browser.log_in(person.name))["second_factor"] == "needed"
    return browser


def forget(hub: Hub, account: fakes.Account, **columns: int) -> None:
    """Set columns of the account's factor, as if that had been long ago."""
    for name, value in ({"step": 0, "wrong": 0} | columns).items():
        with hub.store.database.writing() as connection:
            connection.execute(
                f"UPDATE factor SET {name} = ? WHERE account = ?", (value, account.name)
            )


class TestEnrolment:
    def test_gives_what_an_app_needs(self, inside: Browser, person: fakes.Account) -> None:
        body = data(inside.post(f"{URL}/totp"))
        query = parse_qs(urlsplit(body["uri"]).query)
        assert query["secret"] == [body["secret"]]
        assert query["issuer"] == ["Incident hub"]
        assert person.name in urlsplit(body["uri"]).path

    def test_is_without_effect_until_a_code_was_given(self, hub: Hub, inside, person) -> None:
        inside.post(f"{URL}/totp")
        assert data(Browser(hub).log_in(person.name))["second_factor"] == "none"

    def test_a_code_puts_it_into_force(self, hub: Hub, inside: Browser, phone, person) -> None:
        assert data(inside.get())["second_factor"] == "passed"
        assert data(inside.get())["recovery_codes"] == 10
        assert data(Browser(hub).log_in(person.name))["second_factor"] == "needed"

    def test_the_session_gets_another_id(self, inside: Browser) -> None:
        before, token = inside.secret, inside.token
        inside.enrol()
        assert inside.secret not in {before, ""}
        assert inside.token != token
        assert inside.is_in()

    def test_the_other_sessions_end(self, hub: Hub, inside: Browser, person) -> None:
        """They never gave a second factor."""
        other = Browser(hub)
        other.log_in(person.name)
        inside.enrol()
        assert not other.is_in()

    def test_a_wrong_code_does_not(self, inside: Browser) -> None:
        phone = Phone(data(inside.post(f"{URL}/totp"))["secret"])
        answer = inside.post(f"{URL}/totp/confirm", {"code": phone.wrong()})
        assert fault(answer) is Fault.UNAUTHENTICATED
        assert data(answer)["details"] == {"field": "code"}
        assert inside.post(f"{URL}/totp/confirm", {"code": phone.code()}).status_code == 200

    def test_a_later_offer_replaces_the_first(self, inside: Browser) -> None:
        first, second = (Phone(data(inside.post(f"{URL}/totp"))["secret"]) for _ in range(2))
        answer = inside.post(f"{URL}/totp/confirm", {"code": first.code()})
        assert fault(answer) is Fault.UNAUTHENTICATED
        assert inside.post(f"{URL}/totp/confirm", {"code": second.code()}).status_code == 200

    def test_without_an_offer(self, inside: Browser) -> None:
        answer = inside.post(f"{URL}/totp/confirm", {"code": "123456"})
        assert fault(answer) is Fault.UNAUTHENTICATED

    def test_is_refused_while_one_is_in_force(self, inside: Browser, phone: Phone) -> None:
        assert fault(inside.post(f"{URL}/totp")) is Fault.DENIED
        answer = inside.post(f"{URL}/totp/confirm", {"code": phone.code()})
        assert fault(answer) is Fault.UNAUTHENTICATED

    def test_the_secret_is_sealed_in_the_store(self, hub: Hub, inside: Browser, person) -> None:
        body = data(inside.post(f"{URL}/totp"))
        sealed = hub.store.factor(person.name).sealed
        key = Phone(body["secret"])._key
        assert key not in sealed
        assert body["secret"].encode() not in sealed
        hub.store.database.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw = b"".join(
            path.read_bytes() for path in hub.config.store_path.parent.glob("hub.sqlite*")
        )
        assert sealed in raw
        assert key not in raw

    def test_leaves_its_audit_lines(self, hub: Hub, inside: Browser, person) -> None:
        phone = inside.enrol()
        inside.post(f"{URL}/totp/remove", {"code": phone.code()})
        acts = [act for _, act in fakes.acts(hub.store, 2)]
        assert [(act.action, act.account, act.org, act.target) for act in acts] == [
            ("second-factor.remove", person.name, "ministry", person.name),
            ("second-factor.add", person.name, "ministry", person.name),
        ]


class TestLogIn:
    def test_by_the_code_of_the_app(self, halfway: Browser, phone: Phone, person) -> None:
        body = data(halfway.give(phone.code()))
        assert (body["account"], body["second_factor"]) == (person.name, "passed")
        assert halfway.is_in()

    def test_halfway_says_so_and_no_more(self, halfway: Browser, person) -> None:
        assert data(halfway.get()) == {
            "account": person.name,
            "second_factor": "needed",
            "csrf_token": halfway.token,
        }

    def test_halfway_opens_nothing_else(self, halfway: Browser, phone: Phone) -> None:
        for method, path, body in (
            ("GET", LIST, None),
            ("DELETE", LIST, None),
            ("DELETE", f"{LIST}/x", None),
            ("POST", f"{URL}/totp", None),
            ("POST", f"{URL}/totp/confirm", {"code": phone.code()}),
            ("POST", f"{URL}/totp/remove", {"code": phone.code_of(int(time.time()) // 30 + 1)}),
        ):
            assert fault(halfway.ask(method, path, body)) is Fault.UNAUTHENTICATED, path
        assert not halfway.is_in()

    def test_halfway_may_leave(self, halfway: Browser) -> None:
        assert halfway.delete().status_code == 204
        assert fault(halfway.get()) is Fault.UNAUTHENTICATED

    def test_the_session_gets_another_id(self, hub: Hub, halfway: Browser, phone: Phone) -> None:
        before, token = halfway.secret, halfway.token
        halfway.give(phone.code())
        assert halfway.secret not in {before, ""}
        assert halfway.token != token
        other = Browser(hub)
        other.client.set_cookie("hub-session", before)
        assert not other.is_in()

    def test_a_code_is_taken_once(self, hub: Hub, halfway: Browser, phone: Phone, person) -> None:
        code = phone.code()
        assert halfway.give(code).status_code == 200
        other = Browser(hub)
        other.log_in(person.name)
        assert fault(other.give(code)) is Fault.UNAUTHENTICATED
        assert not other.is_in()

    def test_the_code_of_the_enrolment_is_used_up(self, hub: Hub, inside, person) -> None:
        phone = Phone(data(inside.post(f"{URL}/totp"))["secret"])
        code = phone.code()
        inside.post(f"{URL}/totp/confirm", {"code": code})
        other = Browser(hub)
        other.log_in(person.name)
        assert fault(other.give(code)) is Fault.UNAUTHENTICATED

    @pytest.mark.parametrize("beside", [-3, 3])
    def test_a_code_of_another_time(self, hub: Hub, halfway, phone, person, beside) -> None:
        forget(hub, person)
        code = phone.code_of(int(time.time()) // 30 + beside)
        assert fault(halfway.give(code)) is Fault.UNAUTHENTICATED

    def test_twice(self, halfway: Browser, phone: Phone) -> None:
        halfway.give(phone.code())
        assert fault(halfway.give(phone.recovery[0])) is Fault.DENIED

    def test_without_a_log_in(self, browser: Browser) -> None:
        assert fault(browser.give("123456")) is Fault.UNAUTHENTICATED

    @pytest.mark.parametrize("body", [{}, {"code": 123456}, [], {"code": "x" * 101}])
    def test_other_bodies(self, halfway: Browser, phone: Phone, body) -> None:
        assert fault(halfway.post(f"{URL}/second-factor", body)) is Fault.BAD_BODY
        assert halfway.give(phone.code()).status_code == 200

    @pytest.mark.parametrize("text", ["", "12345", "\u0661" * 6, "null", "-1", "x" * 100])
    def test_other_texts(self, halfway: Browser, text) -> None:
        assert fault(halfway.give(text)) is Fault.UNAUTHENTICATED

    def test_of_many_at_once_one_passes(self, hub: Hub, phone: Phone, person) -> None:
        browsers = [Browser(hub) for _ in range(4)]
        for browser in browsers:
            browser.log_in(person.name)
        code, statuses = phone.code(), []
        barrier = threading.Barrier(len(browsers))

        def give(browser: Browser) -> None:
            barrier.wait(60)
            statuses.append(browser.give(code).status_code)
            hub.store.close()

        threads = [threading.Thread(target=give, args=(browser,)) for browser in browsers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(statuses) == [200, 401, 401, 401]


class TestPasswordAlone:
    """A stolen password must not open at the other doors what the log-in keeps shut."""

    @pytest.mark.parametrize("path", ["/taxii2/", "/hub/collections/", URL])
    def test_opens_nothing(self, hub: Hub, phone: Phone, person, path) -> None:
        answer = hub.get(path, account="", headers=fakes.basic(person.name))
        assert fault(answer) is Fault.UNAUTHENTICATED
        assert "second factor" in data(answer)["description"]

    def test_a_wrong_one_tells_nothing_of_it(self, hub: Hub, phone: Phone, person) -> None:
        headers = fakes.basic(person.name, "wrong horse battery staple")
        answer = hub.get("/taxii2/", account="", headers=headers)
        assert "second factor" not in data(answer)["description"]

    def test_tokens_work_as_before(self, hub: Hub, inside: Browser) -> None:
        inside.log_in("publisher")
        phone = inside.enrol()
        try:
            assert hub.get("/hub/collections/", account="publisher").status_code == 200
        finally:
            inside.post(f"{URL}/totp/remove", {"code": phone.recovery[0]})

    def test_an_offer_changes_nothing(self, hub: Hub, inside: Browser, person) -> None:
        inside.post(f"{URL}/totp")
        headers = fakes.basic(person.name)
        assert hub.get("/taxii2/", account="", headers=headers).status_code == 200


class TestRecovery:
    def test_opens_once(self, hub: Hub, halfway: Browser, phone: Phone, person) -> None:
        code = phone.recovery[4]
        assert data(halfway.give(code))["recovery_codes"] == 9
        other = Browser(hub)
        other.log_in(person.name)
        assert fault(other.give(code)) is Fault.UNAUTHENTICATED
        assert other.give(phone.recovery[5]).status_code == 200

    def test_as_people_type_it(self, halfway: Browser, phone: Phone) -> None:
        code = f" {phone.recovery[0].upper().replace('-', ' ')} "
        assert halfway.give(code).status_code == 200

    def test_of_somebody_else(self, hub: Hub, halfway: Browser) -> None:
        other = Browser(hub)
        name = "person-other"
        hub.put(fakes.Account(name, "ministry", password=fakes.password_hash()))
        other.log_in(name)
        assert fault(halfway.give(other.enrol().recovery[0])) is Fault.UNAUTHENTICATED

    def test_the_store_knows_none(self, hub: Hub, phone: Phone) -> None:
        hub.store.database.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw = b"".join(
            path.read_bytes() for path in hub.config.store_path.parent.glob("hub.sqlite*")
        )
        for code in phone.recovery:
            assert code.encode() not in raw
            assert code.replace("-", "").encode() not in raw

    def test_works_when_the_secret_of_the_hub_is_another(
        self, hub: Hub, phone, person, tmp_path, caplog
    ) -> None:
        write_secret(tmp_path / "secret.key")
        changed = Hub(hub.config, hub.store, bytes.fromhex((tmp_path / "secret.key").read_text()))
        browser = Browser(changed)
        browser.log_in(person.name)
        assert fault(browser.give(phone.code())) is Fault.UNAUTHENTICATED
        assert "reset-second-factor" in caplog.text
        assert browser.give(phone.recovery[0]).status_code == 200


class TestGuesses:
    def test_the_fifth_wrong_code_ends_the_log_in(self, halfway: Browser, phone: Phone) -> None:
        for _ in range(5):
            assert fault(halfway.give(phone.wrong())) is Fault.UNAUTHENTICATED
        answer = halfway.give(phone.code())
        assert fault(answer) is Fault.UNAUTHENTICATED
        assert "log-in" in data(answer)["description"]

    def test_then_no_code_is_looked_at_for_a_while(
        self, hub: Hub, halfway: Browser, phone: Phone, person
    ) -> None:
        for _ in range(5):
            halfway.give(phone.wrong())
        halfway.log_in(person.name)
        answer = halfway.give(phone.code())
        assert fault(answer) is Fault.TOO_MANY
        assert 25 <= int(answer.headers["Retry-After"]) <= 30
        forget(hub, person, wrong=5, wrong_us=1)
        assert halfway.give(phone.again()).status_code == 200

    def test_a_recovery_code_is(self, halfway: Browser, phone: Phone, person) -> None:
        for _ in range(5):
            halfway.give(phone.wrong())
        halfway.log_in(person.name)
        assert halfway.give(phone.recovery[0]).status_code == 200


class TestRemoval:
    def test_with_a_code(self, hub: Hub, inside: Browser, phone: Phone, person) -> None:
        assert inside.post(f"{URL}/totp/remove", {"code": phone.code()}).status_code == 204
        assert inside.secret == ""
        assert hub.store.list_sessions(person.name) == []
        assert data(inside.log_in(person.name))["second_factor"] == "none"

    def test_with_a_recovery_code(self, inside: Browser, phone: Phone) -> None:
        body = {"code": phone.recovery[0]}
        assert inside.post(f"{URL}/totp/remove", body).status_code == 204

    def test_not_with_a_wrong_one(self, inside: Browser, phone: Phone) -> None:
        answer = inside.post(f"{URL}/totp/remove", {"code": phone.wrong()})
        assert fault(answer) is Fault.UNAUTHENTICATED
        assert data(inside.get())["second_factor"] == "passed"

    def test_where_there_is_none(self, inside: Browser) -> None:
        answer = inside.post(f"{URL}/totp/remove", {"code": "123456"})
        assert fault(answer) is Fault.ABSENT

    def test_ends_every_session(self, hub: Hub, inside, halfway, phone, person) -> None:
        halfway.give(phone.recovery[0])
        inside.post(f"{URL}/totp/remove", {"code": phone.code()})
        assert [inside.is_in(), halfway.is_in()] == [False, False]

    def test_and_enrolment_again(self, hub: Hub, inside: Browser, phone: Phone, person) -> None:
        inside.post(f"{URL}/totp/remove", {"code": phone.code()})
        inside.log_in(person.name)
        again = inside.enrol()
        other = Browser(hub)
        other.log_in(person.name)
        assert fault(other.give(phone.recovery[1])) is Fault.UNAUTHENTICATED
        assert other.give(again.recovery[1]).status_code == 200
