"""Fields that a manager wrote, from `managedFields`: their paths, present values, and old ones where still held.

The format of `fieldsV1` is that of sigs.k8s.io/structured-merge-diff: `f:<name>` a field, `k:<json>` the item of a list
with these keys, `v:<json>` an item of a set, `.` the object itself.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from casebook.analysis.access import dig, text
from casebook.analysis.changes import Edit, flat
from casebook.analysis.things import Thing, clip, shown

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
CLIENT_SIDE_APPLY = "kubectl-client-side-apply"
_APART = ("f:kubectl.kubernetes.io/last-applied-configuration", "f:deployment.kubernetes.io/revision")
_LONG = 80


class Field(NamedTuple):
    """One field that was written; an `old` of None was not there, or is not recorded where `is_old_known` is false."""

    path: str
    old: Any
    new: Any
    is_old_known: bool

    def said(self, *, values: bool = True) -> str:
        """The change in one line; without values where those are not to be shown."""
        if not values:
            added = "added" if self.is_old_known and self.old is None else "changed"
            return f"{self.path} {'removed' if self.new is None else added}"
        if self.new is None:
            return f"{self.path} removed{f' (was {short(self.old)})' if self.is_old_known else ''}"
        if not self.is_old_known:
            return f"{self.path}: {short(self.new)} (previous value not recorded)"
        return f"{self.path}: {'(unset)' if self.old is None else short(self.old)} -> {short(self.new)}"


def short(value: Any) -> str:
    """A value on one line, cut to 80 characters."""
    return clip(" ".join(shown(value).split()), _LONG)


def written(thing: Thing, edit: Edit) -> list[Field]:
    """The fields of one write.

    The managed fields tell what a manager owns, not what its last write changed. What was last applied narrows it down
    to fields that differ from that, unless it was the apply itself that wrote.
    """
    owned = list(_leaves(edit.fields, thing.raw))
    before = applied(thing) if edit.manager != CLIENT_SIDE_APPLY else None
    if before is None:
        return [Field(path, None, value, is_old_known=False) for path, _, value in owned]
    fields = [field for path, steps, value in owned for field in _compared(path, _walk(before, steps), value)]
    return [field for field in fields if field.old != field.new]


def applied(thing: Thing) -> dict[str, Any] | None:
    """What `kubectl apply` last set, or None where that is not recorded."""
    try:
        found = json.loads(thing.annotations.get(LAST_APPLIED, "null"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found else None


def _compared(path: str, old: Any, new: Any) -> Iterator[Field]:
    """One field a leaf; of a JSON document the keys that differ, of several lines the first that do."""
    documents = [_document(value) for value in (old, new)]
    if all(isinstance(value, dict) for value in documents):
        path, (old, new) = f"{path}:", documents
    elif isinstance(old, str) and isinstance(new, str) and "\n" in old + new:
        yield Field(path, *_first_difference(old, new), is_old_known=True)
        return
    before, after = (dict(flat(value, path)) if isinstance(value, dict) else {path: value} for value in (old, new))
    for leaf in sorted({*before, *after}):
        yield Field(leaf.replace(":.", ":"), before.get(leaf), after.get(leaf), is_old_known=True)


def _document(value: Any) -> Any:
    return _loaded(value) if isinstance(value, str) and value.lstrip().startswith("{") else None


def _first_difference(old: str, new: str) -> tuple[str | None, str | None]:
    before, after = old.splitlines(), new.splitlines()
    gone = next((line.strip() for line in before if line not in after), None)
    come = next((line.strip() for line in after if line not in before), None)
    return gone, come


Steps = tuple[str, ...]


def _leaves(owned: Any, value: Any, path: str = "", steps: Steps = ()) -> Iterator[tuple[str, Steps, Any]]:
    """(path for people, steps, present value) of every leaf owned; what belongs to the record keeping is left out."""
    parts = [key for key in owned if key != "."] if isinstance(owned, dict) else []
    if not parts and path:
        yield path, steps, value
    for key in sorted(parts):
        if key not in _APART and not (key == "f:status" and not path):
            yield from _leaves(owned[key], _step(value, key), _joined(path, key), (*steps, key))


def _joined(path: str, key: str) -> str:
    kind, _, name = key.partition(":")
    if kind == "f":
        return f"{path}.{name}" if path else name
    return f"{path}[{_item_name(name)}]"


def _item_name(keys: str) -> str:
    found = _loaded(keys)
    if isinstance(found, dict):
        return text(found, "name") or text(found, "containerPort") or text(found, "port") or shown(found)
    return shown(found)


def _walk(value: Any, steps: Steps) -> Any:
    for step in steps:
        value = _step(value, step)
    return value


def _step(value: Any, key: str) -> Any:
    kind, _, name = key.partition(":")
    if kind == "f":
        return dig(value, name)
    wanted = _loaded(name)
    items = value if isinstance(value, list) else []
    if kind == "v":
        return wanted if wanted in items else None
    return next((item for item in items if _fits(item, wanted)), None)


def _fits(item: Any, wanted: Any) -> bool:
    """Whether an item has these keys; a key that it leaves to its default does not count."""
    if not isinstance(item, dict) or not isinstance(wanted, dict):
        return False
    given = [key for key in wanted if key in item]
    return bool(given) and all(item[key] == wanted[key] for key in given)


def _loaded(said: str) -> Any:
    try:
        return json.loads(said)
    except (ValueError, RecursionError):
        return said
