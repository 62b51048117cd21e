"""Equal parts of many objects, held once: pods of one template differ in little, and there may be a thousand."""

from typing import Any


class Shared:
    """Makes of a JSON value an equal one whose parts are those that it has seen before, where they are equal.

    Nobody may change what comes of it.
    """

    def __init__(self) -> None:
        self._known: dict[object, Any] = {}

    def __call__(self, value: Any) -> Any:
        """The value, equal to what was given."""
        if isinstance(value, dict):
            made: Any = {key: self(item) for key, item in value.items()}
            return self._known.setdefault(("object", *((key, id(item)) for key, item in made.items())), made)
        if isinstance(value, list):
            made = [self(item) for item in value]
            return self._known.setdefault(("list", *map(id, made)), made)
        # 0.0 and -0.0 are equal, and not the same.
        told = repr(value) if isinstance(value, float) else value
        return self._known.setdefault((type(value), told), value)
