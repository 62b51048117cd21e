"""The controller's file of settings, as its commands read it."""

from pathlib import Path

import click
import yaml
from pydantic import ValidationError

from casebook.api.problems import explain
from casebook.controller.config import ControllerConfig


def controller_settings(path: Path) -> ControllerConfig:
    """Read and check it. Raises `click.UsageError` that names what is wrong."""
    try:
        return ControllerConfig.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except OSError as error:
        raise click.UsageError(f"cannot read {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise click.UsageError(f"{path}: {explain(error)}") from error
