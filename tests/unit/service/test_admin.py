"""Managing parties: what is refused and why, what is written, and its audit line."""

import msgspec
import pytest

from hub.errors import Fault, HubError
from hub.model.clock import now_us
from hub.model.party import Account, Caller, Collection, Grant, Organisation, Role
from hub.service import credentials
from hub.service.admin import Admin
from hub.service.changes import by_alias, find
from hub.store.base import Stale
from tests.fakes import KEYS, PASSWORD, ROOT, acts, collection, uuid_of

ROOTS = (ROOT, "second")
BOSS = Caller("administrator", "ministry", frozenset({Role.ADMINISTRATOR}))
ORG = Organisation("cert", f"identity--{uuid_of(7)}", "Trung tâm", "Centre")
DAY_US = 86_400_000_000


@pytest.fixture
def admin(hub_store):
    return Admin(hub_store, BOSS)


def new_collection(**changes):
    return collection("fresh", **({"key": 0, "id": str(uuid_of(500))} | changes))


class TestWho:
    @pytest.mark.parametrize(
        "caller",
        [
            Caller("x", "ministry", frozenset({Role.COORDINATOR, Role.PUBLISHER})),
            msgspec.structs.replace(BOSS, read_only=True),
            msgspec.structs.replace(BOSS, roles=frozenset()),
        ],
        ids=["another role", "read-only token", "no role"],
    )
    def test_only_an_administrator(self, hub_store, caller):
        with pytest.raises(HubError) as caught:
            Admin(hub_store, caller)
        assert caught.value.fault is Fault.DENIED


REFUSED = {
    "organisation: capital letters": (lambda a: a.put_org(renamed("CERT")), "slug"),
    "organisation: empty slug": (lambda a: a.put_org(renamed("")), "slug"),
    "organisation: line feed at the end": (lambda a: a.put_org(renamed("cert\n")), "slug"),
    "organisation: too long": (lambda a: a.put_org(renamed("x" * 64)), "slug"),
    "organisation: country": (
        lambda a: a.put_org(msgspec.structs.replace(ORG, country="Vietnam")),
        "country",
    ),
    "account: name": (lambda a: a.add_account(Account("a:b", "ministry")), "account"),
    "account: unknown organisation": (
        lambda a: a.add_account(Account("new", "x")),
        "organisation",
    ),
    "account: name is taken": (lambda a: a.add_account(Account("reader", "ministry")), "account"),
    "account: short password": (
        lambda a: a.add_account(Account("new", "ministry"), "x" * 11),
        "password",
    ),
    "password: short": (lambda a: a.set_password("reader", "short"), "password"),
    "password: unknown account": (lambda a: a.set_password("x", PASSWORD), "account"),
    "disable: unknown account": (lambda a: a.disable_account("x", disabled=True), "account"),
    "token: unknown account": (lambda a: a.issue_token("x", days=1), "account"),
    "token: address": (lambda a: a.issue_token("reader", days=1, addresses=["x"]), "address"),
    "token: address with host bits": (
        lambda a: a.issue_token("reader", days=1, addresses=["192.0.2.1/24"]),
        "address",
    ),
    "token: unknown one": (lambda a: a.revoke_token("x"), "token"),
    "collection: alias": (lambda a: put(a, alias="a/b"), "alias"),
    "collection: unknown root": (lambda a: put(a, root="third"), "root"),
    "collection: title with a dot": (lambda a: put(a, title="v1.0"), "title"),
    "collection: no title": (lambda a: put(a, title="  "), "title"),
    "collection: title is taken": (lambda a: put(a, title="Shared"), "title"),
    "collection: alias is taken": (lambda a: put(a, alias="shared"), "alias"),
    "collection: id is taken": (lambda a: put(a, id=str(uuid_of(KEYS["shared"]))), "id"),
    "collection: alias is the id of another": (
        lambda a: put(a, alias=str(uuid_of(KEYS["shared"]))),
        "alias",
    ),
    "grant: unknown organisation": (
        lambda a: a.grant("shared", Grant(0, ("org", "x"), read=True, write=False)),
        "org",
    ),
    "grant: unknown community": (
        lambda a: a.grant("shared", Grant(0, ("community", "ministry"), read=True, write=False)),
        "community",
    ),
    "grant: unknown collection": (
        lambda a: a.grant("x", Grant(0, ("org", "ministry"), read=True, write=False)),
        "collection",
    ),
}


def renamed(slug):
    return msgspec.structs.replace(ORG, slug=slug)


def put(admin, **changes):
    return admin.put_collection(new_collection(**changes), roots=ROOTS)


@pytest.mark.parametrize(("change", "field"), REFUSED.values(), ids=REFUSED)
def test_refused_with_the_field_and_nothing_is_written(admin, hub_store, change, field):
    before = hub_store.directory(), acts(hub_store, 100)
    with pytest.raises(HubError) as caught:
        change(admin)
    assert caught.value.fault in {Fault.BAD_REQUEST, Fault.ABSENT}
    assert caught.value.field == field
    assert (hub_store.directory(), acts(hub_store, 100)) == before


