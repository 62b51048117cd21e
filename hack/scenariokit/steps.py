"""Does the steps of a scenario."""

import asyncio
import json
import re
import shlex
import time

from scenariokit import certificates
from scenariokit.format import (
    Apply,
    Certificate,
    Condition,
    Issue,
    Kubectl,
    Scenario,
    Sign,
    Sleep,
    Step,
    Symptom,
    Wait,
    substituted,
    with_names,
)
from scenariokit.kubectl import CommandError, Kube

POLL_SECONDS = 1.0
COMMAND_SECONDS = 180.0


class SymptomError(CommandError):
    """What a command was to show did not show in its time."""


class Steps:
    """The steps of one run: a scenario, its namespaces and a kubectl whose default namespace is main."""

    def __init__(self, scenario: Scenario, names: dict[str, str], kube: Kube) -> None:
        self._scenario, self._names, self._kube = scenario, names, kube
        self._authorities = certificates.Authorities()

    async def do(self, steps: list[Step]) -> None:
        """Do the steps in order; manifests that follow each other are applied at once."""
        manifests: list[str] = []
        for step in steps:
            if isinstance(step, Apply):
                manifests.append(self._manifest(step.apply))
                continue
            await self._apply(manifests)
            await self._one(step)
        await self._apply(manifests)

    async def await_signs(self, signs: list[Sign]) -> None:
        """Wait until each symptom has shown; SymptomError tells which did not."""
        for sign in signs:
            await self._one(sign)

    async def _one(self, step: Symptom | Kubectl | Wait | Issue | Sleep) -> None:
        if isinstance(step, Sleep):
            await asyncio.sleep(step.sleep)
        elif isinstance(step, Symptom):
            await self._symptom(step)
        elif isinstance(step, Wait):
            await self._wait(step.wait)
        elif isinstance(step, Issue):
            await self._issue(step.certificate)
        else:
            await self._kube.must(*self._words(step.kubectl), seconds=COMMAND_SECONDS)

    async def _issue(self, certificate: Certificate) -> None:
        wanted = Certificate.model_validate(substituted(certificate.model_dump(), self._names))
        await self._kube.must("apply", "-f", "-", stdin=json.dumps(self._authorities.secret(wanted)))
        if wanted.bundle:
            await certificates.inject(self._kube, wanted.bundle, self._authorities.bundle(wanted.authority))

    def _words(self, text: str) -> list[str]:
        return shlex.split(with_names(text, self._names))

    def _manifest(self, name: str) -> str:
        return with_names(self._scenario.manifests[name], self._names)

    async def _apply(self, manifests: list[str]) -> None:
        if manifests:
            await self._kube.must("apply", "-f", "-", stdin="\n---\n".join(manifests), seconds=COMMAND_SECONDS)
            manifests.clear()

    async def _wait(self, condition: Condition) -> None:
        """kubectl wait, again while the object is not there yet."""
        end, words = time.monotonic() + condition.seconds, self._words(condition.for_)
        while True:
            left = max(1, round(end - time.monotonic()))
            arguments = ("wait", f"--for=condition={condition.condition}", f"--timeout={left}s", *words)
            done = await self._kube.run(*arguments, seconds=left + 10)
            if done.code == 0:
                return
            absent = "not found" in done.err or "no matching resources" in done.err
            if not absent or time.monotonic() >= end:
                raise CommandError(f"waiting for {condition.for_} to be {condition.condition}: {done.message}")
            await asyncio.sleep(POLL_SECONDS)

    async def _symptom(self, symptom: Symptom) -> None:
        end, words = time.monotonic() + symptom.seconds, self._words(symptom.kubectl)
        pattern = re.compile(with_names(symptom.matches, self._names))
        while True:
            done = await self._kube.run(*words, seconds=COMMAND_SECONDS)
            seen = (done.out if done.code == 0 else done.err).strip()
            if pattern.search(seen):
                return
            if time.monotonic() >= end:
                raise SymptomError(f"kubectl {symptom.kubectl}: {symptom.matches!r} not seen, last: {seen[-300:]!r}")
            await asyncio.sleep(POLL_SECONDS)
