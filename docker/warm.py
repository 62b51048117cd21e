"""Imports every module of Casebook once, so that the bytecode of all that it needs is in the image.

The root file system is read-only where the image runs: without this each start would compile anew.
"""

import importlib
import pkgutil

import casebook

for module in pkgutil.walk_packages(casebook.__path__, "casebook."):
    if ".migrations." not in module.name:
        importlib.import_module(module.name)
