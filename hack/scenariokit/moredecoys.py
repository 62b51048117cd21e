"""Decoys that a variant gets on top: a rollout, an edited ConfigMap, a talkative log, none of which matters; pure."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

from scenariokit.format import Apply, Decoy, Kubectl, Scenario

NAMES = ("brochure", "weather", "kiosk", "archive-ui", "banner", "tracker", "mailer", "gallery")
FILE = "more-decoys.yaml"
REFUSING = ("ResourceQuota", "LimitRange", "WebhookConfiguration", "pod-security", "kube-system")
"""What a scenario holds in which one pod more would change the fault."""
LOOP = (
    'i=0; while true; do i=$((i+1)); echo "WARN attempt 1 of 3 for item $i timed out, done at attempt 2"; sleep 7; done'
)


def add_decoys(scenario: Scenario, random: Random) -> Scenario:
    """The scenario with one or two decoys more; without further pods where their number matters."""
    written = scenario.model_dump_json() + "".join(scenario.manifests.values())
    names = [name for name in NAMES if name not in written]
    kinds = [_edit] if any(word in written for word in REFUSING) else [_edit, _rollout, _chatter]
    chosen = random.sample(kinds, random.randint(1, min(2, len(kinds))))
    named = zip(chosen, random.sample(names, len(chosen)), strict=True)
    objects, commands, decoys = [], [], []
    for make, name in named:
        made, done, decoy = make(name, random)
        objects.append(made)
        commands += done
        decoys.append(decoy)
    manifest = "\n---\n".join(map(json.dumps, objects))
    return scenario.model_copy(
        update={
            "setup": [Apply(apply=FILE), *scenario.setup, *(Kubectl(kubectl=command) for command in commands)],
            "manifests": scenario.manifests | {FILE: manifest},
            "decoys": [*scenario.decoys, *decoys],
        }
    )


Made = tuple[dict[str, Any], list[str], Decoy]
Maker = Callable[[str, Random], Made]


def _edit(name: str, random: Random) -> Made:
    """A ConfigMap that was edited shortly before, and that nobody reads."""
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"THEME": "plain"}}
    command = f'patch configmap {name} -p \'{{"data":{{"THEME":"dark-{random.randint(2, 99)}"}}}}\''
    return config, [command], Decoy(object=f"ConfigMap/{name}", cause="ConfigValueWrong", why="nobody reads it")


def _rollout(name: str, random: Random) -> Made:
    """A workload beside the path that got a new release shortly before, and works."""
    commands = [
        f"set env deployment/{name} BUILD={random.randint(2, 999)}",
        f"rollout status deployment/{name} --timeout=90s",
    ]
    script = "echo started; while true; do sleep 5; done"
    return (
        _deployment(name, script),
        commands,
        Decoy(object=f"Deployment/{name}", cause="ReleaseRegression", why="works"),
    )


def _chatter(name: str, _: Random) -> Made:
    """A workload that warns all the time and always did."""
    decoy = Decoy(object=f"Deployment/{name}", cause="DependencySlow", why="it warns like that at all times")
    return _deployment(name, LOOP), [], decoy


def _deployment(name: str, script: str) -> dict[str, Any]:
    container = {
        "name": name,
        "image": "casebook-shop:dev",
        "command": ["sh", "-c", script],
        "resources": {"requests": {"cpu": "5m", "memory": "8Mi"}, "limits": {"memory": "48Mi"}},
    }
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]},
    }
    spec = {"selector": {"matchLabels": {"app": name}}, "template": template}
    metadata = {"name": name, "labels": {"app": name}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
