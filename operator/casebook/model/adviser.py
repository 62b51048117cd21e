"""Asking a model for hypotheses, within tokens and time. That it gave no help is an answer too."""

import asyncio
import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Literal, Protocol

from casebook.analysis.things import clip
from casebook.api.consultation import MAX_ANSWERED, MAX_REFUSED, Consultation, Exchange
from casebook.api.report import Report
from casebook.api.run import Run
from casebook.model.answer import NotUnderstood, Taken, take
from casebook.model.prompt import CHARS_PER_TOKEN, VERSION, Prompt, build
from casebook.model.wire import Completion, Usage
from casebook.reasoning.board import Board
from casebook.reasoning.proposals.asking import queries
from casebook.reasoning.proposals.scope import Outside
from casebook.reasoning.situation import Situation

PROMPT_TOKENS, ANSWER_TOKENS = 6000, 2000
"""Of all that is sent with one question, and of its answer: together they fit into a window of 8,192."""
CALLS = 2
"""One, and one more where the answer is not understood."""
AGAIN_TOKENS, REPEATED = 200, 4000
"""What is kept free for asking once more, and the most characters that a model is then shown of its own answer."""
_AGAIN = 'That is not the JSON object asked for ({problem}). Answer with {{"hypotheses": [...]}} and nothing else.'

Role = Literal["system", "user", "assistant"]


class NoAnswer(Exception):
    """The endpoint gave none that can be read; one line for a person."""


class Endpoint(Protocol):
    """A model that answers chats, as `model.client` provides it."""

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    async def complete(self, messages: Sequence[tuple[Role, str]], tokens: int) -> Completion:
        """The answer, of at most so many tokens. Raises `NoAnswer`."""
        ...


class Adviser:
    """Asks one model. Implements `agent.loop.Adviser`; `redact` takes credentials out of what is sent."""

    def __init__(self, endpoint: Endpoint, redact: Callable[[str], str]) -> None:
        self._endpoint = endpoint
        self._redact = redact

    async def advise(self, run: Run, board: Board, report: Report, seconds: float) -> Consultation:
        """What the model says within so many seconds and the run's budget of tokens, added to what it said before.

        Never raises for the model.
        """
        prompt = build(run, board, report, PROMPT_TOKENS - AGAIN_TOKENS, self._redact)
        earlier = board.situation.world.snapshot.consultation
        asked = earlier or Consultation(model=clip(self._endpoint.name, 253), prompt=VERSION)
        talk = _Talk(prompt, self._redact, asked.replace(turns=asked.turns + 1, is_open=False), board.situation)
        try:
            async with asyncio.timeout(seconds):
                while not talk.over(run.spec.budget.tokens):
                    talk.hears(await self._endpoint.complete(talk.messages, ANSWER_TOKENS))
        except TimeoutError:
            talk.fails(f"it did not answer within {seconds:.0f} s")
        except NoAnswer as error:
            talk.fails(str(error))
        return talk.asked


class _Talk:
    """One conversation, and what it has come to so far."""

    def __init__(self, prompt: Prompt, redact: Callable[[str], str], asked: Consultation, situation: Situation) -> None:
        self.messages: list[tuple[Role, str]] = [("system", prompt.system), ("user", prompt.user)]
        self.asked = asked
        self._prompt = prompt
        self._redact = redact
        self._situation = situation
        self._most = asked.calls + CALLS
        self._first = asked.calls
        self._is_understood = False

    def over(self, budget: int) -> bool:
        """Whether nothing more is to be asked; otherwise another call is about to be made."""
        if self._is_understood or self.asked.calls >= self._most:
            return True
        used = self.asked.prompt_tokens + self.asked.completion_tokens
        if used + self._size() + ANSWER_TOKENS > budget:
            if self.asked.calls == self._first:
                self.fails(f"the budget of {budget} tokens leaves no room for a question")
            return True
        self.asked = self.asked.replace(calls=self.asked.calls + 1)
        return False

    def hears(self, completed: Completion) -> None:
        """Count an answer, and take what it proposes or ask for it once more."""
        counted = Usage(prompt_tokens=self._size(), completion_tokens=_tokens(completed.text))
        usage = completed.usage or counted
        exchange = Exchange(asked=self._digest(), answered=self._redact(completed.text[:MAX_ANSWERED])[:MAX_ANSWERED])
        self.asked = self.asked.replace(
            transcript=[*self.asked.transcript, exchange],
            prompt_tokens=self.asked.prompt_tokens + usage.prompt_tokens,
            completion_tokens=self.asked.completion_tokens + usage.completion_tokens,
        )
        try:
            taken = take(completed.text, self._prompt)
        except NotUnderstood as error:
            self.fails(str(error))
            self._again(completed.text, _AGAIN.format(problem=error))
            return
        self._is_understood = True
        self.asked = _heard(self._situation, self.asked, taken)

    def _again(self, answer: str, request: str) -> None:
        """Show the model so much of its answer as there is room for, and ask once more."""
        room = PROMPT_TOKENS * CHARS_PER_TOKEN - len(request) - sum(len(content) for _, content in self.messages)
        # Some endpoints take no turn that is empty.
        self.messages += [("assistant", answer[: min(REPEATED, room)] or "-"), ("user", request)]

    def _digest(self) -> str:
        return sha256(json.dumps(self.messages).encode()).hexdigest()

    def fails(self, problem: str) -> None:
        """Say why there is no help, for now."""
        self.asked = self.asked.replace(problem=clip(problem, 1000))

    def _size(self) -> int:
        return sum(_tokens(content) for _, content in self.messages)


def _heard(situation: Situation, asked: Consultation, taken: Taken) -> Consultation:
    """What was said so far with what was taken now; asks that are outside of the run are refused, not kept."""
    asks, refused = list(asked.asks), [*asked.refused, *taken.refused]
    for ask in taken.asks:
        try:
            queries(situation, ask)
        except Outside as error:
            refused.append(f"an observation was refused: {error}")
        else:
            asks += [ask] if ask not in asks else []
    return asked.replace(
        proposals=taken.proposals or asked.proposals,
        answer=taken.answer or asked.answer,
        account=taken.account or asked.account,
        asks=asks,
        is_open=len(asks) > len(asked.asks),
        refused=list(dict.fromkeys(refused))[:MAX_REFUSED],
        problem="",
    )


def _tokens(text: str) -> int:
    return len(text) // CHARS_PER_TOKEN + 1
