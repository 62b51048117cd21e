"""Errors as the agent and the senders of alerts see them: JSON, one line, no traceback; unforeseen ones are 503."""

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from casebook.cluster.errors import ClusterError, Unavailable
from casebook.store.errors import StoreUnavailable

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_log = structlog.get_logger(__name__)


class Problem(Exception):
    """A request that is answered with this status, message and, where one is wrong, field."""

    def __init__(self, status: int, message: str, field: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field
        self.retry_after = retry_after


class Stale(Problem):
    """Another pod or a later attempt has taken over, or the investigation is gone (409)."""

    def __init__(self, message: str) -> None:
        super().__init__(409, message)


def answer(problem: Problem) -> web.Response:
    """The response for a problem."""
    body = {"error": problem.message} | ({"field": problem.field} if problem.field else {})
    again = problem.retry_after or (1.0 if problem.status == 503 else None)
    headers = {"Retry-After": str(max(1, round(again)))} if again else {}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return web.json_response(body, status=problem.status, headers=headers)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The boundary of every request: whatever goes wrong becomes an answer, and 503 asks the sender to try again."""
    try:
        return await handler(request)
    except Problem as problem:
        return answer(problem)
    except web.HTTPException as error:
        return answer(Problem(error.status, error.reason))
    except ClusterError as error:
        _log.warning("the API server did not do what was asked", path=request.path, error=error.message)
        again = error.retry_after if isinstance(error, Unavailable) else None
        return answer(Problem(503, f"the API server cannot serve this now: {error.message}", retry_after=again))
    except StoreUnavailable as error:
        _log.warning("the store did not do what was asked", path=request.path, error=str(error))
        return answer(Problem(503, f"the store cannot be used now: {error}"))
    except Exception:  # noqa: BLE001 - the one boundary of a request
        _log.exception("unforeseen error", path=request.path)
        return answer(Problem(503, "the gateway could not serve this request; its log says why"))
