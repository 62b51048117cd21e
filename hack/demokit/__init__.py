"""The demo: a real cluster, a shop that breaks, an alert, and the report that it becomes."""
