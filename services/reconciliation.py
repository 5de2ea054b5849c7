"""Reconciling what a group sold: whether its orders, payments, stock, numbers and events tell the same.

The rules are those of a check of the whole store, asked of one group, a page at a time: its orders first, and then its
products. What is written meanwhile is looked at as it is by then; each row is read in one moment.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from domain.access import Caller
from domain.catalogue import Catalogue
from domain.errors import ForbiddenError, ValidationError
from domain.people import MemberRole
from graph import reconciliation
from graph.store import Store
from services.access import MEMBERS, reach_of
from services.checks.orders import OF_ORDERS, no_gap, right_sold
from services.checks.rules import Mend, Test
from services.lists import MAX_PAGE
from services.ontology import Ontology

F = TypeVar("F")

START: Final = "order "
"""Before anything: the kind that is looked at next, and the sort key of the last of it."""

_PRODUCTS: Final = "product "


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Something that does not fit: the order, the product or the group that it is about, and what would settle it."""

    rule: str
    about: str
    detail: str
    settled_by: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many orders and products were looked at, what does not fit of them, and where to go on, if there is more."""

    looked_at: int
    discrepancies: Sequence[Discrepancy]
    next: str | None


class Reconciliation:
    """Looks for what does not fit."""

    def __init__(self, store: Store, ontology: Ontology) -> None:
        self._store = store
        self._ontology = ontology

    async def of_group(
        self, caller: Caller, group_id: str, role: MemberRole | None, first: int, after: str | None
    ) -> Reconciled:
        """The next orders or products of a group which the caller sees, in that role if they have one.

        ForbiddenError to whoever is neither a platform owner nor an owner of the group.
        """
        viewer = caller.viewer
        owns = role is not None and role.covers(MemberRole.OWNER) and viewer is not None and viewer.role in MEMBERS
        if not owns and not reach_of(caller).everything:
            raise ForbiddenError(f"A reconciliation is for the {MemberRole.OWNER} of the group.")
        if not 1 <= first <= MAX_PAGE:
            raise ValidationError("first", f"first takes a number from 1 to {MAX_PAGE}.")
        types = await self._ontology.catalogue()
        place = START if after is None else after
        if place.startswith(_PRODUCTS):
            return await self._products(types, group_id, place.removeprefix(_PRODUCTS), first)
        found = list(await self._counter(types, group_id)) if after is None else []
        rows = await reconciliation.orders(self._store, group_id, place.removeprefix(START), first)
        found += [each for row in rows for test in OF_ORDERS for each in _found(test, row, types, row["id"])]
        more = f"{START}{rows[-1]['row']['sortKey']}" if len(rows) == first else _PRODUCTS
        return Reconciled(len(rows), found, more)

    async def _counter(self, types: Catalogue, group_id: str) -> Iterator[Discrepancy]:
        rows = await reconciliation.counter(self._store, group_id)
        return (each for row in rows for each in _found(no_gap, row, types, group_id))

    async def _products(self, types: Catalogue, group_id: str, after: str, first: int) -> Reconciled:
        rows = await reconciliation.products(self._store, group_id, after, first)
        found = [each for row in rows for each in _found(right_sold, row, types, row["id"])]
        more = f"{_PRODUCTS}{rows[-1]['row']['sortKey']}" if len(rows) == first else None
        return Reconciled(len(rows), found, more)


def _found(test: Test[F], facts: F, types: Catalogue, about: str) -> Iterator[Discrepancy]:
    for fault in test.find(facts, types):
        settled_by = fault.repair.does if isinstance(fault.repair, Mend) else fault.repair
        yield Discrepancy(test.rule.name, about, fault.detail, settled_by)
