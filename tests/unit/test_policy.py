"""Who may see and do what: roles, credentials, grants, communities, public collections."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import policy
from hub.errors import Fault, HubError
from hub.model.party import (
    ANONYMOUS,
    Account,
    Caller,
    Community,
    Directory,
    Grant,
    Member,
    Organisation,
    Role,
)
from hub.model.query import Scope, Window
from hub.model.tlp import Tlp
from tests.fakes import KEYS, collection, members, parties

R, P, C, A = Role.READER, Role.PUBLISHER, Role.COORDINATOR, Role.ADMINISTRATOR
SHARED = collection("shared")
ROLES = {
    # Roles, then whether they write and whether they moderate.
    (): (False, False),
    (R,): (False, False),
    (P,): (True, False),
    (R, P): (True, False),
    (C,): (True, True),
    (P, C): (True, True),
    (A,): (False, False),
    (R, A): (False, False),
    (P, A): (True, False),
    (C, A): (True, True),
}


def caller(*roles, org="ministry", read_only=False):
    return Caller(f"one of {org}", org, frozenset(roles), read_only)


def directory(*found):
    orgs = [Organisation(slug, f"identity--{slug}", slug, slug) for slug in ("ministry", "grid")]
    accounts = [Account(f"one of {org.slug}", org.slug) for org in orgs]
    return Directory.of(1, [*orgs, *accounts, *found])


@pytest.mark.parametrize("read_only", [False, True], ids=["password", "read-only token"])
@pytest.mark.parametrize(("roles", "expected"), ROLES.items(), ids=lambda value: str(value)[:40])
def test_roles_and_credentials_take_away(roles, expected, read_only):
    full = Grant(SHARED.key, ("org", "ministry"), read=True, write=True)
    scope = policy.scope(caller(*roles, read_only=read_only), directory(SHARED, full))
    writes, moderates = expected if not read_only else (False, False)
    assert policy.rights(scope, SHARED) == (True, writes)
    assert scope.moderates is moderates


GRANTS = list(itertools.product([False, True], repeat=4))


@pytest.mark.parametrize(("read", "write", "more_read", "more_write"), GRANTS)
def test_grants_to_the_organisation_and_its_communities_add_up(read, write, more_read, more_write):
    found = directory(
        SHARED,
        Community("partners", "Partners", members("ministry")),
        Grant(SHARED.key, ("org", "ministry"), read=read, write=write),
        Grant(SHARED.key, ("community", "partners"), read=more_read, write=more_write),
    )
    scope = policy.scope(caller(P), found)
    assert policy.rights(scope, SHARED) == (read or more_read, write or more_write)


def test_several_communities_add_up():
    found = directory(
        SHARED,
        Community("energy", "Energy", members("ministry")),
        Community("south", "South", members("ministry", "grid")),
        Grant(SHARED.key, ("community", "energy"), write=True),
        Grant(SHARED.key, ("community", "south"), read=True),
    )
    assert policy.rights(policy.scope(caller(P), found), SHARED) == (True, True)
    assert policy.rights(policy.scope(caller(P, org="grid"), found), SHARED) == (True, False)


PUBLIC = {
    "nobody": (ANONYMOUS, (True, False)),
    "an organisation without a grant": (caller(P, org="grid"), (True, False)),
    "an unknown organisation": (caller(P, org="x"), (True, False)),
    "an organisation that may write": (caller(P), (True, True)),
    "its reader": (caller(R), (True, False)),
}


@pytest.mark.parametrize(("who", "expected"), PUBLIC.values(), ids=PUBLIC)
def test_a_public_collection_is_read_by_anybody(who, expected):
    public = collection("public")
    found = directory(public, Grant(public.key, ("org", "ministry"), write=True))
    assert policy.rights(policy.scope(who, found), public) == expected


def test_public_is_a_matter_of_each_collection():
    found = directory(collection("public"), SHARED)
    assert policy.scope(ANONYMOUS, found).readable == {KEYS["public"]: (Window(Tlp.CLEAR, 0),)}


def test_the_scope_carries_who_asks():
    scope = policy.scope(Caller("lan", "grid", frozenset({R})), directory())
    assert (scope.account, scope.org) == ("lan", "grid")


SAMPLE = {
    # account: {collection: rights} of the sample directory
    "reader": {"shared": "r", "bulletins": "r", "public": "r", "strict": "r", "notices": "r"},
    "publisher": {
        "shared": "rw",
        "bulletins": "rw",
        "dropbox": "w",
        "public": "rw",
        "strict": "rw",
        "notices": "rw",
    },
    "partner": {
        "shared": "rw",
        "bulletins": "r",
        "dropbox": "w",
        "public": "r",
        "strict": "rw",
        "notices": "r",
    },
}


@pytest.mark.parametrize(("name", "expected"), SAMPLE.items(), ids=SAMPLE)
def test_the_sample_directory_is_as_it_describes_itself(name, expected):
    found = Directory.of(1, parties())
    account = found.accounts[name]
    scope = policy.scope(Caller(name, account.org, account.roles), found)
    rights = {
        alias: "r" * policy.rights(scope, item).read + "w" * policy.rights(scope, item).write
        for alias, item in ((alias, collection(alias)) for alias in KEYS)
    }
    assert {alias: right for alias, right in rights.items() if right} == expected


class TestRequire:
    RIGHTS = Scope(
        readable={KEYS["bulletins"]: (Window(Tlp.RED, 0),)}, writable=frozenset({KEYS["dropbox"]})
    )

    def test_read(self):
        assert policy.require_read(self.RIGHTS, collection("bulletins")) is None
        with pytest.raises(HubError) as caught:
            policy.require_read(self.RIGHTS, collection("dropbox"))
        assert caught.value.fault is Fault.DENIED
        assert "not read" in caught.value.reason

    def test_write(self):
        assert policy.require_write(self.RIGHTS, collection("dropbox")) is None
        with pytest.raises(HubError) as caught:
            policy.require_write(self.RIGHTS, collection("bulletins"))
        assert caught.value.fault is Fault.DENIED
        assert caught.value.remedy

    def test_administrator(self):
        assert policy.require_administrator(caller(A)) is None
        with pytest.raises(HubError) as caught:
            policy.require_administrator(caller(A, read_only=True))
        assert caught.value.fault is Fault.DENIED


SLUGS = ["ministry", "grid", "bank"]
ALIASES = list(KEYS)[:4]
CALLERS = st.builds(
    lambda org, roles, read_only: Caller(f"one of {org}", org, roles, read_only),
    st.sampled_from([*SLUGS, "nobody", ""]),
    st.frozensets(st.sampled_from(Role)),
    st.booleans(),
)
COMMUNITIES = st.builds(
    Community,
    st.sampled_from(["x", "y"]),
    st.just("t"),
    st.lists(st.sampled_from(SLUGS), unique=True).map(lambda slugs: members(*slugs)),
)
SUBJECTS = st.one_of(
    st.tuples(st.just("org"), st.sampled_from([*SLUGS, "nobody"])),
    st.tuples(st.just("community"), st.sampled_from(["x", "y", "ministry"])),
)
SOME_GRANTS = st.lists(
    st.builds(Grant, st.sampled_from([1, 2, 3, 4, 99]), SUBJECTS, st.booleans(), st.booleans()),
    max_size=8,
)
DIRECTORIES = st.builds(
    lambda orgs, public, *found: Directory.of(
        1,
        [
            *(Organisation(slug, slug, slug, slug) for slug in orgs),
            *(Account(f"one of {slug}", slug) for slug in orgs),
            *(collection(alias, public=alias in public) for alias in ALIASES),
            *itertools.chain.from_iterable(found),
        ],
    ),
    st.sets(st.sampled_from(SLUGS)),
    st.sets(st.sampled_from(ALIASES)),
    st.lists(COMMUNITIES, max_size=2, unique_by=lambda item: item.name),
    SOME_GRANTS,
)


class TestProperties:
    @given(who=CALLERS, found=DIRECTORIES, extra=SOME_GRANTS)
    def test_a_further_grant_never_takes_away(self, who, found, extra):
        less = policy.scope(who, found)
        more = policy.scope(who, Directory.of(1, [*_held(found), *extra]))
        for key, windows in less.readable.items():
            assert set(windows) <= set(more.readable[key])
        assert less.writable <= more.writable

    @given(who=CALLERS, found=DIRECTORIES)
    def test_read_only_and_anonymous_callers_never_write(self, who, found):
        bound = Caller(who.account, who.org, who.roles, read_only=True)
        assert policy.scope(bound, found).writable == frozenset()
        assert not policy.scope(bound, found).moderates
        assert policy.scope(bound, found).readable == policy.scope(who, found).readable
        assert policy.scope(ANONYMOUS, found).writable == frozenset()

    @given(who=CALLERS, found=DIRECTORIES)
    def test_every_right_comes_from_a_grant_or_a_public_collection(self, who, found):
        scope = policy.scope(who, found)
        subjects = {("org", who.org)} | {
            ("community", item.name)
            for item in found.communities.values()
            if Member(("org", who.org)) in item.members
        }
        mine = [grant for grant in found.grants if grant.subject in subjects]
        for key in scope.readable:
            assert found.collections[key].public or any(
                g.read for g in mine if g.collection == key
            )
        for key in scope.writable:
            assert any(g.write for g in mine if g.collection == key)
            assert who.roles & {P, C}


def _held(found):
    return [
        *found.orgs.values(),
        *found.accounts.values(),
        *found.communities.values(),
        *found.collections.values(),
        *found.grants,
    ]


def test_an_audience_of_many_names_is_looked_up_once(monkeypatch):
    """With hundreds of communities, who belongs where takes milliseconds for each name."""
    inner = Community("inner", "Inner", members("grid"))
    outer = Community("outer", "Outer", (Member(("community", "inner")),))
    grant = Grant(SHARED.key, ("community", "outer"), read=True)
    found = directory(SHARED, inner, outer, grant)
    scope = policy.scope(caller(P), found)
    monkeypatch.delattr(policy, "belongs")
    assert policy.audience(scope, found, SHARED, ["org:grid"]) == {
        ("org", "grid"),
        ("org", "ministry"),
    }
    with pytest.raises(HubError, match="ministry cannot read"):
        policy.audience(scope, found, SHARED, ["org:grid", "org:ministry"])
