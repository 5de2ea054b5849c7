"""Splitting documents into chunks at the ends of paragraphs, sentences or words, whichever come with the bound."""

from collections.abc import Iterator
from typing import Final

from semantic_text_splitter import TextSplitter

MAX_CHUNK: Final = 2_000
"""The most characters in a chunk: some 500 tokens, which every embedding model takes."""

_SEGMENT: Final = 10_000
"""How many characters are split at a time: what has no boundary at all takes quadratic time."""

_splitter: Final = TextSplitter(MAX_CHUNK, trim=False)


def split(text: str) -> list[str]:
    """The chunks of a text, in their order; put together again they are the text."""
    return [chunk for segment in _segments(text) for chunk in _splitter.chunks(segment)]


def _segments(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > _SEGMENT:
        end = max(text.rfind(mark, start + _SEGMENT // 2, start + _SEGMENT) for mark in ("\n", " "))
        end = end + 1 if end > 0 else start + _SEGMENT
        yield text[start:end]
        start = end
    yield text[start:]
