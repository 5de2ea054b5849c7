"""How the documentation's pages are read: their fenced blocks, and answers in which `…` matches anything.

The info string of a block says what it is:

- `graphql` is run in the name of the platform owner of a fresh demo world, `graphql carl` in that of another account,
  `graphql nobody` without a key. A `json variables` block after it holds its variables.
- `sh` is run, beside a server of the demo world at the address that the pages use. `sh checked` is only looked at,
  where running it would be absurd: its programs, files and options have to exist. So is `graphql checked`.
- `json` or `text` next after one of those is the whole answer; any other `text` is just text.
- `yaml` and `csv` have to be that.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from domain.values import JSON

KINDS = {"graphql", "sh", "json", "text", "yaml", "csv"}

_FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_WILD = re.compile(r"[\w@/.+-]*…")


@dataclass(frozen=True)
class Block:
    """A fenced block, with the variables and the answer that follow it."""

    page: Path
    line: int
    kind: str
    note: str
    text: str
    variables: str = "{}"
    answer: str | None = None

    def __str__(self) -> str:
        return f"{self.page.name}, line {self.line}"


def blocks(page: Path) -> list[Block]:
    """The blocks of a page."""
    text = page.read_text(encoding="utf-8")
    found: list[Block] = []
    for match in _FENCE.finditer(text):
        kind, _, note = match["info"].partition(" ")
        last = found[-1] if found else None
        asks = last is not None and last.kind in {"graphql", "sh"} and last.answer is None
        if asks and last is not None and (kind, note) == ("json", "variables"):
            found[-1] = replace(last, variables=match["text"])
        elif asks and last is not None and kind in {"json", "text"} and not note:
            found[-1] = replace(last, answer=match["text"])
        else:
            found.append(Block(page, text.count("\n", 0, match.start()) + 1, kind, note, match["text"]))
    return found


class Words:
    """What the words that end in `…` stand for: what they matched last in an answer further up the page."""

    def __init__(self, meanings: Mapping[str, str]) -> None:
        self._meanings = dict(meanings)

    def filled(self, text: str) -> str:
        """The text with what is known in place of its words."""
        return _WILD.sub(lambda word: self._meanings.get(word[0], word[0]), text)

    def compare(self, expected: JSON, actual: JSON, at: str) -> None:
        """Assert that they are equal but for `…`, and learn what that stood for."""
        if isinstance(expected, Mapping):
            assert isinstance(actual, Mapping), f"{at}: {actual!r} is no object"
            assert set(expected) == set(actual), f"{at}: has {sorted(actual)}, not {sorted(expected)}"
            for name, value in expected.items():
                self.compare(value, actual[name], f"{at}.{name}")
        elif isinstance(expected, list):
            assert isinstance(actual, list), f"{at}: {actual!r} is no list"
            assert len(expected) == len(actual), f"{at}: has {len(actual)} items, not {len(expected)}: {actual!r}"
            for index, value in enumerate(expected):
                self.compare(value, actual[index], f"{at}[{index}]")
        elif isinstance(expected, str) and "…" in expected and isinstance(actual, str):
            self._learn(expected, actual, at)
        else:
            assert (expected, type(expected)) == (actual, type(actual)), f"{at}: is {actual!r}, not {expected!r}"

    def _learn(self, expected: str, actual: str, at: str) -> None:
        words = _WILD.findall(expected)
        literals = [re.escape(part) for part in _WILD.split(expected)]
        wild = [f"({re.escape(word[:-1])}.+?)" for word in words]
        pattern = "".join(part for pair in zip(literals, [*wild, ""], strict=True) for part in pair)
        match = re.fullmatch(pattern, actual, re.DOTALL)
        assert match, f"{at}: is {actual!r}, not {expected!r}"
        self._meanings.update(zip(words, match.groups(), strict=True))
