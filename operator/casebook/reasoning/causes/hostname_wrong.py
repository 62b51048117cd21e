"""HostnameWrong, ServiceMissing: callers ask for a name behind which there is no Service."""

from collections.abc import Iterator

from casebook.analysis import failures
from casebook.analysis.calls import EXTERNAL, Call
from casebook.analysis.endpoints import Endpoint
from casebook.analysis.settings import Setting
from casebook.analysis.signs import Sign
from casebook.analysis.things import Cite, Ref
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.configuration import ALIAS, Misled, alias, changed_at, is_outside, misled, written
from casebook.reasoning.checks.helpers import command
from casebook.reasoning.checks.names import lost
from casebook.reasoning.situation import Situation

COVERS = frozenset({Sign.PEER_ERRORS, Sign.ERRORS, Sign.VAGUE, Sign.CRASH, Sign.NOT_READY, Sign.JOB_FAILED})


def _unresolved(situation: Situation) -> Iterator[Misled]:
    for item in misled(situation):
        said = tuple(one for one in item.troubles if failures.UNRESOLVED in one.entry.kinds)
        if said:
            yield Misled(_behind(situation, item.call), item.callers, said)


def _behind(situation: Situation, call: Call) -> Call:
    """What a call leads to: of a Service that only names another host, that host and the field that names it."""
    setting = alias(situation, call.target)
    if setting is None:
        return call
    host = setting.value.lower().rstrip(".")
    return Call(call.caller, Endpoint(host, call.endpoint.port), Ref(EXTERNAL, "", host), setting)


def _gone(situation: Situation, item: Misled) -> bool:
    return not is_outside(item.call.target) and item.call.target not in situation.world.things


def _detect_name(situation: Situation) -> Iterator[Candidate[Misled]]:
    for item in _unresolved(situation):
        at = changed_at(situation, item.host_setting, item.callers[0])
        if not _gone(situation, item) and at is None:
            continue
        since = f", changed at {timestamp(at)}" if at else ""
        near = _similar(situation, item.call.target)
        hint = f"; there is {situation.label(near)}" if near else ""
        yield Candidate(
            object=item.host_setting.origin,
            statement=f"{situation.label(item.host_setting.origin)} sends callers to host {item.call.endpoint.host} "
            f"({item.host_setting.key}{since}), which does not exist{hint}",
            harms=frozenset(workload.ref for workload in item.callers),
            covers=COVERS,
            about=item,
            changed=at,
        )


def _detect_service(situation: Situation) -> Iterator[Candidate[Misled]]:
    for item in _unresolved(situation):
        if _gone(situation, item) and changed_at(situation, item.host_setting, item.callers[0]) is None:
            yield Candidate(
                object=item.call.target,
                statement=f"{situation.label(item.call.target)} does not exist, but "
                f"{', '.join(situation.label(one.ref) for one in item.callers[:3])} call it",
                harms=frozenset({item.call.target}),
                covers=frozenset({Sign.NO_ENDPOINTS}),
                about=item,
            )


def _similar(situation: Situation, target: Ref) -> Ref | None:
    """A Service whose name differs in little: one holds the other, or they share a long beginning."""
    for service in situation.world.all("Service", target.namespace):
        one, other = service.ref.name, target.name
        shared = next(
            (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
        )
        if one in other or other in one or shared >= max(3, len(one) - 2):
            return service.ref
    return None


def _does_not_resolve(_: Situation, found: Candidate[Misled]) -> Finding:
    return held(*(one.cite() for one in found.about.troubles[:2]))


def _no_such_service(situation: Situation, found: Candidate[Misled]) -> Finding:
    target = found.about.call.target
    if is_outside(target):
        return UNTESTED
    thing = situation.world.things.get(target)
    if thing is not None:
        return failed(thing.cite("spec", "ports"))
    listed = situation.world.listed("services", target.namespace)
    if listed is None or not situation.world.complete("services", target.namespace):
        return UNTESTED
    return held(Cite(listed.id, f"no Service {target.name} listed in namespace {target.namespace}"))


def _other_names_resolve(situation: Situation, found: Candidate[Misled]) -> Finding:
    mine = found.about.call.endpoint.host
    others = [one for one in _unresolved(situation) if one.call.endpoint.host != mine]
    inside = [one for one in others if not is_outside(one.call.target) and one.call.target in situation.world.things]
    return failed(*(one.troubles[0].cite() for one in inside[:2])) if inside else UNTESTED


def _never_led_there(situation: Situation, found: Candidate[Misled]) -> Finding:
    """A name outside that was found after it was given as it is now is its owner's matter."""
    item = found.about
    hosts = {item.call.endpoint.host, *(peer.endpoint.host for one in item.troubles for peer in one.peers)}
    name = lost(situation, item.troubles, hosts) if is_outside(item.call.target) else None
    if name is None or not (found.changed and name.worked_since(found.changed)):
        return UNTESTED
    return failed(*name.cites(), note="it resolved since")


def _changed_lately(situation: Situation, found: Candidate[Misled]) -> Finding:
    setting: Setting = found.about.host_setting
    edit = written(situation, setting)
    if found.changed is None:
        return UNTESTED
    by = f" by {edit.manager}" if edit else ""
    return held(
        Cite(setting.source, f"{setting.key} = {setting.value[:120]}, written{by} at {timestamp(found.changed)}")
    )


def _steps_name(_: Situation, found: Candidate[Misled]) -> list[str]:
    setting = found.about.host_setting
    restart = "" if setting.key == ALIAS else ", then restart what reads it at start"
    return [
        f"Correct {setting.key} of {setting.origin.kind} {setting.origin.name}{restart}.",
        command("edit", setting.origin, f"  # {'it works at once' if not restart else 'nothing restarts by itself'}"),
        f"kubectl get services -n {found.about.callers[0].ref.namespace}   # the names that exist",
    ]


def _steps_service(_: Situation, found: Candidate[Misled]) -> list[str]:
    return [
        f"Create Service {found.object.name} again, or point its callers to the right name.",
        f"kubectl get services -n {found.object.namespace}   # the names that exist",
    ]


_RESOLVES = Prediction("callers say that the name does not resolve", _does_not_resolve, 250, -300)
_ABSENT = Prediction("there is no such Service", _no_such_service, 200, -350)
_OTHERS = Prediction("other names in the cluster resolve", _other_names_resolve, 0, -250)

CAUSES = (
    Cause(
        code="HostnameWrong",
        means="The name that callers ask for never existed.",
        names="workload, ConfigMap or Service",
        explains="errors or crashes of everything that reads the setting",
        base_rate=0.02,
        detect=_detect_name,
        predictions=(
            _RESOLVES,
            _ABSENT,
            _OTHERS,
            Prediction("the name was changed lately", _changed_lately, 180, 0),
            Prediction("it never led anywhere", _never_led_there, 0, -300),
        ),
        steps=_steps_name,
    ),
    Cause(
        code="ServiceMissing",
        means="A Service that others call does not exist.",
        names="Service",
        explains="errors or crashes of everything that calls it",
        base_rate=0.02,
        detect=_detect_service,
        predictions=(_RESOLVES, _ABSENT, _OTHERS),
        steps=_steps_service,
    ),
)
