"""Erasing the bytes of files that are no more, and of uploads that came to nothing."""

import logging
from datetime import timedelta
from typing import Final

from domain.errors import AppError
from domain.values import Clock, to_micros
from graph import files
from graph.store import Store
from services.files import FileContents

log = logging.getLogger("one.files")

ERASED_AT_ONCE: Final = 100

_AGAIN: Final = timedelta(minutes=10)  # until somebody else tries, where the first one crashed


class Erasing:
    """Erases what is due."""

    def __init__(self, store: Store, clock: Clock, contents: FileContents) -> None:
        self._store = store
        self._clock = clock
        self._contents = contents

    async def __call__(self) -> int:
        """Erase some that are due, each by whichever server claims it first, and answer how many."""
        at = self._clock()
        done = 0
        for file_id in await files.due(self._store, to_micros(at), ERASED_AT_ONCE):
            if not await files.claim(self._store, file_id, to_micros(at), to_micros(at + _AGAIN)):
                continue
            try:
                await self._contents.erase(file_id)
            except AppError as error:  # the others are due all the same
                log.warning("the bytes of %s were not erased: %s", file_id, error.message)
                continue
            await files.erased(self._store, file_id)
            done += 1
        return done
