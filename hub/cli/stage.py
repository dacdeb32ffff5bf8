"""What a demonstration hub is made of: configuration, invented parties, objects."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import msgspec

from hub import policy
from hub.cli.base import CONSOLE
from hub.config import load, write_secret
from hub.model.party import Account, Caller, Collection, Grant, Organisation, Role
from hub.model.tlp import Tlp
from hub.service.admin import Admin
from hub.service.changes import by_alias
from hub.service.circles import Circles
from hub.service.publish import Publisher
from hub.stix.check import Limits
from hub.stix.sample import Audience, Sample, samples
from hub.store.database import migrate
from hub.store.sqlite import SqliteStore

ROOTS = ("vn", "asean")
CENTRE = "vn-centre"
_CONFIG = """\
# A demonstration hub, made by `hub demo` and made anew by the next one.
secret_file = "secret.key"

[server]
port = {port}

[taxii]
title = "Incident hub (demonstration)"
description = "Invented organisations and data"

[[taxii.roots]]
name = "vn"
title = "Viet Nam"
description = "Sharing among national agencies"

[[taxii.roots]]
name = "asean"
title = "ASEAN"
description = "Sharing with partners"

[log]
level = "warning"
access = false
"""
_SPACE = uuid.UUID("c9a3b0f4-5d0e-5d3c-8a55-2f2b8f0c7d11")
_TOKEN_DAYS = 30

_Row = tuple[str, str, str, str, str]
_ORGS: tuple[_Row, ...] = (
    (CENTRE, "Trung tâm điều phối quốc gia", "National coordination centre", "VN", "government-national"),
    ("vn-finance", "CERT ngành tài chính", "Finance sector CERT", "VN", "financial-services"),
    ("vn-energy", "CERT ngành năng lượng", "Energy sector CERT", "VN", "energy"),
    ("vn-health", "CERT ngành y tế", "Health sector CERT", "VN", "healthcare"),
    ("la-partner", "CERT đối tác tại Lào", "Partner CERT in Laos", "LA", "government-national"),
    ("my-partner", "CERT đối tác tại Malaysia", "Partner CERT in Malaysia", "MY", "government-national"),
    ("sg-partner", "CERT đối tác tại Singapore", "Partner CERT in Singapore", "SG", "government-national"),
)  # fmt: skip
_GOV = tuple(row[0] for row in _ORGS if row[3] == "VN")
_PARTNERS = tuple(row[0] for row in _ORGS if row[3] != "VN")
_ALIAS: dict[Audience, str] = {
    "national": "national",
    "warning": "early-warning",
    "public": "public-advisories",
}
_AUTHORS: dict[Audience, tuple[str, ...]] = {
    "national": _GOV,
    "warning": (CENTRE,),
    "public": (CENTRE,),
}


class Login(NamedTuple):
    """One account for people who try the hub."""

    name: str
    password: str
    org: Organisation
    role: Role


class Stage(NamedTuple):
    """A demonstration hub that is ready to be served."""

    url: str
    logins: list[Login]
    tokens: dict[str, str]
    """Secret by account"""
    collections: dict[str, str]
    """Address by alias"""
    objects: int


def build(folder: Path, port: int) -> Stage:
    """Make everything in an empty folder; `hub.toml` is its configuration."""
    path = folder / "hub.toml"
    path.write_text(_CONFIG.format(port=port), encoding="utf-8")
    write_secret(folder / "secret.key")
    config = load(path)
    # Not by hub.app: what counts requests must be imported when the server starts.
    with closing(SqliteStore(config.store_path)) as store:
        migrate(store.database)
        admin = Admin(store, CONSOLE)
        orgs = {org.slug: org for org in _orgs()}
        _parties(admin, Circles(store, CONSOLE), list(orgs.values()))
        _collections(admin)
        logins = list(_logins(admin, orgs))
        tokens = {
            login.name: admin.issue_token(login.name, days=_TOKEN_DAYS, label="demo").secret
            for login in logins
            if login.role is not Role.ADMINISTRATOR
        }
        now = datetime.now(UTC).replace(microsecond=0)
        objects = _publish(store, list(samples(orgs, _AUTHORS, now)))
        collections = {
            item.alias: f"{config.url}/{item.root}/collections/{item.id}/"
            for item in store.directory().collections.values()
        }
    return Stage(config.url, logins, tokens, collections, objects)


def _orgs() -> Iterator[Organisation]:
    for slug, name_vi, name_en, country, sector in _ORGS:
        yield Organisation(
            slug,
            f"identity--{_uuid(slug)}",
            f"{name_vi} (minh hoạ)",
            f"{name_en} (demonstration)",
            "cert",
            country,
            sector,
        )


def _uuid(name: str) -> str:
    """The same every time; of version 4, as STIX wants the ids of identities to be."""
    return str(uuid.UUID(bytes=uuid.uuid5(_SPACE, name).bytes, version=4))


def _parties(admin: Admin, circles: Circles, orgs: Sequence[Organisation]) -> None:
    for org in orgs:
        admin.put_org(org)
        admin.add_account(Account(_robot(org.slug), org.slug, frozenset({Role.PUBLISHER})))
    for name, title, members in (
        ("gov", "Vietnamese agencies", _GOV),
        ("asean", "ASEAN partners", _PARTNERS),
    ):
        circles.put_community(name, title)
        circles.add_members(("community", name), members, since_us=0)


def _robot(slug: str) -> str:
    """The account through which an organisation publishes what its systems find."""
    return f"{slug}-robot"


def _collections(admin: Admin) -> None:
    for root, alias, title, kind in (
        ("vn", "national", "National incidents", ""),
        ("asean", "early-warning", "Early warning", "strict"),
        ("asean", "public-advisories", "Public advisories", "public"),
    ):
        flags = {"public": kind == "public", "strict": kind == "strict"}
        default = Tlp.CLEAR if kind == "public" else Tlp.GREEN
        item = Collection(0, _uuid(alias), root, alias, title, default=default)
        admin.put_collection(msgspec.structs.replace(item, **flags), roots=ROOTS)
    admin.grant("national", Grant(0, ("community", "gov"), read=True, write=True))
    admin.grant("early-warning", Grant(0, ("community", "gov"), read=True, write=False))
    admin.grant("early-warning", Grant(0, ("community", "asean"), read=True, write=False))
    admin.grant("early-warning", Grant(0, ("org", CENTRE), read=True, write=True))
    admin.grant("public-advisories", Grant(0, ("org", CENTRE), read=True, write=True))


def _logins(admin: Admin, orgs: dict[str, Organisation]) -> Iterator[Login]:
    for name, slug, role in (
        ("analyst", CENTRE, Role.PUBLISHER),
        ("partner", "sg-partner", Role.READER),
        ("admin", CENTRE, Role.ADMINISTRATOR),
    ):
        password = secrets.token_urlsafe(12)
        admin.add_account(Account(name, slug, frozenset({role})), password)
        yield Login(name, password, orgs[slug], role)


def _publish(store: SqliteStore, found: Sequence[Sample]) -> int:
    """Publish each run of objects of one author as that author; returns how many."""
    publisher, directory = Publisher(store, Limits()), store.directory()
    for (audience, slug), group in groupby(found, key=lambda item: (item.audience, item.org)):
        caller = Caller(_robot(slug), slug, frozenset({Role.PUBLISHER}), credential="console")
        scope = policy.scope(caller, directory)
        collection = by_alias(directory, _ALIAS[audience])
        publisher.publish(scope, collection, [item.raw for item in group])
    return len(found)
