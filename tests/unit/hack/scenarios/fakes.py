"""A kubectl that answers from a script, and remembers."""

import json

from scenariokit.kubectl import CommandError, Finished, Kube


class FakeKube(Kube):
    """Answers by the first prefix that fits; a list is answered one by one, its last entry for ever."""

    def __init__(self, answers=None) -> None:
        self.answers = {key: list(v) if isinstance(v, list) else [v] for key, v in (answers or {}).items()}
        self.calls: list[str] = []
        self.inputs: list[str] = []
        self.env = {}

    async def run(self, *arguments, stdin="", seconds=60.0):
        call = " ".join(arguments)
        self.calls.append(call)
        self.inputs.append(stdin)
        for prefix, answers in self.answers.items():
            if call.startswith(prefix):
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                return answer if isinstance(answer, Finished) else Finished(0, answer, "")
        return Finished(0, json.dumps({"items": []}) if call.startswith("get ") else "", "")

    async def must(self, *arguments, stdin="", seconds=60.0):
        done = await self.run(*arguments, stdin=stdin, seconds=seconds)
        if done.code:
            raise CommandError(done.message)
        return done.out

    async def copy(self, path, namespace):
        self.namespace = namespace
        return self


def failed(message: str) -> Finished:
    return Finished(1, "", message)
