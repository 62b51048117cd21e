"""Text that is safe to store and short enough: no control characters, no lone surrogates, cut at a character."""

from collections.abc import Mapping

_REPLACEMENT = "\ufffd"
_CONTROL = dict.fromkeys([*range(32), *range(127, 160), *range(55296, 57344)], _REPLACEMENT)
for _kept in (0x09, 0x0A, 0x0D):
    del _CONTROL[_kept]

FIRST = ("alertname", "severity", "namespace", "cluster", "pod", "container", "service", "job", "instance", "node")
MAX_ENTRIES = 64


def clean(text: str) -> str:
    """The text with control characters and lone surrogates replaced; tabs and line ends stay."""
    return text if text.isprintable() else text.translate(_CONTROL)


def clip_text(text: str, length: int) -> str:
    """At most `length` characters, the last of them an ellipsis where something was cut."""
    return text if len(text) <= length else text[: length - 1] + "…"


def clip_bytes(text: str, size: int) -> str:
    """At most `size` bytes of UTF-8, cut between characters, ending in an ellipsis where something was cut."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= size:
        return text
    return encoded[: max(0, size - 3)].decode("utf-8", "ignore") + "…"


def clip_map(entries: Mapping[str, str], *, value: int, total: int) -> tuple[dict[str, str], bool]:
    """The entries that fit into `total` bytes, telling ones first, each value at most `value` characters.

    Also whether anything was left out or cut.
    """
    order = sorted(entries, key=lambda key: (FIRST.index(key) if key in FIRST else len(FIRST), key))
    kept: dict[str, str] = {}
    room = total
    for key in order[:MAX_ENTRIES]:
        text = clip_text(entries[key], value)
        size = len(key.encode("utf-8", "replace")) + len(text.encode("utf-8", "replace"))
        if size <= room:
            kept[key] = text
            room -= size
    return kept, kept != dict(entries)
