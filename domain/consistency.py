"""Consistency: rules that the whole store obeys, what breaks them, and what mends that."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much it matters that a rule is broken."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that always holds.

    `says` is what holds, `remedy` what a repair does where it does not, or what a person has to decide.
    """

    name: str
    says: str
    remedy: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Repair:
    """What would mend one violation: a machine does it, or it is what a person has to decide."""

    does: str
    by_machine: bool


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that is broken; `ids` are of what breaks it, the one to mend first. Empty where what it is has no id."""

    rule: Rule
    ids: tuple[str, ...]
    detail: str
    repair: Repair


class Outcome(StrEnum):
    """What became of a repair."""

    MENDED = "mended"
    GONE = "gone"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Repaired:
    """A violation after its repair; `why` says why it is left, where it is."""

    violation: Violation
    outcome: Outcome
    why: str = ""


@dataclass(frozen=True, slots=True)
class RuleResult:
    """How often one rule is broken, and the first of its violations."""

    rule: Rule
    total: int
    violations: tuple[Violation, ...]
