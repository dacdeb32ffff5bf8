"""The file that is handed to a new partner: everything its first pull takes, ready to paste."""

from __future__ import annotations

from typing import NamedTuple

from hub.model.clock import format_us
from hub.model.party import Collection
from hub.service.connecting import Lines, Target, curl_login, lines


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

{programs}
"""

_WHERE = {
    "MISP": "List TAXII servers, add:",
    "OpenCTI": "Connector `external-import/taxii2`:",
    "Elastic": 'Integration "Custom Threat Intelligence":',
    "Microsoft Sentinel": 'Data connector "Threat Intelligence - TAXII":',
    "Cortex XSOAR": 'Integration "TAXII 2 Feed":',
    "Splunk Enterprise Security": "Threat intelligence, TAXII feed:",
}

_THE_OTHERS = """\

## MISP, Elastic, Microsoft Sentinel, Cortex XSOAR, Splunk

They log in with a token: ask the hub's administrator for one."""


def text(given: Handover) -> str:
    """The file; the lines of programs name the first collection."""
    first = given.collections[0]
    target = Target(
        given.url,
        given.account,
        first,
        given.root_titles.get(first.root, first.root),
        given.token,
        bool(given.authority),
    )
    programs = "\n\n".join(_section(item) for item in lines(target))
    pem = f"{given.account}.pem"
    return _TEXT.format(
        title=given.title,
        account=given.account,
        expires=format_us(given.expires_us),
        url=given.url,
        row=f"| token | `{given.token}` |"
        if given.token
        else f"| client certificate and key | below; save them as `{pem}` |",
        collections=_table(given),
        files=_files(given),
        curl=curl_login(target),
        programs=programs if given.token else f"{programs}\n{_THE_OTHERS}",
    )


def _section(item: Lines) -> str:
    """The lines of a program, as Markdown."""
    where = _WHERE.get(item.program, "")
    if item.code:
        body = f"```{item.language}\n{item.code}\n```"
        return "\n\n".join(part for part in (f"## {item.program}", where, body) if part)
    rows = "\n".join(f"| {name} | `{value}` |" for name, value in item.fields)
    return f"## {item.program}\n\n{where}\n\n| field | value |\n| --- | --- |\n{rows}"


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
