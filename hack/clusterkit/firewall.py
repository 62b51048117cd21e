"""The packet filter before and after an engine of our own."""

from collections.abc import Iterator
from pathlib import Path

from .shell import Shell

FORWARDING = {
    "iptables": Path("/proc/sys/net/ipv4/ip_forward"),
    "ip6tables": Path("/proc/sys/net/ipv6/conf/all/forwarding"),
}


class Firewall:
    """Remembers rules, policies and forwarding before the engine starts, and takes out what it added."""

    def __init__(self, shell: Shell, folder: Path) -> None:
        self._shell = shell
        self._folder = folder

    def remember(self) -> None:
        """Save the state once: a second start must not take the engine's own rules for the machine's."""
        if self._folder.exists():
            return
        made = self._folder.with_name(self._folder.name + ".new")
        made.mkdir(parents=True, exist_ok=True)
        for tool, forwarding in FORWARDING.items():
            if forwarding.exists():
                (made / tool).write_text(self._rules(tool))
                (made / f"{tool}.forwarding").write_text(forwarding.read_text())
        made.rename(self._folder)

    def restore(self) -> None:
        """Take out the rules, chains and policies that were not there before; nothing else is touched."""
        if not self._folder.exists():
            return
        for tool, forwarding in FORWARDING.items():
            before = self._folder / tool
            if before.exists():
                for argv in undo(before.read_text(), self._rules(tool)):
                    self._shell.answers(tool, *argv)
                forwarding.write_text((self._folder / f"{tool}.forwarding").read_text())
            before.unlink(missing_ok=True)
            (self._folder / f"{tool}.forwarding").unlink(missing_ok=True)
        self._folder.rmdir()

    def _rules(self, tool: str) -> str:
        return self._shell.text(f"{tool}-save") if self._shell.answers(f"{tool}-save") else ""


def undo(before: str, after: str) -> Iterator[list[str]]:
    """Arguments of iptables that lead from one `iptables-save` back to an earlier one.

    Rules are deleted first, then the chains that held them, then policies are put back; only names that an engine makes
    (DOCKER..., and rules that mention them or a bridge `br-`) are touched.
    """
    old = _parse(before)
    removed = [(table, line) for table, line in _parse(after) if (table, line) not in old]
    for table, line in removed:
        if line.startswith("-A ") and ("DOCKER" in line or " br-" in line or "docker0" in line):
            yield ["-t", table, "-D", *line.split()[1:]]
    for table, line in removed:
        if line.startswith(":DOCKER"):
            yield ["-t", table, "-X", line[1:].split()[0]]
    for table, line in removed:
        if line.startswith(":FORWARD "):
            was = [each.split()[1] for at, each in old if at == table and each.startswith(":FORWARD ")]
            yield ["-t", table, "-P", "FORWARD", was[0] if was else "ACCEPT"]


def _parse(saved: str) -> list[tuple[str, str]]:
    """(table, line) of each chain (`:NAME POLICY`, without counters) and rule (`-A ...`)."""
    table, found = "", []
    for line in saved.splitlines():
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith(":"):
            found.append((table, " ".join(line.split()[:2])))
        elif line.startswith("-A "):
            found.append((table, line))
    return found
