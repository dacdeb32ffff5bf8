"""Tokens, circles, collections and invitations in the console."""

from __future__ import annotations

import re

import msgspec
import pytest

from hub.model.party import Community, Group, Member, Organisation
from hub.model.tlp import Tlp
from hub.service import credentials
from tests import fakes
from tests.http.asking import Hub, data
from tests.http.person import SHARED, Person, fault, forms, put, text


class TestTokens:
    def test_the_secret_is_shown_once_and_works(self, hub: Hub, boss: Person) -> None:
        form = boss.form("/admin/new/token?account=reader")
        answer = boss.send(form, label="MISP", addresses="127.0.0.0/8\n192.0.2.0/24")
        assert answer.status_code == 200
        (secret,) = re.findall(r'id="secret">([^<]+)<', answer.text)
        assert answer.headers["Cache-Control"] == "private, no-store"
        token = hub.store.directory().tokens[credentials.digest(secret)]
        assert (token.account, token.label, token.read_only) == ("reader", "MISP", True)
        assert token.addresses == ("127.0.0.0/8", "192.0.2.0/24")
        who = hub.app.test_client().get(
            "/api/v1/session", headers={"Authorization": f"Bearer {secret}"}
        )
        assert data(who)["account"] == "reader"
        for path in ("/admin/tokens", "/admin/accounts/reader", "/admin/audit"):
            assert secret not in boss.get(path).text

    def test_a_form_that_is_sent_twice_makes_one(self, hub: Hub, boss: Person) -> None:
        form = boss.form("/admin/new/token?account=reader")
        boss.send(form)
        before = hub.store.directory()
        again = boss.send(form)
        assert again.status_code == 400
        assert "There is a token" in text(again)
        assert hub.store.directory() == before

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"account": "nobody"}, "account"),
            ({"days": "0"}, "days"),
            ({"days": "3651"}, "days"),
            ({"days": "ten"}, "days"),
            ({"days": "1e3"}, "days"),
            ({"days": "٣"}, "days"),
            ({"days": "000003650999999"}, "days"),
            ({"ceiling": "purple"}, "ceiling"),
            ({"addresses": "here"}, "addresses"),
            ({"label": "x" * 201}, "label"),
        ],
    )
    def test_what_is_wrong_stands_at_its_field(
        self, hub: Hub, boss: Person, wrong: dict[str, str], field: str
    ) -> None:
        before = hub.store.directory()
        answer = boss.fill("/admin/new/token?account=reader", **wrong)
        assert answer.status_code == 400
        assert fault(answer, field)
        assert hub.store.directory() == before

    @pytest.mark.parametrize("once", [None, "", "x", "0" * 13])
    def test_the_name_of_a_form_is_of_its_form(
        self, hub: Hub, boss: Person, once: str | None
    ) -> None:
        answer = boss.fill("/admin/new/token?account=reader", once=once)
        assert answer.status_code == (200 if not once else 400)

    def test_a_form_that_was_sent_already_says_what_to_do_and_can_be_sent_again(
        self, hub: Hub, boss: Person
    ) -> None:
        """Its answer, which had the secret, may never have come."""
        form = boss.form("/admin/new/token?account=reader")
        before = len(hub.store.directory().tokens)
        assert boss.send(form, label="connector").status_code == 200
        again = boss.send(form, label="connector")
        assert again.status_code == 400
        assert "revoke this one if nobody has its secret" in text(again)
        assert len(hub.store.directory().tokens) == before + 1
        third = next(item for item in forms(again.text, form.action) if "once" in item.fields)
        assert third.fields["label"] == "connector"
        assert boss.send(third).status_code == 200
        assert len(hub.store.directory().tokens) == before + 2


