"""The check of the whole store: every rule, over everything that there is, and the repair of what breaks one.

Everything is read page by page, and what seems wrong is read again before it is told: between the parts of one read
somebody else may have committed. A repair is a transaction of its own that locks, tests once more, and then mends.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar, cast

from domain.access import Caller
from domain.catalogue import Catalogue
from domain.consistency import Outcome, Repair, Repaired, Rule, RuleResult, Violation
from domain.errors import AppError, RateLimitError, StoreError, ValidationError
from domain.events import Event, EventType
from domain.ids import NodeKind, kind_of
from graph import events, group_changes
from graph.store import Store, Transaction
from services.access import authorize_overview
from services.checks import (
    audit,
    carts,
    connections,
    credentials,
    identities,
    knowledge,
    mail,
    one_time_tokens,
    orders,
    passkeys,
    people,
    second_factors,
    sessions,
    sign_in_attempts,
    sign_in_challenges,
    thing_versions,
    things,
    trusted_documents,
    types,
    webhooks,
    whole,
)
from services.checks import events as event_checks
from services.checks import groups as group_checks
from services.checks.rules import Fault, Mend, Section, Test
from services.checks.whole import WholeFault, WholeMend, WholeTest
from services.journal import system_event
from services.ontology import Ontology

F = TypeVar("F")

_SECTIONS: Final = (
    group_checks.SECTION,
    people.SECTION,
    credentials.SECTION,
    identities.SECTION,
    passkeys.SECTION,
    second_factors.SECTION,
    sign_in_attempts.SECTION,
    sign_in_challenges.SECTION,
    sessions.SECTION,
    one_time_tokens.SECTION,
    mail.SECTION,
    things.SECTION,
    thing_versions.SECTION,
    orders.SECTION,
    carts.SECTION,
    knowledge.SECTION,
    *connections.SECTIONS,
    event_checks.SECTION,
    trusted_documents.SECTION,
    webhooks.ENDPOINT_SECTION,
    webhooks.DELIVERY_SECTION,
)

_OF_THE_WHOLE: Final = (*whole.TESTS, *types.TESTS, *audit.TESTS, *event_checks.TESTS)


def _rules() -> Iterator[Rule]:
    yield from (test.rule for test in _OF_THE_WHOLE)
    for section in cast("Sequence[Section[object]]", _SECTIONS):
        yield section.form.rule
        yield from (test.rule for test in section.tests)


RULES: Final[dict[str, Rule]] = {rule.name: rule for rule in _rules()}
"""Every rule, by its name."""

MAX_SHOWN: Final = 100
"""How many violations of a rule one report may list."""


class Case(Protocol):
    """A violation that was found, and that can be mended at once."""

    @property
    def violation(self) -> Violation:
        """What was found."""

    async def repair(self) -> Repaired:
        """Mend it, if it is still there and a machine may."""


class Checking:
    """Tests the rules over a store."""

    def __init__(self, store: Store, ontology: Ontology) -> None:
        self._store = store
        self._ontology = ontology
        self._running = asyncio.Lock()

    async def cases(self, rules: Collection[str] | None = None) -> AsyncIterator[Case]:
        """Every violation, as it is found; of all rules, or of some. One page is in memory."""
        chosen = _known(rules)
        for whole_test in _OF_THE_WHOLE:
            if whole_test.rule.name in chosen:
                async for fault in whole_test.find(self._store):
                    yield _WholeCase(self._store, whole_test, fault)
        catalogue = await self._ontology.catalogue()
        for section in cast("Sequence[Section[object]]", _SECTIONS):
            tests = [test for test in (section.form, *section.tests) if test.rule.name in chosen]
            if tests:
                async for case in self._in_section(section, tests, catalogue):
                    yield case

    async def _in_section(self, section: Section[F], tests: Sequence[Test[F]], types: Catalogue) -> AsyncIterator[Case]:
        subject = section.subject
        async for page in subject.pages(self._store):
            suspects = [subject.id_of(facts) for facts in page if any(_found(section, tests, facts, types))]
            if not suspects:
                continue
            for facts in await subject.look_again(self._store, suspects):
                for test, fault in _found(section, tests, facts, types):
                    yield _PartCase(self._store, section, test, types, subject.id_of(facts), fault)

    async def report(self, caller: Caller, rules: Collection[str] | None, show: int) -> list[RuleResult]:
        """For each rule how often it is broken, and the first violations. Only a platform owner may ask.

        RateLimitError while another report is being made: it reads everything that there is.
        """
        authorize_overview(caller)
        chosen = _known(rules)
        if not 0 <= show <= MAX_SHOWN:
            raise ValidationError("show", f"show takes a number from 0 to {MAX_SHOWN}.")
        if self._running.locked():
            raise RateLimitError("The store is being checked already. Ask again when that is done.", 30)
        async with self._running:
            totals = dict.fromkeys(chosen, 0)
            shown: dict[str, list[Violation]] = {name: [] for name in chosen}
            async for case in self.cases(rules):
                name = case.violation.rule.name
                totals[name] += 1
                if len(shown[name]) < show:
                    shown[name].append(case.violation)
        return [RuleResult(RULES[name], totals[name], tuple(shown[name])) for name in chosen]


def _known(rules: Collection[str] | None) -> list[str]:
    for index, name in enumerate(rules or ()):
        if name not in RULES:
            raise ValidationError(f"rules.{index}", f"There is no rule {name[:60]!r}. Known: {', '.join(RULES)}.")
    return [name for name in RULES if rules is None or name in rules]


def _found(
    section: Section[F], tests: Sequence[Test[F]], facts: F, types: Catalogue
) -> Iterator[tuple[Test[F], Fault]]:
    """The faults of one subject. Where its form is broken, nothing else can be said of it."""
    broken = list(section.form.find(facts, types))
    for test in [section.form] if broken else tests:
        for fault in broken if test is section.form else test.find(facts, types):
            if test in tests:
                yield test, fault


@dataclass(frozen=True, slots=True)
class _PartCase(Generic[F]):
    """A violation of a rule about one node or one connection."""

    store: Store
    section: Section[F]
    test: Test[F]
    types: Catalogue
    identifier: str
    fault: Fault

    @property
    def violation(self) -> Violation:
        """What was found."""
        repair = self.fault.repair
        planned = Repair(repair.does, by_machine=True) if isinstance(repair, Mend) else Repair(repair, by_machine=False)
        return Violation(self.test.rule, (self.identifier, *self.fault.others), self.fault.detail, planned)

    async def repair(self) -> Repaired:
        """Mend it under a lock, if it is still there and a machine may."""
        if not isinstance(self.fault.repair, Mend):
            return Repaired(self.violation, Outcome.LEFT, _BY_HAND)

        async def work(transaction: Transaction) -> bool:
            # With the tree locked no group is archived or moved meanwhile.
            await group_changes.lock_tree(transaction)
            mended = False
            for facts in await self.section.subject.lock(transaction, self.identifier):
                for test, fault in _found(self.section, [self.test], facts, self.types):
                    if test is self.test and fault.detail == self.fault.detail and isinstance(fault.repair, Mend):
                        noted = self._noted(fault.repair)
                        await events.append(transaction, [noted, *await fault.repair.apply(transaction)])
                        mended = True
            return mended

        return await _done(self.violation, self.store.write(work))

    def _noted(self, mend: Mend) -> Event:
        group_id = self.identifier if kind_of(self.identifier) is NodeKind.GROUP else None
        target_id = next(filter(kind_of, (self.identifier, *self.fault.others)), None)  # a version has no id
        details = {"rule": self.test.rule.name, "does": mend.does}
        return system_event(EventType.CONSISTENCY_REPAIRED, target_id=target_id, group_id=group_id, properties=details)


@dataclass(frozen=True, slots=True)
class _WholeCase:
    """A violation of a rule about the store as a whole."""

    store: Store
    test: WholeTest
    fault: WholeFault

    @property
    def violation(self) -> Violation:
        """What was found."""
        repair = self.fault.repair
        is_mend = isinstance(repair, WholeMend)
        planned = Repair(repair.does if isinstance(repair, WholeMend) else repair, by_machine=is_mend)
        return Violation(self.test.rule, self.fault.ids, self.fault.detail, planned)

    async def repair(self) -> Repaired:
        """Mend it, if a machine may."""
        if not isinstance(self.fault.repair, WholeMend):
            return Repaired(self.violation, Outcome.LEFT, _BY_HAND)
        mend = self.fault.repair

        async def work() -> bool:
            await mend.apply(self.store)
            noted = system_event(
                EventType.CONSISTENCY_REPAIRED,
                target_id=self.fault.ids[0] if self.fault.ids else None,
                group_id=None,
                properties={"rule": self.test.rule.name, "does": mend.does},
            )
            await self.store.write(lambda transaction: events.append(transaction, [noted]))
            return True

        return await _done(self.violation, work())


_BY_HAND: Final = "a person has to decide"


async def _done(violation: Violation, work: Awaitable[bool]) -> Repaired:
    try:
        mended = await work
    except (AppError, StoreError) as error:
        return Repaired(violation, Outcome.LEFT, str(error))
    return Repaired(violation, Outcome.MENDED if mended else Outcome.GONE)
