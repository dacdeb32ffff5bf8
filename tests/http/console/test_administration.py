"""The pages of the administration: who may open them; organisations, accounts, deeds."""

from __future__ import annotations

import re

import msgspec
import pytest

from hub.model.party import Role
from hub.model.tlp import Tlp
from hub.service import credentials
from hub.service.credentials import hash_password
from tests import fakes, pki
from tests.http.asking import Hub
from tests.http.person import SHARED, Person, changed, fault, forms, put, text

PAGES = [
    "/admin",
    "/admin/organisations",
    "/admin/organisations/ministry",
    "/admin/new/organisation",
    "/admin/accounts",
    "/admin/accounts/reader",
    "/admin/accounts/reader/password",
    "/admin/accounts/reader/disable",
    "/admin/accounts/reader/enable",
    "/admin/accounts/reader/reset-factor",
    "/admin/accounts/reader/end-sessions",
    "/admin/accounts/reader/require",
    "/admin/accounts/reader/require-not",
    "/admin/new/account",
    "/admin/tokens",
    "/admin/new/token",
    "/admin/tokens/reader-works/revoke",
    "/admin/certificates",
    "/admin/communities",
    "/admin/communities/partners",
    "/admin/communities/partners/leave?member=org:grid",
    "/admin/new/community",
    "/admin/collections",
    f"/admin/collections/{SHARED}",
    f"/admin/collections/{SHARED}/revoke?subject=community:partners",
    "/admin/new/collection",
    "/admin/new/invitation",
    "/admin/settings",
    "/admin/search",
    "/admin/health",
]
WATCHED = ["/admin/audit", "/admin/audit.csv"]


class TestWho:
    @pytest.mark.parametrize("path", PAGES + WATCHED)
    def test_an_administrator_opens_it_in_both_languages(self, hub: Hub, path: str) -> None:
        for lang in ("en", "vi"):
            answer = Person(hub, lang=lang).get(path)
            assert answer.status_code == 200
            if answer.mimetype == "text/html":
                assert f'<html lang="{lang}"' in answer.text

    @pytest.mark.parametrize("account", ["reader", "publisher", "coordinator", "partner"])
    def test_nobody_else_does(self, hub: Hub, account: str) -> None:
        person = Person(hub, account)
        for path in (*PAGES, *WATCHED, "/admin/why"):
            answer = person.get(path)
            assert answer.status_code == 403, path
            assert "other roles" in text(answer)

    def test_nor_can_they_send_its_forms(self, hub: Hub) -> None:
        boss, reader = Person(hub), Person(hub, "reader")
        own = forms(reader.get("/account/password").text, "")[0].fields["token"]
        before = hub.store.directory()
        for path in PAGES:
            for form in forms(boss.get(path).text, path):
                assert (
                    reader.post(form.action, **(form.fields | {"token": own})).status_code == 403
                )
        assert hub.store.directory() == before

    def test_whoever_is_not_logged_in_is_sent_to_the_log_in(self, hub: Hub) -> None:
        client = hub.app.test_client()
        for path in PAGES:
            answer = client.get(path)
            assert answer.status_code == 303
            assert answer.headers["Location"].startswith("/login?next=")

    def test_an_officer_watches_and_changes_nothing(self, hub: Hub) -> None:
        changed(hub, "reader", roles=frozenset({Role.OFFICER}))
        officer = Person(hub, "reader")
        for path in ("/admin", "/admin/audit", "/admin/audit.csv", "/admin/why"):
            assert officer.get(path).status_code == 200
        for path in set(PAGES) - {"/admin"}:
            assert officer.get(path).status_code == 403

    def test_a_role_that_was_taken_away_meanwhile_counts_at_once(self, hub: Hub) -> None:
        changed(hub, "reader", roles=frozenset({Role.ADMINISTRATOR}))
        second = Person(hub, "reader")
        form = second.form("/admin/new/organisation")
        changed(hub, "reader", roles=frozenset({Role.READER}))
        answer = second.send(form, slug="late", name_vi="Muộn", name_en="Late")
        assert answer.status_code == 403
        assert "late" not in hub.store.directory().orgs

    def test_what_is_not_there_is_a_page(self, boss: Person) -> None:
        for path in (
            "/admin/organisations/nobody",
            "/admin/accounts/nobody",
            "/admin/accounts/nobody/disable",
            "/admin/accounts/reader/nothing",
            "/admin/communities/nothing",
            "/admin/groups/nothing",
            "/admin/collections/nothing",
            "/admin/search/rebuild",
        ):
            assert boss.get(path).status_code == 404, path


