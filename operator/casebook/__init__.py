"""Casebook: read-only investigations of production problems on Kubernetes, and a casebook of what people taught it."""

__version__ = "0.1.0"
