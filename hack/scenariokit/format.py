"""The scenario format: a folder with a scenario.yaml and the manifests that it applies."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, ValidationError, model_validator

from casebook.api.enums import Verdict

NAMESPACE = re.compile(r"\{ns(?::([a-z0-9-]+))?\}")
"""`{ns}` is the namespace main, `{ns:other}` the one that is called other."""

Need = Literal["metrics", "prometheus", "networkpolicy", "two-nodes", "node-access", "registry", "whole-cluster"]
WHOLE_CLUSTER: Need = "whole-cluster"
"""What such a scenario breaks is not in its namespaces: it runs only when asked for, alone, and always restores."""
Logical = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$")]
Seconds = Annotated[float, Field(gt=0, le=900)]


class FormatError(Exception):
    """A scenario that cannot be read; the message names the file and the field."""


def _listed(value: Any) -> Any:
    """One name, or a list; a number that YAML made of a name is one again."""
    listed = value if isinstance(value, list) else [value]
    return [str(item) if isinstance(item, int | float) else item for item in listed]


def _regex(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    return value


Names = Annotated[list[str], BeforeValidator(_listed)]


class Part(BaseModel):
    """A part of a scenario; a field that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Apply(Part):
    """Apply a manifest beside scenario.yaml."""

    apply: Annotated[str, Field(min_length=1)]


class Kubectl(Part):
    """Run kubectl, in the namespace main unless it says otherwise."""

    kubectl: Annotated[str, Field(min_length=1)]


class Condition(Part):
    """What to wait for: an object, as kubectl names it, and one of its conditions."""

    for_: Annotated[str, Field(alias="for", min_length=1)]
    condition: str
    seconds: Seconds = 60


class Wait(Part):
    """Wait for a condition."""

    wait: Condition


class Certificate(Part):
    """A TLS Secret to make: for which names, for how many days from now, signed by which authority of the run."""

    secret: Logical
    names: Annotated[list[str], Field(min_length=1)]
    days: Annotated[float, Field(ge=-3650, le=3650)] = 30
    authority: Logical = "shop"
    bundle: str = ""
    """A webhook configuration, as kubectl names it, that gets the authority as caBundle."""


class Issue(Part):
    """Make a certificate."""

    certificate: Certificate


class Sleep(Part):
    """Let time pass."""

    sleep: Annotated[float, Field(ge=0, le=600)]


class Symptom(Part):
    """Run kubectl again and again until its output matches, or its seconds are over."""

    kubectl: Annotated[str, Field(min_length=1)]
    matches: Annotated[str, Field(min_length=1), BeforeValidator(_regex)]
    seconds: Seconds = 60


def _kind_of(kinds: tuple[str, ...]) -> Callable[[Any], str | None]:
    def kind(value: Any) -> str | None:
        if not isinstance(value, dict):
            return next((k for k in kinds if k in getattr(type(value), "model_fields", {})), None)
        return next((k for k in kinds if k in value), None)

    return kind


Step = Annotated[
    Annotated[Apply, Tag("apply")]
    | Annotated[Symptom, Tag("matches")]
    | Annotated[Kubectl, Tag("kubectl")]
    | Annotated[Wait, Tag("wait")]
    | Annotated[Issue, Tag("certificate")]
    | Annotated[Sleep, Tag("sleep")],
    Discriminator(
        _kind_of(("apply", "matches", "kubectl", "wait", "certificate", "sleep")),
        custom_error_type="step",
        custom_error_message="a step is one of apply, kubectl (with matches: until that shows), wait, certificate, "
        "sleep",
    ),
]
Sign = Annotated[
    Annotated[Symptom, Tag("kubectl")] | Annotated[Wait, Tag("wait")] | Annotated[Sleep, Tag("sleep")],
    Discriminator(
        _kind_of(("kubectl", "wait", "sleep")),
        custom_error_type="sign",
        custom_error_message="an entry of until is {kubectl, matches, seconds}, wait or sleep",
    ),
]


class Alert(Part):
    """The alert that a monitoring system would have sent."""

    labels: dict[str, str]
    annotations: dict[str, str] = {}


class Ask(Part):
    """What the on-call knows when the investigation begins."""

    question: Annotated[str, Field(max_length=2048)] = ""
    target: Annotated[str, Field(pattern=r"^[A-Za-z]+/[a-z0-9.:-]+$")] | None = None
    alert: Alert | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Ask":
        if not self.question and self.alert is None:
            raise ValueError("needs a question or an alert")
        return self


class Expected(Part):
    """A cause: any of the objects, any of the codes; with facts, any of them in its statement or evidence."""

    object: Annotated[Names, Field(min_length=1)]
    cause: Annotated[Names, Field(min_length=1)]
    fact: Names = []


class Expect(Part):
    """What a right report says; with `evidence`, any of these texts stands in what it cites first."""

    verdict: Verdict
    causes: list[Expected] = []
    allowed: list[Expected] = []
    evidence: Names = []

    @model_validator(mode="after")
    def _has_causes(self) -> "Expect":
        if self.verdict is Verdict.ROOT_CAUSE and not self.causes:
            raise ValueError("verdict RootCause needs at least one entry in causes")
        return self


