"""The file that is handed to a new partner: everything its first pull takes, ready to paste."""

from __future__ import annotations

import base64
from typing import NamedTuple

from hub.model.clock import format_us
from hub.model.party import Collection


class Handover(NamedTuple):
    """What goes into the file."""

    url: str
    title: str
    """Of the hub"""
    account: str
    expires_us: int
    collections: list[Collection]
    root_titles: dict[str, str]
    """Of API roots, by name"""
    token: str = ""
    certificate: str = ""
    """PEM of key and certificate, in place of a token"""
    authority: str = ""
    """PEM of the authority of the hub's certificate; empty: a publicly trusted one"""


class _Login(NamedTuple):
    """How each program is told who it is."""

    row: str
    curl: str
    python: str
    imports: str
    before_hub: str
    hub: str
    products: str


_TEXT = """\
# {title}: access for {account}

This file holds a secret. Hand it over on a channel that only the receiver reads, and delete it when the
secret stands where it is needed. It works until {expires}.

| what | value |
| --- | --- |
| discovery address | `{url}/taxii2/` |
| account | `{account}` |
{row}

{collections}
{files}
What this account may see: `curl -s {curl}{url}/api/v1/me`

## curl

```sh
curl -s {curl}'{objects}?limit=100'
```

## taxii2-client (Python)

```python
{imports}from taxii2client.v21 import Collection, as_pages

collection = Collection("{address}", {python})
for page in as_pages(collection.get_objects, per_request=500):
    for item in page.get("objects", []):
        print(item["type"], item["id"])
```

## hub

```sh
{before_hub}hub pull {address} {hub}--out {alias}.ndjson
```

{products}"""

_PRODUCTS = """\
## MISP

List TAXII servers, add: `baseurl` {url}, `api_root` {root}, `collection` {id}, `api_key` {basic}

## OpenCTI

Connector `external-import/taxii2`:

```yaml
TAXII2_DISCOVERY_URL: "{url}/taxii2/"
TAXII2_V21: "true"
TAXII2_USE_TOKEN: "true"
TAXII2_TOKEN: "{token}"
TAXII2_COLLECTIONS: "{root_title}.{collection_title}"
```

## Elastic

Integration "Custom Threat Intelligence": URL API endpoint `{objects}`, Enable TAXII 2.1 on,
API Key `{token}`, Limit 1000.

## Microsoft Sentinel

Data connector "Threat Intelligence - TAXII": API root URL `{url}/{root}/`, Collection ID `{id}`,
Username `{account}`, Password `{token}`.
"""

_FEWER_PRODUCTS = """\
## OpenCTI

Connector `external-import/taxii2`:

```yaml
TAXII2_DISCOVERY_URL: "{url}/taxii2/"
TAXII2_V21: "true"
TAXII2_USE_CERT: "true"
TAXII2_CERT_PATH: "{account}.pem"
TAXII2_COLLECTIONS: "{root_title}.{collection_title}"
```

## MISP, Elastic, Microsoft Sentinel

They log in with a token: ask the hub's administrator for one.
"""


def text(given: Handover) -> str:
    """The file; the lines of products name the first collection."""
    first = given.collections[0]
    address = f"{given.url}/{first.root}/collections/{first.id}/"
    values = {
        "url": given.url,
        "account": given.account,
        "token": given.token,
        "address": address,
        "objects": f"{address}objects/",
        "root": first.root,
        "root_title": given.root_titles.get(first.root, first.root),
        "collection_title": first.title,
        "id": first.id,
        "alias": first.alias,
        # MISP decodes the key into name and password.
        "basic": base64.b64encode(f"{given.account}:{given.token}".encode()).decode(),
    }
    login = _login(given)._asdict()
    values |= login | {"products": login["products"].format_map(values)}
    return _TEXT.format(
        **values,
        title=given.title,
        expires=format_us(given.expires_us),
        collections=_table(given),
        files=_files(given),
    )


def _login(given: Handover) -> _Login:
    private = bool(given.authority)
    trust = "--cacert hub-ca.pem " if private else ""
    verify = ', verify="hub-ca.pem"' if private else ""
    ca_file = "--ca-file hub-ca.pem " if private else ""
    if given.certificate:
        file = f"{given.account}.pem"
        return _Login(
            row=f"| client certificate and key | below; save them as `{file}` |",
            curl=f"{trust}--cert {file} ",
            python=f'cert="{file}"{verify}',
            imports="",
            before_hub="",
            hub=f"{ca_file}--cert {file} ",
            products=_FEWER_PRODUCTS,
        )
    return _Login(
        row=f"| token | `{given.token}` |",
        curl=f"{trust}-H 'Authorization: Bearer {given.token}' ",
        python=f'auth=TokenAuth("{given.token}"){verify}',
        imports="from taxii2client.common import TokenAuth\n",
        before_hub=f"HUB_TOKEN={given.token} ",
        hub=ca_file,
        products=_PRODUCTS,
    )


def _table(given: Handover) -> str:
    lines = ["| collection | title | address |", "| --- | --- | --- |"]
    lines += [
        f"| {item.alias} | {item.title} | `{given.url}/{item.root}/collections/{item.id}/` |"
        for item in given.collections
    ]
    return "\n".join(lines)


def _files(given: Handover) -> str:
    found = []
    if given.certificate:
        found.append(
            _file(f"Save this as `{given.account}.pem`, readable by you alone:", given.certificate)
        )
    if given.authority:
        text = "The certificate of the hub is signed by this authority. Save it as `hub-ca.pem`:"
        found.append(_file(text, given.authority))
    return "".join(found)


def _file(meaning: str, pem: str) -> str:
    return f"\n{meaning}\n\n```\n{pem.strip()}\n```\n"
