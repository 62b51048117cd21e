"""Serves a GGUF file with llama.cpp on loopback: `python serving.py FILE PORT`, in the environment of the model.

It runs in an environment of its own, so it imports nothing of the project.
"""

import signal
import sys

CONTEXT, THREADS = 10_240, 2
"""Tokens of a prompt with its answer, and cores."""


def main(file: str, port: str) -> None:
    """Serve until SIGTERM."""
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = file
    settings.hostnames = ["127.0.0.1"]
    settings.port = int(port)
    settings.n_ctx = CONTEXT
    settings.n_parallel = 1
    settings.cpuparams.n_threads = THREADS
    server = xllamacpp.Server(settings)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    del server


if __name__ == "__main__":
    main(*sys.argv[1:])
