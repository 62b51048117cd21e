"""The real Postgres."""

from support.postgres import postgres  # noqa: F401
