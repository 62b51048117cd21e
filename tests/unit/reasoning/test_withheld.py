"""What a tenant is not shown of a cluster-scoped object stands in the report."""

from casebook.api.observation import listing
from casebook.api.report import Cost, Finding
from casebook.api.run import Stop
from casebook.reasoning import engine
from support import builders


def test_what_was_withheld_is_named_as_not_checked() -> None:
    shown = builders.observe(listing("nodes"), {"items": []}, 1, message="withheld: addresses; images")
    snapshot = builders.snapshot(builders.run("why?", "Deployment/web"), builders.healthy("web"), shown)
    report = engine.conclude(snapshot, engine.weigh(snapshot), Stop(reason="Clear"), Cost())
    assert Finding(object="nodes", note="withheld: addresses; images") in report.not_checked
