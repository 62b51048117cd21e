"""`casebook agent`: one attempt at an investigation, in a Job."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import click

from casebook.agent.gateway import GatewayClient
from casebook.agent.job import GatewayHome, ProjectedSource, ScopedSource
from casebook.agent.loop import Agent, Conclusion, HomeError
from casebook.agent.progress import Logged
from casebook.agent.rights import TooMuchRight, check_rights
from casebook.api.consultation import INSTALLED
from casebook.api.enums import Reasoning
from casebook.api.observation import KUBERNETES, PROMETHEUS
from casebook.api.run import Run
from casebook.cli.plainlogs import configure
from casebook.cluster.client import NotConfigured, connect
from casebook.cluster.errors import ClusterError
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from casebook.evidence.observer import RoutingObserver, kubernetes_sources
from casebook.evidence.redaction import redact_text
from casebook.evidence.source import Source
from casebook.model.adviser import Adviser
from casebook.reasoning import engine

TERMINATION_LOG = Path("/dev/termination-log")
_TERMINATION_BYTES = 4000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """What the controller gives to the pod."""

    gateway: str
    token_file: Path

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Settings":
        """From CASEBOOK_GATEWAY_URL and CASEBOOK_GATEWAY_TOKEN_FILE. Raises `click.UsageError`."""
        missing = [
            name for name in ("CASEBOOK_GATEWAY_URL", "CASEBOOK_GATEWAY_TOKEN_FILE") if not environment.get(name)
        ]
        if missing:
            raise click.UsageError(f"{' and '.join(missing)} must be set; the controller sets them in the Job")
        url = environment["CASEBOOK_GATEWAY_URL"]
        if not url.startswith(("http://", "https://")):
            raise click.UsageError(f"CASEBOOK_GATEWAY_URL {url!r} is not an http(s) URL")
        return cls(url, Path(environment["CASEBOOK_GATEWAY_TOKEN_FILE"]))


@click.command(short_help="Run one attempt at an investigation (in a Job).")
def agent() -> None:
    """Run one attempt at an investigation: in a Job of the controller, with read-only rights, through the gateway.

    Settings come from the environment: CASEBOOK_GATEWAY_URL, CASEBOOK_GATEWAY_TOKEN_FILE.
    """
    configure()
    settings = Settings.of(os.environ)
    try:
        conclusion = asyncio.run(_run(settings))
    except (HomeError, TooMuchRight, NotConfigured, ClusterError) as error:
        _last_words(str(error))
        raise click.ClickException(str(error)) from error
    log.info(
        "report handed in",
        extra={
            "verdict": conclusion.report.verdict.value,
            "observations": conclusion.report.cost.observations,
            "milliseconds": conclusion.report.cost.milliseconds,
        },
    )
    if conclusion.error:
        _last_words(conclusion.error)


async def _run(settings: Settings) -> Conclusion:
    async with aiohttp.ClientSession(trust_env=False) as session, connect() as client:
        gateway = GatewayClient(session, settings.gateway, settings.token_file)
        home = GatewayHome(gateway)
        run = await home.fetch()
        await check_rights(Writer(client, "casebook-agent"), run.scene.namespaces or [run.namespace])
        observer = RoutingObserver(_sources(run, Reader(client), gateway), _now)
        async with adviser(run, settings) as asked:
            return await Agent(home, observer, engine, Logged(), adviser=asked).investigate()


@asynccontextmanager
async def adviser(run: Run, settings: Settings) -> AsyncIterator[Adviser | None]:
    """The installation's model behind the gateway, which holds its key; None where the run is not to ask one."""
    if not run.model or run.spec.reasoning is Reasoning.BUILT_IN:
        yield None
        return
    # Loading the client takes seconds, which a run without a model need not wait for.
    from casebook.model.client import completions

    async def token() -> str:
        return settings.token_file.read_text().strip()

    url = f"{settings.gateway.rstrip('/')}/v1"
    async with completions(INSTALLED, key=token, url=url, retries=0) as endpoint:
        yield Adviser(endpoint, redact_text)


def _sources(run: Run, reader: Reader, gateway: GatewayClient) -> dict[str, Source]:
    through = ProjectedSource(gateway)
    sources = kubernetes_sources(reader) | {PROMETHEUS: through}
    if run.scene.platform:
        return sources
    return sources | {KUBERNETES: ScopedSource(sources[KUBERNETES], through, run.scene.namespaces)}


def _now() -> datetime:
    # Whole seconds: what a trace keeps, so that a replay reasons with the same moments.
    return datetime.now(UTC).replace(microsecond=0)


def _last_words(message: str) -> None:
    """Leave the message where the kubelet copies it into the pod's status."""
    if not TERMINATION_LOG.exists():
        return
    try:
        TERMINATION_LOG.write_text(message[:_TERMINATION_BYTES])
    except OSError as error:
        log.warning("no termination message", extra={"reason": str(error)})
