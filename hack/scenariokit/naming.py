"""Other names for what a scenario makes, the same in manifests, commands, addresses and answers; pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

KEPT = frozenset({"shop"})
"""Names that mean something else besides: here the product, its image and its label."""
POOL = (
    *("orders", "basket", "identity", "catalog", "parcels", "invoices", "tariffs", "couriers", "vouchers", "stock"),
    *("kestrel", "maple", "orion", "quartz", "heron", "basalt", "comet", "juniper", "walrus", "saffron", "tundra"),
    *("lager", "kasse", "versand", "kunden", "rechnung", "panier", "livraison", "facture", "pedidos", "almacen"),
    *("svc-a7", "node-hub", "core-x", "flow-in", "zeta9", "prod-lane", "edge-two", "unit-4", "bluebox", "q-line"),
)
"""What things are called instead: words of the trade in several languages, code names, names that say nothing."""
PORT_NAMES = {"http": ("rest", "entry", "main"), "https": ("tls-in", "secure"), "postgres": ("sql", "pg-main")}
PORTS = (8000, 8088, 8181, 8888, 9000, 9080, 7070, 6060, 3000, 5050)
IMPLIED = frozenset({80, 443})
"""Ports that an address need not name, so that they cannot be told apart in text."""
_SLASH = re.compile(r"(?://|(?:^|[\s\"'=,(\[:|])[A-Za-z]+/(?:\{ns(?::[a-z0-9-]+)?\}/)?)$")
"""A slash in front of a name: that of an address, or of `Kind/name` and `Kind/{ns}/name`; none of a path."""
_FILE = r"(?!\.(?:json|yaml|crt|key|py|dump)\b)"


@dataclass(frozen=True)
class Names:
    """Old names to new ones: objects and hosts, containers that are called otherwise, Service ports, named ports."""

    objects: dict[str, str]
    containers: dict[str, str] = field(default_factory=dict)
    ports: dict[int, int] = field(default_factory=dict)
    port_names: dict[str, str] = field(default_factory=dict)

    def prose(self, text: str) -> str:
        """A sentence of a person, who speaks of objects and not of containers."""
        return self._renumbered(_replaced(text, self.objects))

    def text(self, text: str) -> str:
        """A command's word, a value, an address, a regular expression."""
        return self._renumbered(_replaced(text, self.containers | self.objects))

    def _renumbered(self, text: str) -> str:
        """Ports behind the hosts, which have their new names already."""
        if not self.ports:
            return text
        hosts, ports = _either(self.objects.values()), _either(str(port) for port in self.ports)
        address = re.compile(rf"(\b{hosts}(?:[-\w.]|\{{ns(?::[a-z0-9-]+)?\}})*:)({ports})(?!\d)")
        return address.sub(lambda match: f"{match[1]}{self.ports[int(match[2])]}", text)


def renamed(objects: list[dict[str, Any]], written: str, injected: str, random: Random) -> Names:
    """New names for these objects of a scenario.

    `written` is all that it holds, so that no new name is one that is there already; `injected` is what makes the
    fault, where a name with a slip of the pen becomes the new name with the same slip.
    """
    unused = [word for word in POOL if word not in written.lower()]
    random.shuffle(unused)
    given = [str(item.get("metadata", {}).get("name", "")) for item in objects]
    made = [name for name in map(_bare, given) if name and name not in KEPT]
    own = list(dict.fromkeys(name for name in made if not _led(name, made)))
    new = dict(zip(own, unused, strict=False))
    inner = [str(container["name"]) for item in objects for container in containers(item)]
    others = [name for name in dict.fromkeys(inner) if name not in KEPT | set(made) and not _led(name, made)]
    spare = dict(zip(others, unused[len(own) :], strict=False))
    names = {port: random.choice(words) for port, words in PORT_NAMES.items()}
    return Names(new | _slips(new, injected), spare, _ports(objects, written, random), names)


def containers(value: Any) -> Iterator[dict[str, Any]]:
    """Every container in an object or a patch, init containers too."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in {"containers", "initContainers"} and isinstance(item, list):
                yield from item
            else:
                yield from containers(item)
    elif isinstance(value, list):
        for item in value:
            yield from containers(item)


def _bare(name: str) -> str:
    """A name without the namespace that makes it unique in the cluster."""
    return re.sub(r"-?zzns\d+zz$", "", name)


def _led(name: str, names: Iterable[str]) -> bool:
    """Whether it is another name with something behind it, and so gets its new name from that."""
    return any(name != other and name.startswith(f"{other}-") for other in names)


def _ports(objects: list[dict[str, Any]], written: str, random: Random) -> dict[int, int]:
    """New numbers for the ports of Services that stand nowhere but behind a host."""
    services = [item for item in objects if item["kind"] == "Service"]
    used = {int(port["port"]) for item in services for port in item["spec"].get("ports", [])} - IMPLIED
    settings = " ".join(_values(objects))
    alone = {port for port in used if re.search(rf"(?<![:\d]){port}(?!\d)", settings)}
    free = [port for port in PORTS if str(port) not in written]
    random.shuffle(free)
    return dict(zip(sorted(used - alone), free, strict=False))


def _values(objects: list[dict[str, Any]]) -> Iterator[str]:
    """Values of ConfigMaps and of variables, by which programs are told addresses and ports."""
    for item in objects:
        if item["kind"] == "ConfigMap":
            yield from (str(value) for value in item.get("data", {}).values())
        for container in containers(item):
            yield from (str(entry.get("value", "")) for entry in container.get("env", []))


def _slips(new: dict[str, str], injected: str) -> dict[str, str]:
    """Names with two letters exchanged or one doubled that the fault writes, and the same slip in the new names."""
    found = {}
    for old, instead in new.items():
        for index in range(len(old) - 1 if len(old) > 2 else 0):
            for slip in (_exchanged, _doubled):
                wrong = slip(old, index)
                if wrong != old and re.search(rf"\b{wrong}\b", injected):
                    found[wrong] = slip(instead, min(index, len(instead) - 2))
        if len(old) > 2 and re.search(rf"\b{_doubled(old, len(old) - 1)}\b", injected):
            found[_doubled(old, len(old) - 1)] = _doubled(instead, len(instead) - 1)
    return found


def _exchanged(word: str, index: int) -> str:
    return word[:index] + word[index + 1] + word[index] + word[index + 2 :]


def _doubled(word: str, index: int) -> str:
    return word[: index + 1] + word[index:]


def _replaced(text: str, names: dict[str, str]) -> str:
    if not names:
        return text
    token = re.compile(rf"(?<![\w.-])({_either(names)})(s?)(?!\w){_FILE}")

    def replace(match: re.Match[str]) -> str:
        before = text[: match.start()]
        if before.endswith("/") and not _SLASH.search(before):
            return match[0]
        return names[match[1]] + match[2]

    return token.sub(replace, text)


def _either(words: Iterable[str]) -> str:
    """A group of the words, the longest first."""
    return f"(?:{'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})"
