"""The shop of the demo: a scenario in a namespace that people can read the name of."""

import asyncio
import shlex
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from scenariokit.format import Apply, Kubectl, Scenario, Step, with_names
from scenariokit.kubectl import CommandError, Kube
from scenariokit.steps import Steps

NAME = "shop"
GONE_SECONDS = 120


class Shop:
    """One scenario in namespaces of fixed names."""

    def __init__(self, scenario: Scenario, kube: Kube) -> None:
        self.scenario, self.kube = scenario, kube
        self.names = names_of(scenario)
        self.steps = Steps(scenario, self.names, kube)

    async def fresh(self) -> None:
        """Empty namespaces; what an earlier demo left in them goes first."""
        old = [n["metadata"]["name"] for n in await self.kube.objects("namespaces", "-l", "casebook.dev/demo=shop")]
        if old:
            await self.kube.must("delete", "namespace", *old, "--timeout=120s", seconds=GONE_SECONDS + 10)
        manifests = "---\n".join(
            f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels: {{casebook.dev/demo: shop}}\n"
            for name in self.names.values()
        )
        await self.kube.must("create", "-f", "-", stdin=manifests)

    async def tidy(self) -> None:
        """Take away what an earlier run of this scenario may have left outside of its namespaces."""
        for step in self.scenario.cleanup:
            try:
                await self.steps.do([step])
            except CommandError:
                continue


@asynccontextmanager
async def opened(scenario: Scenario, kube: Kube) -> AsyncIterator[Shop]:
    """The shop, with a kubectl whose default namespace is its own."""
    with tempfile.TemporaryDirectory(prefix="casebook-demo-") as folder:
        yield Shop(scenario, await kube.copy(Path(folder) / "kubeconfig", NAME))


def names_of(scenario: Scenario) -> dict[str, str]:
    """Logical names to the demo's namespaces."""
    return {name: NAME if name == "main" else f"{NAME}-{name}" for name in scenario.namespaces}


def commands(steps: list[Step], scenario: Scenario) -> list[str]:
    """The steps as a person would type them."""
    names, lines = names_of(scenario), []
    for step in steps:
        if isinstance(step, Kubectl):
            words = " ".join(with_names(step.kubectl, names).split())
            lines.append(f"kubectl -n {NAME} {words}")
        elif isinstance(step, Apply):
            lines.append(f"kubectl -n {NAME} apply -f {shlex.quote(step.apply)}")
    return lines


async def every(seconds: float, limit: float) -> AsyncIterator[float]:
    """Seconds passed, again and again until the limit."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    while (passed := loop.time() - begin) < limit:
        yield passed
        await asyncio.sleep(seconds)
