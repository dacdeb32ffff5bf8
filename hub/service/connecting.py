"""How programs are told where the hub is: ready lines for each of them, for one collection.

The same lines stand in the file that is handed to a new partner (`hub partner invite`, with the
secret in them) and in the console, where a word stands for the secret.
"""

from __future__ import annotations

import base64
from typing import NamedTuple

from hub.model.party import Collection

PLACEHOLDER = "YOUR_TOKEN"  # what stands for the secret

_FORMS = {
    "MISP": (
        ("baseurl", "{url}"),
        ("api_root", "{root}"),
        ("collection", "{id}"),
        ("api_key", "{basic}"),
    ),
    "Elastic": (
        ("URL API endpoint", "{objects}"),
        ("Enable TAXII 2.1", "on"),
        ("API Key", "{token}"),
        ("Limit", "1000"),
    ),
    "Microsoft Sentinel": (
        ("API root URL", "{url}/{root}/"),
        ("Collection ID", "{id}"),
        ("Username", "{account}"),
        ("Password", "{token}"),
    ),
    "Cortex XSOAR": (
        ("Discovery Service URL", "{url}/taxii2/"),
        ("Username / API Key", "_api_token_key"),
        ("Password", "{token}"),
        ("Collection Name To Fetch Indicators From", "{title}"),
    ),
    "Splunk Enterprise Security": (
        ("TAXII server", "{url}/taxii2/"),
        ("Collection", "{title}"),
        ("Username", "{account}"),
        ("Password", "{token}"),
    ),
}
"""Fields that the form of each product has, and what goes into them"""


class Target(NamedTuple):
    """One collection of a hub, and whoever connects to it."""

    url: str
    """Of the hub, without a slash at the end"""
    account: str
    collection: Collection
    root_title: str
    token: str = ""
    """Empty: it logs in by a client certificate, in the file `ACCOUNT.pem`."""
    private: bool = False
    """The certificate of the hub is signed by the authority in the file `hub-ca.pem`."""

    @property
    def address(self) -> str:
        """Of the collection."""
        return f"{self.url}/{self.collection.root}/collections/{self.collection.id}/"

    @property
    def objects(self) -> str:
        """Of its objects."""
        return f"{self.address}objects/"


class Lines(NamedTuple):
    """What one program has to be told."""

    program: str
    code: str = ""
    """To be pasted; empty: there are fields to be filled in."""
    language: str = "sh"
    fields: tuple[tuple[str, str], ...] = ()
    """Names, as the program shows them, and values"""


def lines(target: Target) -> list[Lines]:
    """The lines for every program that can log in as the target does."""
    found = [_curl(target), _python(target), _hub(target), _opencti(target)]
    return [*found, *_products(target)] if target.token else found


def curl_login(target: Target) -> str:
    """How curl is told who asks; ends with a blank."""
    trust = "--cacert hub-ca.pem " if target.private else ""
    if target.token:
        return f"{trust}-H 'Authorization: Bearer {target.token}' "
    return f"{trust}--cert {target.account}.pem "


def _curl(target: Target) -> Lines:
    return Lines("curl", f"curl -s {curl_login(target)}'{target.objects}?limit=100'")


def _python(target: Target) -> Lines:
    verify = ', verify="hub-ca.pem"' if target.private else ""
    if target.token:
        imports = "from taxii2client.common import TokenAuth\n"
        login = f'auth=TokenAuth("{target.token}"){verify}'
    else:
        imports, login = "", f'cert="{target.account}.pem"{verify}'
    code = f"""\
{imports}from taxii2client.v21 import Collection, as_pages

collection = Collection("{target.address}", {login})
for page in as_pages(collection.get_objects, per_request=500):
    for item in page.get("objects", []):
        print(item["type"], item["id"])"""
    return Lines("taxii2-client (Python)", code, "python")


def _hub(target: Target) -> Lines:
    ca_file = "--ca-file hub-ca.pem " if target.private else ""
    before = f"HUB_TOKEN={target.token} " if target.token else ""
    login = ca_file if target.token else f"{ca_file}--cert {target.account}.pem "
    code = f"{before}hub pull {target.address} {login}--out {target.collection.alias}.ndjson"
    return Lines("hub", code)


def _opencti(target: Target) -> Lines:
    login = (
        f"""\
TAXII2_USE_TOKEN: "true"
TAXII2_TOKEN: "{target.token}"
"""
        if target.token
        else f"""\
TAXII2_USE_CERT: "true"
TAXII2_CERT_PATH: "{target.account}.pem"
"""
    )
    code = f"""\
TAXII2_DISCOVERY_URL: "{target.url}/taxii2/"
TAXII2_V21: "true"
{login}TAXII2_COLLECTIONS: "{target.root_title}.{target.collection.title}\""""
    return Lines("OpenCTI", code, "yaml")


def _products(target: Target) -> list[Lines]:
    """Products whose forms ask for a token."""
    collection = target.collection
    # MISP decodes the key into name and password. Nobody encodes a word that stands for one.
    pair = f"{target.account}:{target.token}"
    values = {
        "url": target.url,
        "objects": target.objects,
        "root": collection.root,
        "id": collection.id,
        "title": collection.title,
        "account": target.account,
        "token": target.token,
        "basic": f"base64({pair})" if target.token == PLACEHOLDER else _base64(pair),
    }
    return [
        Lines(program, fields=tuple((name, text.format_map(values)) for name, text in fields))
        for program, fields in _FORMS.items()
    ]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
