"""The composition root: the only place that knows every part."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from hub.api import circles, rights
from hub.config import Config
from hub.http import errors, observe
from hub.http.caller import Doorman
from hub.http.certificate import Presented
from hub.service.credentials import Passwords
from hub.service.directory import Parties
from hub.service.fetch import Reader
from hub.service.limits import Quota, Throttle
from hub.service.lockout import Lockout
from hub.service.publish import Publisher
from hub.service.shelter import Sheltered
from hub.stix.check import Limits
from hub.store.base import Counters, Store
from hub.store.counters import SqliteCounters, beside
from hub.store.database import migrate
from hub.store.local import LocalCounters
from hub.store.sqlite import SqliteStore
from hub.taxii import views
from hub.taxii.cursor import Cursors
from hub.taxii.door import Door


def open_store(config: Config) -> SqliteStore:
    """The configured store, brought to this program's schema.

    Raises:
        ConfigError: It was written by a newer program.
        StoreDown: It cannot be read or written.
    """
    store = SqliteStore(config.store_path, busy_s=config.store.busy_seconds)
    migrate(store.database)
    return store


def open_counters(config: Config) -> Counters:
    """The counters that all workers share; they answer whatever happens to their file."""
    return Sheltered(SqliteCounters(beside(config.store_path)), LocalCounters())


def create_app(
    config: Config, store: Store, secret: bytes = b"", counters: Counters | None = None
) -> Flask:
    """The hub as a WSGI application over a store.

    Args:
        config: The settings.
        store: Where everything is kept.
        secret: The hub's secret, when it was read before; else it is read now.
        counters: Where requests and failures are counted; if not given, beside the store.

    Raises:
        ConfigError: The secret is missing or unusable.
    """
    app = Flask("hub", static_folder=None)
    secret = secret or config.secret()
    counters = counters or open_counters(config)
    lockout = Lockout(counters, config.limits, secret)
    doorman = Doorman(
        Parties(store),
        Passwords(lockout, max(1, config.server.threads - 1)),
        Throttle(counters, config.limits),
        lockout,
        Presented(config.server),
    )
    door = Door(
        config,
        Reader(store),
        Publisher(
            store,
            Limits(config.taxii.max_object_bytes, config.taxii.max_depth),
            seconds=config.taxii.max_check_seconds,
        ),
        Quota(counters, config.limits),
        Cursors(secret),
    )
    observe.register(app, access_log=config.log.access)
    errors.register(app, 2 * config.taxii.max_content_length)
    app.register_blueprint(observe.blueprint(store, config.server.metrics_networks))
    app.register_blueprint(rights.blueprint(doorman, store))
    app.register_blueprint(circles.blueprint(doorman, store))
    if config.taxii.views == "medallion":
        from hub.taxii.medallion_backend import mount  # 200 ms and a Flask app of its own

        mount(app, config, doorman, door)
    else:
        app.register_blueprint(views.blueprint(config, doorman, door))
    if config.server.trusted_proxies:
        hops = config.server.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app
