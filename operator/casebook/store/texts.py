"""What cases and memories are found by: BM25 over their words, and the cosine of their embeddings where there are any.

Both are exact within the tenant: an approximate index of vectors that a tenant's rows are then filtered from loses most
of a small tenant's (recall@10 of 0.03 for 350 rows among 60,000, pgvector 0.8.6 with its defaults).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Executable, delete, select, text, update

from casebook.api.texts import Text, TextKind
from casebook.store.database import Database
from casebook.store.tables import SCHEMA, texts

LANGUAGE = "english"
SATURATION, NORM = 1.5, 0.75
"""k1 and b of BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009), as commonly set."""
SAMPLE, COMMON = 1000, 100
"""Words that more than so many of a tenant's first so many texts share are left out: they tell little, and to weigh
them would take a look into every text. Of a hundred texts all words count."""
PAGE = 500

_BY_WORDS = text(f"""
with corpus as materialized (
  select cast(count(*) as float8) as texts, cast(greatest(avg(length), 1) as float8) as mean
  from {SCHEMA}.texts where tenant = :tenant and kind = :kind
), sample as materialized (
  select words from {SCHEMA}.texts where tenant = :tenant and kind = :kind order by id limit :sample
), asked as materialized (
  select lexeme from unnest(to_tsvector('{LANGUAGE}', :said)) where (
    select count(*) from sample where words @@ cast(quote_literal(lexeme) as tsquery)
  ) <= :common
), found as materialized (
  select id, words, length from {SCHEMA}.texts where tenant = :tenant and kind = :kind
    and words @@ (select cast(string_agg(quote_literal(lexeme), '|') as tsquery) from asked)
), hits as materialized (
  select id, length, lexeme, cast(cardinality(positions) as float8) as times
  from found cross join lateral unnest(words) where lexeme in (select lexeme from asked)
), known as (
  select lexeme, cast(count(*) as float8) as held from hits group by lexeme
)
select id, sum(
  ln(1 + (texts - held + 0.5) / (held + 0.5))
  * times * (:saturation + 1) / (times + :saturation * (1 - :norm + :norm * length / mean))
) as score
from hits join known using (lexeme) cross join corpus group by id order by score desc, id limit :limit
""")  # noqa: S608 - the only thing put in is a constant
_KEEP = text(f"""
insert into {SCHEMA}.texts (tenant, kind, id, body, digest, words, length)
select cast(:tenant as text), cast(:kind as text), cast(:id as text), cast(:body as text), cast(:digest as text), words,
  (select coalesce(sum(cardinality(positions)), 0) from unnest(words))
from to_tsvector('{LANGUAGE}', cast(:body as text)) as words
on conflict (tenant, kind, id) do update
set body = excluded.body, digest = excluded.digest, words = excluded.words, length = excluded.length,
  model = null, meaning = null
where texts.digest <> excluded.digest
""")  # noqa: S608 - the only things put in are constants


class Texts:
    """The store of texts. Every method raises `StoreUnavailable`; every write may be repeated."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def digests(self, tenant: str, kind: TextKind) -> dict[str, str]:
        """The digest of each text that is kept, by its id."""
        query = select(texts.c.id, texts.c.digest).where(texts.c.tenant == tenant, texts.c.kind == kind.value)
        async with self._database.transaction(tenant) as connection:
            return {row.id: row.digest for row in await connection.execute(query)}

    async def keep(self, tenant: str, kind: TextKind, made: Sequence[Text]) -> None:
        """Keep texts; one that has changed loses its embedding, and one that is the same stays as it is."""
        for begin in range(0, len(made), PAGE):
            rows = [_row(tenant, kind, one) for one in made[begin : begin + PAGE]]
            async with self._database.transaction(tenant) as connection:
                await connection.execute(_KEEP, rows)

    async def drop(self, tenant: str, kind: TextKind, ids: Sequence[str]) -> None:
        """Forget these."""
        of = texts.c
        async with self._database.transaction(tenant) as connection:
            for begin in range(0, len(ids), PAGE):
                some = ids[begin : begin + PAGE]
                await connection.execute(
                    delete(texts).where(of.tenant == tenant, of.kind == kind.value, of.id.in_(some))
                )

    async def unembedded(self, tenant: str, model: str, limit: int) -> list[tuple[TextKind, Text]]:
        """Texts without an embedding by this model."""
        of = texts.c
        query = select(of.kind, of.id, of.body).where(of.tenant == tenant, of.model.is_distinct_from(model))
        async with self._database.transaction(tenant) as connection:
            rows = (await connection.execute(query.order_by(of.kind, of.id).limit(limit))).all()
        return [(TextKind(row.kind), Text(row.id, row.body)) for row in rows]

    async def embed(
        self, tenant: str, model: str, made: Sequence[tuple[TextKind, Text]], vectors: Sequence[Sequence[float]]
    ) -> None:
        """Keep the embeddings of texts that have not changed since."""
        of = texts.c
        async with self._database.transaction(tenant) as connection:
            for (kind, one), vector in zip(made, vectors, strict=True):
                key = (of.tenant == tenant, of.kind == kind.value, of.id == one.id, of.digest == one.digest)
                await connection.execute(update(texts).where(*key).values(model=model, meaning=list(vector)))

    async def by_words(self, tenant: str, kind: TextKind, said: str, limit: int) -> dict[str, float]:
        """The best of them by BM25, with their scores; those that share no word are left out."""
        about = {"said": said, "sample": SAMPLE, "common": COMMON, "saturation": SATURATION, "norm": NORM}
        given = {"tenant": tenant, "kind": kind.value, "limit": limit, **about}
        return await self._scores(tenant, _BY_WORDS.bindparams(**given))

    async def by_meaning(
        self, tenant: str, kind: TextKind, model: str, vector: Sequence[float], limit: int
    ) -> dict[str, float]:
        """The best of those embedded by this model, with the cosine of their angle to a vector."""
        of = texts.c
        score = (1 - of.meaning.cosine_distance(list(vector))).label("score")
        query = select(of.id, score).where(of.tenant == tenant, of.kind == kind.value, of.model == model)
        return await self._scores(tenant, query.order_by(score.desc(), of.id).limit(limit))

    async def _scores(self, tenant: str, query: Executable) -> dict[str, float]:
        async with self._database.transaction(tenant) as connection:
            return {row.id: float(row.score) for row in await connection.execute(query)}


def _row(tenant: str, kind: TextKind, one: Text) -> dict[str, Any]:
    return {"tenant": tenant, "kind": kind.value, "id": one.id, "body": one.body, "digest": one.digest}
