"""What an import did."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with the name of what is being worked on, and how much of how much is done: bytes of a file, or rows."""

MAX_REFUSED: Final = 1_000
"""How many refused rows a report keeps; the others are only counted."""


def no_progress(_name: str, _done: int, _total: int) -> None:
    """A progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not imported: the line on which it starts, and why."""

    file: str
    line: int
    reason: str


@dataclass(slots=True)
class StepReport:
    """What came of the rows of one step; `passed_over` are those that its `when` left out."""

    step: str
    make: str
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    passed_over: int = 0
    refused: int = 0
    refused_rows: list[RefusedRow] = field(default_factory=list)


@dataclass(slots=True)
class ImportReport:
    """What an import did, step by step.

    `refused` are the first thousand refused rows of `refused_total`; `stopped` says that a strict import ended at one.
    """

    steps: list[StepReport] = field(default_factory=list)
    refused_total: int = 0
    stopped: bool = False

    @property
    def refused(self) -> list[RefusedRow]:
        """The refused rows that were kept, step by step."""
        return [row for step in self.steps for row in step.refused_rows]

    def refuse(self, step: StepReport, file: str, line: int, reason: str) -> None:
        """Note a row of a step that was refused."""
        step.refused += 1
        self.refused_total += 1
        if self.refused_total <= MAX_REFUSED:
            step.refused_rows.append(RefusedRow(file, line, reason))

    def count(self, outcome: str) -> dict[str, int]:
        """How many groups, people, things and connections were `created`, `updated` or `unchanged`."""
        total: Counter[str] = Counter()
        for step in self.steps:
            total[step.make] += getattr(step, outcome)
        return dict(total)
