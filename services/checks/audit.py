"""The rule about the audit log: that nobody wrote to it behind the server's back."""

from collections.abc import AsyncIterator

from domain.consistency import Rule
from graph import audit
from graph.store import Store
from services.checks.whole import WholeFault, WholeTest

_LEAVE = "Nothing mends it. Find out who wrote to the store, and compare with an export that was kept elsewhere."


async def _broken(store: Store) -> AsyncIterator[WholeFault]:
    for fault in (await audit.verify(store)).faults:
        ids = () if fault.event_id is None else (fault.event_id,)
        yield WholeFault(f"at place {fault.sequence} the chain of the audit log is {fault.what}", _LEAVE, ids)


TESTS: tuple[WholeTest, ...] = (
    WholeTest(
        Rule(
            "audit_chain",
            "Every entry of the audit log is there, in its place, as it was written.",
            "A person finds out what happened. Whatever mended it would hide that.",
        ),
        _broken,
    ),
)
