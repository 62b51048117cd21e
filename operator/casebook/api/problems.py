"""Validation errors as one line that names the field as it stands on the wire, and what would be right."""

from pydantic import ValidationError


def first_problem(error: ValidationError) -> tuple[str, str]:
    """The path of the first wrong field, for example `receivers[0].name`, and what is wrong with it."""
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"]).lstrip(".")
    return path, problem["msg"].removeprefix("Value error, ")


def explain(error: ValidationError) -> str:
    """One line for a person: the first wrong field, what is wrong, and how many more there are."""
    path, message = first_problem(error)
    more = error.error_count() - 1
    return f"{path or 'it'}: {message}" + (f" (and {more} more)" if more else "")
