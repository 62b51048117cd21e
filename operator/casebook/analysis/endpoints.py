"""Hosts and ports named in text: environment values, configuration files, commands, error messages."""

import re
from typing import NamedTuple

_HOST = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?"
_URL = re.compile(rf"\b[A-Za-z][A-Za-z0-9+.-]*://(?:[^@/\s'\"]{{0,256}}@)?({_HOST})(?::(\d{{1,5}}))?")
_PAIR = re.compile(rf"(?<![\w./@-])({_HOST}):(\d{{2,5}})(?![\w.]|:\d)")
_SLASHED = re.compile(rf"(?<![\w.-])({_HOST})/(\d{{1,3}}(?:\.\d{{1,3}}){{3}}):(\d{{1,5}})")
_NAMED = re.compile(
    rf"(?:\bhost(?:name)?|\bserver at|\baddress|\bpeer)\s*[=:]?\s*['\"]({_HOST})['\"]"
    r"(?:\s*\([^)]{0,64}\))?(?:[,\s]+port\s*[=:]?\s*['\"]?(\d{1,5}))?",
    re.IGNORECASE,
)
_KEYED = re.compile(rf"\bhost=({_HOST})(?:[\s,;]+port=(\d{{1,5}}))?", re.IGNORECASE)
_CURL = re.compile(rf"\bconnect to ({_HOST})(?:\s+\([^)]{{0,64}}\))? port (\d{{1,5}})", re.IGNORECASE)
_REMOTE = re.compile(r"remote host \(((?:\d{1,3}\.){3}\d{1,3})\)(?::? port (\d{1,5}))?")
_LOOKUP = re.compile(
    r"(?:\blookup |ENOTFOUND |EAI_AGAIN |host name |resolve host:? |bad address |UnknownHostException: |"
    rf"Name or service not known: |nslookup: can't resolve )['\"(]?({_HOST})(?::(\d{{2,5}}))?",
    re.IGNORECASE,
)
_PATTERNS = (_URL, _NAMED, _KEYED, _CURL, _REMOTE, _LOOKUP, _PAIR)
_IPV4 = re.compile(r"^\d{1,3}(\.\d{1,3}){3}$")
_SOURCE = re.compile(
    r"\.(py|go|java|js|ts|jsx|tsx|rb|c|cc|cpp|h|rs|kt|cs|php|scala|sh|ex|erl|lua|pl|mjs|cjs)$", re.IGNORECASE
)
_LIMIT = 1500
MAX_PORT = 65535
DEFAULT_PORTS = {
    "http": 80,
    "https": 443,
    "postgres": 5432,
    "postgresql": 5432,
    "redis": 6379,
    "amqp": 5672,
    "mysql": 3306,
}


class Endpoint(NamedTuple):
    """A host as it was written, lower case, and a port or 0."""

    host: str
    port: int

    @property
    def is_ip(self) -> bool:
        """Whether the host is an IPv4 address."""
        return bool(_IPV4.match(self.host))

    def said(self) -> str:
        """`host:port`, or the host alone."""
        return f"{self.host}:{self.port}" if self.port else self.host


def mentions(said: str) -> list[Endpoint]:
    """Endpoints named in a text, in the order found; file positions and clock times are not taken for hosts."""
    said = said[:_LIMIT]
    found: dict[Endpoint, None] = {}
    for host, address, port in _SLASHED.findall(said):
        found[Endpoint(host.lower(), int(port))] = None
        found[Endpoint(address, int(port))] = None
    for pattern in _PATTERNS:
        for host, port in pattern.findall(said):
            endpoint = _endpoint(host, port)
            if endpoint:
                found[endpoint] = None
    ported = {endpoint.host for endpoint in found if endpoint.port}
    return [endpoint for endpoint in found if endpoint.port or endpoint.host not in ported]


def _endpoint(host: str, port: str) -> Endpoint | None:
    host = host.lower().rstrip(".")
    written = int(port) if port else 0
    if written > MAX_PORT or _SOURCE.search(host):
        return None
    if not re.search(r"[a-z]", host) and not _IPV4.match(host):
        return None
    return Endpoint(host, written)


def cluster_name(host: str, namespace: str) -> tuple[str, str] | None:
    """(namespace, service) that a host means inside a cluster, or None for a name outside of it.

    A bare name is a Service of the caller's namespace; `svc.ns`, `svc.ns.svc` and `svc.ns.svc.<domain>` name one
    elsewhere. `svc.ns` is ambiguous with a two-label domain: callers check whether the namespace exists.
    """
    parts = host.split(".")
    if len(parts) == 1:
        return namespace, host
    if len(parts) >= 3 and "svc" in parts[2:4]:
        at = parts.index("svc", 2)
        return parts[at - 1], parts[at - 2]
    return (parts[1], parts[0]) if len(parts) == 2 else None
