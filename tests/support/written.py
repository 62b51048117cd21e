"""Memories and skills as people write them, for those who try what the policies let them do."""

from typing import Any
from uuid import uuid4

MEMORIES, SKILLS = "memories.casebook.dev", "skills.casebook.dev"
EDIT = (
    ("casebook.dev", "memories", "create,get,update,patch,delete"),
    ("casebook.dev", "skills", "create,get,update,patch,delete"),
)
"""What whoever may propose holds."""
CONFIRM = "casebook-who-may-confirm"
"""Name of the policy."""
NARROW = {"matchLabels": {"workload.name": "api"}}
QUARANTINE: dict[str, Any] = {"claim": {"quarantine": {"person": "mallory"}}, "scope": {}}


def memory(namespace: str, editor: str, state: str = "Confirmed", **spec: Any) -> dict[str, Any]:
    """A note of this editor on one workload."""
    metadata = {"name": f"m-{uuid4().hex[:8]}", "namespace": namespace}
    body = {"statement": "it is so", "state": state, "lastEditor": editor, "scope": NARROW, **spec}
    return {"metadata": metadata, "spec": body}


def skill(namespace: str, editor: str, state: str = "Confirmed", **spec: Any) -> dict[str, Any]:
    """A skill of this editor for one workload."""
    metadata = {"name": f"s-{uuid4().hex[:8]}", "namespace": namespace}
    body = {"description": "use when", "state": state, "lastEditor": editor, "when": NARROW, **spec}
    return {"metadata": metadata, "spec": body}
