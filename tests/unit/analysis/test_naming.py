"""Names in questions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.analysis.naming import kinds_named, meant, one_edit, places, singular, words

KNOWN = [
    ("Deployment", "auth"),
    ("Service", "auth"),
    ("Deployment", "checkout"),
    ("Deployment", "checkout-api"),
    ("Deployment", "stock-sync"),
    ("Deployment", "worker"),
    ("StatefulSet", "orders-db"),
    ("ConfigMap", "auth"),
    ("Deployment", "flow"),
    ("Deployment", "svc-4-api"),
    ("Deployment", "svc-40-api"),
]


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("checkout is slow since noon", {"Deployment/checkout"}),
        ("Checkout-API's answers are slow", {"Deployment/checkout-api"}),
        ("why is the auth deployment in staging restarting?", {"Deployment/auth"}),
        ("why is deploy/auth restarting?", {"Deployment/auth"}),
        ("is svc auth well?", {"Service/auth"}),
        ("is auth well?", {"Deployment/auth", "Service/auth", "ConfigMap/auth"}),
        ("are the workers alive?", {"Deployment/worker"}),
        ("stock sync hangs", {"Deployment/stock-sync"}),
        ("customers cannot check out", {"Deployment/checkout"}),
        ("the order database is gone", {"StatefulSet/orders-db"}),
        ("why is checkuot down?", {"Deployment/checkout"}),
        ("why is chekout down?", {"Deployment/checkout"}),
        ("is auht slow?", {"Deployment/auth", "Service/auth", "ConfigMap/auth"}),
        ("checkout and worker fail", {"Deployment/checkout", "Deployment/worker"}),
        ("why is svc-4 slow?", {"Deployment/svc-4-api"}),
        ("is the sync of today done?", {"Deployment/stock-sync"}),
        ("why is everything so slow?", set()),
        ("something is wrong", set()),
        ("", set()),
        ("なぜ遅いのですか", set()),
        ("warum ist checkout so langsam?", {"Deployment/checkout"}),
    ],
)
def test_names(question: str, names: set[str]) -> None:
    assert {f"{one.kind}/{one.name}" for one in meant(question, KNOWN)} == names


def test_a_slip_says_what_was_read() -> None:
    assert meant("why is checkuot down?", KNOWN)[0].said == "checkuot"


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("why is auth in staging restarting?", ["staging"]),
        ("in the namespace team-a nothing works", ["team-a"]),
        ("what is wrong in the prod environment", ["prod"]),
        ("-n shop: all is slow", ["shop"]),
        ("why is it slow", []),
        ("in the last hour", []),
        ("in namespace default", ["default"]),
    ],
)
def test_places(question: str, found: list[str]) -> None:
    assert places(question) == found


def test_kinds() -> None:
    assert kinds_named("why do the cronjobs and this ingress fail?") == {"CronJob", "Ingress"}


@pytest.mark.parametrize(
    ("word", "base"), [("workers", "worker"), ("caches", "cach"), ("proxies", "proxy"), ("ingress", "ingress")]
)
def test_singular(word: str, base: str) -> None:
    assert singular(word) == base


@pytest.mark.parametrize(
    ("one", "other", "fits"),
    [
        ("auth", "auht", True),
        ("auth", "aut", True),
        ("auth", "aith", True),
        ("auth", "auth", False),
        ("auth", "oath", False),
        ("ab", "ba", False),
        ("worker", "wroker", True),
        ("worker", "workers2", False),
    ],
)
def test_one_edit(one: str, other: str, fits: bool) -> None:
    assert one_edit(one, other) is fits


@given(st.text(max_size=300))
def test_any_text_can_be_asked(said: str) -> None:
    meant(said, KNOWN)
    places(said)
    assert all(word == word.lower() for word in words(said))
