"""FileDescriptorLeak: the program runs out of file descriptors."""

from casebook.analysis import failures
from casebook.reasoning.cause import Cause
from casebook.reasoning.checks.logged import EXPLAINS, advice, detector, says_so

CAUSES = (
    Cause(
        code="FileDescriptorLeak",
        means="The program runs out of file descriptors.",
        names="workload",
        explains=EXPLAINS,
        base_rate=0.02,
        detect=detector(failures.FILES, "runs out of file descriptors"),
        predictions=(says_so("the program says that too many files are open", 380),),
        steps=advice(
            "Look for sockets and files that are never closed; a restart helps for a while.",
        ),
    ),
)
