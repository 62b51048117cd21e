"""RBACDenied: a program is refused by the API server, because its ServiceAccount may not do what it does."""

import re
from collections.abc import Iterator

from casebook.analysis import failures
from casebook.analysis.access import listed, text
from casebook.analysis.changes import rewritten
from casebook.analysis.things import Ref, Thing
from casebook.api.observation import Query, listing
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held
from casebook.reasoning.checks.helpers import command
from casebook.reasoning.checks.logged import Said, candidate, of_kind, quoted, says_so, spoken
from casebook.reasoning.situation import Situation

_ACCOUNT = re.compile(r"system:serviceaccount:([\w.-]+):([\w.-]+)")
_DENIED = re.compile(r"cannot (\w+) resource \\?\"([\w./-]+)\\?\"(?: in API group \\?\"([\w.-]*)\\?\")?")
ROLES, BINDINGS = "roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io"


def _detect(situation: Situation) -> Iterator[Candidate[Said]]:
    for said in spoken(situation, of_kind(failures.FORBIDDEN)):
        account = _ACCOUNT.search(said.entries[0].entry.said)
        denied = _DENIED.search(said.entries[0].entry.said)
        place = said.workload.ref.namespace
        who = account[2] if account else text(said.workload.template, "spec", "serviceAccountName") or "default"
        what = f"may not {denied[1]} {denied[2]}" if denied else f"is refused: {quoted(said)}"
        role = _role(situation, *account.groups()) if account else None
        astray = _astray(situation, *account.groups()) if account and not role else None
        meant = f"; {situation.label(astray.ref)} names {_named(astray)} instead" if astray else ""
        yield candidate(
            situation,
            said,
            f"ServiceAccount {who} of {situation.label(said.workload.ref)} {what}{meant}",
            thing=role or (astray.ref if astray else Ref("ServiceAccount", place, who)),
        )


def _role(situation: Situation, place: str, account: str) -> Ref | None:
    """The Role that is bound to the account, as far as roles were read."""
    for binding in situation.world.all("RoleBinding"):
        if (account, place) in _subjects(binding):
            kind, name = text(binding.raw, "roleRef", "kind"), text(binding.raw, "roleRef", "name")
            return Ref(kind, binding.ref.namespace if kind == "Role" else "", name)
    return None


def _astray(situation: Situation, place: str, account: str) -> Thing | None:
    """Where nothing binds a role to the account: a binding that has its name with another namespace, or whose subjects
    were written within the time asked about."""
    bindings = [one for one in situation.world.all("RoleBinding") if one.ref.namespace == place]
    named = [one for one in bindings if account in {name for name, _ in _subjects(one)}]
    written = [one for one in bindings if (edit := rewritten(one, "subjects")) and edit.at >= situation.world.begin]
    return next(iter([*named, *written]), None)


def _subjects(binding: Thing) -> list[tuple[str, str]]:
    """(name, namespace) of the ServiceAccounts that a binding names."""
    accounts = [one for one in listed(binding.raw, "subjects") if text(one, "kind") in ("", "ServiceAccount")]
    return [(text(one, "name"), text(one, "namespace") or binding.ref.namespace) for one in accounts]


def _named(binding: Thing) -> str:
    found = [f"{name} of namespace {place}" for name, place in _subjects(binding)]
    return ", ".join(found[:3]) or "no ServiceAccount"


def _lacks_the_verb(situation: Situation, found: Candidate[Said]) -> Finding:
    thing: Thing | None = situation.world.things.get(found.object)
    if thing is None or thing.ref.kind not in ("Role", "ClusterRole", "RoleBinding"):
        return UNTESTED
    return held(thing.cite("subjects" if thing.ref.kind == "RoleBinding" else "rules"))


def _roles(_: Situation, found: Candidate[Said]) -> list[Query]:
    place = found.about.workload.ref.namespace
    return [listing(BINDINGS, place), listing(ROLES, place)]


def _steps(_: Situation, found: Candidate[Said]) -> list[str]:
    place = found.about.workload.ref.namespace
    if found.object.kind == "RoleBinding":
        return [f"Name the ServiceAccount in {found.object.name}.", command("edit", found.object, "  # acts at once")]
    return [
        "Add the verb to a Role that is bound to the ServiceAccount, if the program is meant to do this.",
        f"kubectl get roles,rolebindings -n {place} -o yaml",
    ]


CAUSES = (
    Cause(
        code="RBACDenied",
        means="The API server refuses a ServiceAccount what its program does.",
        names="Role, ClusterRole or binding",
        explains="errors of the program that asks, work that is not done",
        base_rate=0.02,
        detect=_detect,
        predictions=(
            says_so("the API server's refusal stands in the log", 400),
            Prediction(
                "the role that is bound to it lacks the verb, or the binding names somebody else",
                _lacks_the_verb,
                80,
                0,
                _roles,
            ),
        ),
        steps=_steps,
    ),
)
