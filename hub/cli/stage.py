"""What a demonstration hub is made of: configuration, invented parties, objects."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from hub import policy
from hub.cli import inflow
from hub.cli.base import CONSOLE
from hub.cli.rounds import Calendar, Rounds, robot
from hub.config import load, write_secret
from hub.model.party import Account, Caller, Collection, Grant, Organisation, Role, Subject
from hub.model.tlp import Tlp
from hub.service.admin import Admin
from hub.service.changes import by_alias
from hub.service.circles import Circles
from hub.service.publish import Publisher
from hub.service.pulse import Pulse
from hub.stix.check import Limits
from hub.stix.sample import DAYS, Sample, samples
from hub.stix.sample.plot import CASE, Setting
from hub.stix.sample.shared import HOST
from hub.store.database import migrate
from hub.store.pulse import SqlitePulse, beside
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
# What fails here is meant to, and stands on the page of feeds.
level = "error"
access = false
"""
_SPACE = uuid.UUID("c9a3b0f4-5d0e-5d3c-8a55-2f2b8f0c7d11")
_TOKEN_DAYS = 30

_Row = tuple[str, str, str, str, str, str]
_ORGS: tuple[_Row, ...] = (
    (CENTRE, "Trung tâm Điều phối An ninh mạng Quốc gia", "National Cyber Coordination Centre", "cert", "VN", "government-national"),
    ("vn-finance", "Bộ Tài chính", "Ministry of Finance", "agency", "VN", "government-national"),
    ("vn-energy", "Tổng công ty Điện lực Sông Lam", "Song Lam Power Corporation", "operator", "VN", "energy"),
    ("vn-bank", "Ngân hàng Sen Việt", "Sen Viet Bank", "company", "VN", "financial-services"),
    ("vn-health", "Hệ thống Bệnh viện Hoa Sữa", "Hoa Sua Hospital Group", "company", "VN", "healthcare"),
    ("vn-telecom", "Viễn thông Sao Biển", "Sao Bien Telecom", "operator", "VN", "telecommunications"),
    ("id-partner", "CSIRT Quốc gia Indonesia", "National CSIRT of Indonesia", "cert", "ID", "government-national"),
    ("la-partner", "CSIRT Quốc gia Lào", "National CSIRT of Laos", "cert", "LA", "government-national"),
    ("my-partner", "CSIRT Quốc gia Malaysia", "National CSIRT of Malaysia", "cert", "MY", "government-national"),
    ("ph-partner", "CSIRT Quốc gia Philippines", "National CSIRT of the Philippines", "cert", "PH", "government-national"),
    ("sg-partner", "CSIRT Quốc gia Singapore", "National CSIRT of Singapore", "cert", "SG", "government-national"),
    ("th-partner", "CSIRT Quốc gia Thái Lan", "National CSIRT of Thailand", "cert", "TH", "government-national"),
)  # fmt: skip
_GOV = tuple(row[0] for row in _ORGS if row[4] == "VN")
_PARTNERS = tuple(row[0] for row in _ORGS if row[4] != "VN")
_BANKING = (CENTRE, "vn-bank", "vn-finance")
_ENERGY = (CENTRE, "vn-energy")
_CIRCLES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("gov", "Cơ quan, tổ chức Việt Nam", "Tin chia sẻ ở đây chỉ lưu hành trong nước.", _GOV),
    ("asean", "ASEAN partners", "Answer within three working days.", _PARTNERS),
    ("banking", "Ngành ngân hàng", "Không nêu tên khách hàng.", _BANKING),
    ("energy", "Ngành điện lực", "Không gửi bản vẽ nhà máy.", _ENERGY),
)
"""Communities: name, title, terms, members"""
_CASE = (CENTRE, "vn-health", "vn-telecom", "sg-partner")


class _Place(NamedTuple):
    """A collection, and who may do what in it."""

    alias: str
    root: str
    title: str
    description: str
    readers: tuple[Subject, ...]
    writers: tuple[Subject, ...]
    ceiling: Tlp = Tlp.AMBER_STRICT
    default: Tlp = Tlp.GREEN


