"""Models: what the gateway's proxy adds to a call, beside a direct one; and how long the prompts are."""

import os
import time
from contextlib import AsyncExitStack

import aiohttp
from aiohttp import web

from bench.measures.recorded import KEPT
from bench.quiet import quiet
from bench.row import Bound, Floor, Row
from bench.session import Session
from bench.spread import Spread
from casebook.analysis.snapshot import Snapshot
from casebook.api.consultation import INSTALLED
from casebook.api.enums import Reasoning
from casebook.api.run import Run, Trace
from casebook.cli import tracefile
from casebook.gateway.config import ModelEndpoint, Models
from casebook.model.adviser import PROMPT_TOKENS
from casebook.model.prompt import build
from casebook.reasoning.engine import conclude, cost, unsure, weigh
from casebook.store.calls import Calls
from casebook.store.database import DATABASE_URL, Database
from support.modelproxy import PATIENCE, model_proxy
from support.serving import serving

CALLS, WARM = 200, 20
OVERHEAD_MS = 15.0
ANSWER = {
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": '{"hypotheses": []}'}}
    ],
    "usage": {"prompt_tokens": 5000, "completion_tokens": 10, "total_tokens": 5010},
}
PLENTY = 2_000_000


async def measure(session: Session, _chosen: set[str]) -> list[Row]:
    """The lengths of prompts over saved investigations; a call through the proxy in turns with a direct one."""
    folders = [*KEPT, *session.options.saved]
    traces = [tracefile.load(path) for folder in folders for path in sorted(folder.glob("*.json*"))]
    session.tell(f"prompts of {len(traces)} saved investigations")
    prompts = [prompted(trace) for trace in traces]
    session.tell(f"{CALLS} calls, direct and through the proxy")
    return [*lengths(prompts), await overhead(traces[0], prompts[0][0])]


def prompted(trace: Trace) -> tuple[str, bool]:
    """The prompt of a saved investigation, and whether an assisted run would have sent it."""
    snapshot = Snapshot(trace.run, tuple(trace.observations))
    board = weigh(snapshot)
    prompt = build(trace.run, board, conclude(snapshot, board, trace.stop, cost(snapshot)), PROMPT_TOKENS)
    return prompt.system + prompt.user, unsure(board)


def lengths(prompts: list[tuple[str, bool]]) -> list[Row]:
    """Tokens as the budget counts them, which is rather too many: three characters each."""
    tokens = [len(text) / 3 for text, _ in prompts]
    asked = [count for count, (_, is_asked) in zip(tokens, prompts, strict=True) if is_asked]
    bound = Bound("<=", PROMPT_TOKENS, judged="max")
    rows = [Row("models", "prompt of any run, tokens", "", Spread.of(tokens), bound, note=f"{len(tokens)} runs")]
    if asked:
        row = Row("models", "prompt of an assisted run, tokens", "", Spread.of(asked), Bound("<", PROMPT_TOKENS))
        rows.append(row)
    return rows


async def overhead(trace: Trace, prompt: str) -> Row:
    """A call through the proxy beside a direct one, in turns: reading, redaction, ledger, passing on."""
    body = {"model": INSTALLED, "messages": [{"role": "user", "content": prompt}], "max_completion_tokens": 100}
    address = os.environ.get(DATABASE_URL, "")
    app = web.Application(client_max_size=1 << 20)
    app.router.add_post("/v1/chat/completions", answering)
    async with AsyncExitStack() as stack:
        stack.enter_context(quiet())
        http = await stack.enter_async_context(aiohttp.ClientSession())
        direct = f"{await stack.enter_async_context(serving(app))}/v1"
        database = await stack.enter_async_context(Database.open(address)) if address else None
        models = Models(endpoints=[ModelEndpoint(name="e", url=direct, model="m")], calls_per_run=PLENTY)
        proxy = await stack.enter_async_context(model_proxy(models, Calls(database) if database else None))
        headers = {"Authorization": f"Bearer {proxy.admit(spending(trace.run))}"}
        times: dict[str, list[float]] = {direct: [], proxy.url: []}
        for number in range(WARM + CALLS):
            for url, seen in times.items():
                began = time.perf_counter()
                async with http.post(f"{url}/chat/completions", json=body, headers=headers) as response:
                    response.raise_for_status()
                    await response.read()
                took = (time.perf_counter() - began) * 1000
                # An agent thinks before it asks again; what is still to be written is done by then.
                await proxy.ledger.close(PATIENCE)
                if number >= WARM:
                    seen.append(took)
    kept = "Postgres" if address else f"memory; ${DATABASE_URL} names a Postgres to count in"
    note = f"{len(prompt)} characters, counted in {kept}; without the check of the token, which the API server answers"
    bound = Bound("<", OVERHEAD_MS, over_floor=True)
    return Row(
        "models",
        "a call through the gateway's proxy",
        "ms",
        Spread.of(times[proxy.url]),
        bound,
        Floor(Spread.of(times[direct]), "the same call, direct"),
        note,
    )


def spending(run: Run) -> Run:
    """The run as one that may spend all that a run can."""
    spec = run.spec.replace(budget=run.spec.budget.replace(tokens=PLENTY), reasoning=Reasoning.ASSISTED)
    return run.replace(spec=spec, uid=f"bench-{time.time_ns()}")


async def answering(request: web.Request) -> web.StreamResponse:
    """An endpoint that reads the question and has its answer ready."""
    await request.json()
    return web.json_response(ANSWER)
