"""Sending mails by Resend's HTTP API (https://resend.com/docs/api-reference/emails/send-email)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Final, cast

import httpx2
import orjson

from domain.mail import Message, SendingError
from domain.values import JSON

URL: Final = "https://api.resend.com/emails"
MAIL_TAG: Final = "one_mail"
"""The tag by which Resend names our mail when it tells what became of it."""

SECONDS: Final = 20.0
"""How long one mail may take."""

_LONGEST: Final = 100_000  # bytes of an answer
_OF_THE_MAIL: Final = frozenset({httpx2.codes.BAD_REQUEST, httpx2.codes.UNPROCESSABLE_CONTENT})
_OF_THE_SENDER: Final = frozenset({"invalid_from_address", "missing_api_key", "invalid_api_key"})


class ResendSender:
    """Hands mails to Resend, which takes the same one once within a day, by its idempotency key."""

    def __init__(self, client: httpx2.AsyncClient, key: str, mail_from: str, url: str = URL) -> None:
        self._client = client
        self._key = key
        self._from = mail_from
        self._url = url

    async def send(self, message: Message) -> None:
        """Send one. SendingError where it is not taken; final where no other try would be."""
        headers = {"Authorization": f"Bearer {self._key}", "Idempotency-Key": message.key}
        body = {
            "from": self._from,
            "to": [message.address],
            "subject": message.subject,
            "text": message.text,
            "html": message.html,
            "headers": {"X-Idempotency-Key": message.key, "Auto-Submitted": "auto-generated"},
            "tags": [{"name": MAIL_TAG, "value": message.key}],
        }
        content = bytearray()
        try:
            async with (
                asyncio.timeout(SECONDS),
                self._client.stream("POST", self._url, headers=headers, json=body) as response,
            ):
                async for part in response.aiter_bytes():
                    content += part
                    if len(content) > _LONGEST:
                        break
        except (TimeoutError, httpx2.HTTPError) as error:
            raise SendingError(f"Resend cannot be used: {type(error).__name__}") from error
        if response.is_success:
            return
        # What it says of a mail may quote the address: its name for that is enough.
        name = _name(bytes(content))
        final = response.status_code in _OF_THE_MAIL and name not in _OF_THE_SENDER
        raise SendingError(f"Resend answered {response.status_code} {name}".strip(), final=final)


def _name(content: bytes) -> str:
    """What Resend calls what went wrong; empty where it does not say."""
    try:
        found = cast("JSON", orjson.loads(content))
    except ValueError:
        return ""
    name = found.get("name") if isinstance(found, Mapping) else None
    known = isinstance(name, str) and name.isascii() and name.replace("_", "").isalnum()
    return str(name)[:60] if known else ""


@contextlib.asynccontextmanager
async def resending(key: str, mail_from: str) -> AsyncIterator[ResendSender]:
    """A sender for as long as the context lasts. A redirect would take the mail and the key to somebody else."""
    async with httpx2.AsyncClient(timeout=SECONDS, follow_redirects=False, trust_env=False) as client:
        yield ResendSender(client, key, mail_from)