class TestCircles:
    def test_a_community(self, hub: Hub, boss: Person) -> None:
        new = {"name": "energy", "title": "Năng lượng", "terms": "Không nói ra ngoài"}
        assert "energy is stored." in boss.after(boss.fill("/admin/new/community", **new))
        path = "/admin/communities/energy"
        assert "It has no members" in text(boss.get(path))
        boss.after(boss.fill(path, 0, member="org:grid", since="all"))
        boss.after(boss.fill(path, 1, title="Energy"))
        found = hub.store.directory().communities["energy"]
        assert found == Community("energy", "Energy", (Member(("org", "grid"), 0),), new["terms"])
        leave = f"{path}/leave?member=org:grid"
        assert "0 rights in collections depend on it." in text(boss.get(leave))
        form = boss.form(leave)
        boss.after(boss.send(form))
        assert hub.store.directory().communities["energy"].members == ()
        assert "is no member" in boss.after(boss.send(form))

    def test_since_when(self, hub: Hub, boss: Person) -> None:
        path = "/admin/communities/partners"
        wrong = boss.fill(path, 0, member="org:grid", since="day", since_day="soon")
        assert wrong.status_code == 400
        assert fault(wrong, "since_day")
        boss.after(boss.fill(path, 0, member="org:grid", since="day", since_day="2026-01-31"))
        (grid,) = [
            m
            for m in hub.store.directory().communities["partners"].members
            if m.subject == ("org", "grid")
        ]
        assert grid.since_us == 1_769_817_600_000_000

    @pytest.mark.parametrize("member", ["", "org:nobody", "community:partners", "grid:grid"])
    def test_who_cannot_be_a_member(self, hub: Hub, boss: Person, member: str) -> None:
        before = hub.store.directory()
        answer = boss.fill("/admin/communities/partners", 0, member=member)
        assert answer.status_code == 400
        assert fault(answer, "member")
        assert hub.store.directory() == before

    def test_a_name_that_is_taken(self, hub: Hub, boss: Person) -> None:
        answer = boss.fill("/admin/new/community", name="partners", title="Others")
        assert answer.status_code == 400
        assert fault(answer, "name") == "There is one of this name already."
        assert hub.store.directory().communities["partners"].title == "Partners"

    def test_what_another_changed_meanwhile(self, hub: Hub, boss: Person) -> None:
        form = boss.form("/admin/communities/partners", 1)
        known = hub.store.directory().communities["partners"]
        put(hub, msgspec.structs.replace(known, terms="new terms"))
        answer = boss.send(form, title="Mine")
        assert answer.status_code == 409
        assert hub.store.directory().communities["partners"].title == "Partners"

    def test_a_group_is_managed_by_its_owner(self, hub: Hub) -> None:
        owner = Person(hub, "publisher")
        new = {"name": "case-12", "title": "Case 12"}
        owner.after(owner.fill("/admin/new/group", **new))
        owner.after(owner.fill("/admin/groups/case-12", 0, member="org:grid"))
        assert hub.store.directory().groups["case-12"].owner == "ministry"
        owner.after(owner.fill("/admin/groups/case-12/leave?member=org:grid"))
        assert hub.store.directory().groups["case-12"].members == ()

    def test_an_owner_is_offered_whom_it_knows_of(self, hub: Hub, boss: Person) -> None:
        put(
            hub,
            Organisation("recluse", "identity--" + str(fakes.uuid_of(77)), "Ẩn", "Recluse"),
            Community("hidden-circle", "Hidden circle", (Member(("org", "recluse")),)),
            Group("case-12", "Case 12", "ministry"),
        )
        page = Person(hub, "publisher").get("/admin/groups/case-12").text
        assert 'value="org:grid"' in page, "it publishes for it"
        assert "recluse" not in page
        assert "hidden-circle" not in page, "a community cannot be in a group anyway"
        assert 'value="org:recluse"' in boss.get("/admin/groups/case-12").text

    def test_members_see_a_group_and_do_not_change_it(self, hub: Hub) -> None:
        put(
            hub, Group("case-12", "Case 12", "ministry", (Member(("org", "grid")),), "Tell nobody")
        )
        member = Person(hub, "partner")
        page = member.get("/admin/groups/case-12")
        assert "Tell nobody" in text(page)
        assert forms(page.text, "") == []
        assert "ministry" not in text(page).replace("Sample Ministry", "")
        token = forms(member.get("/account/password").text, "")[0].fields["token"]
        answer = member.post("/admin/groups/case-12/join", token=token, member="org:ministry")
        assert answer.status_code == 400
        assert len(hub.store.directory().groups["case-12"].members) == 1

    def test_a_group_of_others_is_not_there(self, hub: Hub) -> None:
        put(hub, Group("case-12", "Case 12", "ministry"))
        stranger = Person(hub, "partner")
        hidden, none = (stranger.get(f"/admin/groups/{name}") for name in ("case-12", "case-13"))
        assert (hidden.status_code, none.status_code) == (404, 404)
        assert (
            text(hidden).replace("case-12", "").split("number")[0]
            == (text(none).replace("case-13", "").split("number")[0])
        )
        assert "case-12" not in text(stranger.get("/admin/groups"))

    def test_a_reader_may_make_none(self, hub: Hub) -> None:
        reader = Person(hub, "reader")
        assert reader.get("/admin/groups").status_code == 200
        assert reader.get("/admin/new/group").status_code == 403


