"""Words of a text as a search compares them: without case, accents and whatever stands between words.

What is stored to be found and what somebody looks for are cut by the same function, so that they can meet; a word
holds nothing but letters, digits, their marks, or one symbol, and is thus never read as a command by what searches.
"""

import re
import unicodedata
from typing import Final

MAX_WORD: Final = 64
"""Of a longer word only so much counts."""

_KEPT_MARKS: Final = frozenset("\u3099\u309a")  # without them other syllables would be read in Japanese
_PLAIN: Final = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)
# Scripts that put no space between words: Thai, Lao, Burmese, Khmer, Japanese and Chinese. Symbols stand alone too.
_ALONE: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


def runs(text: str) -> list[tuple[str, ...]]:
    """What stands between spaces and punctuation, in order: one word, or characters that have to follow each other.

    The latter is so where a script puts no space between words: each of its characters is then a word.
    """
    found: list[tuple[str, ...]] = []
    word: list[str] = []
    alone: list[str] = []

    def finish() -> None:
        if word:
            found.append(("".join(word)[:MAX_WORD],))
        for start in range(0, len(alone), MAX_WORD):
            found.append(tuple(alone[start : start + MAX_WORD]))
        word.clear()
        alone.clear()

    for character in _folded(text):
        category = unicodedata.category(character)
        is_mark = category[0] == "M"
        if category == "So":
            finish()
            found.append((character,))
        elif is_mark and alone:
            alone[-1] += character if len(alone[-1]) < MAX_WORD else ""
        elif _ALONE.match(character) and (is_mark or category[0] in "LN"):
            if word:
                finish()
            alone.append(character)
        elif category[0] in "LN" or (is_mark and word):
            if alone:
                finish()
            word.append(character)
        elif not is_mark:
            finish()
    finish()
    return found


def searchable(*texts: str | None) -> str:
    """The words of texts, with a space between each two."""
    return " ".join(word for text in texts if text for run in runs(text) for word in run)


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold().translate(_PLAIN))
    kept = (each for each in decomposed if each in _KEPT_MARKS or not unicodedata.combining(each))
    return unicodedata.normalize("NFC", "".join(kept))
