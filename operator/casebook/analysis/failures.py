"""What kind of failure a log line speaks of, by the words that runtimes and libraries use for it."""

from functools import lru_cache
from typing import Any, Final

import re2

REFUSED: Final = "refused"
TIMEOUT: Final = "timeout"
UNRESOLVED: Final = "unresolved"
RESET: Final = "reset"
UNREACHABLE: Final = "unreachable"
STATUS: Final = "status"
LIMITED: Final = "limited"
AUTH: Final = "auth"
TLS: Final = "tls"
NO_SPACE: Final = "nospace"
PERMISSION: Final = "permission"
PORT_TAKEN: Final = "porttaken"
MEMORY: Final = "memory"
FILES: Final = "files"
THREADS: Final = "threads"
CONNECTIONS: Final = "connections"
POOL: Final = "pool"
FORBIDDEN: Final = "forbidden"
LOCKED: Final = "locked"
HEADER: Final = "header"

PEER_KINDS: Final = frozenset({REFUSED, TIMEOUT, UNRESOLVED, RESET, UNREACHABLE, STATUS, LIMITED, AUTH, TLS})
"""Failures that happen between a program and something that it calls."""

_WORDS: Final = {
    REFUSED: r"connection refused|econnrefused|errno 111|actively refused|connect failed: refused",
    TIMEOUT: r"timed[ -]?out|etimedout|deadline exceeded|i/o timeout|read timeout|connect timeout|timeouterror|"
    r"\btimeout (?:calling|after|waiting|reading|from|exceeded|expired)",
    UNRESOLVED: r"no such host|name or service not known|enotfound|eai_again|temporary failure in name resolution|"
    r"could not translate host name|could not resolve|couldn't resolve|name does not resolve|bad address|"
    r"nodename nor servname|unknownhostexception|nxdomain|servfail|no address associated|getaddrinfo failed|"
    r"can't resolve|name resolution|host not found|unknown host\b",
    RESET: r"connection reset|econnreset|broken pipe|\bepipe\b|unexpected eof|remote end closed|"
    r"server closed the connection|connection aborted|disconnected without response",
    UNREACHABLE: r"no route to host|ehostunreach|network is unreachable|host is unreachable",
    STATUS: r"\b(?:http|status|answered|returned|responded|response|got|upstream|code)\b[^\n]{0,40}\b50[0-4]\b|"
    r"\b50[0-4] (?:internal server|bad gateway|service unavailable|gateway time|server error|service temporarily)|"
    r"bad gateway|service unavailable|gateway time-?out",
    LIMITED: r"too many requests|\b(?:http|status|answered|returned|responded|response|got|code)\b[^\n]{0,40}\b429\b|"
    r"rate.?limit(?: was| has been)? (?:exceeded|reached|hit)|rate.?limited|api quota exceeded|toomanyrequests",
    AUTH: r"authentication failed|password authentication|access denied for user|"
    r"invalid (?:credentials|password|api.?key|token)|wrongpass|noauth|login failed|unauthorized|\b401\b|"
    r"authenticationerror|incorrect password",
    TLS: r"x509|certificate|sslerror|ssl error|tls: |tls handshake|ssl handshake",
    NO_SPACE: r"no space left|enospc|disk full|disk quota exceeded",
    PERMISSION: r"permission denied|eacces|read-only file ?system|erofs|operation not permitted|permissionerror",
    PORT_TAKEN: r"address (?:already )?in use|eaddrinuse|port is already allocated",
    MEMORY: r"memoryerror|outofmemoryerror|heap out of memory|cannot allocate memory|java heap space|std::bad_alloc",
    FILES: r"too many open files|emfile|enfile",
    THREADS: r"can't start new thread|resource temporarily unavailable|unable to create (?:new )?native thread|"
    r"can't fork|cannot fork",
    CONNECTIONS: r"too many connections|too many clients|remaining connection slots|max number of clients",
    POOL: r"pool (?:is )?exhausted|queuepool limit|connection pool|waiting for (?:a )?connection|no free connections|"
    r"pooltimeout",
    LOCKED: r"deadlock (?:detected|found)|lock wait timeout exceeded|due to lock timeout|lock[_ ]?not[_ ]?available|"
    r"could not obtain lock|still waiting for \w+lock|database is locked|waiting for (?:table )?metadata lock",
    HEADER: r"(?:invalid|illegal) header value|err_invalid_char|invalid character in header|"
    r"invalid header field value|(?:invalid|illegal) character\(?s?\)? in header",
    FORBIDDEN: r"is forbidden: user|\bcannot (?:get|list|watch|create|update|patch|delete) resource\b",
}
_LOCKS: Final = re2.compile(r"(?i)\b(?:f?lock|locks|locked|locking|lockfile)\b|/LOCK\b|\.lock\b")
_ANSWER: Final = re2.compile(r"\b50[0-4]\b")
_LIMIT: Final = 1500
_NUMBERS: Final = {
    2: "ENOENT", 12: "ENOMEM", 13: "EACCES", 24: "EMFILE", 28: "ENOSPC", 32: "EPIPE", 98: "EADDRINUSE",
    101: "ENETUNREACH", 104: "ECONNRESET", 110: "ETIMEDOUT", 111: "ECONNREFUSED", 113: "EHOSTUNREACH",
}  # fmt: skip
"""Error numbers of Linux, which is what runs in a cluster whatever a report is made on."""
_NAMES: Final = frozenset({*_NUMBERS.values(), "ENOTFOUND", "EAI_AGAIN"})
_ERRNO: Final = re2.compile(r"(?i:errno:?) -?(\d{1,3})\b|\b(E[A-Z]{3,14}|EAI_[A-Z]{4,8})\b")
_BY_KIND: Final = {REFUSED: "ECONNREFUSED", RESET: "ECONNRESET", UNREACHABLE: "EHOSTUNREACH", TIMEOUT: "ETIMEDOUT"}


def _compiled(words: str) -> Any:
    """RE2, because lines come from anywhere: its time is linear in the text whatever the pattern."""
    return re2.compile(f"(?i){words}")


_EACH: Final = {kind: _compiled(words) for kind, words in _WORDS.items()}
_ANY: Final = _compiled("|".join(_WORDS.values()))


@lru_cache(maxsize=8192)
def kinds(said: str) -> frozenset[str]:
    """The kinds of failure that a text names in its first 1500 characters."""
    said = said[:_LIMIT]
    if not _ANY.search(said):
        return frozenset()
    found = frozenset(kind for kind, pattern in _EACH.items() if pattern.search(said))
    # EAGAIN of a lock says that somebody else holds it, not that no thread or process can be started.
    return found - {THREADS} if THREADS in found and _LOCKS.search(said) else found


def is_answer(said: str) -> bool:
    """Whether a text tells of an answer with a status of server errors (RFC 9110, 15.6)."""
    return _ANSWER.search(said[:_LIMIT]) is not None


def errno(said: str) -> str:
    """The name of the error number that a text gives, or that its words stand for; else empty."""
    for number, name in _ERRNO.findall(said[:_LIMIT]):
        if name in _NAMES or int(number or 0) in _NUMBERS:
            return str(name) or _NUMBERS[int(number)]
    return next((name for kind, name in _BY_KIND.items() if kind in kinds(said)), "")