class TestToken:
    """Of forms: without it nothing is done."""

    @pytest.mark.parametrize("token", [None, "", "wrong"])
    def test_without_it_a_form_is_shown_again_and_nothing_happens(
        self, hub: Hub, boss: Person, token: str | None
    ) -> None:
        before = hub.store.directory()
        for path in PAGES:
            for form in forms(boss.get(path).text, path):
                answer = boss.send(form, token=token)
                assert answer.status_code == 409, path
        assert hub.store.directory() == before

    def test_a_page_of_another_site_can_do_nothing(self, hub: Hub, boss: Person) -> None:
        form = boss.form("/admin/accounts/reader/disable")
        answer = boss.client.post(
            form.action, data=form.fields, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert answer.status_code == 403
        assert not hub.store.directory().accounts["reader"].disabled


NEW_ORG = {"slug": "cert", "name_vi": "Trung tâm", "name_en": "Centre", "country": "vn"}


class TestOrganisations:
    def test_one_is_added(self, hub: Hub, boss: Person) -> None:
        answer = boss.fill("/admin/new/organisation", **NEW_ORG)
        assert "The organisation cert is stored." in boss.after(answer)
        org = hub.store.directory().orgs["cert"]
        assert (org.name_vi, org.name_en, org.country) == ("Trung tâm", "Centre", "VN")
        assert re.fullmatch(r"identity--[0-9a-f-]{36}", org.id)

    def test_sent_twice_it_is_one(self, hub: Hub, boss: Person) -> None:
        form = boss.form("/admin/new/organisation")
        first = boss.send(form, **NEW_ORG)
        directory = hub.store.directory()
        second = boss.send(form, **NEW_ORG)
        assert (first.status_code, second.status_code) == (303, 303)
        assert hub.store.directory() == directory

    def test_a_new_one_does_not_overwrite_another(self, hub: Hub, boss: Person) -> None:
        before = hub.store.directory()
        answer = boss.fill("/admin/new/organisation", **(NEW_ORG | {"slug": "grid"}))
        assert answer.status_code == 400
        assert fault(answer, "slug") == "There is one of this name already."
        assert 'value="Trung tâm"' in answer.text
        assert hub.store.directory() == before

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"slug": "Has Spaces"}, "slug"),
            ({"slug": ""}, "slug"),
            ({"name_vi": " "}, "name_vi"),
            ({"name_en": ""}, "name_en"),
            ({"name_en": "x" * 201}, "name_en"),
            ({"country": "Vietnam"}, "country"),
            ({"id": "identity--x"}, "id"),
        ],
    )
    def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(
        self, hub: Hub, boss: Person, wrong: dict[str, str], field: str
    ) -> None:
        before = hub.store.directory()
        given = NEW_ORG | {"sector": "energy"} | wrong
        answer = boss.fill("/admin/new/organisation", **given)
        assert answer.status_code == 400
        assert fault(answer, field)
        again = forms(answer.text, "")[0].fields
        kept = {name: value.strip() if name == field else value for name, value in given.items()}
        assert {name: again[name] for name in kept if name != field} == {
            name: value for name, value in kept.items() if name != field
        }
        assert hub.store.directory() == before

    def test_one_is_changed_and_keeps_its_identity(self, hub: Hub, boss: Person) -> None:
        before = hub.store.directory().orgs["grid"]
        boss.fill("/admin/organisations/grid", name_en="Grid", sector="")
        after = hub.store.directory().orgs["grid"]
        assert after == msgspec.structs.replace(before, name_en="Grid", sector="")

    def test_what_another_changed_meanwhile_is_not_overwritten(
        self, hub: Hub, boss: Person
    ) -> None:
        form = boss.form("/admin/organisations/grid")
        grid = msgspec.structs.replace(hub.store.directory().orgs["grid"], name_vi="Lưới")
        put(hub, grid)
        answer = boss.send(form, name_en="Mine")
        assert answer.status_code == 409
        assert 'value="Mine"' in answer.text
        assert hub.store.directory().orgs["grid"] == grid
        again = forms(answer.text, form.action)[0]
        assert boss.send(again).status_code == 303, "the second time it is meant"
        assert hub.store.directory().orgs["grid"].name_en == "Mine"

    def test_a_list_is_found_by_a_word_without_accents(self, boss: Person) -> None:
        page = text(boss.get("/admin/organisations?q=luoi+dien"))
        assert "grid" in page
        assert "ministry" not in page

    def test_long_lists_come_in_pages(self, hub: Hub, boss: Person) -> None:
        known = hub.store.directory().orgs["grid"]
        made = [msgspec.structs.replace(known, slug=f"org-{n:03}") for n in range(60)]
        put(hub, *made)
        seen: list[str] = []
        path = "/admin/organisations"
        while path:
            page = boss.get(path).text
            seen += re.findall(r"<tr data-row><td><a [^>]*>([^<]+)", page)
            older = re.search(r'href="([^"]*)" rel="next"', page)
            path = older[1].replace("&amp;", "&") if older else ""
        assert seen == sorted(hub.store.directory().orgs)


