"""How a rule is written: what holds, and a function that finds the faults in the facts of one subject.

To add a rule, write such a function under `@rule` beside the others of its noun, and name it in the noun's section.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from domain.catalogue import Catalogue
from domain.consistency import Rule, Severity
from domain.events import Event
from graph.checks.subjects import Subject
from graph.store import Transaction

F = TypeVar("F")

Apply: TypeAlias = Callable[[Transaction], Awaitable[Sequence[Event]]]
"""Mends one fault, in a transaction that has locked it and the tree; answers what happened beside the repair."""


@dataclass(frozen=True, slots=True)
class Mend:
    """A change that a machine may make; `does` says it in a few words."""

    does: str
    apply: Apply


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and what mends it, or else what a person has to decide; `others` are further ids involved."""

    detail: str
    repair: Mend | str
    others: tuple[str, ...] = ()


Find: TypeAlias = Callable[[F, Catalogue], Iterable[Fault]]


@dataclass(frozen=True, slots=True)
class Test(Generic[F]):
    """A rule and how it is tested."""

    rule: Rule
    find: Find[F]


@dataclass(frozen=True, slots=True)
class Section(Generic[F]):
    """The rules of one subject. Where its `form` is broken, the others cannot be asked."""

    subject: Subject[F]
    form: Test[F]
    tests: tuple[Test[F], ...]


def rule(name: str, says: str, remedy: str, severity: Severity = Severity.ERROR) -> Callable[[Find[F]], Test[F]]:
    """Make a function that finds faults the test of a rule."""

    def test(find: Find[F]) -> Test[F]:
        return Test(Rule(name, says, remedy, severity), find)

    return test
