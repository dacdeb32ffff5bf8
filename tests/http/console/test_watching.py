"""The audit log, questions of officers and the state of the hub in the console."""

from __future__ import annotations

import re

import pytest

from hub.model.party import Account, Group, Role
from hub.store.base import Act
from tests import fakes
from tests.http.asking import Hub
from tests.http.person import Person, changed, fault, put, text


class TestAudit:
    @pytest.fixture
    def full(self, hub: Hub) -> Hub:
        for number in range(120):
            who = "lan" if number % 2 else "minh"
            hub.store.note(Act(who, "grid", "token.issue", f"t-{number}", "=1+1"))
        return hub

    def test_pages_follow_each_other_to_the_last_line(self, full: Hub) -> None:
        boss, seen, path = Person(full), [], "/admin/audit?action=token"
        while path:
            page = boss.get(path).text
            seen += re.findall(r"<bdi>(t-\d+)</bdi>", page)
            older = re.search(r'href="([^"]*)" rel="next"', page)
            path = older[1].replace("&amp;", "&") if older else ""
        assert seen == [f"t-{number}" for number in reversed(range(120))]

    def test_it_is_filtered(self, full: Hub) -> None:
        page = text(Person(full).get("/admin/audit?account=lan&target=t-7"))
        assert "t-7 " in page
        assert "t-17" not in page
        assert "Nothing that was done fits this filter." in text(
            Person(full).get("/admin/audit?account=lan&target=t-8")
        )

    @pytest.mark.parametrize("query", ["from=soon", "until=2026-13-01", "before=x", "before=-1"])
    def test_a_wrong_filter_is_said(self, full: Hub, query: str) -> None:
        assert Person(full).get(f"/admin/audit?{query}").status_code == 400

    def test_days(self, full: Hub) -> None:
        boss = Person(full)
        assert "t-7" in text(boss.get("/admin/audit?from=2020-01-01&until=9998-12-31&target=t-7"))
        assert "No line" in text(boss.get("/admin/audit?until=2020-01-01"))

    def test_the_file_has_every_line_that_is_asked_for(self, full: Hub) -> None:
        boss = Person(full)
        answer = boss.get("/admin/audit.csv?account=lan")
        assert answer.mimetype == "text/csv"
        lines = answer.data.decode("utf-8-sig").splitlines()
        assert lines[0] == '"at","account","org","action","target","detail"'
        assert len(lines) == 1 + 60
        assert all(line.endswith('"\'=1+1"') for line in lines[1:]), "no spreadsheet runs it"
        ((_, act),) = fakes.acts(full.store, 1)
        assert (act.account, act.action, act.detail) == (
            "administrator",
            "audit.export",
            "account=lan",
        )

    def test_hostile_lines_are_inert(self, hub: Hub, boss: Person) -> None:
        hub.store.note(Act("<script>", "", "x\u202ey", "<img src=x onerror=alert(1)>", '"><b>'))
        page = boss.get("/admin/audit").text
        assert "<script>" not in page.split("<main")[1]
        assert "<img" not in page
        assert "&lt;img src=x" in page


class TestWhy:
    def test_an_officer_is_told_the_rule(self, hub: Hub) -> None:
        changed(hub, "reader", roles=frozenset({Role.OFFICER}))
        officer = Person(hub, "reader")
        query = "account=partner&collection=shared&object=indicator--x"
        answer = officer.get(f"/admin/why?{query}")
        assert answer.status_code == 400
        assert "no such object" in fault(answer, "object")
        assert fault(
            officer.get("/admin/why?account=nobody&collection=shared&object=x"), "account"
        )
        assert fault(officer.get("/admin/why?account=partner&collection=x&object=x"), "collection")
        assert fault(officer.get("/admin/why?account=partner"), "object") == "Fill this in."


class TestState:
    def test_settings_say_where_they_come_from_and_show_no_secret(
        self, hub: Hub, boss: Person
    ) -> None:
        page = boss.get("/admin/settings").text
        rows = dict(re.findall(r'<tr><td class="mono">(\w+)</td>(.*?)</tr>', page, re.DOTALL))
        assert "set" in rows["secret_file"]
        assert "secret" not in rows["secret_file"].partition("</td>")[0]
        assert "default" in rows["hours"]
        assert hub.config.secret().hex() not in page

    def test_the_condition_says_what_needs_care(self, hub: Hub, boss: Person) -> None:
        put(hub, Group("case-12", "Case 12", "ministry"), Account("lost", "nowhere"))
        page = text(boss.get("/admin/health"))
        assert "group:case-12 : has no members." in page
        assert "lost : its organisation nowhere is not there" in page
        assert "can be read and written" in page

    def test_the_state_of_search(self, boss: Person) -> None:
        page = text(boss.get("/admin/search"))
        assert "the store itself (SQLite)" in page
        assert "hub index rebuild --embedded" in page
