"""Measurements of Casebook beside a floor from the same run; see docs/performance.md."""