def audited(store):
    (_, act), *_ = acts(store, 1)
    assert (act.account, act.org) == ("administrator", "ministry")
    return act.action, act.target, act.detail


class TestParties:
    def test_organisation(self, admin, hub_store):
        admin.put_org(ORG)
        assert hub_store.directory().orgs["cert"] == ORG
        assert audited(hub_store) == ("org.put", "cert", "Centre")

    def test_account(self, admin, hub_store):
        admin.add_account(
            Account("new", "grid", frozenset({Role.READER, Role.PUBLISHER})), PASSWORD
        )
        account = hub_store.directory().accounts["new"]
        assert (account.org, account.roles) == ("grid", {Role.READER, Role.PUBLISHER})
        assert credentials._matches(account.password, PASSWORD)
        assert audited(hub_store) == ("account.add", "new", "publisher reader")

    def test_account_without_a_password(self, admin, hub_store):
        admin.add_account(Account("new", "grid"))
        assert hub_store.directory().accounts["new"].password == ""

    def test_password(self, admin, hub_store):
        before = hub_store.directory().accounts["reader"]
        admin.set_password("reader", "another good password")
        after = hub_store.directory().accounts["reader"]
        assert credentials._matches(after.password, "another good password")
        assert msgspec.structs.replace(after, password=before.password) == before
        assert audited(hub_store) == ("account.password", "reader", "")

    @pytest.mark.parametrize(
        ("disabled", "action"), [(True, "account.disable"), (False, "account.enable")]
    )
    def test_switching_an_account_off_and_on(self, admin, hub_store, disabled, action):
        admin.disable_account("reader", disabled=disabled)
        assert hub_store.directory().accounts["reader"].disabled is disabled
        assert audited(hub_store) == (action, "reader", "")

    def test_the_only_administrator_stays_one(self, admin, hub_store):
        before = hub_store.directory(), acts(hub_store, 9)
        for change in (
            lambda: admin.disable_account("administrator", disabled=True),
            lambda: admin.set_roles("administrator", [Role.PUBLISHER, Role.OFFICER]),
        ):
            with pytest.raises(HubError) as caught:
                change()
            assert (caught.value.fault, caught.value.field) == (Fault.DENIED, "account")
        assert (hub_store.directory(), acts(hub_store, 9)) == before

    @pytest.mark.parametrize(
        ("account", "password"),
        [
            (Account("second", "ministry", frozenset({Role.READER})), PASSWORD),
            (Account("second", "ministry", BOSS.roles, disabled=True), PASSWORD),
            (Account("second", "ministry", BOSS.roles), ""),
        ],
        ids=["no administrator", "switched off", "cannot log in"],
    )
    def test_who_does_not_count_as_another(self, admin, account, password):
        admin.add_account(account, password)
        with pytest.raises(HubError) as caught:
            admin.disable_account("administrator", disabled=True)
        assert caught.value.fault is Fault.DENIED

    def test_of_two_administrators_one_may_go(self, admin, hub_store):
        admin.add_account(Account("second", "ministry", BOSS.roles), PASSWORD)
        admin.set_roles("administrator", [Role.READER])
        assert hub_store.directory().accounts["administrator"].roles == {Role.READER}

    def test_a_guard_looks_at_what_is_changed(self, hub_store):
        seen = []

        def guard(directory):
            seen.append(directory.epoch)
            raise HubError(Fault.BAD_REQUEST, "not now")

        before = hub_store.directory()
        guarded = Admin(hub_store, BOSS, guard)
        with pytest.raises(HubError, match="not now"):
            guarded.set_roles("reader", [Role.PUBLISHER])
        assert hub_store.directory() == before
        assert seen == [before.epoch]

    def test_no_password_and_no_hash_reaches_the_audit_log(self, admin, hub_store):
        admin.add_account(Account("new", "grid"), PASSWORD)
        admin.set_password("new", "another good password")
        issued = admin.issue_token("new", days=1)
        text = repr(acts(hub_store, 10))
        assert PASSWORD not in text
        assert "argon2" not in text
        assert issued.secret not in text


class TestTokens:
    def test_issue(self, admin, hub_store):
        issued = admin.issue_token(
            "publisher", days=30, read_only=True, addresses=["192.0.2.0/24"], label="MISP"
        )
        directory = hub_store.directory()
        assert directory.tokens[credentials.digest(issued.secret)] == issued.token
        assert issued.token.read_only
        assert issued.token.addresses == ("192.0.2.0/24",)
        assert abs(issued.token.expires_us - now_us() - 30 * DAY_US) < 60_000_000
        assert credentials.by_token(directory, issued.secret, "192.0.2.9").account == "publisher"
        assert audited(hub_store) == ("token.issue", issued.token.id, "publisher for 30 days")

    def test_the_secret_is_not_stored(self, admin, hub_store):
        issued = admin.issue_token("publisher", days=1)
        hub_store.close()
        for file in hub_store.database.path.parent.glob("hub.sqlite*"):
            assert issued.secret.encode() not in file.read_bytes()

    def test_a_form_that_is_sent_twice_makes_one(self, admin, hub_store):
        issued = admin.issue_token("publisher", days=1, name="0123456789ab")
        assert issued.token.id == "0123456789ab"
        before = hub_store.directory()
        for name in ("0123456789ab", "x", "0123456789ab\n"):
            with pytest.raises(HubError) as caught:
                admin.issue_token("publisher", days=1, name=name)
            assert (caught.value.fault, caught.value.field) == (Fault.BAD_REQUEST, "token")
        assert hub_store.directory() == before

    def test_revoke(self, admin, hub_store):
        issued = admin.issue_token("publisher", days=1)
        admin.revoke_token(issued.token.id)
        assert credentials.by_token(hub_store.directory(), issued.secret, "") is None
        assert audited(hub_store) == ("token.revoke", issued.token.id, "publisher")


