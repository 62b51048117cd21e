"""How long the command and the agent take to be there."""

from bench.process import CASEBOOK, python, rounds
from bench.row import Bound, Floor, Row
from bench.session import Session
from bench.spread import Spread

TURNS = 5
COMMANDS = {
    "help": [CASEBOOK, "--help"],
    "agent": python("import casebook.cli.agent"),
    "pass": python("pass"),
    "libraries": python("import aiohttp, pydantic"),
}


async def measure(session: Session, _chosen: set[str]) -> list[Row]:
    """`casebook --help` and the import of the agent, beside bare interpreters."""
    session.tell("starting processes")
    made = rounds(COMMANDS, TURNS * session.runs)
    seconds = {name: Spread.of(timing.seconds for timing in timings) for name, timings in made.items()}
    cores = {
        name: f"{Spread.of(t.cpu_seconds for t in timings).median:.2f} s of a core" for name, timings in made.items()
    }
    bare = Floor(seconds["pass"], "python -c pass")
    libraries = Floor(seconds["libraries"], "python -c 'import aiohttp, pydantic'")
    what = "agent: interpreter and imports"
    return [
        Row("startup", "casebook --help", "s", seconds["help"], Bound("<", 0.5), bare, cores["help"]),
        Row("startup", what, "s", seconds["agent"], Bound("<", 1.0), libraries, cores["agent"]),
    ]
