"""What is known: the newest of each object, and nothing of what is gone."""

from dataclasses import replace

from casebook.controller.world import World
from support.cases import DOMAIN, UID, case, job, namespace


def world() -> World:
    return World(DOMAIN)


def test_what_is_older_or_the_same_is_ignored() -> None:
    known = world()
    assert known.put_case(case(version=5, attempt=1))
    assert not known.put_case(case(version=4, attempt=0))
    assert not known.put_case(case(version=5, attempt=9))
    assert known.cases["team-a", "why"].attempt == 1


def test_a_new_version_that_changes_no_decision_is_kept_but_no_news() -> None:
    known = world()
    known.put_case(case(version=5))
    assert not known.put_case(case(version=6))
    assert known.cases["team-a", "why"].version == 6


def test_one_made_anew_under_the_same_name_replaces_the_old_and_not_the_other_way_round() -> None:
    known = world()
    known.put_case(case(version=8))
    assert known.put_case(case(version=9, uid="other"))
    assert not known.put_case(case(version=8)), "late news of the old one"
    assert known.case_of(UID) is None
    assert known.case_of("other") is not None
    assert not known.drop_case("team-a", "why", UID), "the deletion of the old does not take the new"
    assert known.drop_case("team-a", "why", "other")


def test_jobs_are_found_by_their_investigation() -> None:
    known = world()
    known.put_job(job(1))
    known.put_job(job(2))
    assert [one.attempt for one in known.jobs_of(UID)] == [1, 2]
    assert not known.put_job(job(1)), "nothing new"
    known.drop_job(job(1).name, "job-1")
    assert not known.drop_job(job(2).name, "another")
    assert [one.attempt for one in known.jobs_of(UID)] == [2]


def test_only_a_change_of_tenant_or_existence_counts_for_namespaces() -> None:
    known = world()
    assert known.put_namespaces([namespace("a"), namespace("b")]) == {"a", "b"}
    assert known.put_namespaces([replace(namespace("a"), version=2)]) == set()
    assert known.put_namespaces([replace(namespace("a", "acme"), version=3)]) == {"a"}
    assert known.tenants.of["a"] == "label:acme"
    assert known.put_namespaces([replace(namespace("a"), version=2)]) == set(), "older news"
    made_since = replace(namespace("c"), version=9)
    known.put_namespaces([made_since])
    assert known.put_namespaces([replace(namespace("a", "acme"), version=3)], as_of=5) == {"b"}
    assert "c" in known.tenants.of, "made after the list was taken"
    assert known.drop_namespace("a") == {"a"}
    assert "a" not in known.tenants.of
