"""Which documents are compiled, and how much of them is kept: nothing that a client sends can make either grow.

A document is compiled when it comes the second time, for a stranger can send a new one every time. What is kept is
bounded in documents, in the characters of their text and in compiled fields, and the share of the time that goes into
compiling is bounded too; beyond it, graphql-core runs what is not compiled yet.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from graphql import GraphQLSchema, OperationDefinitionNode

from execution.plans import Plan, by_default, conditions_of
from execution.runs import Core

_NO_TEXT: Final = 1_000  # characters that a document counts for that was made without a text


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is compiled and kept."""

    documents: int = 500
    """How many documents are kept."""
    characters: int = 250_000
    """How long their texts may be together."""
    longest: int = 20_000
    """The longest text that is compiled, in characters."""
    fields: int = 20_000
    """How many compiled fields are kept, of all documents together."""
    fields_each: int = 2_000
    """How many fields one plan may compile."""
    variants: int = 8
    """How many combinations of the variables of @skip and @include are compiled of one operation."""
    sights: int = 2
    """At which time a document is compiled."""
    share: float = 0.1
    """The share of the time that may go into compiling, where documents never cease to be new."""
    burst: float = 2.0
    """How many seconds of compiling may be saved up."""


@dataclass(slots=True)
class _Document:
    operation: OperationDefinitionNode  # kept, so that its id stays its own
    schema: GraphQLSchema
    characters: int
    seen: int = 0
    conditions: tuple[str, ...] | None = None
    known: bool = False
    plans: dict[tuple[object, ...], Plan] = field(default_factory=dict)


class Plans:
    """The plans of the documents that were seen last."""

    def __init__(self, bounds: Bounds | None = None, now: Callable[[], float] = time.perf_counter) -> None:
        self._bounds = bounds or Bounds()
        self.now = now
        self._documents: OrderedDict[int, _Document] = OrderedDict()
        self._characters = 0
        self._fields = 0
        self._saved = self._bounds.burst
        self._filled = now()

    @property
    def size(self) -> tuple[int, int, int]:
        """How many documents, characters and compiled fields are kept."""
        return len(self._documents), self._characters, self._fields

    def plan_for(self, executor: Core) -> Plan | None:
        """The plan for what an executor is to run; None where graphql-core is to run it."""
        document = self._seen(executor)
        if document is None or document.seen < self._bounds.sights:
            return None
        if not document.known:
            document.conditions, document.known = conditions_of(executor), True
        if document.conditions is None:
            return None
        values = [executor.variable_values.coerced.get(name) for name in document.conditions]
        if not all(value is None or isinstance(value, bool) for value in values):  # a document that nobody validated
            return None
        variant = (by_default(executor), *values)
        plan = document.plans.get(variant)
        if plan is None and len(document.plans) < self._bounds.variants and self._may_compile():
            plan = document.plans[variant] = Plan(self)
        return plan

    def trust(self, operation: OperationDefinitionNode, schema: GraphQLSchema) -> None:
        """Compile an operation when it first runs, for it comes from somebody who may make this work."""
        document = self._entry(operation, schema)
        if document is not None:
            document.seen = self._bounds.sights

    def take(self, plan: Plan, fields: int) -> bool:
        """Whether a plan may compile so many fields more; others make room for them."""
        if not plan.kept or plan.fields + fields > self._bounds.fields_each or not self._may_compile():
            return False
        plan.fields += fields
        self._fields += fields
        while self._fields > self._bounds.fields and len(self._documents) > 1:
            self._forget()
        return True

    def spent(self, seconds: float) -> None:
        """Hear how long something took to compile."""
        self._saved -= seconds

    def _may_compile(self) -> bool:
        now = self.now()
        self._saved = min(self._bounds.burst, self._saved + (now - self._filled) * self._bounds.share)
        self._filled = now
        return self._saved > 0

    def _seen(self, executor: Core) -> _Document | None:
        document = self._entry(executor.operation, executor.schema)
        if document is not None:
            document.seen += 1
        return document

    def _entry(self, operation: OperationDefinitionNode, schema: GraphQLSchema) -> _Document | None:
        key = id(operation)
        document = self._documents.get(key)
        if document is not None and document.schema is schema:
            self._documents.move_to_end(key)
            return document
        characters = len(operation.loc.source.body) if operation.loc else _NO_TEXT
        if characters > self._bounds.longest:
            return None
        if document is not None:
            self._drop(self._documents.pop(key))
        document = self._documents[key] = _Document(operation, schema, characters)
        self._characters += characters
        while len(self._documents) > self._bounds.documents or self._characters > self._bounds.characters:
            self._forget()
        return document

    def _forget(self) -> None:
        self._drop(self._documents.popitem(last=False)[1])

    def _drop(self, document: _Document) -> None:
        self._characters -= document.characters
        for plan in document.plans.values():
            self._fields -= plan.fields
            plan.kept = False
