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
    secret: str
    expires_us: int
    collections: list[Collection]
    root_titles: dict[str, str]
    """Of API roots, by name"""
    authority: str = ""
    """PEM of the authority of the hub's certificate; empty: a publicly trusted one"""


_TEXT = """\
# {title}: access for {account}

This file holds a secret. Hand it over on a channel that only the receiver reads, and delete it when the
token stands where it is needed. The token works until {expires}.

| what | value |
| --- | --- |
| discovery address | `{url}/taxii2/` |
| account | `{account}` |
| token | `{secret}` |

{collections}
{authority}
What this account may see: `curl {trust}-H 'Authorization: Bearer {secret}' {url}/api/v1/me`

## curl

```sh
curl -s {trust}-H 'Authorization: Bearer {secret}' '{objects}?limit=100'
```

## taxii2-client (Python)

```python
from taxii2client.common import TokenAuth
from taxii2client.v21 import Collection, as_pages

collection = Collection("{first}", auth=TokenAuth("{secret}"){verify})
for page in as_pages(collection.get_objects, per_request=500):
    for item in page.get("objects", []):
        print(item["type"], item["id"])
```

## hub

```sh
HUB_TOKEN={secret} hub pull {first} {ca_file}--out {alias}.ndjson
```

## MISP

List TAXII servers, add: `baseurl` {url}, `api_root` {root}, `collection` {id}, `api_key` {basic}

## OpenCTI

Connector `external-import/taxii2`:

```yaml
TAXII2_DISCOVERY_URL: "{url}/taxii2/"
TAXII2_V21: "true"
TAXII2_USE_TOKEN: "true"
TAXII2_TOKEN: "{secret}"
TAXII2_COLLECTIONS: "{root_title}.{collection_title}"
```

## Elastic

Integration "Custom Threat Intelligence": URL API endpoint `{objects}`, Enable TAXII 2.1 on,
API Key `{secret}`, Limit 1000.

## Microsoft Sentinel

Data connector "Threat Intelligence - TAXII": API root URL `{url}/{root}/`, Collection ID `{id}`,
Username `{account}`, Password `{secret}`.
"""


def text(given: Handover) -> str:
    """The file; the lines of products name the first collection."""
    first = given.collections[0]
    address = f"{given.url}/{first.root}/collections/{first.id}/"
    private = bool(given.authority)
    return _TEXT.format(
        title=given.title,
        account=given.account,
        secret=given.secret,
        expires=format_us(given.expires_us),
        url=given.url,
        collections=_table(given),
        authority=_authority(given.authority),
        trust="--cacert hub-ca.pem " if private else "",
        verify=', verify="hub-ca.pem"' if private else "",
        ca_file="--ca-file hub-ca.pem " if private else "",
        first=address,
        objects=f"{address}objects/",
        root=first.root,
        root_title=given.root_titles.get(first.root, first.root),
        collection_title=first.title,
        id=first.id,
        alias=first.alias,
        # MISP decodes the key into name and password.
        basic=base64.b64encode(f"{given.account}:{given.secret}".encode()).decode(),
    )


def _table(given: Handover) -> str:
    lines = ["| collection | title | address |", "| --- | --- | --- |"]
    lines += [
        f"| {item.alias} | {item.title} | `{given.url}/{item.root}/collections/{item.id}/` |"
        for item in given.collections
    ]
    return "\n".join(lines)


def _authority(pem: str) -> str:
    if not pem:
        return ""
    return f"""
The certificate of the hub is signed by this authority. Save it as `hub-ca.pem`:

```
{pem.strip()}
```
"""
