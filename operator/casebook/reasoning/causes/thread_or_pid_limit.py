"""ThreadOrPidLimit: the program runs out of threads or processes."""

from casebook.analysis import failures
from casebook.reasoning.cause import Cause
from casebook.reasoning.checks.logged import EXPLAINS, advice, detector, says_so

CAUSES = (
    Cause(
        code="ThreadOrPidLimit",
        means="The program runs out of threads or processes.",
        names="workload",
        explains=EXPLAINS,
        base_rate=0.02,
        detect=detector(failures.THREADS, "runs out of threads or processes"),
        predictions=(says_so("the program says that it cannot start a thread or process", 350),),
        steps=advice(
            "Look at how many threads and processes it starts, and at the pod's pid limit.",
        ),
    ),
)
