"""The one error of this package."""


class ClusterError(Exception):
    """Something a person has to know about, in one line: what failed and what would help."""
