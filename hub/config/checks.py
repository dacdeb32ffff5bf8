"""What the types of the settings cannot say."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from importlib.util import find_spec
from urllib.parse import urlsplit

from hub.config.schema import (
    ElasticSettings,
    OidcSettings,
    ServerSettings,
    Settings,
    TaxiiSettings,
)

RESERVED = frozenset(
    {
        "account",
        "admin",
        "api",
        "collections",
        "deliveries",
        "docs",
        "export",
        "feeds",
        "files",
        "health",
        "help",
        "login",
        "logout",
        "lookup",
        "metrics",
        "objects",
        "partners",
        "preferences",
        "receipts",
        "search",
        "searches",
        "static",
        "style",
        "submit",
        "taxii2",
        "techniques",
        "warning-list",
    }
)
"""Names that the hub's other addresses begin with."""

_NO_TLS = (
    "can be reached from outside, and there is no TLS: set server.tls_cert and server.tls_key, "
    "or listen on 127.0.0.1 behind a proxy that speaks TLS, or, knowing that credentials can "
    "then be read on the way, set server.dangerously_serve_without_tls = true"
)

_NO_ELASTIC_TLS = (
    "the key and everything that is indexed could be read on the way: use https and "
    "elastic.ca_file, or a node on 127.0.0.1, or, knowing that, set "
    "elastic.dangerously_connect_without_tls = true"
)

_BELIEVED = (
    "server.client_certificate_header and server.proxy_networks go together: else anybody could "
    "send the header"
)


def faults(settings: Settings) -> Iterator[tuple[str, str]]:
    """Each wrong setting with the reason."""
    yield from _of_roots(settings.taxii)
    if settings.taxii.page_size > settings.taxii.max_page_size:
        yield "taxii.page_size", "it is larger than taxii.max_page_size"
    for name in ("metrics_networks", "proxy_networks"):
        yield from _of_networks(name, getattr(settings.server, name))
    yield from _of_tls(settings.server)
    yield from _of_client_certificates(settings.server)
    yield from _of_oidc(settings.oidc, settings.server)
    yield from _of_elastic(settings.elastic)
    if settings.search.engine == "elasticsearch" and not settings.elastic.urls:
        yield (
            "search.engine",
            'name its nodes as well, such as elastic.urls = ["https://es1:9200"]',
        )


def _of_networks(name: str, networks: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            yield f"server.{name}", str(error)


def _of_roots(taxii: TaxiiSettings) -> Iterator[tuple[str, str]]:
    names = [root.name for root in taxii.roots]
    titles = [root.title for root in taxii.roots]
    for place, root in enumerate(taxii.roots):
        if root.name in RESERVED:
            yield f"taxii.roots[{place}].name", f"{root.name} is reserved; choose another"
        if root.name in names[:place]:
            yield f"taxii.roots[{place}].name", "an API root before it has the same one"
        if root.title in titles[:place]:
            yield f"taxii.roots[{place}].title", "an API root before it has the same one"
    if taxii.default_root and taxii.default_root not in names:
        yield "taxii.default_root", f"there is no such API root among {', '.join(names)}"


def _of_tls(server: ServerSettings) -> Iterator[tuple[str, str]]:
    if bool(server.tls_cert) != bool(server.tls_key):
        given = "server.tls_cert" if server.tls_cert else "server.tls_key"
        yield given, "server.tls_cert and server.tls_key go together"
    elif not (server.tls_cert or server.dangerously_serve_without_tls or is_loopback(server.host)):
        yield "server.host", f"{server.host!r} {_NO_TLS}"


def _of_client_certificates(server: ServerSettings) -> Iterator[tuple[str, str]]:
    if server.client_ca and not server.tls_cert:
        yield "server.client_ca", "certificates are a part of TLS: set server.tls_cert as well"
    header, networks = server.client_certificate_header, server.proxy_networks
    if bool(header) != bool(networks):
        given = "server.client_certificate_header" if header else "server.proxy_networks"
        yield given, _BELIEVED
    if any(network.endswith("/0") for network in networks):
        yield "server.proxy_networks", "that is everybody: name the proxies' addresses"
    if header and not server.trusted_proxies:
        yield (
            "server.client_certificate_header",
            "it comes from a proxy: set server.trusted_proxies to the number of proxies",
        )


def _of_oidc(oidc: OidcSettings, server: ServerSettings) -> Iterator[tuple[str, str]]:
    if not oidc.issuer:
        if oidc != OidcSettings():
            yield "oidc.issuer", "it is needed beside the other settings of [oidc]"
        return
    if find_spec("authlib") is None:
        yield "oidc.issuer", "a package is missing: install incident-hub[oidc]"
    issuer = urlsplit(oidc.issuer)
    if issuer.scheme != "https" and not is_loopback(issuer.hostname or ""):
        yield "oidc.issuer", "who logs in there would be anybody's choice: it must be https"
    for name in ("client_id", "client_secret_file"):
        if not getattr(oidc, name):
            yield f"oidc.{name}", "it is needed beside oidc.issuer"
    if not server.public_url:
        yield "server.public_url", "it is needed for oidc: the provider sends people back to it"


def _of_elastic(elastic: ElasticSettings) -> Iterator[tuple[str, str]]:
    for url in elastic.urls:
        if reason := _of_url(url, clear=elastic.dangerously_connect_without_tls):
            yield "elastic.urls", reason
    if elastic.ca_file and not any(url.startswith("https:") for url in elastic.urls):
        yield "elastic.ca_file", "a CA is of use with https alone: give an https address"


def _of_url(url: str, *, clear: bool) -> str:
    """What is wrong with the address of a node; empty: nothing."""
    # What stands in it may be a password, so it is not repeated.
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or True)
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        return "an address is not like https://es1.example.org:9200"
    if parts.username is not None:
        return "an address holds credentials: put an API key into elastic.api_key_file instead"
    if parts.scheme == "http" and not clear and not is_loopback(parts.hostname or ""):
        return _NO_ELASTIC_TLS
    return ""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
