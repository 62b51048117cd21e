"""The `casebook` command. Every sub-command is imported when it is called, so that help and errors come at once."""

import gc
from importlib import import_module
from types import ModuleType

import click

from casebook import __version__

COMMANDS = {
    "investigate": "Look for the cause of a problem with your own kubeconfig; nothing is installed.",
    "replay": "Run a saved investigation again, offline.",
    "show": "Show the report of an investigation and what people said of it.",
    "why": "Show why a hypothesis was held or dropped.",
    "rate": "Say that a report was good or bad.",
    "correct": "Say what the cause really was; investigations in scope obey it from then on.",
    "draft": "Word what an investigation has taught by a model, for people to confirm.",
    "memories": "List what was taught, or what of it applies to an object.",
    "proposals": "List what waits to be confirmed or rejected, and what it would have done.",
    "learned": "Show what was taught lately, how often it helped, and what was saved.",
    "confirm": "Confirm a memory: from now on every investigation in its scope obeys it.",
    "reject": "Reject a memory: it was never true.",
    "retire": "Retire a memory: it was true and is no more.",
    "quarantine": "Take the force from all that comes from a hostile source.",
    "controller": "Run the controller (in the cluster).",
    "gateway": "Run the gateway (in the cluster).",
    "agent": "Run one attempt at an investigation (in a Job).",
    "db": "Create, upgrade and check the database.",
    "crds": "Write the custom resource definitions.",
    "causes": "Write the page about every cause.",
}


class LazyGroup(click.Group):
    """Commands by name; the module `casebook.cli.<name>` holds the command of the same name."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """All commands, in the order of their importance."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """The command, imported now; None where there is no such command or its extra is not installed."""
        if name not in COMMANDS:
            return None
        try:
            command = getattr(_imported(f"casebook.cli.{name}"), name)
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("casebook"):
                raise
            raise click.ClickException(
                f"{name} needs the Python package {error.name}: pip install 'casebook-operator[all]'"
            ) from error
        if not isinstance(command, click.Command):
            raise TypeError(f"casebook.cli.{name}.{name} is not a command")
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _imported(module: str) -> ModuleType:
    # Imports make hundreds of thousands of objects and no garbage; collecting all the while costs a tenth of the time.
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.enable()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="casebook")
def casebook() -> None:
    """Casebook investigates production problems on Kubernetes, read-only, and shows the evidence for what it finds."""


def main() -> None:
    """Entry point of `casebook`."""
    casebook(prog_name="casebook")


def kubectl() -> None:
    """Entry point of `kubectl casebook`."""
    casebook(prog_name="kubectl casebook")
