"""ReleaseIncompatible: schemas, fields and versions that one side of a release does not know."""

import pytest

from casebook.analysis.snapshot import Snapshot
from support.builders import (
    Raw,
    container,
    endpoints,
    env,
    log,
    pod,
    replicaset,
    run,
    service,
    snapshot,
    template,
    workload,
)
from support.reason import assert_not_named, assert_refuted, assert_root
from support.shop import shop

COLUMN = '{"level":"ERROR","msg":"POST /checkout failed","exception":"Traceback\\npsycopg.errors.UndefinedColumn: column \\"promo\\" does not exist"}'  # noqa: E501
UNKNOWN = '{"level":"ERROR","msg":"POST http://auth:80/verify failed: 400 unknown field \\"tenant\\""}'
RAISED = '{"level":"ERROR","msg":"POST /checkout failed","exception":"Traceback\\nKeyError: cents"}'
FINE = '{"level":"INFO","msg":"POST /checkout 200"}'


def released(name: str, *, age: float = 300) -> list[Raw]:
    """A service of the shop whose second revision runs since so many seconds."""
    calls = env(AUTH_URL="http://auth:80", DB_HOST="db") if name == "api" else []
    old, new = (template(name, container(image=f"{name}:{number}", env=calls)) for number in (1, 2))
    top = workload(name, new)
    first, second = replicaset(top, 1, old, age=7000, replicas=0), replicaset(top, 2, new, age=age)
    return [top, first, second, pod(second, new, name=f"{name}-p0", age=age), service(name), endpoints(name)]


def asked(lines: list[str], *objects: Raw, step: float = 10) -> Snapshot:
    return snapshot(run("checkout fails", "Deployment/api"), objects, log("api-p0", lines, step=step))


@pytest.mark.parametrize(
    "said",
    [
        COLUMN,
        '{"level":"ERROR","msg":"(1054, \\"Unknown column \'promo\' in \'field list\'\\")"}',
        '{"level":"ERROR","msg":"rpc error: code = Unimplemented desc = unknown method Verify for auth.v2.Auth"}',
        '{"level":"ERROR","msg":"consumer stopped: failed to deserialize message: unsupported schema version 7"}',
    ],
)
def test_new_code_that_meets_what_it_was_not_made_for(said: str) -> None:
    assert_root(
        asked([said] * 6, *shop("api"), *released("api")), "Deployment/api", "ReleaseIncompatible", "revision 1 -> 2"
    )


def test_a_release_of_what_is_called_that_no_longer_understands_its_callers() -> None:
    found = asked([UNKNOWN] * 6, *shop("auth"), *released("auth"))
    assert_root(found, "Deployment/auth", "ReleaseIncompatible", "unknown field")


def test_an_exception_of_the_new_code_itself_is_its_own_fault() -> None:
    assert_root(asked([RAISED] * 6, *shop("api"), *released("api")), "Deployment/api", "ReleaseRegression")


def test_what_was_said_before_the_release_is_not_its_fault() -> None:
    long_since = [COLUMN] * 60
    assert_refuted(asked(long_since, *shop("api"), *released("api")), "Deployment/api", "ReleaseIncompatible")


def test_without_a_release_nobody_is_blamed_for_one() -> None:
    assert_not_named(asked([COLUMN] * 6, *shop()), "ReleaseIncompatible")


def test_a_release_that_only_mentions_a_schema_is_well() -> None:
    told = '{"level":"INFO","msg":"migrated: column promo does not exist, added"}'
    assert_not_named(asked([told, FINE] * 4, *shop("api"), *released("api")), "ReleaseIncompatible")


UNREAD = '{"level":"ERROR","msg":"POST /checkout failed","exception":"Traceback\\nTypeError: can only concatenate str"}'


def fallen(
    *, age: float = 60, error: str = UNREAD, fine: int = 12, bad: int = 6, caller: tuple[Raw, ...] = ()
) -> Snapshot:
    """An api that works, and falls over what auth answers since 55 seconds; auth was released `age` seconds ago."""
    return asked(
        [FINE] * fine + [error] * bad, *shop("auth", *(["api"] if caller else [])), *released("auth", age=age), *caller
    )


def test_who_was_not_changed_falls_over_data_since_what_it_calls_was_released() -> None:
    assert_root(fallen(), "Deployment/auth", "ReleaseIncompatible", "as it was and fails since", "TypeError")


def test_what_fell_over_data_before_or_long_after_is_not_its_doing() -> None:
    assert_not_named(fallen(age=20), "ReleaseIncompatible")
    assert_not_named(fallen(age=170), "ReleaseIncompatible")


def test_who_was_never_seen_to_work_proves_nothing() -> None:
    found = fallen(fine=0, bad=6)
    assert_not_named(found, "ReleaseIncompatible")


def test_an_error_that_is_not_about_data_may_be_of_anything() -> None:
    other = UNREAD.replace("TypeError: can only concatenate str", "RuntimeError: no luck")
    assert_not_named(fallen(error=other), "ReleaseIncompatible")


def test_who_was_changed_as_well_is_as_likely() -> None:
    assert_not_named(fallen(caller=tuple(released("api", age=58))), "ReleaseIncompatible")