NEW_ACCOUNT = {"account": "lan", "org": "grid", "new_password": fakes.PASSWORD}


class TestAccounts:
    def test_one_is_added(self, hub: Hub, boss: Person) -> None:
        answer = boss.fill(
            "/admin/new/account", role_publisher="yes", clearance="green", **NEW_ACCOUNT
        )
        assert "The account lan is added." in boss.after(answer)
        made = hub.store.directory().accounts["lan"]
        assert (made.org, made.roles, made.clearance) == (
            "grid",
            {Role.READER, Role.PUBLISHER},
            Tlp.GREEN,
        )
        assert Person(hub, "lan")

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"account": "reader"}, "account"),
            ({"account": "L A"}, "account"),
            ({"org": "nowhere"}, "org"),
            ({"new_password": "short"}, "new_password"),
            ({"role_reader": None}, "roles"),
            ({"clearance": "purple"}, "clearance"),
        ],
    )
    def test_what_is_wrong_stands_at_its_field(
        self, hub: Hub, boss: Person, wrong: dict[str, str | None], field: str
    ) -> None:
        before = hub.store.directory()
        answer = boss.fill("/admin/new/account", **(NEW_ACCOUNT | wrong))
        assert answer.status_code == 400
        assert fault(answer, field)
        assert fakes.PASSWORD not in answer.text, "passwords are typed again"
        assert hub.store.directory() == before

    def test_roles_and_clearance(self, hub: Hub, boss: Person) -> None:
        boss.fill("/admin/accounts/reader", 0, role_reader=None, role_officer="yes")
        assert hub.store.directory().accounts["reader"].roles == {Role.OFFICER}
        boss.fill("/admin/accounts/reader", 1, clearance="red")
        after = hub.store.directory().accounts["reader"]
        assert (after.roles, after.clearance) == ({Role.OFFICER}, Tlp.RED)

    def test_no_role_is_none(self, hub: Hub, boss: Person) -> None:
        answer = boss.fill("/admin/accounts/reader", 0, role_reader=None)
        assert (answer.status_code, fault(answer, "roles")) == (400, "Choose at least one role.")

    @pytest.mark.parametrize("number", [0, 1])
    def test_what_another_changed_meanwhile_is_not_overwritten(
        self, hub: Hub, boss: Person, number: int
    ) -> None:
        form = boss.form("/admin/accounts/reader", number)
        other = changed(hub, "reader", clearance=Tlp.RED)
        answer = boss.send(form, role_publisher="yes", clearance="clear")
        assert answer.status_code == 409
        assert "Somebody else changed this meanwhile" in text(answer)
        assert hub.store.directory().accounts["reader"] == other

    def test_the_only_administrator_stays(self, hub: Hub, boss: Person) -> None:
        before = hub.store.directory()
        answer = boss.fill(
            "/admin/accounts/administrator", 0, role_administrator=None, role_reader="yes"
        )
        assert answer.status_code == 400
        assert "the only account that can manage the hub" in fault(answer, "roles")
        off = boss.fill("/admin/accounts/administrator/disable")
        assert off.status_code == 409
        assert "the only account that can manage the hub" in text(off)
        shut = boss.fill("/admin/accounts/administrator/require")
        assert shut.status_code == 409
        assert hub.store.directory() == before

    def test_a_password_is_set_and_the_sessions_end(self, hub: Hub, boss: Person) -> None:
        reader = Person(hub, "reader")
        assert "1 session ends at once." in text(boss.get("/admin/accounts/reader/password"))
        answer = boss.fill("/admin/accounts/reader/password", new_password="quite another one")
        assert "has another password" in boss.after(answer)
        assert reader.get("/account").status_code == 303
        stored = hub.store.directory().accounts["reader"].password
        assert credentials._matches(stored, "quite another one")

    @pytest.mark.parametrize("password", ["", "short"])
    def test_an_empty_or_short_password_is_none(
        self, hub: Hub, boss: Person, password: str
    ) -> None:
        before = hub.store.directory()
        answer = boss.fill("/admin/accounts/reader/password", new_password=password)
        assert answer.status_code == 400
        assert fault(answer, "new_password")
        assert hub.store.directory() == before


