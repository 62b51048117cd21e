"""`kubectl casebook rate`: a thumb on a report."""

import click

from casebook.cli import feedback
from casebook.cli.people import Access, Place, in_cluster


@click.command(short_help="Say that a report was good or bad.")
@click.argument("name", metavar="INVESTIGATION")
@click.argument("rating", type=click.Choice(["up", "down"]))
@click.option("--note", metavar="TEXT", default="", help="Why.")
@in_cluster
def rate(name: str, rating: str, note: str, namespace: str | None, kubeconfig: str | None, context: str | None) -> None:
    """Say that a report was good or bad. No memory is made of a rating alone; use `correct` for that."""
    entry = {"rating": rating.capitalize(), **({"note": note} if note else {})}

    async def work(place: Place) -> str:
        return str((await feedback.add(place, name, entry))["id"])

    added = Access(namespace, kubeconfig, context).run(work)
    click.echo(f"investigation/{name}: rated {rating} (feedback {added})")
