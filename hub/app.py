"""The composition root: the only place that knows every part."""

from __future__ import annotations

import logging

from flask import Blueprint, Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from hub.api import circles, objects, openapi, rights, search, searches, session
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
from hub.service.directory import Parties
from hub.service.factor import PasswordAlone, SecondFactors
from hub.service.fetch import Followed
from hub.service.limits import Quota, Throttle
from hub.service.lockout import Lockout
from hub.service.login import Logins
from hub.service.publish import Publisher
from hub.service.pulse import Note, Pulse
from hub.service.search import Searcher
from hub.service.shelter import Sheltered
from hub.stix.check import Limits
from hub.store import pulse as pulses
from hub.store.base import Counters, Store
from hub.store.counters import SqliteCounters, beside
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
    observe.register(app, access_log=config.log.access)
    errors.register(app, 2 * config.taxii.max_content_length)
    finder = finder or open_finder(config)
    app.register_blueprint(observe.blueprint(store, finder, config.server.metrics_networks))
    logins = Logins(store, parties, passwords, config.session)
    people = SessionDoorman(config, doorman, logins)
    app.register_blueprint(_sessions(config, store, secret, people, logins))
    app.register_blueprint(rights.blueprint(people, store))
    app.register_blueprint(circles.blueprint(people, store))
    searcher = Searcher(finder, store, clock=now_us)
    # Files that are read slowly must leave threads for publishing and polling.
    desks = Desks(max(1, config.server.threads // 2))
    services = search.Services(people, finder, searcher, Positions(secret), desks)
    for blueprint in _search(services, store):
        app.register_blueprint(blueprint)
    noted = Pulse(SqlitePulse(pulses.beside(config.store_path)))
    pulse.register(app, [root.name for root in config.taxii.roots], noted)
    _serve_taxii(app, config, doorman, _door(config, store, secret, counters, noted))
    if config.server.trusted_proxies:
        hops = config.server.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app


def _door(config: Config, store: Store, secret: bytes, counters: Counters, noted: Note) -> Door:
    """The TAXII resources."""
    limits = Limits(config.taxii.max_object_bytes, config.taxii.max_depth)
    return Door(
        config,
        Followed(store, noted),
        Publisher(store, limits, seconds=config.taxii.max_check_seconds),
        Quota(counters, config.limits),
        Cursors(secret),
    )


def _search(services: search.Services, store: Store) -> list[Blueprint]:
    """The doors of search, and the document about all of /api/v1."""
    return [
        search.blueprint(services),
        objects.blueprint(services, store),
        searches.blueprint(services.doorman, store, services.searcher),
        openapi.blueprint(),
    ]


def _serve_taxii(app: Flask, config: Config, doorman: Doorman, door: Door) -> None:
    if config.taxii.views == "medallion":
        from hub.taxii.medallion_backend import mount  # 200 ms and a Flask app of its own

        mount(app, config, doorman, door)
    else:
        app.register_blueprint(views.blueprint(config, doorman, door))


def _sessions(
    config: Config, store: Store, secret: bytes, doorman: SessionDoorman, logins: Logins
) -> Blueprint:
    """The door for log-ins."""
    provider = None
    if config.oidc.issuer:
        from hub.service.oidc import Provider  # an extra, and 300 ms

        most = max(1, config.server.threads - 1)
        back = f"{config.url}{session.CALLBACK}"
        provider = Provider(config.oidc, config.oidc_secret(), back, most=most)
    return session.blueprint(
        session.Services(
            doorman,
            logins,
            SecondFactors(store, logins, secret, config.taxii.title),
            provider,
            secret,
        )
    )
