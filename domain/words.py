"""Words of a text as a search compares them: without case, accents and whatever stands between words.

What is stored to be found and what somebody looks for are cut by the same function, so that they can meet; a word
holds nothing but letters, digits, their marks, or one symbol, and is thus never read as a command by what searches.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import Enum, auto
from itertools import groupby
from operator import itemgetter
from typing import Final

MAX_WORD: Final = 64
"""Of a longer word only so much counts."""

_KEPT_MARKS: Final = frozenset("\u3099\u309a")  # without them other syllables would be read in Japanese
_PLAIN: Final = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)
# Scripts that put no space between words: Thai, Lao, Burmese, Khmer, Japanese and Chinese. Symbols stand alone too.
_ALONE: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


class _Kind(Enum):
    """What a character is to a search."""

    WORD = auto()
    ALONE = auto()
    SYMBOL = auto()
    GAP = auto()


def runs(text: str) -> list[tuple[str, ...]]:
    """What stands between spaces and punctuation, in order: one word, or characters that have to follow each other.

    The latter is so where a script puts no space between words: each of its characters is then a word.
    """
    found: list[tuple[str, ...]] = []
    for kind, group in groupby(_characters(_folded(text)), key=itemgetter(0)):
        parts = [character for _, character in group]
        if kind is _Kind.WORD:
            found.append(("".join(parts)[:MAX_WORD],))
        elif kind is _Kind.SYMBOL:
            found.extend((each,) for each in parts)
        elif kind is _Kind.ALONE:
            found.extend(tuple(parts[start : start + MAX_WORD]) for start in range(0, len(parts), MAX_WORD))
    return found


def _characters(text: str) -> Iterator[tuple[_Kind, str]]:
    """Each character with its kind; marks belong to the letter before them, and are nothing where there is none."""
    kind, whole = _Kind.GAP, ""
    for character in text:
        category = unicodedata.category(character)
        if category[0] == "M":
            if kind in {_Kind.WORD, _Kind.ALONE} and len(whole) < MAX_WORD:
                whole += character
            continue
        yield kind, whole
        whole = character
        if category == "So":
            kind = _Kind.SYMBOL
        elif category[0] in "LN":
            kind = _Kind.ALONE if _ALONE.match(character) else _Kind.WORD
        else:
            kind = _Kind.GAP
    yield kind, whole


def searchable(*texts: str | None) -> str:
    """The words of texts, with a space between each two."""
    return " ".join(word for text in texts if text for run in runs(text) for word in run)


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold().translate(_PLAIN))
    kept = (each for each in decomposed if each in _KEPT_MARKS or not unicodedata.combining(each))
    return unicodedata.normalize("NFC", "".join(kept))
