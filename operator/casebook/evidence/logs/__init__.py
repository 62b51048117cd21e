"""Logs of containers, line by line."""

from casebook.evidence.logs.source import LogSource

__all__ = ["LogSource"]