class TestCollections:
    def test_add_gets_the_next_key(self, admin, hub_store):
        made = put(admin, title="Fresh", description="mô tả")
        assert made.key == max(KEYS.values()) + 1
        assert hub_store.directory().collections[made.key] == made
        assert audited(hub_store) == ("collection.put", made.id, "fresh")

    def test_change_keeps_the_key(self, admin, hub_store):
        changed = collection("shared", title="Other", public=True)
        assert admin.put_collection(changed, roots=ROOTS) == changed
        assert hub_store.directory().collections[KEYS["shared"]] == changed
        assert len(hub_store.directory().collections) == len(KEYS)

    def test_the_first_of_an_empty_store(self, store):
        made = Admin(store, BOSS).put_collection(new_collection(), roots=ROOTS)
        assert made.key == 1

    def test_two_roots_may_use_one_alias_and_title(self, admin, hub_store):
        made = put(admin, alias="shared", title="Shared", root="second")
        assert isinstance(made, Collection)
        with pytest.raises(HubError) as caught:
            by_alias(hub_store.directory(), "shared")
        assert caught.value.fault is Fault.BAD_REQUEST
        assert by_alias(hub_store.directory(), made.id) == made

    def test_an_id_is_used_once_in_all_roots(self, admin):
        """A collection is found again by its id, whatever its root."""
        with pytest.raises(HubError):
            put(
                admin, id=str(uuid_of(KEYS["shared"])), root="second", alias="other", title="Other"
            )


class TestGrants:
    def test_give_and_take(self, admin, hub_store):
        subject = ("org", "grid")
        admin.grant("hidden", Grant(0, subject, read=True, write=True))
        assert audited(hub_store) == (
            "grant",
            "hidden",
            "org grid: read write up to TLP:RED since 0",
        )
        given = [g for g in hub_store.directory().grants if g.collection == KEYS["hidden"]]
        assert [(g.subject, g.read, g.write) for g in given] == [(subject, True, True)]
        admin.grant("hidden", Grant(0, subject, read=True, write=False))
        assert audited(hub_store) == (
            "grant",
            "hidden",
            "org grid: read up to TLP:RED since 0",
        )
        admin.grant("hidden", Grant(0, subject, read=False, write=False))
        assert audited(hub_store)[:2] == ("grant.revoke", "hidden")
        assert all(g.collection != KEYS["hidden"] for g in hub_store.directory().grants)

    def test_by_id(self, admin, hub_store):
        grant = Grant(0, ("community", "partners"), read=True)
        admin.grant(str(uuid_of(KEYS["hidden"])), grant)
        assert any(g.collection == KEYS["hidden"] for g in hub_store.directory().grants)


class TestCompetition:
    def test_starts_over_when_somebody_was_faster(self, hub_store):
        class Late:
            """The first time, somebody changes the directory between reading and writing."""

            def __init__(self):
                self.beaten = False

            def directory(self):
                found = hub_store.directory()
                if not self.beaten:
                    self.beaten = True
                    Admin(hub_store, BOSS).put_org(renamed("faster"))
                return found

            def write(self, *args, **options):
                return hub_store.write(*args, **options)

        Admin(Late(), BOSS).put_org(ORG)
        assert {"faster", "cert"} <= set(hub_store.directory().orgs)

    def test_gives_up_in_the_end(self, hub_store):
        class Restless:
            """Somebody is always faster."""

            def directory(self):
                return hub_store.directory()

            def write(self, *_, **__):
                raise Stale

        with pytest.raises(HubError) as caught:
            Admin(Restless(), BOSS).put_org(ORG)
        assert caught.value.fault is Fault.BUSY

    def test_two_new_collections_get_two_keys(self, admin):
        one = put(admin, id=str(uuid_of(601)), alias="one", title="One")
        two = put(admin, id=str(uuid_of(602)), alias="two", title="Two")
        assert one.key != two.key


def test_find_names_what_is_missing():
    with pytest.raises(HubError) as caught:
        find({}, "lan", "account")
    assert (caught.value.fault, caught.value.field) == (Fault.ABSENT, "account")
    assert "lan" in caught.value.reason