class Advised(Part):
    """What a run in which a model takes part is expected to say, and what a capable model answers in it."""

    expect: Expect
    answer: dict[str, Any]


class Decoy(Part):
    """A cause that looks likely and is not one."""

    object: str
    cause: str
    why: str = ""


class Variation(Part):
    """Which variant of a scenario this is: its number under a seed; number 0 is the scenario as it was written."""

    seed: int = 0
    number: int = 0


class Scenario(Part):
    """One failure: how to make it, what to ask, what a right answer is.

    `manifests` holds what its files hold, by the names by which it applies them; `stem` begins the names of the
    namespaces of its runs.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]{0,60}[a-z0-9])?$")]
    title: str
    family: str = ""
    needs: list[Need] = []
    namespaces: Annotated[list[Logical], Field(min_length=1)] = ["main"]
    setup: list[Step] = []
    inject: list[Step] = []
    until: list[Sign] = []
    trigger: Ask
    expect: Expect
    advised: Advised | None = None
    decoys: list[Decoy] = []
    cleanup: list[Step] = []
    folder: Annotated[Path, Field(exclude=True)] = Path()
    manifests: Annotated[dict[str, str], Field(exclude=True)] = {}
    stem: Annotated[Logical, Field(exclude=True)] = "sc"
    variation: Annotated[Variation, Field(exclude=True)] = Variation()

    @property
    def name(self) -> str:
        """Its id; of a variant also the seed and the number."""
        seed, number = self.variation.seed, self.variation.number
        return f"{self.id}.s{seed}v{number}" if number else self.id

    def with_model(self) -> "Scenario":
        """The same, expecting what it says of runs in which a model takes part, where it says so."""
        return self.model_copy(update={"expect": self.advised.expect}) if self.advised else self


def load(folder: Path) -> Scenario:
    """Read one scenario and check that all it refers to is there; FormatError otherwise."""
    path = folder / "scenario.yaml"
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FormatError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(raw, dict):
        raise FormatError(f"{path}: a scenario is a mapping with id, title, trigger and expect")
    try:
        scenario = Scenario.model_validate(raw)
    except ValidationError as error:
        raise FormatError(f"{path}: {_explained(error)}") from None
    scenario = scenario.model_copy(update={"folder": folder, "manifests": _manifests(path, scenario)})
    _check_namespaces(path, scenario, raw)
    return scenario


def load_all(directory: Path, wanted: Iterable[str] = ()) -> list[Scenario]:
    """Every scenario of a folder of folders, by id, or the wanted ones; FormatError names what is wrong or missing."""
    if not directory.is_dir():
        raise FormatError(f"{directory}: no such folder")
    found: dict[str, Scenario] = {}
    for folder in sorted(path.parent for path in directory.glob("*/scenario.yaml")):
        scenario = load(folder)
        if scenario.id in found:
            raise FormatError(f"{folder}/scenario.yaml: id: {scenario.id} is also that of {found[scenario.id].folder}")
        found[scenario.id] = scenario
    if not found:
        raise FormatError(f"{directory}: holds no scenario (a folder with a scenario.yaml)")
    missing = [name for name in wanted if name not in found]
    if missing:
        raise FormatError(f"{directory}: no scenario {', '.join(missing)}; there are: {', '.join(found)}")
    return [found[name] for name in dict.fromkeys(wanted)] or list(found.values())


def with_names(text: str, names: dict[str, str]) -> str:
    """The text with `{ns}` and `{ns:other}` filled in."""
    return NAMESPACE.sub(lambda match: names[match.group(1) or "main"], text)


def substituted(value: Any, names: dict[str, str]) -> Any:
    """The value with the namespaces filled in, in every string inside it."""
    if isinstance(value, str):
        return with_names(value, names)
    if isinstance(value, dict):
        return {substituted(key, names): substituted(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [substituted(item, names) for item in value]
    return value


def _manifests(path: Path, scenario: Scenario) -> dict[str, str]:
    found = {}
    for step in (*scenario.setup, *scenario.inject, *scenario.cleanup):
        if isinstance(step, Apply):
            file = (path.parent / step.apply).resolve()
            if not file.is_file():
                raise FormatError(f"{path}: apply: {step.apply} is not there")
            found[step.apply] = file.read_text(encoding="utf-8")
    return found


def _check_namespaces(path: Path, scenario: Scenario, raw: dict[str, Any]) -> None:
    if "main" not in scenario.namespaces:
        raise FormatError(f"{path}: namespaces: main must be one of them")
    for file, text in {str(path): yaml.safe_dump(raw), **scenario.manifests}.items():
        for match in NAMESPACE.finditer(text):
            if (match.group(1) or "main") not in scenario.namespaces:
                raise FormatError(f"{file}: {match.group()}: namespaces lists only {', '.join(scenario.namespaces)}")


def _explained(error: ValidationError) -> str:
    told = []
    for item in error.errors(include_url=False):
        where = ".".join(str(part) for part in item["loc"]) or "scenario"
        told.append(f"{where}: {item['msg'].removeprefix('Value error, ')}")
    return "; ".join(told)
