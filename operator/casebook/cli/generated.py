"""Files that a command makes and that are kept in the repository."""

from collections.abc import Mapping
from pathlib import Path

import click


def hold(made: Mapping[str, str], out: Path, *, check: bool, command: str) -> None:
    """Write the files that differ to a folder; with `check` write nothing, and fail where one differs.

    Raises `ClickException` with the command that makes them, or where a file cannot be read or written.
    """
    try:
        stale = [name for name, text in made.items() if not _holds(out / name, text)]
        if check and stale:
            raise click.ClickException(f"out of date: {', '.join(stale)}; run `{command} --out {out}`")
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
