"""The column type of embeddings: `halfvec` of pgvector, of any size, since each model has its own."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType


class HalfVec(UserDefinedType[Sequence[float]]):
    """Half-precision floats. Values go over as text; they never come back, since comparing them is left to Postgres."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The type's name in SQL."""
        return "HALFVEC"

    def bind_processor(self, dialect: Dialect) -> Callable[[Sequence[float] | None], str | None]:  # noqa: ARG002
        """From numbers to the text form `[1,2,3]`."""
        return lambda value: None if value is None else literal(value)


def literal(vector: Sequence[float]) -> str:
    """The text form of a vector; eight digits are more than a half-precision float holds."""
    return f"[{','.join(format(number, '.8g') for number in vector)}]"


ischema_names["halfvec"] = HalfVec