_ALL_GOV: Subject = ("community", "gov")
_ALL_ASEAN: Subject = ("community", "asean")
_COORDINATES: Subject = ("org", CENTRE)
_CASE_GROUP: Subject = ("group", CASE)
_PLACES = (
    _Place("national", "vn", "Sự cố quốc gia", "Các cơ quan, tổ chức trong nước chia sẻ với nhau", (_ALL_GOV,), (_ALL_GOV,)),
    _Place("banking", "vn", "Ngành ngân hàng", "Lừa đảo và tấn công nhằm vào ngân hàng", (("community", "banking"),), (("community", "banking"),)),
    _Place("energy", "vn", "Ngành điện lực", "Hệ thống điều khiển của các đơn vị điện lực", (("community", "energy"),), (("community", "energy"),)),
    _Place(inflow.COLLECTION, "vn", "Nguồn mở", "Danh sách và tệp mà trung tâm tự lấy về", (_ALL_GOV,), (_COORDINATES,)),
    _Place("warning-drafts", "vn", "Dự thảo cảnh báo sớm", "Trước khi phát hành", (_COORDINATES,), (_COORDINATES,)),
    _Place("early-warning", "asean", "Early warning", "Checked by the coordination centre; strict STIX", (_ALL_GOV, _ALL_ASEAN), (_COORDINATES,), Tlp.RED),
    _Place("asean-exchange", "asean", "ASEAN exchange", "National CSIRTs among themselves", (_ALL_ASEAN, _ALL_GOV), (_ALL_ASEAN, _COORDINATES)),
    _Place("case-work", "asean", "Case work", "Named recipients alone", (_CASE_GROUP,), (_CASE_GROUP,), Tlp.RED, Tlp.AMBER_STRICT),
    _Place("public-advisories", "asean", "Public advisories", "For everybody, without a log-in", (_COORDINATES,), (_COORDINATES,), Tlp.AMBER_STRICT, Tlp.CLEAR),
)  # fmt: skip
_STRICT, _PUBLIC = "early-warning", "public-advisories"


class Login(NamedTuple):
    """One account for people who try the hub."""

    name: str
    password: str
    org: Organisation
    role: Role
    first: str
    """What to try first"""


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
    orgs = {org.slug: org for org in _orgs()}
    now = datetime.now(UTC).replace(microsecond=0)
    calendar = Calendar(now - timedelta(days=DAYS + 1))
    # Not by hub.app: what counts requests must be imported when the server starts.
    with closing(SqliteStore(config.store_path, clock=calendar)) as past:
        migrate(past.database)
        _parties(Admin(past, CONSOLE), Circles(past, CONSOLE), list(orgs.values()))
        _collections(Admin(past, CONSOLE))
        kept = SqlitePulse(beside(config.store_path))
        with closing(kept):
            rounds = Rounds(past, Pulse(kept, clock=calendar), calendar, now)
            objects = _publish(past, calendar, rounds, samples(Setting(orgs, _writers(), now)))
            rounds.until(now, past.directory())
    with closing(SqliteStore(config.store_path)) as store:
        admin = Admin(store, CONSOLE)
        for slug, days in _CONNECTED:
            admin.issue_token(robot(slug), days=days, label="connector")
        logins = list(_logins(admin, orgs))
        inflow.lay(folder, admin, CENTRE)
        tokens = {
            login.name: admin.issue_token(login.name, days=_TOKEN_DAYS, label="demo").secret
            for login in logins
            if login.role is not Role.ADMINISTRATOR
        }
        collections = {
            item.alias: f"{config.url}/{item.root}/collections/{item.id}/"
            for item in store.directory().collections.values()
        }
    return Stage(config.url, logins, tokens, collections, objects)


def _orgs() -> Iterator[Organisation]:
    for slug, name_vi, name_en, kind, country, sector in _ORGS:
        yield Organisation(
            slug,
            f"identity--{_uuid(slug)}",
            f"{name_vi} (minh hoạ)",
            f"{name_en} (demonstration)",
            kind,
            country,
            sector,
        )


