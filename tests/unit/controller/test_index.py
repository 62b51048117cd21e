"""The index keeps in step with memories and cases, and finds by what it has."""

import pytest

from casebook.api.run import Recalled
from casebook.api.texts import Text, TextKind
from casebook.cluster.errors import Unavailable
from casebook.controller.index import BATCH, BY_WORDS, EMBED_AGAIN, Index
from support.memories import memory
from support.memorytexts import MemoryTexts, Topics

TENANT = "ns:shop"
CASE, MEMORY = TextKind.CASE, TextKind.MEMORY


@pytest.fixture
def texts() -> MemoryTexts:
    return MemoryTexts()


def memories(count: int) -> list[Recalled]:
    return [memory(f"m{number}") for number in range(count)]


async def test_only_confirmed_memories_are_found(texts: MemoryTexts) -> None:
    index = Index(texts)
    assert (
        await index.keep_up(TENANT, [memory("a"), memory("b", state="Proposed"), memory("c", state="Retired")]) is None
    )
    assert [id_ for _, _, id_ in texts.kept] == ["shop/a"]


async def test_what_changed_is_kept_anew_and_what_is_gone_forgotten(texts: MemoryTexts) -> None:
    index = Index(texts)
    await index.keep_up(TENANT, memories(3))
    texts.writes = 0
    await index.keep_up(TENANT, [memory("m0"), memory("m1", version=2, statement="new words")])
    assert texts.writes == 2
    assert "new words" in texts.kept[TENANT, MEMORY, "shop/m1"].body
    assert (TENANT, MEMORY, "shop/m2") not in texts.kept
    await index.keep_up(TENANT, [memory("m0"), memory("m1", version=3, state="Retired")])
    assert [id_ for _, _, id_ in texts.kept] == ["shop/m0"]


async def test_a_new_process_writes_nothing_anew(texts: MemoryTexts) -> None:
    await Index(texts).keep_up(TENANT, memories(3))
    texts.writes = 0
    await Index(texts).keep_up(TENANT, memories(3))
    assert texts.writes == 0


async def test_what_a_new_process_has_not_seen_yet_is_not_gone(texts: MemoryTexts) -> None:
    await Index(texts).keep_up(TENANT, memories(3))
    index = Index(texts)
    for seen in (1, 2, 3):
        await index.keep_up(TENANT, memories(seen))
    assert len(texts.kept) == 3
    assert await index.replace(TENANT, MEMORY, []) == 3


async def test_embeddings_follow_a_few_at_a_time_and_once(texts: MemoryTexts) -> None:
    topics, all_ = Topics(), memories(BATCH + 2)
    index = Index(texts, topics)
    assert [await index.keep_up(TENANT, all_) for _ in range(3)] == [0.0, 0.0, None]
    assert len(texts.vectors) == len(topics.asked) == BATCH + 2


async def test_another_model_embeds_everything_anew(texts: MemoryTexts) -> None:
    await Index(texts, Topics("old")).keep_up(TENANT, memories(2))
    await Index(texts, Topics("new")).keep_up(TENANT, memories(2))
    assert {model for model, _ in texts.vectors.values()} == {"new"}


async def test_an_embedder_that_fails_is_asked_again_later(texts: MemoryTexts) -> None:
    topics = Topics()
    topics.failing = True
    index = Index(texts, topics)
    assert await index.keep_up(TENANT, memories(1)) == EMBED_AGAIN
    topics.failing = False
    assert await index.keep_up(TENANT, memories(1)) == 0.0
    assert len(texts.vectors) == 1


async def test_a_store_that_is_away_is_tried_again_and_nothing_is_forgotten(texts: MemoryTexts) -> None:
    index = Index(texts)
    texts.away = True
    with pytest.raises(Unavailable, match="the store cannot be used now"):
        await index.keep_up(TENANT, memories(1))
    texts.away = False
    await index.keep_up(TENANT, memories(1))
    assert len(texts.kept) == 1


async def test_found_by_words_alone_says_so(texts: MemoryTexts) -> None:
    index = Index(texts)
    await index.like(TENANT, CASE, Text("a", "memory limit"))
    found = await index.like(TENANT, CASE, Text("b", "memory limit lowered today"))
    assert found.by == BY_WORDS == "words; no embeddings are configured"
    assert found.scores == {"b": 1.0, "a": 0.5}


async def test_meaning_finds_what_shares_no_word(texts: MemoryTexts) -> None:
    index = Index(texts, Topics())
    await index.like(TENANT, CASE, Text("a", "oom"))
    await index.like(TENANT, CASE, Text("c", "dns"))
    found = await index.like(TENANT, CASE, Text("b", "memory"))
    assert found.by == "words and meaning (topics)"
    assert found.scores == pytest.approx({"b": 1.0, "a": 0.3, "c": 0.0})


async def test_without_an_answer_of_the_embedder_words_do_and_it_says_so(texts: MemoryTexts) -> None:
    topics = Topics()
    topics.failing = True
    found = await Index(texts, topics).like(TENANT, CASE, Text("b", "memory"))
    assert found.by == "words; no embedding could be had: no answer"
    assert found.scores == {"b": 1.0}
