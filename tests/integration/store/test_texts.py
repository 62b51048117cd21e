"""Texts on a real Postgres: found by words and by meaning, exactly, within one tenant."""

import math
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from casebook.api.texts import Text, TextKind
from casebook.store.database import Database
from casebook.store.texts import COMMON, NORM, SATURATION, Texts
from support.postgres import Postgres

CASE, MEMORY = TextKind.CASE, TextKind.MEMORY
BODIES = {
    "oom": "checkout pods killed memory memory limit",
    "dns": "resolver timeout cluster checkout",
    "disk": "volume full database",
    "long": "volume " + "unrelated story " * 20,
}


@pytest.fixture
async def texts(postgres: Postgres) -> AsyncIterator[Texts]:
    async with Database.open(postgres.app) as database:
        yield Texts(database)


@pytest.fixture
async def kept(texts: Texts, tenant: str) -> Texts:
    await texts.keep(tenant, CASE, [Text(id_, body) for id_, body in BODIES.items()])
    return texts


def bm25(asked: list[str], corpus: dict[str, list[str]]) -> dict[str, float]:
    """The formula, over words that the dictionary of English leaves as they are."""
    mean = sum(map(len, corpus.values())) / len(corpus)
    held = {word: sum(word in words for words in corpus.values()) for word in asked}
    scores: dict[str, float] = {}
    for id_, words in corpus.items():
        for word, times in Counter(words).items():
            if word in asked:
                rare = math.log(1 + (len(corpus) - held[word] + 0.5) / (held[word] + 0.5))
                dampened = times + SATURATION * (1 - NORM + NORM * len(words) / mean)
                scores[id_] = scores.get(id_, 0.0) + rare * times * (SATURATION + 1) / dampened
    return scores


async def test_words_score_as_the_formula_says(texts: Texts, tenant: str) -> None:
    corpus = {"a": ["disk", "disk", "slow"], "b": ["disk", "network", "slow", "queue", "queue"], "c": ["network"]}
    await texts.keep(tenant, CASE, [Text(id_, " ".join(words)) for id_, words in corpus.items()])
    expected = bm25(["disk", "slow", "absent"], corpus)
    found = await texts.by_words(tenant, CASE, "disk slow absent", 10)
    assert found == pytest.approx(expected)
    assert list(found) == sorted(expected, key=lambda id_: -expected[id_])


async def test_one_shared_word_is_enough_and_none_is_not(kept: Texts, tenant: str) -> None:
    """Unlike a query of Postgres itself, which wants all words."""
    assert list(await kept.by_words(tenant, CASE, "why was the payment pod killed", 10)) == ["oom"]
    assert await kept.by_words(tenant, CASE, "certificate", 10) == {}
    assert await kept.by_words(tenant, CASE, "", 10) == {}
    assert await kept.by_words(tenant, CASE, "the of and ' | & ! :*", 10) == {}


async def test_a_short_text_about_it_goes_before_a_long_one_that_names_it(kept: Texts, tenant: str) -> None:
    assert list(await kept.by_words(tenant, CASE, "volume", 10)) == ["disk", "long"]
    assert list(await kept.by_words(tenant, CASE, "volume", 1)) == ["disk"]


async def test_a_word_that_many_share_is_left_out(texts: Texts, tenant: str) -> None:
    crowd = [Text(f"m{number}", f"shop memory w{number}") for number in range(COMMON + 1)]
    await texts.keep(tenant, MEMORY, crowd[:-1])
    assert len(await texts.by_words(tenant, MEMORY, "shop memory", 999)) == COMMON
    await texts.keep(tenant, MEMORY, crowd)
    assert await texts.by_words(tenant, MEMORY, "shop memory", 999) == {}
    alone = await texts.by_words(tenant, MEMORY, "w7", 10)
    assert list(alone) == ["m7"]
    assert await texts.by_words(tenant, MEMORY, "shop memory w7", 10) == alone


async def test_kinds_are_apart(kept: Texts, tenant: str) -> None:
    await kept.keep(tenant, MEMORY, [Text("shop/m", "memory limit of checkout")])
    assert list(await kept.by_words(tenant, MEMORY, "memory", 10)) == ["shop/m"]
    assert list(await kept.by_words(tenant, CASE, "memory", 10)) == ["oom"]


async def test_kept_again_changes_only_what_has_changed(kept: Texts, tenant: str) -> None:
    before = await kept.digests(tenant, CASE)
    assert before == {id_: Text(id_, body).digest for id_, body in BODIES.items()}
    await kept.embed(tenant, "m", await kept.unembedded(tenant, "m", 10), [[1, 0]] * 4)
    await kept.keep(tenant, CASE, [Text("oom", BODIES["oom"]), Text("dns", "quota exceeded")])
    assert await kept.by_words(tenant, CASE, "resolver", 10) == {}
    assert list(await kept.by_words(tenant, CASE, "quota", 10)) == ["dns"]
    assert [text.id for _, text in await kept.unembedded(tenant, "m", 10)] == ["dns"]
    await kept.drop(tenant, CASE, ["oom", "dns", "never there"])
    assert (await kept.digests(tenant, CASE)).keys() == {"disk", "long"}


async def test_meaning_is_the_cosine_and_of_one_model(kept: Texts, tenant: str) -> None:
    waiting = await kept.unembedded(tenant, "small", 10)
    assert [(kind, text.id) for kind, text in waiting] == [(CASE, id_) for id_ in sorted(BODIES)]
    vectors = {"oom": [1.0, 0.0], "dns": [0.0, 2.0], "disk": [3.0, 4.0], "long": [-1.0, 0.0]}
    await kept.embed(tenant, "small", waiting, [vectors[text.id] for _, text in waiting])
    found = await kept.by_meaning(tenant, CASE, "small", [2.0, 0.0], 3)
    assert found == pytest.approx({"oom": 1.0, "disk": 0.6, "dns": 0.0}, abs=1e-3)
    assert list(found) == ["oom", "disk", "dns"]
    assert await kept.unembedded(tenant, "small", 10) == []
    assert await kept.by_meaning(tenant, CASE, "large", [1.0, 0.0, 0.0], 3) == {}
    assert len(await kept.unembedded(tenant, "large", 10)) == 4


async def test_what_changed_meanwhile_does_not_get_the_embedding_of_what_it_was(kept: Texts, tenant: str) -> None:
    waiting = await kept.unembedded(tenant, "m", 10)
    await kept.keep(tenant, CASE, [Text("dns", "something else")])
    await kept.embed(tenant, "m", waiting, [[1.0, 0.0]] * len(waiting))
    assert [text.id for _, text in await kept.unembedded(tenant, "m", 10)] == ["dns"]


async def test_another_tenant_finds_nothing(kept: Texts, tenant: str) -> None:
    """I8, also for words and names that try to be more than that."""
    waiting = await kept.unembedded(tenant, "m", 10)
    await kept.embed(tenant, "m", waiting, [[1.0, 0.0]] * len(waiting))
    for other in (f"{tenant}-b", "' or tenant <> '", "%"):
        assert await kept.digests(other, CASE) == {}
        assert await kept.unembedded(other, "m2", 10) == []
        assert await kept.by_words(other, CASE, "memory' or '1'='1", 10) == {}
        assert await kept.by_meaning(other, CASE, "m", [1.0, 0.0], 10) == {}
        await kept.drop(other, CASE, list(BODIES))
    assert (await kept.digests(tenant, CASE)).keys() == BODIES.keys()
