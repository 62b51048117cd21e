"""Makes memories of what people say of a report, each entry exactly once, and shows what each changes.

Exactly once: a memory's name follows from the investigation and the entry, so making it again meets the one that is
there; and once `status.lessons` holds the entry it is never looked at again, whatever becomes of the memory.
"""

import contextlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import structlog

from casebook.api.base import API_VERSION, EPOCH, INVESTIGATIONS, MEMORIES
from casebook.api.case import Said
from casebook.api.enums import ReplayStanding, State
from casebook.api.investigation import Feedback, Investigation, Lesson, Replay
from casebook.api.meta import MANAGED_BY, MANAGED_BY_LABEL, UID_LABEL
from casebook.api.names import unplaced
from casebook.api.run import Recalled
from casebook.cluster.errors import Denied, Invalid, NotFound
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from casebook.controller.replaying import CannotReplay, Replays
from casebook.controller.storing import storing
from casebook.knowledge.corrections import Correction, applying, correction
from casebook.knowledge.judging import said
from casebook.knowledge.recall import as_confirmed, read, read_all, written_at

REFUSAL = 400
"""Characters of a refusal that are kept: twenty of them leave a status its room."""

log = structlog.get_logger(__name__)


class Words(Protocol):
    """Keeps what people said of investigations. Raises `StoreUnavailable`."""

    async def say(self, tenant: str, uid: str, entries: Mapping[str, Said]) -> None:
        """Keep these entries by their ids; one that is there already stays as it is."""
        ...


class Learned(NamedTuple):
    """What became of the entries that were new, and when the last of them was written."""

    lessons: tuple[Lesson, ...] = ()
    said_at: datetime = EPOCH


class Lessons:
    """Works under a field manager of its own, which owns `lessons` and `replay`. Raises `ClusterError`."""

    def __init__(
        self, reader: Reader, writer: Writer, replays: Replays, operator_namespace: str, words: Words | None = None
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._replays = replays
        self._operator = operator_namespace
        self._words = words

    async def learn(self, namespace: str, name: str, uid: str, tenant: str) -> Learned:
        """Act on every entry that was not acted on; the lessons that are new."""
        raw = await self._read(namespace, name, uid)
        if raw is None:
            return Learned()
        found = Investigation.model_validate(raw)
        known = {lesson.feedback_id for lesson in found.status.lessons}
        new = [await self._lesson(found, entry) for entry in found.spec.feedback if entry.id not in known]
        if new:
            found = await self._write(found, [*found.status.lessons, *new], found.status.replay)
        await self._keep_words(found, tenant)
        for lesson in found.status.lessons:
            if lesson.replay is ReplayStanding.PENDING:
                found = await self._replay(found, lesson, tenant)
        return Learned(tuple(new), written_at(raw))

    async def _read(self, namespace: str, name: str, uid: str) -> dict[str, Any] | None:
        """The Investigation as it is now: what a person said is read from the API server, never from a view of it."""
        try:
            found = await self._reader.get(INVESTIGATIONS, name, namespace)
        except NotFound:
            return None
        return found if found["metadata"]["uid"] == uid else None

    async def _keep_words(self, of: Investigation, tenant: str) -> None:
        """Every word again, since one may not have been kept yet: an entry is kept once."""
        if self._words is None:
            return
        found = {entry.id: said(entry, of.status.report) for entry in of.spec.feedback}
        with storing():
            await self._words.say(tenant, of.metadata.uid, {id_: one for id_, one in found.items() if one is not None})

    async def _lesson(self, of: Investigation, entry: Feedback) -> Lesson:
        asked = correction(of, entry, self._operator, await self._behind(of))
        if asked is None:
            return Lesson(feedback_id=entry.id, message="Kept; it says no cause, so nothing is remembered of it.")
        try:
            made, created = await self._writer.create(MEMORIES, _manifest(of, asked))
        except (Denied, Invalid) as error:
            return Lesson(feedback_id=entry.id, message=f"No memory was made: {error.message}"[:REFUSAL])
        if created:
            log.info("learned", investigation=of.metadata.name, memory=asked.name, state=asked.spec.state.value)
        return Lesson(
            feedback_id=entry.id,
            memory=asked.name,
            namespace=asked.namespace,
            state=read(made).spec.state,
            replay=ReplayStanding.PENDING,
            message=_told(asked, entry),
        )

    async def _behind(self, of: Investigation) -> list[Recalled]:
        """The memories of the tenant that applied, as they are now; those of the platform are not its own."""
        home = of.metadata.namespace
        places = [unplaced(name, home) for name, _ in sorted(applying(of.status.report))]
        found = []
        for namespace, name in places:
            if namespace != self._operator or home == self._operator:
                with contextlib.suppress(NotFound):
                    found.append(await self._reader.get(MEMORIES, name, namespace))
        return read_all(found)[0]

    async def _replay(self, of: Investigation, lesson: Lesson, tenant: str) -> Investigation:
        try:
            memory = read(await self._reader.get(MEMORIES, lesson.memory, lesson.namespace))
            with storing():
                shown = await self._replays.compare(tenant, of.metadata.uid, as_confirmed(memory), lesson.feedback_id)
        except NotFound:
            done = lesson.replace(replay=ReplayStanding.IMPOSSIBLE, message=f"{lesson.message} It was deleted.")
            return await self._write(of, _with(of, done), of.status.replay)
        except CannotReplay as error:
            done = lesson.replace(replay=ReplayStanding.IMPOSSIBLE, message=f"{lesson.message} Not replayed: {error}.")
            return await self._write(of, _with(of, done), of.status.replay)
        note = "" if memory.spec.state is State.CONFIRMED else "If it were confirmed: "
        done = lesson.replace(replay=ReplayStanding.DONE)
        return await self._write(of, _with(of, done), shown.replace(note=f"{note}{shown.note}"[:1024]))

    async def _write(self, of: Investigation, lessons: list[Lesson], replay: Replay | None) -> Investigation:
        """Both fields whole, as a compare-and-set."""
        place = {"name": of.metadata.name, "namespace": of.metadata.namespace}
        version = {"resourceVersion": of.metadata.resource_version}
        status = {"lessons": [one.wire() for one in lessons], **({"replay": replay.wire()} if replay else {})}
        answer = await self._writer.apply_status(INVESTIGATIONS, {"metadata": place | version, "status": status})
        return Investigation.model_validate(answer)


def _with(of: Investigation, lesson: Lesson) -> list[Lesson]:
    return [lesson if one.feedback_id == lesson.feedback_id else one for one in of.status.lessons]


def _told(asked: Correction, entry: Feedback) -> str:
    place = f"memory {asked.name} in namespace {asked.namespace}"
    if asked.spec.state is State.CONFIRMED:
        return f"Remembered as {place}, by {entry.author}."
    return f"Proposed as {place}, by {entry.author}; it has no force until somebody confirms it."


def _manifest(of: Investigation, asked: Correction) -> Mapping[str, Any]:
    labels = {MANAGED_BY_LABEL: MANAGED_BY, UID_LABEL: of.metadata.uid}
    return {
        "apiVersion": API_VERSION,
        "kind": "Memory",
        "metadata": {"name": asked.name, "namespace": asked.namespace, "labels": labels},
        "spec": asked.spec.wire(),
    }
