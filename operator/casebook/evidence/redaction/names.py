"""Which names promise a credential: `DB_PASSWORD` does, `TOKEN_FILE`, `PARTITION_KEY` and `topologyKey` do not."""

from functools import lru_cache

import re2

_WORD = re2.compile(r"[A-Z]+[a-z]*|[a-z]+|[0-9]+")
_SECRET = re2.compile(r"passw(?:or)?d|passphrase|passcode|secret|credential|apikey|accesskey|privatekey")
_SECRET_WORDS = frozenset({"pwd", "pass", "pw", "token", "tokens", "authorization", "cookie", "cookies", "jwt"})
_KEY_WORDS = frozenset({"key", "keys"})
_LOCATORS = frozenset(
    {
        *("name", "names", "file", "files", "path", "paths", "dir", "url", "uri", "ref", "reference", "id", "ids"),
        *("ttl", "seconds", "minutes", "expiry", "expiration", "expires", "length", "size", "count", "type", "kind"),
        *("format", "version", "prefix", "suffix", "header", "field", "enabled", "required", "issuer", "audience"),
        *("endpoint", "namespace", "policy", "hash", "algorithm", "store", "class", "provider", "rotation", "schema"),
    }
)
"""Last words that say where or what a credential is, not what it holds."""

_PUBLIC_KEYS = frozenset(
    {
        *("public", "pub", "partition", "cache", "primary", "foreign", "sort", "routing", "row", "topology", "group"),
        *("idempotency", "object", "hash", "map", "label", "config", "tag", "unique", "range", "shard", "message"),
        *("index", "lookup", "redis", "s3", "host", "column", "natural", "context", "dedup", "deduplication", "hot"),
    }
)
"""Words before `key` that make it an index, not a secret."""

HARMLESS = frozenset(
    {
        *("", "true", "false", "yes", "no", "null", "none", "nil", "undefined", "unset", "empty", "missing"),
        *("required", "invalid", "expired", "wrong", "incorrect", "denied", "rejected", "failed", "not", "is", "was"),
        *("has", "must", "cannot", "should", "set", "changed", "unknown", "error", "ok", "optional", "redacted"),
        *("***", "****", "*****", "******", "********", "xxx", "xxxx", "xxxxx", "<redacted>", "<hidden>", "<none>"),
    }
)
"""Values in lower case that are never themselves a credential in running text."""


@lru_cache(maxsize=4096)
def sensitive(name: str) -> bool:
    """Whether a variable, key, header or field of this name holds a credential. Linear in its length."""
    words = [word.lower() for word in _WORD.findall(name[:256])]
    if not words or words[-1] in _LOCATORS or name in ("PWD", "OLDPWD") or "[redacted:" in name:
        return False
    if _SECRET.search("".join(words)):
        return True
    return any(_secret_word(word, before) for word, before in zip(words, ["", *words], strict=False))


def counted(name: str) -> bool:
    """Whether a bare number under this name is an amount: `max_tokens`, or tests that `pass`."""
    return name.lower().endswith("tokens") or name.lower() == "pass"


def _secret_word(word: str, before: str) -> bool:
    if word in _KEY_WORDS:
        return before not in _PUBLIC_KEYS
    if word in _SECRET_WORDS:
        return True
    return word.endswith(("token", "pwd")) or (word.endswith("key") and word[:-3] in _FUSED)


_FUSED = frozenset(
    {"api", "access", "private", "secret", "signing", "encryption", "auth", "master", "account", "shared", "storage"}
    | {"service", "license", "client", "admin", "ssh", "tls", "ssl", "my", "crypt", "session", "root", "deploy"}
)
"""What `key` is written together with, as in `APIKEY`."""
