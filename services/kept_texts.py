"""Texts in memory by what clients call them: bounded in number and in characters, as a stranger may send any."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Kept:
    text: str
    until: float


class KeptTexts:
    """The texts that were used last."""

    def __init__(
        self,
        *,
        most: int,
        characters: int,
        seconds: float = float("inf"),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep at most so many texts and so many characters together, and each for so many seconds."""
        self._most, self._most_characters, self._seconds, self._clock = most, characters, seconds, clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._characters = 0

    @property
    def size(self) -> tuple[int, int]:
        """How many texts and how many characters are kept."""
        return len(self._kept), self._characters

    def get(self, name: str) -> str | None:
        """The text that is called so, where it is kept."""
        kept = self._kept.get(name)
        if kept is None:
            return None
        if kept.until <= self._clock():
            self._drop(name)
            return None
        self._kept.move_to_end(name)
        return kept.text

    def put(self, name: str, text: str) -> None:
        """Keep a text, in the place of those that were not used for the longest time."""
        if name in self._kept:
            self._drop(name)
        if len(text) > self._most_characters:
            return
        self._kept[name] = _Kept(text, self._clock() + self._seconds)
        self._characters += len(text)
        while len(self._kept) > self._most or self._characters > self._most_characters:
            self._drop(next(iter(self._kept)))

    def _drop(self, name: str) -> None:
        self._characters -= len(self._kept.pop(name).text)
