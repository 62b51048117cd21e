"""Reads what an HTTP server answers, whole and within bounds."""

import aiohttp

_CHUNK = 1 << 16


async def bounded(response: aiohttp.ClientResponse, limit: int) -> tuple[bytes, bool]:
    """The body, at most `limit` bytes of it, and whether more was there.

    `StreamReader.read(limit)` would give what happens to have arrived. Raises what aiohttp raises where it breaks off.
    """
    body = bytearray()
    async for part in response.content.iter_chunked(_CHUNK):
        body += part
        if len(body) > limit:
            return bytes(body[:limit]), True
    return bytes(body), False
