"""What a watch tells, of the lines that an API server sends; their shapes are those of `metav1.WatchEvent`."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from casebook.cluster import errors
from casebook.cluster.reader import Change, Reader


class Wire:
    """A client whose API server sends these lines, and what it was asked."""

    def __init__(self, *sent: dict[str, Any]) -> None:
        self.sent = sent
        self.asked: dict[str, str] = {}

    async def lines(self, _path: str, *, query: Any, timeout: float) -> AsyncGenerator[dict[str, Any], None]:
        self.asked = dict(query) | {"within": str(timeout)}
        for line in self.sent:
            yield line


async def told(wire: Any) -> list[Change]:
    changes = Reader(wire).watch("pods", "shop", "7", fields="spec.nodeName=n", seconds=30)
    return [one async for one in changes]


def event(kind: str, version: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "object": {"metadata": {"resourceVersion": version}, **more}}


async def test_objects_come_with_whether_they_are_gone_and_bookmarks_without_any() -> None:
    wire = Wire(event("ADDED", "8", a=1), event("BOOKMARK", "20"), event("DELETED", "21"))
    first, mark, last = await told(wire)
    assert (first.found, first.gone, first.resource_version) == (
        {"metadata": {"resourceVersion": "8"}, "a": 1},
        False,
        "8",
    )
    assert (mark.found, mark.gone, mark.resource_version) == (None, False, "20")
    assert (last.gone, last.resource_version) == (True, "21")
    assert wire.asked == {
        "watch": "true",
        "allowWatchBookmarks": "true",
        "resourceVersion": "7",
        "timeoutSeconds": "30",
        "fieldSelector": "spec.nodeName=n",
        "within": "35.0",
    }


@pytest.mark.parametrize(
    ("code", "error"), [(410, errors.Gone), (500, errors.Unavailable), (403, errors.Denied), (None, errors.Unavailable)]
)
async def test_an_error_on_the_way_is_the_error_that_its_status_names(
    code: int | None, error: type[errors.ClusterError]
) -> None:
    status = {"type": "ERROR", "object": {"kind": "Status", "code": code, "reason": "Expired", "message": "too old: 7"}}
    with pytest.raises(error, match="too old: 7"):
        await told(Wire(event("ADDED", "8"), status))
