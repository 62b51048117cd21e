"""ConnectionPoolExhausted: the connection pool is smaller than the need, or connections leak."""

from casebook.analysis import failures
from casebook.reasoning.cause import Cause, Prediction
from casebook.reasoning.checks.logged import EXPLAINS, advice, detector, part_changed, says_so

CAUSES = (
    Cause(
        code="ConnectionPoolExhausted",
        means="The connection pool is smaller than the need, or connections leak.",
        names="workload",
        explains=EXPLAINS,
        base_rate=0.02,
        detect=detector(failures.POOL, "runs out of connections", "POOL", "replicas"),
        predictions=(
            says_so("the program says that no connection is left", 260),
            Prediction("the newest revision changed the pool", part_changed("POOL"), 120, 0),
        ),
        steps=advice(
            "Compare pool size times replicas with the limit of what it connects to; look for leaks.",
        ),
    ),
)
