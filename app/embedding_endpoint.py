"""An OpenAI-compatible endpoint that computes embeddings: https://platform.openai.com/docs/api-reference/embeddings."""

import asyncio
import email.utils
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import httpx2
from pydantic import BaseModel, ValidationError

from services.embedding import EmbeddingFailure

SECONDS: Final = 30.0
"""How long one answer may take, from the first byte sent to the last one read."""

_HOPELESS: Final = frozenset({400, 413, 422})
"""What says that the texts themselves are not to its liking."""

_LONGEST_WAIT: Final = 3_600.0
_BUSY: Final = frozenset({429, 503})


class _Item(BaseModel):
    index: int
    embedding: list[float]


class _Answer(BaseModel):
    data: list[_Item]


class Endpoint:
    """Computes embeddings over HTTP. What it says of a failure holds neither the key nor anything that came back."""

    def __init__(self, url: str, model: str, key: str | None, *, seconds: float = SECONDS) -> None:
        """`url` is what `/embeddings` is added to, such as https://api.openai.com/v1."""
        self.model = model
        self._url = f"{url.rstrip('/')}/embeddings"
        self._seconds = seconds
        # A redirect would take the key to somebody else.
        self._client = httpx2.AsyncClient(
            timeout=seconds,
            follow_redirects=False,
            trust_env=False,
            headers={} if key is None else {"Authorization": f"Bearer {key}"},
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector for each text, in their order. EmbeddingFailure where there is none."""
        body = {"model": self.model, "input": list(texts), "encoding_format": "float"}
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._client.post(self._url, json=body)
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise EmbeddingFailure(f"the endpoint gave no answer within {self._seconds:g} seconds") from error
        except httpx2.HTTPError as error:
            raise EmbeddingFailure(f"the endpoint cannot be reached ({type(error).__name__})") from error
        if response.status_code != httpx2.codes.OK:
            raise _refusal(response)
        try:
            items = {item.index: item.embedding for item in _Answer.model_validate_json(response.content).data}
        except ValidationError as error:
            raise EmbeddingFailure("the endpoint's answer is no list of embeddings") from error
        if sorted(items) != list(range(len(texts))):
            raise EmbeddingFailure(f"the endpoint gave {len(items)} embeddings for {len(texts)} texts")
        return [items[index] for index in range(len(texts))]


def _refusal(response: httpx2.Response) -> EmbeddingFailure:
    status = response.status_code
    wait = seconds_to_wait(response.headers.get("Retry-After")) if status in _BUSY else None
    if status == httpx2.codes.TOO_MANY_REQUESTS and wait is None:
        wait = 1.0
    return EmbeddingFailure(f"the endpoint answered {status}", hopeless=status in _HOPELESS, retry_after=wait)


def seconds_to_wait(value: str | None) -> float | None:
    """How many seconds Retry-After says (RFC 9110, 10.2.3): a number, or the time to wait for."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (email.utils.parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), _LONGEST_WAIT) if not math.isnan(seconds) else None
