"""What the API server says no with, as a small family of exceptions; every message is fit for a person."""

import json


class ClusterError(Exception):
    """A call to the API server that did not do what was asked."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(ClusterError):
    """The object, or the kind itself, is not there (404)."""


class AlreadyExists(ClusterError):
    """An object of this name is there already (409 on create)."""


class Conflict(ClusterError):
    """The object has changed since it was read (409 on update)."""


class Denied(ClusterError):
    """Authentication or authorization failed (401, 403)."""


class Invalid(ClusterError):
    """The API server refuses the content (400, 422)."""


class Gone(ClusterError):
    """A continue token or resource version is too old (410)."""


class TooLarge(ClusterError):
    """The object is over a size limit (413)."""


class Unavailable(ClusterError):
    """The API server cannot answer now (429, 5xx, network, timeout); worth another try."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


_BY_STATUS: dict[int, type[ClusterError]] = {
    400: Invalid,
    401: Denied,
    403: Denied,
    404: NotFound,
    405: Invalid,
    409: Conflict,
    410: Gone,
    413: TooLarge,
    422: Invalid,
}


def from_response(status: int, body: bytes, retry_after: str | None) -> ClusterError:
    """The exception for an HTTP status of 400 or above and its body, a `metav1.Status` or anything else."""
    reason, message = _status(body)
    if status == 409 and reason == "AlreadyExists":
        return AlreadyExists(message)
    if status == 429 or status >= 500:
        # etcd refuses what is too large with a 500 whose text is all that tells it apart.
        if "request is too large" in message or "trying to send message larger than max" in message:
            return TooLarge(message)
        return Unavailable(message or f"the API server answered {status}", _seconds(retry_after))
    return _BY_STATUS.get(status, Invalid)(message or f"the API server answered {status}")


def _status(body: bytes) -> tuple[str, str]:
    try:
        status = json.loads(body)
    except ValueError:
        return "", body[:500].decode("utf-8", "replace").strip()
    if not isinstance(status, dict):
        return "", str(status)[:500]
    return str(status.get("reason", "")), str(status.get("message", ""))[:1000]


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isdigit() else None
