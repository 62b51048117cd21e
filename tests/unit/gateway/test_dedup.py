"""I1, I2, I3 by machine: any order of posts, replays, replicas, lost answers and passing days."""

import asyncio
import json
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from casebook.cluster.errors import ClusterError, Conflict, Unavailable
from casebook.gateway.app import FIELD_MANAGER
from casebook.gateway.config import GatewayConfig, Receiver
from casebook.gateway.directory import Namespaces
from casebook.gateway.episodes import Episode
from casebook.gateway.intake import Intake
from casebook.gateway.investigations import Investigations, Record
from casebook.gateway.payload import Body, decode
from casebook.gateway.queue import Overflow, Queue
from support.alerts import body, sent
from support.memorycluster import MemoryCluster, MemoryReader, MemoryWriter

from .conftest import Clock

RECEIVER = Receiver(name="prom", default_namespace="shop", namespaces=["*"])
NAMES = st.sampled_from(["A", "B", "C"])
KEYS = st.sampled_from(["k1", "k2"])


class Dedup(RuleBasedStateMachine):
    """Alertmanagers with one view of what fires, two gateways, and an API server that sometimes fails."""

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.clock = Clock()
        self.cluster = MemoryCluster(self.clock)
        self.cluster.namespace("shop")
        self.replicas = [self.replica() for _ in range(2)]
        self.firing: dict[tuple[str, str], int] = {}
        self.minute = 0
        self.posts: list[bytes] = []
        self.acknowledged: set[tuple[str, str, int]] = set()

    def replica(self) -> Intake:
        config = GatewayConfig(operator_namespace="system", receivers=[RECEIVER], tokens_dir=Path(mkdtemp()))
        reader, writer = MemoryReader(self.cluster), MemoryWriter(self.cluster, FIELD_MANAGER)
        investigations = Investigations(reader, writer)
        return Intake(
            investigations,
            Namespaces(reader, config, self.clock),
            Queue(reader, 0, self.clock),
            Overflow(investigations, self.clock),
            config,
            self.clock,
        )

    @rule(name=NAMES, key=KEYS)
    def fire(self, name: str, key: str) -> None:
        self.minute += 1
        self.firing.setdefault((key, name), self.minute)

    @rule(name=NAMES, key=KEYS, replica=st.integers(0, 1))
    def resolve(self, name: str, key: str, replica: int) -> None:
        """Alertmanager posts an end together with what still fires."""
        ended = self.firing.pop((key, name), None)
        if ended is not None:
            self.deliver(self.post(key, sent(name, minute=ended, resolved=True)), replica)

    @rule(key=KEYS, replica=st.integers(0, 1))
    def flush(self, key: str, replica: int) -> None:
        if any(group == key for group, _ in self.firing):
            self.deliver(self.post(key), replica)

    @rule(data=st.data(), replica=st.integers(0, 1))
    def replay(self, data: Any, replica: int) -> None:
        """I3: any earlier acknowledged post, once more, makes no further object."""
        if self.posts:
            before = set(self.names())
            self.send(data.draw(st.sampled_from(self.posts)), replica)
            assert set(self.names()) == before

    @rule(key=KEYS)
    def both_at_once(self, key: str) -> None:
        """A pair of Alertmanagers that do not hear each other."""
        if any(group == key for group, _ in self.firing):
            self.at_once(self.post(key), self.post(key))

    @rule(key=KEYS, name=NAMES, other=NAMES)
    def end_and_begin_at_once(self, key: str, name: str, other: str) -> None:
        """The end of all that fires meets, on the other replica, the next firing."""
        alive = {found: minute for (group, found), minute in self.firing.items() if group == key}
        if not alive:
            return
        ended = body(*(sent(found, minute=minute, resolved=True) for found, minute in sorted(alive.items())), key=key)
        for found in alive:
            del self.firing[key, found]
        self.fire(name, key)
        self.fire(other, key)
        self.at_once(ended, self.post(key))

    def at_once(self, one: bytes, other: bytes) -> None:
        async def both() -> None:
            posts = zip(self.replicas, (one, other), strict=True)
            await asyncio.gather(*(intake.take(RECEIVER, decode(Body(post))) for intake, post in posts))

        self.loop.run_until_complete(both())
        self.acknowledge(one)
        self.acknowledge(other)

    @rule(
        key=KEYS,
        replica=st.integers(0, 1),
        verb=st.sampled_from(["list", "create", "apply"]),
        late=st.booleans(),
        conflict=st.booleans(),
    )
    def fail_once(self, key: str, replica: int, verb: str, late: bool, conflict: bool) -> None:
        """One call fails, before or after it took effect; Alertmanager then posts again."""
        if not any(group == key for group, _ in self.firing):
            return
        failures = iter([Conflict("modified") if conflict and verb == "apply" else Unavailable("away")])

        def fault(done: str, _resource: str) -> ClusterError | None:
            return next(failures, None) if done == verb else None

        setattr(self.cluster, "after" if late and verb != "list" else "before", fault)
        self.deliver(self.post(key), replica)
        self.cluster.before = self.cluster.after = lambda done, resource: None

    @rule(hours=st.sampled_from([1, 12, 25]))
    def wait(self, hours: int) -> None:
        self.clock.advance(hours=hours)

    def post(self, key: str, *ended: dict[str, Any]) -> bytes:
        alive = [sent(name, minute=minute) for (group, name), minute in sorted(self.firing.items()) if group == key]
        return body(*alive, *ended, key=key)

    def deliver(self, post: bytes, replica: int) -> None:
        while not self.send(post, replica):
            replica = 1 - replica
        self.acknowledge(post)

    def acknowledge(self, post: bytes) -> None:
        self.posts.append(post)
        document = json.loads(post)
        for alert in document["alerts"]:
            if alert["status"] == "firing":
                self.acknowledged.add((document["groupKey"], alert["fingerprint"], alert["startsAt"][:19] + "Z"))

    def send(self, post: bytes, replica: int) -> bool:
        try:
            self.loop.run_until_complete(self.replicas[replica].take(RECEIVER, decode(Body(post))))
        except Unavailable:
            return False
        return True

    def names(self) -> list[str]:
        return [item["metadata"]["name"] for item in self.cluster.all("investigations.casebook.dev")]

    def episodes(self) -> dict[str, list[Episode]]:
        groups: dict[str, list[Episode]] = {}
        for item in self.cluster.all("investigations.casebook.dev"):
            groups.setdefault(item["spec"]["alert"]["groupKey"], []).append(Record.of(item).episode)
        return groups

    @invariant()
    def at_most_one_is_open(self) -> None:
        """I2."""
        for episodes in self.episodes().values():
            assert sum(episode.is_open(self.clock()) for episode in episodes) <= 1
            assert sorted(episode.number for episode in episodes) == list(range(1, len(episodes) + 1))

    @invariant()
    def what_was_acknowledged_is_there(self) -> None:
        """I1."""
        kept = {
            (key, seen.fingerprint, seen.wire()["startsAt"])
            for key, episodes in self.episodes().items()
            for episode in episodes
            for seen in episode.alert.seen
        }
        assert self.acknowledged <= kept

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            self.loop.close()


TestDedup = Dedup.TestCase
TestDedup.settings = settings(max_examples=60, stateful_step_count=30)
