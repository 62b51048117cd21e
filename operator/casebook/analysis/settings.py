"""What a workload is configured with: environment, ConfigMaps, command lines, each with where it comes from."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from casebook.analysis.access import dig, listed, strings, text, words
from casebook.analysis.things import Cite, Ref
from casebook.analysis.workloads import Workload
from casebook.analysis.world import World

_LINE = re.compile(
    r"^\s*(?:export\s+)?[\"']?([A-Za-z_][\w.-]*)[\"']?\s*[=:]\s*[\"']?([^\"'\n#]*?)[\"']?,?\s*$", re.MULTILINE
)
_MAX_FILE = 16_384
COMMAND = "command"


class Setting(NamedTuple):
    """One value that a container gets: its name for the program, and the object and key that a person would edit."""

    name: str
    value: str
    container: str
    origin: Ref
    key: str
    source: str

    def cite(self) -> Cite:
        """A citation of it."""
        return Cite(self.source, f"{self.origin.label(self.origin.namespace)}: {self.key} = {self.value[:300]}")


class Reference(NamedTuple):
    """A reference of a pod template to a ConfigMap, Secret, claim or ServiceAccount."""

    target: Ref
    key: str
    container: str
    path: tuple[str | int, ...]
    optional: bool


def references(workload: Workload) -> list[Reference]:
    """Every reference of the pod template to another object by name."""
    found = [*_env_references(workload), *_volume_references(workload)]
    account = text(workload.template, "spec", "serviceAccountName")
    if account:
        found.append(Reference(_ref(workload, "ServiceAccount", account), "", "", ("serviceAccountName",), False))
    return found


def _ref(workload: Workload, kind: str, name: str) -> Ref:
    return Ref(kind, workload.ref.namespace, name)


def _env_references(workload: Workload) -> Iterator[Reference]:
    for key, index, spec in workload.specs():
        container = text(spec, "name")
        for position, item in enumerate(listed(spec, "env")):
            for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
                name = text(item, "valueFrom", field, "name")
                if name:
                    path = workload.spec_path(key, index, "env", position, "valueFrom", field)
                    optional = dig(item, "valueFrom", field, "optional") is True
                    wanted = text(item, "valueFrom", field, "key")
                    yield Reference(_ref(workload, kind, name), wanted, container, path, optional)
        for position, item in enumerate(listed(spec, "envFrom")):
            for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                name = text(item, field, "name")
                if name:
                    path = workload.spec_path(key, index, "envFrom", position, field)
                    yield Reference(
                        _ref(workload, kind, name), "", container, path, dig(item, field, "optional") is True
                    )


def _volume_references(workload: Workload) -> Iterator[Reference]:
    for index, volume in enumerate(listed(workload.template, "spec", "volumes")):
        path = (*workload.spec_path("volumes", index),)
        for field, kind, named in (
            ("configMap", "ConfigMap", "name"),
            ("secret", "Secret", "secretName"),
            ("persistentVolumeClaim", "PersistentVolumeClaim", "claimName"),
        ):
            yield from _of_source(workload, volume, (field, kind, named), path)
        for source in listed(volume, "projected", "sources"):
            for field, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
                yield from _of_source(workload, source, (field, kind, "name"), path)


def _of_source(
    workload: Workload, source: object, how: tuple[str, str, str], path: tuple[str | int, ...]
) -> Iterator[Reference]:
    field, kind, named = how
    name = text(source, field, named)
    if not name:
        return
    optional = dig(source, field, "optional") is True
    target = _ref(workload, kind, name)
    keys = [text(item, "key") for item in listed(source, field, "items")]
    for key in keys or [""]:
        yield Reference(target, key, "", (*path, field), optional)


def settings(world: World, workload: Workload) -> list[Setting]:
    """What its containers are configured with; files of mounted ConfigMaps also line by line."""
    found: list[Setting] = []
    for _, _, spec in workload.specs():
        container = text(spec, "name")
        found += _environment(world, workload, spec)
        for part in ("command", "args"):
            line = " ".join(words(spec, part))
            if line:
                found.append(Setting(COMMAND, line, container, workload.ref, part, workload.thing.source))
    for file in _mounted(world, workload):
        found += _lines(file)
    return list(dict.fromkeys(found))


def is_kept(workload: Workload, setting: Setting) -> bool:
    """Whether a container keeps this value of a ConfigMap until it starts again: a variable, or a file by `subPath`."""
    if setting.container:
        return True
    paths = {
        (text(volume, "name"), text(item, "path") or text(item, "key"))
        for volume in listed(workload.template, "spec", "volumes")
        for source in (volume, *listed(volume, "projected", "sources"))
        for item in listed(source, "configMap", "items") or [{"key": setting.key.split(":")[0]}]
        if text(source, "configMap", "name") == setting.origin.name and text(item, "key") == setting.key.split(":")[0]
    }
    mounts = [mount for _, _, spec in workload.specs() for mount in listed(spec, "volumeMounts")]
    return any((text(mount, "name"), text(mount, "subPath")) in paths for mount in mounts)


def files(world: World, workload: Workload) -> list[Setting]:
    """The files of mounted ConfigMaps, each whole: its key and its text."""
    return list(dict.fromkeys(_mounted(world, workload)))


def mounted_maps(workload: Workload) -> list[tuple[str, Ref]]:
    """The folders that hold a whole ConfigMap, a file for each of its keys, with that ConfigMap."""
    volumes = {
        text(volume, "name"): _ref(workload, "ConfigMap", text(volume, "configMap", "name"))
        for volume in listed(workload.template, "spec", "volumes")
        if text(volume, "configMap", "name") and not listed(volume, "configMap", "items")
    }
    mounts = [mount for _, _, spec in workload.specs() for mount in listed(spec, "volumeMounts")]
    found = [(text(one, "mountPath").rstrip("/"), volumes.get(text(one, "name"))) for one in mounts]
    whole = [(folder, target) for (folder, target), one in zip(found, mounts, strict=True) if not text(one, "subPath")]
    return [(folder, target) for folder, target in whole if folder and target]


def _mounted(world: World, workload: Workload) -> Iterator[Setting]:
    for reference in _volume_references(workload):
        thing = world.things.get(reference.target)
        if thing is not None and thing.ref.kind == "ConfigMap":
            for key, value in strings(thing.raw, "data").items():
                if reference.key in ("", key):
                    yield Setting(key, value, "", thing.ref, key, thing.source)


def _environment(world: World, workload: Workload, spec: object) -> Iterator[Setting]:
    container = text(spec, "name")
    given: dict[str, Setting] = {}
    for item in listed(spec, "envFrom"):
        thing = world.things.get(_ref(workload, "ConfigMap", text(item, "configMapRef", "name")))
        if thing is None:
            continue
        for key, value in strings(thing.raw, "data").items():
            name = text(item, "prefix") + key
            given[name] = Setting(name, value, container, thing.ref, key, thing.source)
    for item in listed(spec, "env"):
        name = text(item, "name")
        found = _variable(world, workload, item, container)
        if found:
            given[name] = found
    yield from given.values()


def _variable(world: World, workload: Workload, item: object, container: str) -> Setting | None:
    name, value = text(item, "name"), text(item, "value")
    if value:
        return Setting(name, value, container, workload.ref, name, workload.thing.source)
    source = text(item, "valueFrom", "configMapKeyRef", "name")
    thing = world.things.get(_ref(workload, "ConfigMap", source)) if source else None
    key = text(item, "valueFrom", "configMapKeyRef", "key")
    held = text(thing.raw, "data", key) if thing else ""
    return Setting(name, held, container, thing.ref, key, thing.source) if thing and held else None


def _lines(file: Setting) -> Iterator[Setting]:
    """A mounted file as one setting, and each of its lines that sets something as another."""
    held = file._replace(value=file.value[:_MAX_FILE])
    yield held
    for name, value in _LINE.findall(held.value) if "\n" in file.value else []:
        if value:
            yield file._replace(name=name, value=value, key=f"{file.key}: {name}")
