"""The patterns of credentials, compiled for RE2: linear in the text's length, whatever the text.

Formats of tokens are the ones that their issuers document. Nothing goes by entropy, so git SHAs, image digests, UUIDs
and trace ids are left alone.
"""

from typing import Any, Protocol

import re2

MASK = "[redacted:"


def mask(kind: str) -> str:
    """What stands in the place of a credential."""
    return f"{MASK}{kind}]"


class Match(Protocol):
    """The part of a match that the rules use."""

    def group(self, group: int = 0, /) -> str:
        """The text of a group."""
        ...

    def start(self, group: int = 0, /) -> int:
        """Where it begins."""
        ...

    def end(self, group: int = 0, /) -> int:
        """Where it ends."""
        ...


def _compile(*parts: str) -> Any:
    options = re2.Options()
    options.max_mem = 64 << 20
    return re2.compile("".join(parts), options)


SUSPICIOUS = _compile(
    r"(?i)passw|passphrase|passcode|pwd|secret|token|credential|key|auth|cookie|bearer|basic|jwt|eyJ|AKIA|ASIA|ABIA|ACCA",
    r"|AIza|ya29|GOCSPX|gh[pousr]_|github_pat|gl[a-z]{2,5}-|xox|xapp|hooks\.slack|[spr]k_|whsec_|sk-|npm_|pypi-|SG\.",
    r"|hv[sbr]\.|dckr_|shpat_|do[opr]_v1|glsa_|-----|://|\bsig=|signature|identified|pass\b|\bpw\b|[?&]code=",
)
"""One cheap look that lets most strings go by untouched; every other pattern needs a match of this one."""

ESCAPES = _compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b")
"""What colours a terminal: it hides where a word begins, and says nothing."""

_END = r"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
PRIVATE_KEY = _compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----",
    r"(?:[\s\\nr]*(?:Proc-Type|DEK-Info|Version|Comment):[^\n\\]*)*",
    rf"[A-Za-z0-9+/=\s\\]*(?:{_END})?",
)
PRIVATE_KEY_TAIL = _compile(r"(?:[A-Za-z0-9+/=]{16,}(?:\s|\\[nr])+)*[A-Za-z0-9+/=]*(?:\s|\\[nr])*", _END)
"""A key whose first lines were not read."""

_TOKENS = {
    "jwt": r"eyJ[A-Za-z0-9_\-]{6,}\.[A-Za-z0-9_\-]{4,}(?:\.[A-Za-z0-9_\-]*){0,3}",
    "aws-key": r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
    "gcp-key": r"\bAIza[A-Za-z0-9_\-]{30,}|\bya29\.[A-Za-z0-9_\-.]{16,}|\bGOCSPX-[A-Za-z0-9_\-]{16,}",
    "github-token": r"\bgh[pousr]_[A-Za-z0-9]{16,}|\bgithub_pat_[A-Za-z0-9_]{16,}",
    "gitlab-token": r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt|oas)-[A-Za-z0-9_.\-]{16,}",
    "slack-token": r"\bxox[a-z]-[A-Za-z0-9\-]{8,}|\bxapp-[A-Za-z0-9\-]{8,}|hooks\.slack\.com/[a-z]+/[\w/]+",
    "stripe-key": r"\b[spr]k_(?:live|test)_[A-Za-z0-9]{8,}|\bwhsec_[A-Za-z0-9+/=]{16,}",
    "openai-key": r"\bsk-[A-Za-z0-9_\-]{20,}",
    "package-token": r"\bnpm_[A-Za-z0-9]{30,}|\bpypi-[A-Za-z0-9_\-]{32,}|\bdckr_pat_[A-Za-z0-9_\-]{16,}",
    "sendgrid-key": r"\bSG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}",
    "vault-token": r"\bhv[sbr]\.[A-Za-z0-9_\-]{16,}",
    "api-key": r"\bshpat_[a-f0-9]{16,}|\bdo[opr]_v1_[a-f0-9]{32,}|\bglsa_[A-Za-z0-9_]{20,}",
}
TOKEN_KINDS = tuple(_TOKENS)
TOKEN = _compile("|".join(f"({pattern})" for pattern in _TOKENS.values()))
"""One group for each of `TOKEN_KINDS`, in order."""

URL = _compile(r"([A-Za-z][A-Za-z0-9+.\-]*://)([^\s/?#:@\"'<>\\]*)(:[^\s\"'<>\\]*)?@")
"""Scheme, user, and `:` with the password."""

SIGNED = _compile(
    r"(?i)([?&](?:sig|signature|x-amz-signature|x-amz-security-token|x-goog-signature|access_token|code)=)",
    r"([^\s&\"'<>\\]+)",
)
SCHEME = _compile(r"(?i)\b(bearer|basic)(\s+)([A-Za-z0-9._~+/=\-]{6,})")
SQL = _compile(r"(?i)\b((?:identified\s+by|password)\s+['\"])([^'\"\n]+)(['\"])")
XML = _compile(r"<([A-Za-z0-9_:.\-]+)>([^<\n]+)</")

PAIR = _compile(
    r"(?i)(\bname\\*[\"']?\s*[:=]\s*\\*[\"']?)([A-Za-z0-9_.\-]+)(\\*[\"']?\s*,?\s*\\*[\"']?value\\*[\"']?\s*[:=]\s*)",
    r"(\\*\"[^\"\n]*\"|'[^'\n]*'|[^\s,}\"'\\]+)",
)
"""A name and a value written as two fields, as in the `env` of a container."""

NAMED = _compile(
    r"(?i)(?:passw(?:or)?d|passphrase|passcode|secret|credential|token|pwd|pass|pw|authorization|cookie|jwt",
    r"|(?:api|access|private|secret|signing|encryption|auth|master|account|shared|storage|service|license|client|admin",
    r"|ssh|crypt|session|deploy)[_.\- ]?key)[A-Za-z0-9_.\-]{0,48}",
    r"(\\*[\"']?[ \t]{0,4}(?:=>|:=|=|:)[ \t]{0,4}|[ \t]{1,4})(\\*[\"'])?",
)
"""The tail of a name that may hold a credential, what stands between it and the value, and the value's quote."""
