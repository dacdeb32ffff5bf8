"""The composition root: the only place that knows every part."""

from __future__ import annotations

from flask import Blueprint, Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from hub.api import session
from hub.config import Config
from hub.http import errors, observe
from hub.http.caller import Doorman
from hub.http.session import SessionDoorman
from hub.service.credentials import Passwords
from hub.service.directory import Parties
from hub.service.factor import PasswordAlone, SecondFactors
from hub.service.fetch import Reader
from hub.service.login import Logins
from hub.service.publish import Publisher
from hub.stix.check import Limits
from hub.store.base import Store
from hub.store.database import migrate
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


def create_app(config: Config, store: Store, secret: bytes = b"") -> Flask:
    """The hub as a WSGI application over a store.

    Args:
        config: The settings.
        store: Where everything is kept.
        secret: The hub's secret, when it was read before; else it is read now.

    Raises:
        ConfigError: The secret is missing or unusable.
    """
    app = Flask("hub", static_folder=None)
    secret = secret or config.secret()
    parties, passwords = Parties(store), Passwords(max(1, config.server.threads - 1))
    doorman = Doorman(parties, PasswordAlone(passwords, store))
    door = Door(
        config,
        Reader(store),
        Publisher(
            store,
            Limits(config.taxii.max_object_bytes, config.taxii.max_depth),
            seconds=config.taxii.max_check_seconds,
        ),
        Cursors(secret),
    )
    observe.register(app, access_log=config.log.access)
    errors.register(app, 2 * config.taxii.max_content_length)
    app.register_blueprint(observe.blueprint(store, config.server.metrics_networks))
    logins = Logins(store, parties, passwords, config.session)
    app.register_blueprint(_sessions(config, store, secret, doorman, logins))
    if config.taxii.views == "medallion":
        from hub.taxii.medallion_backend import mount  # 200 ms and a Flask app of its own

        mount(app, config, doorman, door)
    else:
        app.register_blueprint(views.blueprint(config, doorman, door))
    if config.server.trusted_proxies:
        hops = config.server.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app


def _sessions(
    config: Config, store: Store, secret: bytes, doorman: Doorman, logins: Logins
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
            SessionDoorman(config, doorman, logins),
            logins,
            SecondFactors(store, logins, secret, config.taxii.title),
            provider,
            secret,
        )
    )
