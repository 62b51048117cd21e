"""`casebook investigate`: an investigation from a person's own machine."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import click

from casebook.agent.laptop import CannotRun, LaptopHome, Request, asked_place, prepare
from casebook.agent.loop import Agent, Conclusion
from casebook.api.enums import Reasoning
from casebook.api.investigation import Budget
from casebook.api.observation import PROMETHEUS
from casebook.cli import arguments, tracefile
from casebook.cli.asked import asked
from casebook.cli.render import FORMATS, Heading, colourful, render_report
from casebook.cli.render.live import watching
from casebook.cluster.client import NotConfigured, connect
from casebook.cluster.reader import Reader
from casebook.evidence.observer import RoutingObserver, kubernetes_sources
from casebook.evidence.prometheus import BadStore, PrometheusClient, PrometheusSource, Store
from casebook.evidence.redaction import redact_text
from casebook.model.adviser import Adviser
from casebook.reasoning import engine


@dataclass(frozen=True)
class Access:
    """How to reach the cluster, and a Prometheus and a model where they are given."""

    kubeconfig: str | None
    context: str | None
    store: Store | None = None
    model: str = ""


@click.command(short_help="Look for the cause of a problem with your own kubeconfig; nothing is installed.")
@click.argument("what", metavar="[KIND/NAME]", required=False)
@click.option("-n", "--namespace", metavar="NAME", help="Namespace to look into; the context's own by default.")
@click.option("-A", "--all-namespaces", is_flag=True, help="Look into all namespaces.")
@click.option("-q", "--question", metavar="TEXT", default="", help="What you want to know, in any language.")
@click.option("--since", metavar="SPAN", help="How far back to look: 30m, 1h, 2d. 1h, or what the question says.")
@click.option("--timeout", metavar="SPAN", help="How long it may take, with the model: 90s, 15m, at most 1h. 5m.")
@click.option("-o", "--output", type=click.Choice(FORMATS), default="text", show_default=True, help="Format.")
@click.option("--save", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Keep it for `replay`.")
@click.option("--prometheus", metavar="URL", envvar="PROMETHEUS_URL", help="Prometheus to ask, or $PROMETHEUS_URL.")
@click.option("--model", metavar="NAME", help="Model to ask where the rules come to no conclusion.")
@click.option("--kubeconfig", metavar="FILE", type=click.Path(exists=True, dir_okay=False), help="Kubeconfig to use.")
@click.option("--context", metavar="NAME", help="Context of the kubeconfig to use.")
def investigate(
    what: str | None,
    namespace: str | None,
    all_namespaces: bool,
    question: str,
    since: str | None,
    timeout: str | None,
    output: str,
    save: Path | None,
    prometheus: str | None,
    model: str | None,
    kubeconfig: str | None,
    context: str | None,
) -> None:
    """Look for the cause of a problem, with your own kubeconfig and rights. Only reads; installs nothing.

    \b
    casebook investigate deploy/web -n shop
    casebook investigate -n shop --question "why does checkout answer 500?"
    casebook investigate --question "why is auth in staging slow since 14:00?"

    A Prometheus is let in by $PROMETHEUS_TOKEN (bearer) and checked against $PROMETHEUS_CA_FILE, where they are set.
    A model is reached with $OPENAI_API_KEY, at $OPENAI_BASE_URL where that is set: any OpenAI-compatible endpoint.

    The report goes to standard output, the progress to standard error. The exit code is 0 whatever the verdict, 1 if
    the investigation could not run, 2 for wrong usage.
    """
    if namespace and all_namespaces:
        raise click.UsageError("give --namespace or --all-namespaces, not both")
    request = _request(what, namespace, question, since, everywhere=all_namespaces)
    if timeout:
        request = replace(request, budget=Budget(seconds=arguments.seconds(timeout, "--timeout", "10s", "1h")))
    if model:
        request = replace(request, reasoning=Reasoning.ASSISTED)
    if save and not save.parent.is_dir():
        raise click.UsageError(f"--save {save}: there is no folder {save.parent}")
    try:
        store = _store(prometheus, os.environ) if prometheus else None
        conclusion = asyncio.run(_run(request, Access(kubeconfig, context, store, model or "")))
    except BadStore as error:
        raise click.UsageError(f"--prometheus: {error}") from error
    except (NotConfigured, CannotRun) as error:
        raise click.ClickException(str(error)) from error
    if save:
        tracefile.save(save, conclusion.trace)
    heading = Heading.of(conclusion.trace.run)
    colour = colourful(sys.stdout)
    click.echo(render_report(conclusion.report, heading, output, colour=colour), nl=False, color=colour)
    if conclusion.error:
        raise click.ClickException(conclusion.error)


def _request(what: str | None, namespace: str | None, question: str, since: str | None, *, everywhere: bool) -> Request:
    resource, name = arguments.subject(what) if what else (None, "")
    if resource is not None and resource.kind == "Namespace":
        resource, name, namespace = None, "", name
    return Request(
        namespace=namespace or "",
        resource=resource,
        name=name,
        question=arguments.question(question),
        lookback_seconds=arguments.seconds(since) if since is not None else None,
        everywhere=everywhere,
    )


def _store(url: str, environment: Mapping[str, str]) -> Store:
    ca_file = environment.get("PROMETHEUS_CA_FILE", "")
    return Store(url, environment.get("PROMETHEUS_TOKEN", ""), ca_file=Path(ca_file) if ca_file else None)


async def _run(request: Request, access: Access) -> Conclusion:
    async with connect(access.kubeconfig, access.context) as client, aiohttp.ClientSession(trust_env=True) as http:
        reader = Reader(client)
        if not request.namespace:
            request = request.within(await asked_place(reader, request) or client.default_namespace)
        run = await prepare(reader, request, _now())
        sources = kubernetes_sources(reader)
        if access.store:
            run = run.replace(prometheus=True)
            # A question about a namespace is asked of its series only; the rules are the person's own to see.
            scope = None if run.scene.platform else run.scene.namespaces
            sources[PROMETHEUS] = PrometheusSource(PrometheusClient(http, access.store), scope, rules=True)
        observer = RoutingObserver(sources, _now)
        with watching(sys.stderr) as progress:
            async with adviser(access.model, os.environ) as advising:
                return await Agent(LaptopHome(run), observer, engine, progress, adviser=advising).investigate()


@asynccontextmanager
async def adviser(model: str, environment: Mapping[str, str]) -> AsyncIterator[Adviser | None]:
    """The model of this name where the environment says, or OpenAI's; None where none is named."""
    if not model:
        yield None
        return
    async with asked(model, environment) as endpoint:
        yield Adviser(endpoint, redact_text)


def _now() -> datetime:
    # Whole seconds: what a trace keeps, so that a replay reasons with the same moments.
    return datetime.now(UTC).replace(microsecond=0)