class TestDeeds:
    def test_switching_off_says_what_stops_and_stops_it(self, hub: Hub, boss: Person) -> None:
        reader = Person(hub, "reader")
        page = text(boss.get("/admin/accounts/reader/disable"))
        assert "1 token stops working." in page
        assert "1 session ends at once." in page
        assert not hub.store.directory().accounts["reader"].disabled, "asking does nothing"
        assert "is off" in boss.after(boss.fill("/admin/accounts/reader/disable"))
        assert reader.get("/account").status_code == 303
        assert "is on" in boss.after(boss.fill("/admin/accounts/reader/enable"))
        assert not hub.store.directory().accounts["reader"].disabled

    def test_not_after_somebody_else_changed_the_account(self, hub: Hub, boss: Person) -> None:
        form = boss.form("/admin/accounts/reader/disable")
        changed(hub, "reader", clearance=Tlp.RED)
        answer = boss.send(form)
        assert answer.status_code == 409
        assert not hub.store.directory().accounts["reader"].disabled

    def test_sessions_end(self, hub: Hub, boss: Person) -> None:
        reader = Person(hub, "reader")
        boss.after(boss.fill("/admin/accounts/reader/end-sessions"))
        assert reader.get("/account").status_code == 303
        assert fakes.acts(hub.store, 1)[0][1].target == "reader"

    def test_a_second_factor_that_is_not_there(self, boss: Person) -> None:
        answer = boss.fill("/admin/accounts/reader/reset-factor")
        assert answer.status_code == 409
        assert "There is no second factor" in text(answer)

    def test_a_certificate_is_required(self, hub: Hub, boss: Person) -> None:
        page = text(boss.get("/admin/accounts/reader/require"))
        assert "It has no valid certificate" in page
        boss.after(boss.fill("/admin/accounts/reader/require"))
        assert hub.store.directory().accounts["reader"].certificate_only
        boss.after(boss.fill("/admin/accounts/reader/require-not"))
        assert not hub.store.directory().accounts["reader"].certificate_only

    def test_a_token_is_revoked_and_the_second_press_says_so(self, hub: Hub, boss: Person) -> None:
        form = boss.form("/admin/tokens/reader-works/revoke")
        assert "is revoked" in boss.after(boss.send(form))
        assert "reader-works" not in {t.id for t in hub.store.directory().tokens.values()}
        assert "There is no token reader-works any more." in boss.after(boss.send(form))

    def test_a_certificate_is_revoked(self, hub: Hub, boss: Person) -> None:
        record = pki.Client().record(account="reader")
        put(hub, record)
        path = f"/admin/certificates/{record.id}/revoke"
        assert "0 other certificates" in text(boss.get(path))
        form = boss.form(path)
        assert "is revoked" in boss.after(boss.send(form))
        assert record.digest in hub.store.directory().revoked
        assert "any more" in boss.after(boss.send(form))


def test_no_page_says_a_password_hash_or_a_digest(hub: Hub, boss: Person) -> None:
    stored = hash_password("whatever it is worth")
    changed(hub, "reader", password=stored)
    for path in PAGES + WATCHED:
        page = boss.get(path).text
        assert "argon2" not in page
        assert stored not in page