def _uuid(name: str) -> str:
    """The same every time; of version 4, as STIX wants the ids of identities to be."""
    return str(uuid.UUID(bytes=uuid.uuid5(_SPACE, name).bytes, version=4))


def _parties(admin: Admin, circles: Circles, orgs: Sequence[Organisation]) -> None:
    for org in orgs:
        admin.put_org(org)
        roles = frozenset({Role.PUBLISHER})
        admin.add_account(Account(robot(org.slug), org.slug, roles, clearance=Tlp.RED))
    for name, title, terms, members in _CIRCLES:
        circles.put_community(name, title, terms)
        circles.add_members(("community", name), members, since_us=0)
    circles.put_group(CASE, "Ransomware at the Hoa Sua Hospital Group", CENTRE)
    circles.add_members(("group", CASE), _CASE, since_us=0)


def _collections(admin: Admin) -> None:
    for place in _PLACES:
        item = Collection(
            0,
            _uuid(place.alias),
            place.root,
            place.alias,
            place.title,
            place.description,
            public=place.alias == _PUBLIC,
            strict=place.alias == _STRICT,
            ceiling=place.ceiling,
            default=place.default,
        )
        admin.put_collection(item, roots=ROOTS)
        for subject in dict.fromkeys((*place.readers, *place.writers)):
            reads, writes = subject in place.readers, subject in place.writers
            admin.grant(place.alias, Grant(0, subject, read=reads or writes, write=writes))


def _writers() -> dict[str, tuple[str, ...]]:
    """Slugs of who may write in each collection, by alias."""
    members: dict[Subject, tuple[str, ...]] = {
        ("community", name): found for name, _, _, found in _CIRCLES
    }
    members |= {_CASE_GROUP: _CASE, _COORDINATES: (CENTRE,)}
    return {
        place.alias: tuple(slug for subject in place.writers for slug in members[subject])
        for place in _PLACES
    }


_CONNECTED = (
    ("sg-partner", 210),
    ("my-partner", 9),
    ("th-partner", 160),
    ("id-partner", 45),
    ("ph-partner", 120),
    ("vn-bank", 300),
    ("vn-telecom", 25),
)
"""Whose robots have tokens, and for how many days"""
_LOGINS = (
    ("analyst", CENTRE, Role.PUBLISHER, "search KhoáTre, open the malware, follow its graph"),
    ("bank", "vn-bank", Role.PUBLISHER, "submit a phishing page to the banking sector"),
    ("partner", "sg-partner", Role.READER, f"look up {HOST}: it is known, and not by whom else"),
    (
        "coordinator",
        CENTRE,
        Role.COORDINATOR,
        "see which partners poll, and what is still a draft",
    ),
    ("admin", CENTRE, Role.ADMINISTRATOR, "make an account, look at the audit log"),
    ("officer", CENTRE, Role.OFFICER, "ask why an account sees an object"),
)
"""Account, organisation, role, what to try first"""


def _logins(admin: Admin, orgs: dict[str, Organisation]) -> Iterator[Login]:
    for name, slug, role, first in _LOGINS:
        password = secrets.token_urlsafe(12)
        account = Account(name, slug, frozenset({role}), clearance=Tlp.RED)
        admin.add_account(account, password)
        yield Login(name, password, orgs[slug], role, first)


def _publish(
    store: SqliteStore, calendar: Calendar, rounds: Rounds, found: Iterable[Sample]
) -> int:
    """Publish on each day what is told on it, each author its own; returns how many objects."""
    publisher, directory, many = Publisher(store, Limits()), store.directory(), 0
    for (at, alias, slug, audience), group in groupby(found, key=lambda item: item[:4]):
        caller = Caller(robot(slug), slug, frozenset({Role.PUBLISHER}), credential="console")
        scope = policy.scope(caller, directory)
        collection = by_alias(directory, alias)
        named = policy.audience(scope, directory, collection, audience)
        rounds.until(at, directory)
        calendar.at = at
        raws = [item.raw for item in group]
        publisher.publish(scope, collection, raws, named)
        many += len(raws)
    return many
