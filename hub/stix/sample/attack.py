"""Techniques of ATT&CK that the demonstration speaks of: numbers, names and tactics.

Facts from ATT&CK (https://attack.mitre.org), which The MITRE Corporation publishes; no text of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

ENTERPRISE = "mitre-attack"
MOBILE = "mitre-mobile-attack"
ICS = "mitre-ics-attack"


class Technique(NamedTuple):
    """A technique or, with a point in its number, a sub-technique."""

    number: str
    name: str
    tactics: tuple[str, ...]
    """Phases of the kill chain"""
    chain: str


# Lines of "number|name|tactics"; a technique may serve several tactics.
_ENTERPRISE = """\
T1595|Active Scanning|reconnaissance
T1595.002|Vulnerability Scanning|reconnaissance
T1598|Phishing for Information|reconnaissance
T1598.003|Spearphishing Link|reconnaissance
T1589|Gather Victim Identity Information|reconnaissance
T1583|Acquire Infrastructure|resource-development
T1583.001|Domains|resource-development
T1584|Compromise Infrastructure|resource-development
T1584.005|Botnet|resource-development
T1586|Compromise Accounts|resource-development
T1586.002|Email Accounts|resource-development
T1587|Develop Capabilities|resource-development
T1587.001|Malware|resource-development
T1566|Phishing|initial-access
T1566.001|Spearphishing Attachment|initial-access
T1566.002|Spearphishing Link|initial-access
T1190|Exploit Public-Facing Application|initial-access
T1195|Supply Chain Compromise|initial-access
T1195.002|Compromise Software Supply Chain|initial-access
T1189|Drive-by Compromise|initial-access
T1133|External Remote Services|initial-access persistence
T1078|Valid Accounts|initial-access persistence privilege-escalation defense-evasion
T1059|Command and Scripting Interpreter|execution
T1059.001|PowerShell|execution
T1059.003|Windows Command Shell|execution
T1204|User Execution|execution
T1204.001|Malicious Link|execution
T1204.002|Malicious File|execution
T1203|Exploitation for Client Execution|execution
T1047|Windows Management Instrumentation|execution
T1053|Scheduled Task/Job|execution persistence privilege-escalation
T1053.005|Scheduled Task|execution persistence privilege-escalation
T1505|Server Software Component|persistence
T1505.003|Web Shell|persistence
T1547|Boot or Logon Autostart Execution|persistence privilege-escalation
T1547.001|Registry Run Keys / Startup Folder|persistence privilege-escalation
T1136|Create Account|persistence
T1136.001|Local Account|persistence
T1068|Exploitation for Privilege Escalation|privilege-escalation
T1055|Process Injection|privilege-escalation defense-evasion
T1027|Obfuscated Files or Information|defense-evasion
T1036|Masquerading|defense-evasion
T1070|Indicator Removal|defense-evasion
T1070.004|File Deletion|defense-evasion
T1553|Subvert Trust Controls|defense-evasion
T1553.002|Code Signing|defense-evasion
T1562|Impair Defenses|defense-evasion
T1562.001|Disable or Modify Tools|defense-evasion
T1003|OS Credential Dumping|credential-access
T1003.001|LSASS Memory|credential-access
T1555|Credentials from Password Stores|credential-access
T1555.003|Credentials from Web Browsers|credential-access
T1110|Brute Force|credential-access
T1110.003|Password Spraying|credential-access
T1539|Steal Web Session Cookie|credential-access
T1111|Multi-Factor Authentication Interception|credential-access
T1056|Input Capture|credential-access collection
T1056.003|Web Portal Capture|credential-access collection
T1046|Network Service Discovery|discovery
T1018|Remote System Discovery|discovery
T1082|System Information Discovery|discovery
T1083|File and Directory Discovery|discovery
T1087|Account Discovery|discovery
T1021|Remote Services|lateral-movement
T1021.001|Remote Desktop Protocol|lateral-movement
T1021.002|SMB/Windows Admin Shares|lateral-movement
T1570|Lateral Tool Transfer|lateral-movement
T1005|Data from Local System|collection
T1114|Email Collection|collection
T1114.003|Email Forwarding Rule|collection
T1560|Archive Collected Data|collection
T1560.001|Archive via Utility|collection
T1071|Application Layer Protocol|command-and-control
T1071.001|Web Protocols|command-and-control
T1071.004|DNS|command-and-control
T1105|Ingress Tool Transfer|command-and-control
T1573|Encrypted Channel|command-and-control
T1572|Protocol Tunneling|command-and-control
T1090|Proxy|command-and-control
T1568|Dynamic Resolution|command-and-control
T1041|Exfiltration Over C2 Channel|exfiltration
T1567|Exfiltration Over Web Service|exfiltration
T1567.002|Exfiltration to Cloud Storage|exfiltration
T1486|Data Encrypted for Impact|impact
T1489|Service Stop|impact
T1490|Inhibit System Recovery|impact
T1491|Defacement|impact
T1491.002|External Defacement|impact
T1498|Network Denial of Service|impact
T1498.002|Reflection Amplification|impact
T1657|Financial Theft|impact
"""
_MOBILE = """\
T1660|Phishing|initial-access
T1417|Input Capture|credential-access collection
T1417.002|GUI Input Capture|credential-access collection
T1636|Protected User Data|collection
T1636.004|SMS Messages|collection
T1582|SMS Control|impact
T1437|Application Layer Protocol|command-and-control
T1437.001|Web Protocols|command-and-control
T1646|Exfiltration Over C2 Channel|exfiltration
"""
_ICS = """\
T0883|Internet Accessible Device|initial-access
T0859|Valid Accounts|persistence lateral-movement
T0840|Network Connection Enumeration|discovery
T0855|Unauthorized Command Message|impair-process-control
T0815|Denial of View|impact
"""


def _read(text: str, chain: str) -> dict[str, Technique]:
    rows = (line.split("|") for line in text.splitlines())
    return {
        number: Technique(number, name, tuple(tactics.split()), chain)
        for number, name, tactics in rows
    }


TECHNIQUES: Mapping[str, Technique] = MappingProxyType(
    _read(_ENTERPRISE, ENTERPRISE) | _read(_MOBILE, MOBILE) | _read(_ICS, ICS)
)
"""By number"""
