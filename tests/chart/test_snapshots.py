"""What each set of values renders, kept as a file, so that a change shows in review.

After a change that is meant: CASEBOOK_UPDATE_SNAPSHOTS=1 pytest tests/chart/test_snapshots.py
"""

import os
from pathlib import Path

import pytest
import yaml

SNAPSHOTS = Path(__file__).parent / "snapshots"
SETS = sorted(path.stem for path in (Path(__file__).parent / "values").glob("*.yaml"))


@pytest.mark.parametrize("name", SETS)
def test_what_is_rendered_is_what_was_reviewed(rendered, name):
    # The definitions have a test of their own.
    manifests = [m for m in rendered(name) if m["kind"] != "CustomResourceDefinition"]
    text = yaml.safe_dump_all(sorted(manifests, key=_key), sort_keys=True, width=120)
    path = SNAPSHOTS / f"{name}.yaml"
    if os.environ.get("CASEBOOK_UPDATE_SNAPSHOTS"):
        path.write_text(text)
    assert text == path.read_text(), "run with CASEBOOK_UPDATE_SNAPSHOTS=1 if the change is meant"


def _key(manifest: dict) -> tuple[str, ...]:
    metadata = manifest["metadata"]
    return manifest["kind"], metadata.get("namespace", ""), metadata["name"]
