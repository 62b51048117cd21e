"""`preload`: put every page of products into the cache, as a shop does before it opens."""

from shop import log
from shop.http import call
from shop.releases.v1 import CATALOGUE
from shop.services.api import page_path
from shop.settings import number, required


def main(_: list[str]) -> None:
    """Fill CACHE_URL with CATALOGUE_PAGES pages."""
    pages = int(number("CATALOGUE_PAGES", 1))
    for page in range(pages):
        call("POST", f"{required('CACHE_URL')}{page_path(page)}", {"value": list(CATALOGUE)})
    log.info(f"{pages} pages are in the cache")
