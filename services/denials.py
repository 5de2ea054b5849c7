"""Refused changes in the audit log: who knocked at what, and the nearest thing that they lack.

What somebody does not see and what is not there are the same to them, and are recorded by the same statements: neither
the answer nor the time that it takes tells which it was. Whose group it is learns of it in its audit log.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from domain.access import Access, AccessReason, Caller, Viewer
from domain.errors import AppError, ForbiddenError, NotFoundError, ReauthenticationError
from domain.events import Audit, Event, EventType
from domain.ids import kind_of
from graph import denials, events, standing
from graph.store import Store, Transaction
from services.access import OPEN, Action, counts_below, counts_grants
from services.journal import event
from services.rate_limits import RateLimits

log = logging.getLogger("one.audit")

SECONDS: Final = 5
"""How long an answer waits for its denial to be recorded, at the most."""

_COUNTED: Final = 10_000
"""Of how many actors and actions it is kept how many denials were left out."""

_OBJECTS: Final = (
    *("service_account_id", "order_id", "refund_id"),
    *("id", "thing_id", "group_id", "parent_id", "to_id", "from_id"),
)
"""Where an input says what it is about, the first that it has."""


@dataclass(frozen=True, slots=True)
class Denial:
    """A change that was refused: what was wanted, of what, and the error that was answered."""

    action: Action
    error: AppError
    object_id: str | None = None


def denial_of(action: Action, given: object, error: AppError) -> Denial | None:
    """The denial that an error is of a change by this input; None where it is another error."""
    if isinstance(error, NotFoundError):
        return Denial(action, error, error.id if kind_of(error.id) else None)
    if isinstance(error, ForbiddenError | ReauthenticationError):
        return Denial(action, error, object_of(given))
    return None


def object_of(given: object) -> str | None:
    """The id of what an input, or a change of several, is about."""
    about = getattr(given, "new", given)
    found = (getattr(about, name, None) for name in _OBJECTS)
    return next((each for each in found if isinstance(each, str) and kind_of(each)), None)


class Denials:
    """Records them."""

    def __init__(self, store: Store, limits: RateLimits) -> None:
        self._store = store
        self._limits = limits
        self._left_out: OrderedDict[tuple[str, Action], int] = OrderedDict()

    async def record(self, caller: Caller, refused: Iterable[Denial | None]) -> None:
        """Record what a caller was refused, once that is undone. Nothing of it ever fails the answer.

        Of a flood the first are recorded, and the next that is tells how many were left out. Nobody is recorded who
        did not say who they are: there is no actor then, and anybody could fill the log.
        """
        viewer = caller.viewer
        found = [each for each in refused if each is not None and each.action not in OPEN]
        if viewer is None or not found:
            return
        try:
            async with asyncio.timeout(SECONDS):
                await self._record(caller, viewer, await self._admitted(viewer, found))
        except Exception:  # whatever it is, the caller is answered as if it were not
            log.exception("a denial could not be recorded: request %s", caller.request_id)

    async def _admitted(self, viewer: Viewer, found: Sequence[Denial]) -> list[tuple[Denial, int]]:
        """Those that are recorded, each with the number of those that were left out before it."""
        admitted: list[tuple[Denial, int]] = []
        full: set[Action] = set()
        for denial in found:
            key = (viewer.person_id, denial.action)
            if denial.action in full or not await self._limits.takes_denial(*key):
                full.add(denial.action)
                self._left_out[key] = self._left_out.pop(key, 0) + 1
                if len(self._left_out) > _COUNTED:
                    self._left_out.popitem(last=False)
            else:
                admitted.append((denial, self._left_out.pop(key, 0)))
        return admitted

    async def _record(self, caller: Caller, viewer: Viewer, admitted: Sequence[tuple[Denial, int]]) -> None:
        if not admitted:
            return

        async def work(transaction: Transaction) -> None:
            told = [await _event(transaction, caller, viewer, denial, left_out) for denial, left_out in admitted]
            await events.append(transaction, told)

        await self._store.write(work)


async def _event(transaction: Transaction, caller: Caller, viewer: Viewer, denial: Denial, left_out: int) -> Event:
    error, at = denial.error, denial.object_id
    forbidden = error if isinstance(error, ForbiddenError) else None
    place = None if at is None else await denials.place_of(transaction, at)
    decided = (forbidden.group_id if forbidden else None) or place
    roles = await standing.roles(
        transaction,
        viewer.person_id,
        [] if decided is None else [decided],
        below=counts_below(viewer),
        grants=counts_grants(viewer),
    )
    held = standing.found_by(transaction, viewer.person_id, decided or "")
    access = Access(
        allowed=False,
        reason=_reason(error),
        role=roles.get(decided or ""),
        needed_role=forbidden.needed_role if forbidden else None,
        path=held.path if held else (),
    )
    told: dict[str, str | int] = {"action": denial.action, "reason": access.reason}
    if left_out:
        told["leftOut"] = left_out
    # The event has no group: whoever sees what happens in that one need not know who knocks there.
    happened = event(caller, EventType.ACCESS_DENIED, target_id=at, group_id=None, properties=told)
    return replace(happened, audit=Audit(place or decided, denial.action, access))


def _reason(error: AppError) -> AccessReason:
    if isinstance(error, NotFoundError):
        return AccessReason.NOT_VISIBLE
    return error.reason if isinstance(error, ForbiddenError) else AccessReason.PROOF_TOO_OLD
