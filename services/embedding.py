"""Embedding what waits for it, in the background: claimed in batches, tried again when it fails, given up at last.

Everything about it is in the store, so that several servers share the work and a crash loses none of it: what a server
had claimed is due again when its lease ends. An embedding that comes too late, for what somebody changed or embedded
meanwhile, is dropped.
"""

import asyncio
import logging
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Protocol
from uuid import uuid4

from domain.errors import NetworkError, ValidationError
from domain.knowledge import EmbeddingState, Vector
from domain.values import now, to_micros
from graph import embeddings
from graph.documents import EmbeddingRow
from graph.embeddings import ClaimedRow, ReleasedRow
from graph.store import Store
from services.vectors import Dimension, unit

log = logging.getLogger("one.embedding")

BATCH: Final = 64
"""How many texts are sent at a time."""

LEASE: Final = timedelta(seconds=120)
"""How long a claim holds, which is longer than an endpoint may take."""

TRIES: Final = 8
"""How often a text is tried before it is given up; being told to wait does not count."""

IDLE: Final = 1.0
"""How many seconds pass between two looks for work where there is none."""

_FIRST_PAUSE: Final = 2.0
_LONGEST_PAUSE: Final = 600.0
_LONGEST_REST: Final = 30.0
_MAX_ERROR: Final = 200


class EmbeddingFailure(Exception):  # noqa: N818 - an expected outcome
    """Why there is no embedding, in words without a secret.

    `hopeless` says that the same texts fail again; `retry_after` is how many seconds the endpoint asks to wait.
    """

    def __init__(self, reason: str, *, hopeless: bool = False, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hopeless = hopeless
        self.retry_after = retry_after


class Embedder(Protocol):
    """Computes embeddings."""

    @property
    def model(self) -> str:
        """The name of the model."""

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """A vector for each text, in their order. EmbeddingFailure where there is none."""


class EmbeddingWorker:
    """Embeds what waits in one store."""

    def __init__(self, store: Store, embedder: Embedder, dimension: Dimension, *, pause: float = _FIRST_PAUSE) -> None:
        """`pause` is how many seconds pass before the second try; each further one waits twice as long."""
        self._store = store
        self._embedder = embedder
        self._dimension = dimension
        self._pause = pause

    async def run(self) -> None:
        """Work until cancelled. Whatever goes wrong is logged, and tried again later."""
        while True:
            try:
                rest = await self.step()
            except asyncio.CancelledError:
                raise
            except NetworkError:
                rest = _LONGEST_REST
            except Exception:
                log.exception("unexpected error while embedding")
                rest = _LONGEST_REST
            await asyncio.sleep(rest)

    async def step(self) -> float:
        """Embed one batch of what is due; how many seconds to rest before the next one."""
        name, at = uuid4().hex, now()
        rows = await embeddings.claim(self._store, name, BATCH, to_micros(at), to_micros(at + LEASE))
        if not rows:
            return IDLE
        dimension = await self._dimension()
        if dimension is None:
            return await self._fail(name, rows, EmbeddingFailure("no dimension was chosen for this store"))
        return await self._embed(name, rows, dimension)

    async def _embed(self, name: str, rows: Sequence[ClaimedRow], dimension: int) -> float:
        try:
            found = await self._embedder.embed([row["text"] for row in rows])
            made: list[EmbeddingRow] = [
                {"id": row["id"], "embedding": checked(values, dimension)}
                for row, values in zip(rows, found, strict=True)
            ]
        except EmbeddingFailure as failure:
            if not failure.hopeless or len(rows) == 1:
                return await self._fail(name, rows, failure)
            # One of them spoils it for all: halve them until that one is alone.
            middle = len(rows) // 2
            first = await self._embed(name, rows[:middle], dimension)
            return max(first, await self._embed(name, rows[middle:], dimension))
        await embeddings.save(self._store, name, made, self._embedder.model)
        return 0

    async def _fail(self, name: str, rows: Sequence[ClaimedRow], failure: EmbeddingFailure) -> float:
        log.warning("%d texts were not embedded: %s", len(rows), failure.reason)
        waits = [self._wait(row["tries"], failure) for row in rows]
        released: list[ReleasedRow] = [_released(row, failure, wait) for row, wait in zip(rows, waits, strict=True)]
        await embeddings.release(self._store, name, released)
        return 0 if failure.hopeless else min([_LONGEST_REST, *waits])

    def _wait(self, tries: int, failure: EmbeddingFailure) -> float:
        """How many seconds before another try: as asked, or twice as long each time, and not all at once."""
        if failure.retry_after is not None:
            return failure.retry_after
        pause: float = min(_LONGEST_PAUSE, self._pause * 2.0 ** (tries - 1))
        return pause * random.uniform(0.5, 1)  # noqa: S311 - no secret


def checked(values: Sequence[float], dimension: int) -> Vector:
    """The vector of length one that an endpoint means. EmbeddingFailure where it is none of the dimension."""
    try:
        return unit("vector", values, dimension)
    except ValidationError as error:
        raise EmbeddingFailure(f"The endpoint's {error.message}") from error


def _released(row: ClaimedRow, failure: EmbeddingFailure, wait: float) -> ReleasedRow:
    tries = row["tries"] - (failure.retry_after is not None)
    given_up = failure.hopeless or tries >= TRIES
    return {
        "id": row["id"],
        "error": failure.reason[:_MAX_ERROR],
        "due": to_micros(now() + timedelta(seconds=wait)),
        "state": EmbeddingState.FAILED if given_up else EmbeddingState.PENDING,
        "tries": tries,
    }
