"""The code that a release changes; CODE_VERSION selects it, so that a deploy needs no second image."""

import importlib
from types import ModuleType

from shop.releases import v1 as v1
from shop.settings import SettingError, text

VERSIONS = ("v1", "v2", "v3", "v4", "v5")


def selected() -> ModuleType:
    """The release that CODE_VERSION names, v1 where it is not set."""
    version = text("CODE_VERSION", "v1")
    if version not in VERSIONS:
        raise SettingError(f"CODE_VERSION={version} is not a release; one of {', '.join(VERSIONS)}")
    return importlib.import_module(f"shop.releases.{version}")
