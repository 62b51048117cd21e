"""Imports of the Kubernetes client without the parts that are never used.

`kubernetes` and `kubernetes.aio` import every sub-package of theirs as they are imported, the whole synchronous client
among them. That is a third of the time to the first request of `casebook investigate` and 20 MiB in every process.
"""

import sys
from importlib.machinery import PathFinder
from types import ModuleType


def skip_eager_imports(*packages: str) -> None:
    """Register each package as a bare one, so that importing a module below it does not run its `__init__`.

    Outer packages come first. A package that is imported already is left alone.
    """
    path = None
    for name in packages:
        spec = PathFinder.find_spec(name, path)
        if spec is None or spec.submodule_search_locations is None:
            raise ModuleNotFoundError(f"no package named {name!r}", name=name)
        path = list(spec.submodule_search_locations)
        if name not in sys.modules:
            module = ModuleType(name)
            module.__path__ = path
            module.__spec__ = spec
            sys.modules[name] = module
