"""The shop's logic: products from cache and database, checkout through auth, partner and queue.

Each dependency is used where its setting is there: DB_HOST, CACHE_URL, AUTH_URL, PARTNER_URL, QUEUE_URL.
AUTH_URL may also come from SETTINGS_FILE, which is read again when it changes.
"""

import contextlib
import itertools
import time
from typing import Any

from shop import log, releases
from shop.database import Database
from shop.http import Request, Response, UpstreamError, call, serve
from shop.settings import SettingError, Watched, number, text
from shop.wording import say


class Api:
    """The handlers, over the release that CODE_VERSION names."""

    def __init__(self) -> None:
        self._release = releases.selected()
        self._flags, self._settings = Watched(text("FLAGS_FILE")), Watched(text("SETTINGS_FILE"))
        self._database = Database() if text("DB_HOST") else None
        self._orders = itertools.count(1)
        self._views = itertools.count()
        self._pages = int(number("CATALOGUE_PAGES", 1))
        self._index = _search_index(int(number("INDEX_MB", 0)))
        self._slow_every = int(number("SLOW_QUERY_EVERY", 0))
        self._work = number("WORK_MS", 0) / 1000

    def products(self, _: Request) -> Response:
        """A page of products, each in its turn: from the cache, else the database."""
        _compute(self._work)
        page = page_path(next(self._views) % self._pages)
        return Response(200, {"products": self._release.products(self._cached(page) or self._stored(page))})

    def checkout(self, request: Request) -> Response:
        """Take an order: who, how much, pay, keep, hand on."""
        _compute(self._work)
        auth = self._settings.get("AUTH_URL") or text("AUTH_URL")
        if auth:
            call("POST", f"{auth}/verify", {"token": request.body.get("token", "")})
        cents = self._release.total_cents(request.body, new_pricing=bool(self._flags.get("new_pricing")))
        if text("PARTNER_URL"):
            call("POST", f"{text('PARTNER_URL')}/charge", {"cents": cents})
        if self._database:
            self._database.rows("INSERT INTO orders (cents) VALUES (%s)", cents)
        if text("QUEUE_URL"):
            call("POST", f"{text('QUEUE_URL')}/push", {"cents": cents})
        return Response(200, {"order": next(self._orders), "cents": cents})

    def ready(self) -> str:
        """Why it is not ready: with READY_CHECKS=database, the database; else nothing."""
        if text("READY_CHECKS") != "database" or self._database is None:
            return ""
        try:
            self._database.rows("SELECT 1")
        except UpstreamError as error:
            return str(error)
        return ""

    def _cached(self, page: str) -> list[dict[str, Any]]:
        if not text("CACHE_URL"):
            return []
        try:
            found = list(call("GET", f"{text('CACHE_URL')}{page}").get("value") or [])
        except UpstreamError:
            log.warning(say("products come from the database: no cache"))
            return []
        if not found:
            log.info(f"cache miss: {page}")
        return found

    def _stored(self, page: str) -> list[dict[str, Any]]:
        if self._database is None:
            return list(releases.v1.CATALOGUE)
        if self._slow_every and next(self._orders) % self._slow_every == 0:
            self._database.rows("SELECT pg_sleep(0.3)")
        rows = self._database.rows("SELECT sku, cents FROM products")
        if text("CACHE_URL"):
            with contextlib.suppress(UpstreamError):
                call("POST", f"{text('CACHE_URL')}{page}", {"value": rows})
        return rows


def _compute(seconds: float) -> None:
    """Use a core for so long, as rendering or signing does."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def page_path(page: int) -> str:
    """Where the cache keeps a page of products."""
    return f"/k/products-{page}"


def _search_index(megabytes: int) -> list[bytearray]:
    index: list[bytearray] = []
    if megabytes:
        log.info(f"building the search index, {megabytes} MB")
    for _ in range(megabytes // 4):
        index.append(bytearray(b"x" * (4 * 1024 * 1024)))
        time.sleep(0.05)
    return index


def main(_: list[str]) -> None:
    """Serve the API; START_SECONDS delays it, NEED_DB_AT_START makes it exit without a database."""
    time.sleep(number("START_SECONDS", 0))
    try:
        api = Api()
        if text("NEED_DB_AT_START"):
            Database().rows("SELECT 1")
    except UpstreamError as error:
        raise SettingError(f"{say('cannot start')}: {error}") from None
    serve("api", {("GET", "/products"): api.products, ("POST", "/checkout"): api.checkout}, api.ready)
