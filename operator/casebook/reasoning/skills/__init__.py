"""Procedures that people confirmed, as they act in a run."""
