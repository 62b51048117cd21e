"""`casebook crds`: the custom resource definitions as files."""

from pathlib import Path

import click

from casebook.crdgen.manifest import files


@click.group()
def crds() -> None:
    """Write the custom resource definitions."""


@crds.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("crds"),
    show_default=True,
    help="Folder to write to.",
)
@click.option("--check", is_flag=True, help="Write nothing; fail if a file is not what would be written.")
def generate(out: Path, check: bool) -> None:
    """Generate crds/*.yaml from the API models."""
    made = files()
    try:
        stale = [name for name, text in made.items() if not _holds(out / name, text)]
        if check and stale:
            raise click.ClickException(f"out of date: {', '.join(stale)}; run `casebook crds generate --out {out}`")
        for name in stale:
            _write(out / name, made[name])
    except OSError as error:
        raise click.ClickException(f"cannot use {error.filename}: {error.strerror}") from error
    click.echo(f"{len(made)} files in {out} are up to date" if not stale else f"wrote {', '.join(stale)} to {out}")


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
