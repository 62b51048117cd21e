"""Posts notices to the webhooks of receivers: signed, and tried again while that can help."""

import asyncio
import json
import time
from dataclasses import dataclass
from enum import StrEnum

import aiohttp
import structlog

from casebook.gateway.config import Receiver
from casebook.gateway.investigations import Record
from casebook.gateway.notice import notice, signature
from casebook.gateway.tokens import TokenFiles

SIGNATURE = "X-Casebook-Signature"
DELIVERY = "X-Casebook-Delivery"
PAUSES = (0.0, 1.0, 3.0, 9.0, 27.0, 60.0)
"""Seconds before each try; with the time that each may take they end well within the lease."""
_PASSING = (408, 425, 429)
_log = structlog.get_logger(__name__)


class Outcome(StrEnum):
    """What became of a notice; the reason of condition `Notified`."""

    DELIVERED = "Delivered"
    RETRYING = "Retrying"
    UNDELIVERABLE = "Undeliverable"
    EXPIRED = "Expired"


@dataclass(frozen=True)
class Sent:
    """An outcome, and the last error in words."""

    outcome: Outcome
    error: str = ""


class Outbox:
    """Sends through one HTTP session, which bounds the time of each try; signs where the receiver has a key."""

    def __init__(self, http: aiohttp.ClientSession, tokens: TokenFiles, pauses: tuple[float, ...] = PAUSES) -> None:
        self._http = http
        self._tokens = tokens
        self._pauses = pauses

    async def send(self, receiver: Receiver, url: str, record: Record) -> Sent:
        """Post the notice of this investigation until it is taken, refused, or the tries are used up."""
        body = json.dumps(notice(record), ensure_ascii=False).encode("utf-8", "replace")
        sent = Sent(Outcome.RETRYING)
        for pause in self._pauses:
            await asyncio.sleep(pause)
            sent = await self._once(receiver, url, record.parsed.metadata.uid, body)
            if sent.outcome is not Outcome.RETRYING:
                break
        if sent.error:
            _log.warning("not delivered", receiver=receiver.name, error=sent.error)
        return sent

    async def _once(self, receiver: Receiver, url: str, uid: str, body: bytes) -> Sent:
        headers = {"Content-Type": "application/json", DELIVERY: uid}
        key = self._tokens.secret(f"{receiver.name}.outbound")
        if key:
            headers[SIGNATURE] = signature(key, int(time.time()), body)
        try:
            async with self._http.post(url, data=body, headers=headers, allow_redirects=False) as response:
                return _judged(receiver, response.status)
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            text = f"the webhook of receiver {receiver.name} cannot be reached: {type(problem).__name__}"
            return Sent(Outcome.RETRYING, text)


def _judged(receiver: Receiver, status: int) -> Sent:
    if status < 300:
        return Sent(Outcome.DELIVERED)
    passing = status >= 500 or status in _PASSING
    outcome = Outcome.RETRYING if passing else Outcome.UNDELIVERABLE
    return Sent(outcome, f"the webhook of receiver {receiver.name} answered {status}")
