"""The composition root: the only place that knows every part."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from hub.api import circles, objects, openapi, outlet, rights, search, searches, session
from hub.api.cursor import Positions
from hub.api.export import Desks
from hub.config import Config
from hub.errors import ConfigError
from hub.http import errors, observe, pulse
from hub.http.caller import Doorman
from hub.http.certificate import Presented
from hub.http.session import SessionDoorman
from hub.model.clock import now_us
from hub.service.credentials import Passwords
from hub.service.deliveries.due import DueDeliveries
from hub.service.deliveries.health import Deliveries
from hub.service.deliveries.run import Depot
from hub.service.directory import Parties
from hub.service.factor import PasswordAlone, SecondFactors
from hub.service.feeds.desk import Desk
from hub.service.feeds.due import DueFeeds
from hub.service.feeds.folder import Folder
from hub.service.feeds.health import Feeds
from hub.service.fetch import Followed
from hub.service.jobs.schedule import Due, Schedule
from hub.service.limits import Quota, Throttle
from hub.service.lockout import Lockout
from hub.service.login import Logins
from hub.service.outlet.outlet import House, Outlet
from hub.service.publish import Publisher
from hub.service.pulse import Pulse
from hub.service.screening import benign_for
from hub.service.search import Searcher
from hub.service.shelter import Sheltered
from hub.stix.check import Limits
from hub.store import pulse as pulses
from hub.store.base import Store
from hub.store.counters import SqliteCounters, beside
from hub.store.counting import Counters
from hub.store.database import Database, migrate, schema_version, version
from hub.store.finder import FUNCTIONS, SqliteFinder
from hub.store.local import LocalCounters
from hub.store.pulse import SqlitePulse
from hub.store.search import Finder
from hub.store.source import RecordSource
from hub.store.sqlite import SqliteStore
from hub.taxii import views
from hub.taxii.cursor import Cursors
from hub.taxii.door import Door
from hub.web import console as pages
from hub.web.failures import page_of
from hub.web.frame import Console

if TYPE_CHECKING:
    from hub.service.oidc import Provider

_log = logging.getLogger("hub.store")


def open_store(config: Config, *, upgrade: bool = True) -> SqliteStore:
    """The configured store, brought to this program's schema.

    Args:
        config: The settings.
        upgrade: Whether one of an older schema is brought up to date; a new one is always made.

    Raises:
        ConfigError: It was written by a newer program, or by an older one and stays so.
        StoreDown: It cannot be read or written.
    """
    store = SqliteStore(config.store_path, busy_s=config.store.busy_seconds)
    is_older = 0 < (found := version(store.database)) < schema_version()
    if is_older and not upgrade:
        store.close()
        raise ConfigError(
            f"{config.store_path}: its schema is version {found}, this program needs "
            f"{schema_version()}. Stop the hub, then start it with this program: `hub serve` "
            "brings it up to date, after a copy."
        )
    if is_older:
        _log.warning("the store is brought from schema %d to %d", found, schema_version())
    if copy := migrate(store.database):
        _log.warning(
            "the store is of schema %d now; %s is a copy of before", schema_version(), copy
        )
    return store


def open_counters(config: Config) -> Counters:
    """The counters that all workers share; they answer whatever happens to their file."""
    return Sheltered(SqliteCounters(beside(config.store_path)), LocalCounters())


def open_finder(config: Config) -> Finder:
    """The configured search: on the store's own file, or on its copy in Elasticsearch.

    Raises:
        ConfigError: A secret or a certificate of Elasticsearch cannot be read.
        StoreDown: The store cannot be read.
    """
    database = Database(config.store_path, busy_s=config.store.busy_seconds, functions=FUNCTIONS)
    if config.search.engine == "sqlite":
        return SqliteFinder(database)
    from hub.store.elastic.opening import finder_of  # slow to import, and for a few hubs alone

    return finder_of(config, RecordSource(database))


def desk_of(config: Config, store: Store, counters: Counters) -> Desk:
    """What the runs of feeds work with."""
    taxii = config.taxii
    return Desk(
        store,
        Parties(store),
        Quota(counters, config.limits),
        Limits(taxii.max_object_bytes, taxii.max_depth),
        float(taxii.max_check_seconds),
        config.submit.own_domains,
        now_us,
    )


def feed_folder(config: Config) -> Folder:
    """The definitions of feeds."""
    return Folder(Path(config.folder, config.feeds.folder))


def delivery_folder(config: Config) -> Path:
    """With the definitions of deliveries."""
    return Path(config.folder, config.feeds.deliveries)


def open_schedule(config: Config, store: Store, counters: Counters) -> Schedule:
    """Does the jobs of this hub, once it is started."""
    kinds: list[Due] = []
    schedule = Schedule(kinds)
    kinds.append(
        DueFeeds(desk_of(config, store, counters), feed_folder(config), schedule.stopping)
    )
    depot = Depot(store, Parties(store), config.url)
    kinds.append(DueDeliveries(depot, delivery_folder(config), schedule.stopping))
    return schedule


def create_app(
    config: Config,
    store: Store,
    secret: bytes = b"",
    counters: Counters | None = None,
    finder: Finder | None = None,
) -> Flask:
    """The hub as a WSGI application over a store.

    Args:
        config: The settings.
        store: Where everything is kept.
        secret: The hub's secret, when it was read before; else it is read now.
        counters: Where requests and failures are counted; if not given, beside the store.
        finder: What searches; if not given, what is configured.

    Raises:
        ConfigError: The secret is missing or unusable.
    """
    app = Flask("hub", static_folder=None)
    secret = secret or config.secret()
    counters = counters or open_counters(config)
    finder = finder or open_finder(config)
    doorman, console = _services(config, store, secret, counters, finder)
    observe.register(app, access_log=config.log.access)
    errors.register(app, 2 * config.taxii.max_content_length, page_of(console))
    for blueprint in _blueprints(console, secret):
        app.register_blueprint(blueprint)
    pulse.register(app, [root.name for root in config.taxii.roots], console.pulse)
    reader = Followed(store, console.pulse, clock=now_us)
    door = Door(config, reader, console.publisher, console.quota, Cursors(secret))
    _serve_taxii(app, config, doorman, door)
    if config.server.trusted_proxies:
        hops = config.server.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app


def _services(
    config: Config, store: Store, secret: bytes, counters: Counters, finder: Finder
) -> tuple[Doorman, Console]:
    """Who lets callers in, and what pages and doors ask."""
    lockout = Lockout(counters, config.limits, secret)
    parties = Parties(store)
    passwords = Passwords(lockout, max(1, config.server.threads - 1))
    doorman = Doorman(
        parties,
        PasswordAlone(passwords, store),
        Throttle(counters, config.limits),
        lockout,
        Presented(config.server),
    )
    logins = Logins(store, parties, passwords, config.session)
    limits = Limits(config.taxii.max_object_bytes, config.taxii.max_depth)
    return doorman, Console(
        config,
        store,
        parties,
        SessionDoorman(config, doorman, logins),
        logins,
        SecondFactors(store, logins, secret, config.taxii.title),
        _provider(config),
        finder,
        Searcher(finder, store, clock=now_us),
        Publisher(
            store,
            limits,
            seconds=config.taxii.max_check_seconds,
            benign=lambda: benign_for(parties.now().directory, ""),
        ),
        Quota(counters, config.limits),
        Pulse(SqlitePulse(pulses.beside(config.store_path)), clock=now_us),
        Feeds(store, feed_folder(config), clock=now_us),
        Deliveries(store, Path(config.folder, config.feeds.deliveries)),
        now_us,
    )


def _blueprints(console: Console, secret: bytes) -> list[Blueprint]:
    """The addresses for people and programs, TAXII apart."""
    config, store, people = console.config, console.store, console.doorman
    # Files that are read slowly must leave threads for publishing and polling.
    desks = Desks(max(1, config.server.threads // 2))
    services = search.Services(people, console.finder, console.searcher, Positions(secret), desks)
    log_ins = session.Services(people, console.logins, console.factors, console.provider, secret)
    return [
        observe.blueprint(store, console.finder, config.server.metrics_networks),
        session.blueprint(log_ins),
        rights.blueprint(people, store),
        circles.blueprint(people, store),
        *_search(services, store),
        outlet.blueprint(_exports(console, desks)),
        pages.blueprint(console),
    ]


def _search(services: search.Services, store: Store) -> list[Blueprint]:
    """The doors of search, and the document about all of /api/v1."""
    return [
        search.blueprint(services),
        objects.blueprint(services, store),
        searches.blueprint(services.doorman, store, services.searcher),
        openapi.blueprint(),
    ]


def _exports(console: Console, desks: Desks) -> outlet.Services:
    """The door for devices. A file of it takes a desk as well: it keeps a thread as long."""
    config, store = console.config, console.store
    house = House(frozenset(config.submit.own_domains), config.url)
    made = Outlet(console.searcher, console.finder, store, house, console.clock)
    return outlet.Services(console.doorman, made, store, desks)


def _serve_taxii(app: Flask, config: Config, doorman: Doorman, door: Door) -> None:
    if config.taxii.views == "medallion":
        from hub.taxii.medallion_backend import mount  # 200 ms and a Flask app of its own

        mount(app, config, doorman, door)
    else:
        app.register_blueprint(views.blueprint(config, doorman, door))


def _provider(config: Config) -> Provider | None:
    """The OpenID provider, if one is configured."""
    if not config.oidc.issuer:
        return None
    from hub.service.oidc import Provider  # an extra, and 300 ms

    most = max(1, config.server.threads - 1)
    back = f"{config.url}{session.CALLBACK}"
    return Provider(config.oidc, config.oidc_secret(), back, most=most)
