"""What the commands of people have in common: which cluster and namespace, who they are, and errors in one line."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from casebook.cluster.client import NotConfigured, connect
from casebook.cluster.errors import ClusterError
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer

FIELD_MANAGER = "kubectl-casebook"
_REVIEW = "selfsubjectreviews.authentication.k8s.io"

Command = TypeVar("Command", bound=Callable[..., Any])
Result = TypeVar("Result")


@dataclass(frozen=True)
class Place:
    """A cluster as one person, and the namespace that they mean."""

    reader: Reader
    writer: Writer
    namespace: str

    async def me(self) -> str:
        """The name by which the API server knows the caller; policies compare it with what is written."""
        review = await self.writer.review(_REVIEW, {})
        return str(review["status"]["userInfo"].get("username", ""))


@dataclass(frozen=True)
class Access:
    """Which cluster and namespace a command is to work in."""

    namespace: str | None
    kubeconfig: str | None
    context: str | None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Place]:
        """Connect. Raises `NotConfigured`."""
        async with connect(self.kubeconfig, self.context) as client:
            yield Place(Reader(client), Writer(client, FIELD_MANAGER), self.namespace or client.default_namespace)

    def run(self, work: Callable[[Place], Awaitable[Result]]) -> Result:
        """Do the work there. Raises `click.ClickException` with what the API server said."""

        async def connected() -> Result:
            async with self.open() as place:
                return await work(place)

        try:
            return asyncio.run(connected())
        except NotConfigured as error:
            raise click.ClickException(str(error)) from error
        except ClusterError as error:
            raise click.ClickException(error.message) from error


def in_cluster(command: Command) -> Command:
    """The options that say where; the command takes them as `namespace`, `kubeconfig`, `context`."""
    for option in (
        click.option("--context", metavar="NAME", help="Context of the kubeconfig to use."),
        click.option("--kubeconfig", metavar="FILE", type=click.Path(exists=True, dir_okay=False), help="Kubeconfig."),
        click.option("-n", "--namespace", metavar="NAME", help="Namespace; the context's own by default."),
    ):
        command = option(command)
    return command
