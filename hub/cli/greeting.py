"""What a demonstration hub says when it listens: log-ins, and lines to paste."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

from hub.cli.stage import Stage
from hub.http.errors import MEDIA_TYPE
from hub.model.tlp import Tlp
from hub.stix.compose import MARKING_OF
from hub.stix.sample.plot import CASE
from hub.stix.sample.shared import ADDRESS, FILE, HOST

_OBJECT = (
    '{{"type":"indicator","spec_version":"2.1","id":"indicator--{id}",'
    '"created":"{now}","modified":"{now}","name":"Tên miền lừa đảo / phishing domain",'
    '"pattern":"[domain-name:value = \\u0027dang-nhap.example\\u0027]","pattern_type":"stix",'
    '"valid_from":"{now}",'
    '"object_marking_refs":["{marking}"]}}'
)
_RED_ID = "5b7d2c1e-8f0a-4c36-9d27-1a4e8b9f3c60"
_ID = "0d9f1a52-3c1e-4b8e-9a55-6f2b1e0c7a44"
_TEXT = """\

Console: {url}/
TAXII:   {url}/taxii2/

{objects} invented objects of nine months. Ctrl-C stops it; the next `hub demo` starts from nothing.

Log-ins (account, password, what it is):
{logins}

Collections:
{collections}

Paste any of these into another terminal:

# Ask what is here
curl -s -u {analyst} {url}/taxii2/

# Poll: what was added since, five objects a page
curl -s -u {partner} '{warning}objects/?added_after=2026-01-01T00:00:00Z&limit=5'

# Read without logging in
curl -gs '{public}objects/?match[type]=report'

# Publish an indicator
curl -s -H 'Authorization: Bearer {token}' -H 'Content-Type: {media_type}' -d '{{"objects":[{object}]}}' {national}objects/

# Search: Vietnamese without accents, and the newest objects of a type
HUB_URL={url} HUB_TOKEN={token} {hub} search 'lua dao ngan hang' --limit 5
HUB_URL={url} HUB_TOKEN={token} {hub} search 'type:report AND added:>=7d' --limit 5

# Search a defanged address: the analyst finds more than the partner may see
HUB_URL={url} HUB_TOKEN={token} {hub} search '{defanged}'
HUB_URL={url} HUB_TOKEN={partner_token} {hub} search '{defanged}'

# Look up several values at once; the exit code 10 says that one of them is known
HUB_URL={url} HUB_TOKEN={token} {hub} lookup '{defanged}' {address} {file} T1566.002 203.0.113.254 || echo "exit code $?"

# Search with curl, and count what is found
curl -sG -u {partner} --data-urlencode 'q={defanged}' {url}/api/v1/search
curl -sG -u {analyst} --data-urlencode 'q=lừa đảo' -d field=type -d field=tlp {url}/api/v1/facets

# Write what is found into a spreadsheet
HUB_URL={url} HUB_TOKEN={token} {hub} search 'type:indicator has:domain' --format csv > domains.csv

# Ask what an account may see
curl -s -u {partner} {url}/api/v1/me

# Poll with taxii2-client
{python} - <<'END'
from taxii2client.common import TokenAuth
from taxii2client.v21 import Collection, as_pages
collection = Collection("{warning}", auth=TokenAuth("{partner_token}"))
for page in as_pages(collection.get_objects, per_request=50):
    print(len(page["objects"]), "objects, the first is", page["objects"][0]["id"])
END

# Pull into a file; run it again to get what is new
HUB_TOKEN={partner_token} {hub} pull {warning} --out early-warning.ndjson

# Push a file
HUB_TOKEN={token} {hub} push {national} early-warning.ndjson

# Publish TLP:RED to the group {case} alone, and see it as one of its members
curl -s -H 'Authorization: Bearer {token}' -H 'Content-Type: {media_type}' -H 'Hub-Audience: group:{case}' -d '{{"objects":[{secret}]}}' {warning}objects/
curl -gs -u {partner} '{warning}objects/?match[tlp]=red'

"""


_TRY = " " * 14 + "Try: "


def greeting(stage: Stage, now: str) -> str:
    """The text, with everything filled in.

    Args:
        stage: The hub.
        now: An RFC 3339 timestamp for the object to publish.
    """
    secrets = {login.name: f"{login.name}:{login.password}" for login in stage.logins}
    return _TEXT.format(
        objects=stage.objects,
        url=stage.url,
        logins="\n".join(
            f"  {login.name:<11} {login.password}  {login.role} of {login.org.name_en}\n{_TRY}{login.first}"
            for login in stage.logins
        ),
        collections="\n".join(f"  {name:<18} {url}" for name, url in stage.collections.items()),
        analyst=secrets["analyst"],
        partner=secrets["partner"],
        token=stage.tokens["analyst"],
        partner_token=stage.tokens["partner"],
        warning=stage.collections["early-warning"],
        public=stage.collections["public-advisories"],
        national=stage.collections["national"],
        media_type=MEDIA_TYPE,
        object=_OBJECT.format(id=_ID, now=now, marking=MARKING_OF[Tlp.GREEN]),
        secret=_OBJECT.format(id=_RED_ID, now=now, marking=MARKING_OF[Tlp.RED]),
        case=CASE,
        defanged=HOST.replace(".", "[.]"),
        address=ADDRESS,
        file=FILE.upper(),
        python=shlex.quote(sys.executable),
        hub=_program("hub"),
    )


def _program(name: str) -> str:
    """How to call a program of this installation: by its name alone, if the shell finds that."""
    own = Path(sys.executable).with_name(name)
    found = shutil.which(name)
    if found and Path(found).resolve() == own.resolve():
        return name
    return shlex.quote(str(own)) if own.exists() else f"{shlex.quote(sys.executable)} -m hub"
