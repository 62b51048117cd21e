"""Next steps of a cause without a case: what a case would fill in stands in angle brackets."""

import re
from collections.abc import Iterator
from typing import Any, Final, cast

from casebook.analysis.things import Ref
from casebook.reasoning.cause import Candidate, Cause

_KIND: Final = re.compile(r"[A-Z]\w+")
_USUAL: Final = "Deployment"
_PARTS: Final[dict[str, Any]] = {
    "kind": _USUAL,
    "template": {"metadata": {"labels": {"app": "<name>"}}},
    "message": 'persistentvolumeclaim "<name>" not found',
}
"""Parts of a case of which the text of steps depends on more than their names."""


class Placeholder(str):
    """A text `<name>` that stands for whatever a case has there; every part and every result of it is one too."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _PARTS.get(name, Placeholder(f"<{name}>"))

    def __call__(self, *_: object, **__: object) -> "Placeholder":
        """What a method of it gives: itself, whose text tells more than a word for the result would."""
        return self

    def __getitem__(self, _: object) -> "Placeholder":
        return self

    def __iter__(self) -> Iterator["Placeholder"]:
        return iter((self, self))

    def __len__(self) -> int:
        return 2

    def __gt__(self, _: object) -> bool:
        return True

    def __floordiv__(self, _: object) -> "Placeholder":
        return self


def steps(cause: Cause[Any]) -> list[str]:
    """What a person would do about a cause, as for an object `<name>` of the kind that it names."""
    kind = _KIND.search(cause.names)
    ref = Ref(kind[0] if kind else _USUAL, "<namespace>", "<name>")
    found = Candidate(ref, "", frozenset({ref}), frozenset(), cast("Any", Placeholder("<about>")))
    return list(dict.fromkeys(cause.steps(cast("Any", Placeholder("<situation>")), found)))