class TestCollections:
    def test_one_is_added_and_gets_rights(self, hub: Hub, boss: Person) -> None:
        form = boss.form("/admin/new/collection")
        given = {"alias": "fresh", "title": "Fresh", "description": "mô tả", "strict": "yes"}
        boss.after(boss.send(form, **given))
        made = next(c for c in hub.store.directory().collections.values() if c.alias == "fresh")
        assert (made.title, made.strict, made.public) == ("Fresh", True, False)
        directory = hub.store.directory()
        assert boss.send(form, **given).status_code == 303, "sent twice"
        assert hub.store.directory() == directory
        path = f"/admin/collections/{made.id}"
        assert "Nobody has rights here" in text(boss.get(path))
        boss.after(boss.fill(path, 0, subject="org:grid", write="yes", grant_ceiling="green"))
        (grant,) = [g for g in hub.store.directory().grants if g.collection == made.key]
        assert (grant.read, grant.write, grant.ceiling) == (True, True, Tlp.GREEN)
        revoke = f"{path}/revoke?subject=org:grid"
        page = text(boss.get(revoke))
        assert "1 account cannot read the collection any more. partner" in page
        form = boss.form(revoke)
        boss.after(boss.send(form))
        assert not [g for g in hub.store.directory().grants if g.collection == made.key]
        assert "no rights of its own" in boss.after(boss.send(form))

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"alias": "a/b"}, "alias"),
            ({"alias": "shared"}, "alias"),
            ({"title": "Shared"}, "title"),
            ({"title": "v1.0"}, "title"),
            ({"root": "third"}, "root"),
            ({"default": "red"}, "default"),
            ({"ceiling": "x"}, "ceiling"),
        ],
    )
    def test_what_is_wrong_stands_at_its_field(
        self, hub: Hub, boss: Person, wrong: dict[str, str], field: str
    ) -> None:
        before = hub.store.directory()
        answer = boss.fill("/admin/new/collection", **({"alias": "fresh", "title": "F"} | wrong))
        assert answer.status_code == 400
        assert fault(answer, field)
        assert hub.store.directory() == before

    def test_one_is_changed(self, hub: Hub, boss: Person) -> None:
        path = f"/admin/collections/{fakes.uuid_of(fakes.KEYS['public'])}"
        boss.after(boss.fill(path, 1, public=None, ceiling="green"))
        after = hub.store.directory().collections[fakes.KEYS["public"]]
        assert (after.public, after.ceiling) == (False, Tlp.GREEN)

    def test_what_another_changed_meanwhile(self, hub: Hub, boss: Person) -> None:
        form = boss.form(f"/admin/collections/{SHARED}", 1)
        known = hub.store.directory().collections[fakes.KEYS["shared"]]
        put(hub, msgspec.structs.replace(known, description="new"))
        answer = boss.send(form, title="Mine")
        assert answer.status_code == 409
        assert 'value="Mine"' in answer.text
        assert hub.store.directory().collections[fakes.KEYS["shared"]].title == "Shared"

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"subject": ""}, "subject"),
            ({"subject": "org:nobody"}, "subject"),
            ({"read": None}, "read"),
            ({"grant_ceiling": ""}, "grant_ceiling"),
            ({"since": "day"}, "since_day"),
        ],
    )
    def test_rights_that_are_none(
        self, hub: Hub, boss: Person, wrong: dict[str, str | None], field: str
    ) -> None:
        before = hub.store.directory()
        answer = boss.fill(f"/admin/collections/{SHARED}", 0, **({"subject": "org:grid"} | wrong))
        assert answer.status_code == 400
        assert fault(answer, field)
        assert hub.store.directory() == before


NEW_PARTNER = {"slug": "mycert", "name_vi": "MyCERT", "name_en": "MyCERT", "country": "my"}


class TestInvitations:
    def test_the_file_has_all_that_the_first_pull_takes(self, hub: Hub, boss: Person) -> None:
        answer = boss.fill("/admin/new/invitation", **NEW_PARTNER, **{f"in_{SHARED}": "yes"})
        assert answer.status_code == 200
        file = re.search(r'<pre class="handover"[^>]*>(.*?)</pre>', answer.text, re.DOTALL)
        assert file
        (secret,) = set(re.findall(r"hub_[\w-]{43}", file[1]))
        directory = hub.store.directory()
        token = directory.tokens[credentials.digest(secret)]
        assert (token.account, token.read_only) == ("mycert-feed", True)
        assert directory.orgs["mycert"].country == "MY"
        assert 'download="mycert-access.md" href="data:text/markdown;' in answer.text
        assert secret not in boss.get("/admin/tokens").text

    def test_sent_twice_it_makes_one_token(self, hub: Hub, boss: Person) -> None:
        form = boss.form("/admin/new/invitation")
        given = NEW_PARTNER | {f"in_{SHARED}": "yes"}
        boss.send(form, **given)
        before = hub.store.directory()
        assert boss.send(form, **given).status_code == 400
        assert hub.store.directory() == before

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"slug": ""}, "slug"),
            ({"slug": "A B"}, "slug"),
            ({"name_vi": ""}, "name_vi"),
            ({f"in_{SHARED}": None}, "collections"),
            ({"days": "x"}, "days"),
            ({"country": "Malaysia"}, "country"),
        ],
    )
    def test_what_is_wrong_stands_at_its_field(
        self, hub: Hub, boss: Person, wrong: dict[str, str | None], field: str
    ) -> None:
        before = hub.store.directory()
        given = NEW_PARTNER | {f"in_{SHARED}": "yes"} | wrong
        answer = boss.fill("/admin/new/invitation", **given)
        assert answer.status_code == 400
        assert fault(answer, field)
        assert hub.store.directory() == before
