"""What can be set: every setting with its type, default and meaning.

These declarations are the reference: the example file, the documentation and the tests are made
from them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_type_hints

import msgspec
from msgspec import Meta


class StoreSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[store]: where the record lives."""

    path: Annotated[
        str, Meta(min_length=1, description="SQLite file, relative to this file's folder")
    ] = "hub.sqlite"
    busy_seconds: Annotated[
        float, Meta(ge=0.1, le=300, description="how long a writer waits for another")
    ] = 10.0
    status_hours: Annotated[
        int,
        Meta(ge=24, description="how long the status of a publish is kept (TAXII: at least 24)"),
    ] = 168


class RootSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[[taxii.roots]]: one API root."""

    name: Annotated[
        str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="its path segment")
    ]
    title: Annotated[
        str, Meta(min_length=1, pattern=r"^[^.]+$", description="shown to clients; without dots")
    ]
    description: Annotated[str, Meta(description="shown to clients")] = ""


class TaxiiSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[taxii]: the TAXII 2.1 door."""

    title: Annotated[str, Meta(min_length=1, description="title of the discovery resource")] = (
        "Incident hub"
    )
    description: Annotated[str, Meta(description="what this hub is for")] = ""
    contact: Annotated[str, Meta(description="whom to ask")] = ""
    views: Annotated[
        Literal["hub", "medallion"], Meta(description="which protocol layer serves TAXII")
    ] = "hub"
    roots: Annotated[tuple[RootSettings, ...], Meta(min_length=1, description="API roots")] = (
        RootSettings("hub", "Incident hub"),
    )
    default_root: Annotated[
        str, Meta(description="API root named as default; empty: the first")
    ] = ""
    page_size: Annotated[
        int, Meta(ge=1, description="objects per page when no limit is asked")
    ] = 1000
    max_page_size: Annotated[int, Meta(ge=1, description="most objects per page")] = 10_000
    max_content_length: Annotated[
        int, Meta(ge=10_000, description="largest request body, in bytes, after decompression")
    ] = 67_108_864
    max_objects: Annotated[
        int, Meta(ge=1000, description="most objects of one envelope: each gets a verdict")
    ] = 50_000
    max_check_seconds: Annotated[
        int, Meta(ge=1, description="most CPU seconds for checking one envelope")
    ] = 20
    max_object_bytes: Annotated[int, Meta(ge=1000, description="largest single object")] = (
        2_000_000
    )
    max_depth: Annotated[int, Meta(ge=8, le=200, description="deepest nesting of an object")] = 64


class ServerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[server]: the HTTP server."""

    host: Annotated[str, Meta(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="port to listen on; 0: any free")] = 8421
    public_url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^/?#]+/?)?$",
            description="address that clients use, such as https://hub.example.org; without it "
            "the discovery resource names API roots relative to itself",
        ),
    ] = ""
    workers: Annotated[int, Meta(ge=1, le=64, description="processes")] = 2
    threads: Annotated[int, Meta(ge=1, le=64, description="threads of each process")] = 4
    timeout_seconds: Annotated[
        int, Meta(ge=5, description="a worker that hangs longer is replaced")
    ] = 120
    tls_cert: Annotated[str, Meta(description="certificate chain, PEM")] = ""
    tls_key: Annotated[str, Meta(description="private key, PEM, readable by the hub alone")] = ""
    client_ca: Annotated[
        tuple[str, ...],
        Meta(
            description="files with the CAs, PEM, whose client certificates are taken; none: no "
            "client is asked for one"
        ),
    ] = ()
    dangerously_serve_without_tls: Annotated[
        bool,
        Meta(description="listen beyond loopback without TLS: credentials travel in the clear"),
    ] = False
    trusted_proxies: Annotated[
        int, Meta(ge=0, le=8, description="proxies in front whose X-Forwarded-For is believed")
    ] = 0
    proxy_networks: Annotated[
        tuple[str, ...],
        Meta(description="networks of the proxies whose client_certificate_header is believed"),
    ] = ()
    client_certificate_header: Annotated[
        str,
        Meta(
            pattern=r"^([A-Za-z0-9-]+)?$",
            description="header in which a proxy hands on the client's certificate",
        ),
    ] = ""
    metrics_networks: Annotated[
        tuple[str, ...], Meta(description="networks that may read /metrics without credentials")
    ] = ("127.0.0.0/8", "::1/128")


class SessionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[session]: how long people stay logged in."""

    hours: Annotated[
        int,
        Meta(ge=1, le=720, description="a log-in ends after this time, however much it is used"),
    ] = 12
    idle_minutes: Annotated[
        int, Meta(ge=1, le=10_080, description="a log-in ends when it is not used for so long")
    ] = 60


class OidcSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[oidc]: log-in through an OpenID provider."""

    issuer: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[A-Za-z0-9.:-]+(/[^?#\s]*)?)?$",
            description="the provider, exactly as it names itself, https; empty: none",
        ),
    ] = ""
    client_id: Annotated[str, Meta(description="what the provider calls this hub")] = ""
    client_secret_file: Annotated[
        str, Meta(description="file with the secret of this hub at the provider; never shared")
    ] = ""
    acr: Annotated[
        tuple[str, ...],
        Meta(
            description="levels of assurance (acr) of which the provider must name one; none: any"
        ),
    ] = ()
    amr: Annotated[
        tuple[str, ...],
        Meta(description="ways of log-in (amr) of which the provider must name one; none: any"),
    ] = ()


class SearchSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[search]: what answers searches."""

    engine: Annotated[
        Literal["sqlite", "elasticsearch"],
        Meta(description="the store itself, or a copy in Elasticsearch, named in [elastic]"),
    ] = "sqlite"


class ElasticSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[elastic]: the Elasticsearch that holds a copy for searches."""

    urls: Annotated[
        tuple[str, ...],
        Meta(description="addresses of its nodes, or of a balancer in front of them, https"),
    ] = ()
    ca_file: Annotated[
        str,
        Meta(description="CAs of its certificate, PEM; empty: those that the system trusts"),
    ] = ""
    api_key_file: Annotated[
        str, Meta(description="file with the hub's API key, as it was given out encoded")
    ] = ""
    dangerously_connect_without_tls: Annotated[
        bool,
        Meta(description="http beyond loopback: the key and all content travel in the clear"),
    ] = False
    prefix: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$",
            description="what the names of its indices begin with",
        ),
    ] = "hub-"
    timeout_seconds: Annotated[
        float, Meta(ge=0.1, le=60, description="how long a search may take")
    ] = 5.0
    shards: Annotated[
        int, Meta(ge=1, le=32, description="parts of an index that is made from now on")
    ] = 1
    replicas: Annotated[
        int, Meta(ge=0, le=8, description="copies of each part beside the first one, likewise")
    ] = 1


class SubmitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[submit]: the page on which people publish."""

    own_domains: Annotated[
        tuple[
            Annotated[str, Meta(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")],
            ...,
        ],
        Meta(
            description="domains of the organisations here, such as agency.example: hosts and "
            "e-mail addresses below them are pointed out before they are published"
        ),
    ] = ()


class FeedSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[feeds]: what flows in and out by itself."""

    run: Annotated[
        bool,
        Meta(
            description="whether `hub serve` does the jobs of feeds and deliveries; else "
            "`hub worker` does"
        ),
    ] = True
    folder: Annotated[
        str,
        Meta(
            min_length=1,
            description="folder with one file for each feed, relative to this file's folder",
        ),
    ] = "feeds"
    deliveries: Annotated[
        str,
        Meta(
            min_length=1,
            description="folder with one file for each delivery, relative to this file's folder",
        ),
    ] = "deliveries"


class LogSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[log]: JSON lines on standard error."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="least level written")
    ] = "info"
    access: Annotated[bool, Meta(description="one line per request")] = True


class LimitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[limits]: how much is allowed, over all workers together; 0: no limit."""

    requests_per_minute: Annotated[
        int,
        Meta(ge=0, le=1_000_000, description="requests of a token, or of a password's account"),
    ] = 3000
    request_burst: Annotated[
        int, Meta(ge=1, le=1_000_000, description="requests of it at once, after a pause")
    ] = 10_000
    anonymous_per_minute: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000_000,
            description="requests without credentials from an IPv4 address or an IPv6 /64",
        ),
    ] = 600
    anonymous_burst: Annotated[
        int, Meta(ge=1, le=1_000_000, description="such requests at once, after a pause")
    ] = 2000
    objects_per_day: Annotated[
        int, Meta(ge=0, le=10_000_000, description="objects that an organisation may publish")
    ] = 2_000_000
    failed_logins: Annotated[
        int,
        Meta(
            ge=0,
            le=1000,
            description="wrong passwords for an account from one network, until it has to wait",
        ),
    ] = 10
    failed_logins_per_minute: Annotated[
        int, Meta(ge=0, le=100_000, description="wrong credentials of any kind from one network")
    ] = 60
    guesses_per_day: Annotated[
        int,
        Meta(
            ge=0,
            le=100_000,
            description="wrong passwords for an account from all networks together from which "
            "it did not log in for 30 days",
        ),
    ] = 200


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of a file."""

    secret_file: Annotated[
        str,
        Meta(description="file with 32 random bytes in hex, made by `hub init`; never shared"),
    ]
    store: StoreSettings = StoreSettings()
    taxii: TaxiiSettings = TaxiiSettings()
    server: ServerSettings = ServerSettings()
    session: SessionSettings = SessionSettings()
    oidc: OidcSettings = OidcSettings()
    search: SearchSettings = SearchSettings()
    elastic: ElasticSettings = ElasticSettings()
    submit: SubmitSettings = SubmitSettings()
    feeds: FeedSettings = FeedSettings()
    log: LogSettings = LogSettings()
    limits: LimitSettings = LimitSettings()


def settings() -> dict[str, tuple[Any, Any, str]]:
    """Every setting by dotted name: its type, its default (NODEFAULT: required), its meaning."""
    found: dict[str, tuple[Any, Any, str]] = {}
    _collect(Settings, "", found)
    return found


def _collect(struct: type, prefix: str, found: dict[str, tuple[Any, Any, str]]) -> None:
    hints = get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        hint = hints[field.name]
        inner = RootSettings if field.name == "roots" else getattr(hint, "__origin__", hint)
        if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            _collect(inner, f"{prefix}{field.name}.", found)
            continue
        description = next((m.description for m in hint.__metadata__ if m.description), "")
        found[prefix + field.name] = (hint, field.default, description)
