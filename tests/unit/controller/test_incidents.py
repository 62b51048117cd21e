"""Who explains whom: a table of decisions, with the traps in which independent faults could be joined."""

import itertools
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from casebook.controller.incidents import Incidents
from casebook.controller.tenancy import Tenants
from casebook.controller.views import Case
from support.cases import ago, case, namespace, tenants

X, Y = "ServiceSelectorMismatch Service/team-a/auth", "ImageNotFound Deployment/team-a/till"
ACME = tenants(namespace("team-a", "acme"), namespace("team-b", "acme"), namespace("team-c"))


def found(name: str, made: float, ended: float, *roots: str, space: str = "team-a", **more: Any) -> Case:
    """One that was made and ended so many seconds ago, with these root causes."""
    return case(
        name=name,
        uid=f"uid-{space}-{name}",
        namespace=space,
        created=ago(made),
        finished_at=ago(ended),
        finished="True",
        roots=frozenset(roots or (X,)),
        **more,
    )


def heads(*cases: Case, among: Tenants = ACME) -> dict[str, str]:
    """Name of the head of each that has one."""
    incidents = Incidents()
    for one in cases:
        incidents.put(one)
    said = {one.name: incidents.head(one.key, among) for one in cases}
    return {name: head[1] for name, head in said.items() if head}


def checked(name: str, of: str, made: float = 60, ended: float = 30, **more: Any) -> Case:
    return found(name, made, ended, checked=("team-a", of), **more)


class TestHead:
    def test_of_two_side_by_side_the_older_leads_whoever_ended_first(self) -> None:
        older, younger = found("z", 100, 20), found("a", 90, 50)
        assert heads(older, younger) == {"a": "z"}

    def test_of_two_made_in_one_second_the_first_by_name_leads(self) -> None:
        assert heads(found("b", 100, 50), found("a", 100, 20)) == {"b": "a"}

    def test_the_order_in_which_they_are_seen_changes_nothing(self) -> None:
        cases = [found("a", 100, 20), found("b", 90, 50), found("c", 80, 10, X, Y), checked("d", "b"), found("e", 9, 1)]
        answers = [heads(*order) for order in itertools.permutations(cases)]
        assert all(answer == answers[0] for answer in answers)
        assert answers[0] == {"b": "a", "d": "a", "e": "a"}

    def test_who_checked_the_cause_of_one_follows_its_head(self) -> None:
        assert heads(found("b", 90, 50), checked("c", "b")) == {"c": "b"}
        assert heads(found("a", 100, 20), found("b", 90, 50), checked("c", "b")) == {"b": "a", "c": "a"}

    def test_another_namespace_of_the_tenant_is_of_the_incident(self) -> None:
        assert heads(found("a", 100, 20), found("b", 90, 50, space="team-b")) == {"b": "a"}

    def test_one_with_more_causes_explains_one_with_fewer(self) -> None:
        assert heads(found("a", 100, 20, X, Y), found("b", 90, 50)) == {"b": "a"}

    def test_a_head_that_is_gone_stays_the_head(self) -> None:
        kept = found("b", 90, 50, explained_by=("team-a", "a"))
        assert heads(kept) == {"b": "a"}
        assert heads(kept, found("c", 80, 40)) == {"b": "a"}, "and its followers lead nobody"


class TestApart:
    def test_another_cause(self) -> None:
        assert heads(found("a", 100, 20), found("b", 90, 50, Y)) == {}

    def test_two_faults_are_not_explained_by_one_of_them(self) -> None:
        assert heads(found("a", 100, 20), found("b", 90, 50, X, Y)) == {}

    def test_another_tenant(self) -> None:
        """I8: nothing of one tenant is named in another."""
        assert heads(found("a", 100, 20), found("c", 90, 50, space="team-c")) == {}
        assert heads(found("a", 100, 20), checked("c", "a", space="team-c")) == {}

    def test_a_namespace_without_a_tenant(self) -> None:
        assert heads(found("a", 100, 20, space="x"), found("c", 90, 50, space="x")) == {}

    @pytest.mark.parametrize(("made", "expected"), [(200.0, {"b": "a"}), (199.0, {})])
    def test_an_hour_after_the_end_another_incident_begins(self, made: float, expected: dict[str, str]) -> None:
        assert heads(found("a", 4000, 3800), found("b", made, 50)) == expected

    def test_a_third_one_joins_the_fresh_incident_and_not_the_old(self) -> None:
        old, new, third = found("a", 8000, 7900), found("b", 200, 150), found("c", 100, 50)
        assert heads(old, new, third) == {"c": "b"}

    @pytest.mark.parametrize(("began", "expected"), [(ago(700), {"b": "a"}), (ago(500), {}), (None, {"b": "a"})])
    def test_a_cause_that_came_again_is_another_incident(self, began: datetime, expected: dict[str, str]) -> None:
        """Mended, and broken anew after the head had ended."""
        assert heads(found("a", 800, 600), found("b", 400, 300, began=began)) == expected

    def test_who_named_one_that_never_was_follows_nobody(self) -> None:
        assert heads(checked("c", "forged")) == {}

    def test_who_only_checked_leads_nobody(self) -> None:
        assert heads(checked("b", "gone", 100, 50), found("c", 90, 40)) == {}
        assert heads(checked("b", "gone", 100, 50), checked("c", "b", 90, 40)) == {}

    def test_one_that_goes_on_or_found_nothing_is_of_no_incident(self) -> None:
        going = replace(found("a", 100, 20), marks=())
        assert heads(going, found("b", 90, 50)) == {}
        nothing = replace(found("a", 100, 20), roots=frozenset())
        assert heads(nothing, replace(nothing, name="b")) == {}


class TestIndex:
    def test_followers_are_those_whose_status_names_it_the_oldest_first(self) -> None:
        incidents, head = Incidents(), ("team-a", "a")
        for one in (found("a", 100, 20), found("c", 80, 10), found("b", 90, 50)):
            incidents.put(one if one.name == "a" else replace(one, explained_by=head))
        assert incidents.followers(head) == [("team-a", "b"), ("team-a", "c")]
        incidents.put(found("b", 90, 50))
        assert incidents.followers(head) == [("team-a", "c")]
        incidents.drop(("team-a", "c"))
        assert incidents.followers(head) == []

    def test_heads_that_may_have_to_follow_are_those_with_a_cause_in_common(self) -> None:
        incidents = Incidents()
        for one in (
            found("a", 100, 20),
            found("b", 90, 50),
            found("c", 80, 40, explained_by=("team-a", "b")),
            found("d", 70, 10, Y),
        ):
            incidents.put(one)
        assert incidents.heads(("team-a", "a")) == [("team-a", "b")]
        incidents.drop(("team-a", "b"))
        assert incidents.heads(("team-a", "a")) == []
