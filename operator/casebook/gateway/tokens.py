"""Bearer tokens of receivers, one file each; several lines are several tokens, so that they can be rotated."""

import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

_MAX_FILE = 64 << 10


@dataclass
class TokenFiles:
    """Reads `<folder>/<receiver>` again whenever it changes; a missing or empty file admits nobody."""

    folder: Path
    _cache: dict[str, tuple[tuple[int, int, int], tuple[bytes, ...]]] = field(default_factory=dict)

    def admits(self, receiver: str, token: str) -> bool:
        """Whether the token is one of the receiver's; takes the same time whichever it is, or none."""
        offered = sha256(token.encode("utf-8", "replace")).digest()
        found = False
        for known in self._hashes(receiver):
            found |= hmac.compare_digest(known, offered)
        return found

    def secret(self, name: str) -> bytes | None:
        """The first line of another file of the folder, for example a signing key; None if there is none."""
        try:
            lines = (self.folder / name).read_bytes()[:_MAX_FILE].split()
        except OSError:
            return None
        return lines[0] if lines else None

    def _hashes(self, receiver: str) -> tuple[bytes, ...]:
        path = self.folder / receiver
        try:
            stat = path.stat()
            version = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            cached = self._cache.get(receiver)
            if cached is None or cached[0] != version:
                lines = path.read_bytes()[:_MAX_FILE].split()
                cached = (version, tuple(sha256(line).digest() for line in lines))
                self._cache[receiver] = cached
        except OSError:
            return ()
        return cached[1]
