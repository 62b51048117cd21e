"""What people type, checked: objects as `deploy/web`, spans of time as `90m`."""

import click

from casebook.cluster.resources import Resource, UnknownResource, by_word

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SHORTEST, _LONGEST = "1m", "7d"
_DIGITS = 6
MAX_QUESTION = 2048


def subject(text: str) -> tuple[Resource, str]:
    """The resource and name meant by `KIND/NAME`. Raises `click.UsageError`."""
    kind, slash, name = text.partition("/")
    if not slash or not kind or not name or "/" in name:
        raise click.UsageError(f"{text!r} is not KIND/NAME, for example deploy/web")
    try:
        resource = by_word(kind)
    except UnknownResource as error:
        raise click.UsageError(str(error)) from None
    if resource.group.endswith(("authorization.k8s.io", "authentication.k8s.io", "metrics.k8s.io", "casebook.dev")):
        raise click.UsageError(
            f"{resource.kind} is nothing that can be investigated; name a workload, for example deploy/web"
        )
    return resource, name


def seconds(text: str, option: str = "--since", shortest: str = _SHORTEST, longest: str = _LONGEST) -> int:
    """The seconds of `30m`, `1h`, `2d`, within bounds that are both possible. Raises `click.UsageError`."""
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not (number.isascii() and number.isdigit()) or len(number) > _DIGITS:
        raise click.UsageError(
            f"{option} {text!r} is not a span of time; write {shortest}, {longest} or what lies between"
        )
    if not _length(shortest) <= _length(text) <= _length(longest):
        raise click.UsageError(f"{option} {text} must be between {shortest} and {longest}")
    return _length(text)


def _length(span: str) -> int:
    return int(span[:-1]) * _UNITS[span[-1]]


def question(text: str) -> str:
    """The question as text that can be stored anywhere. Raises `click.UsageError` where it is too long."""
    asked = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "").strip()
    if len(asked) > MAX_QUESTION:
        raise click.UsageError(f"--question has {len(asked)} characters; at most {MAX_QUESTION} are possible")
    return asked
