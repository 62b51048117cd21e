"""`tell URL JSON`: post something to a service from inside its pod."""

import json

from shop.http import call


def main(arguments: list[str]) -> None:
    """Post the JSON to the URL."""
    call("POST", arguments[0], json.loads(arguments[1]))
