"""The audit log in the store: lists of it, the whole of it in order, and what is wrong with the chain."""

from collections.abc import AsyncIterator, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypedDict

from domain.audit import GENESIS, AuditEntry, Broken, ChainFault, ChainHead, Verification
from domain.events import EventType
from domain.values import JSONObject
from graph import events
from graph.access import group_visible
from graph.chain import HEAD_PARAMETERS, READ_HEAD, SealRow, audit_of, content_of, hash_of, head_of, key_of
from graph.events import EventRow
from graph.listing import Listing, listing
from graph.store import Statement, Store

PAGE: Final = 1_000

SHOWN: Final = 100
"""How many faults a verification tells; all are counted."""


class AuditRow(EventRow, SealRow):
    """An event of the audit log as it is stored."""


class Scope(StrEnum):
    """Which part of the audit log a list is of: all of it, or what stands below the parent of the list."""

    ALL = "audit"
    GROUP = "audit_of_group"
    SUBTREE = "audit_of_subtree"


class HashRow(TypedDict):
    """The hash of an entry."""

    hash: str


ENTRY: Final = f"event {{{', '.join(f'.{column}' for column in AuditRow.__annotations__)}}}"
_KEY: Final = "event.auditKey"

PAGE_AUDIT: Statement[AuditRow] = Statement(
    "page_audit",
    f"""
    MATCH (event:Event) WHERE event.auditKey > $after
    WITH event ORDER BY event.auditKey LIMIT $limit
    RETURN {ENTRY} AS row""",
)
HASH_AT: Statement[HashRow] = Statement(
    "hash_at", "MATCH (event:Event) WHERE event.auditKey = $key RETURN event {.hash} AS row"
)
_VISIBLE_GROUP: Final = f"MATCH (owner:Entity:Group {{id: parent}}) WHERE {group_visible('owner')}"
_CONDITIONS: Final[Mapping[str, str]] = {
    "actor": "event.actor = $actor",
    "target": "event.targetId = $target",
    "types": "event.type IN $types",
    "actions": "event.auditAction IN $actions",
    "from": "event.at >= $from",
    "before": "event.at < $before",
    "allowed": f"(event.type <> '{EventType.ACCESS_DENIED}') = $allowed",
}


def from_row(row: AuditRow) -> AuditEntry:
    """The entry that a row holds."""
    return AuditEntry(events.from_row(row), audit_of(row), int(row["auditKey"]), row["hash"], row["previousHash"])


@lru_cache(maxsize=1_000)
def log(names: frozenset[str], scope: Scope) -> Listing[AuditRow, AuditEntry]:
    """The list of that part of the audit log, narrowed by the conditions of these names."""
    where = [_CONDITIONS[name] for name in sorted(names)]
    match, prefix = "MATCH (event:Event)", list[str]()
    if scope is Scope.SUBTREE:
        # Each entry is tested for its group: a subtree has no index, and the audit log is short beside what happens.
        where.append("EXISTS { MATCH (:Entity:Group {id: event.auditGroupId})<-[:PARENT_OF*0..]-(owner) }")
    elif scope is Scope.GROUP:
        match, prefix = f"{match} WHERE event.auditGroupId = parent", ["event.auditGroupId"]
    return listing(
        scope,
        parent="" if scope is Scope.ALL else _VISIBLE_GROUP,
        match=match,
        prefix=prefix,
        key=_KEY,
        where=where,
        project=ENTRY,
        item=from_row,
        carry="event" if scope is Scope.ALL else "event, owner",
        filtered=bool(where),
        advice="narrow filter.at, or ask for one group alone",
    )


async def read_head(store: Store) -> ChainHead:
    """How long the chain is, and its last hash."""
    rows = await store.read(READ_HEAD, HEAD_PARAMETERS, latest=True)
    return head_of(rows[0]) if rows else GENESIS


async def hash_at(store: Store, sequence: int) -> str | None:
    """The hash of the entry at that place, if there is one."""
    rows = await store.read(HASH_AT, {"key": key_of(sequence)})
    return rows[0]["hash"] if rows else None


async def pages(store: Store) -> AsyncIterator[Sequence[AuditRow]]:
    """All rows in the order of the chain; one page of them is in memory."""
    after = ""
    while rows := await store.read(PAGE_AUDIT, {"after": after, "limit": PAGE}):
        yield rows
        after = rows[-1]["auditKey"]


def exported(row: AuditRow) -> JSONObject:
    """An entry with what it takes to verify it elsewhere."""
    return {**content_of(row), "hash": row["hash"]}


async def verify(store: Store) -> Verification:
    """Look at the whole chain. What is appended meanwhile is looked at as far as it is seen.

    An entry and the head that counts it are written together, so that none is beyond the head as it is afterwards,
    and none is missing up to the head as it was before.
    """
    before = await read_head(store)
    found = _Found(before)
    async for rows in pages(store):
        for row in rows:
            found.look_at(row)
    found.end(before, await read_head(store))
    return Verification(found.checked, before, found.broken, tuple(found.faults))


class _Found:
    """What a verification has seen so far."""

    def __init__(self, head: ChainHead) -> None:
        self.checked = 0
        self.broken = 0
        self.faults: list[ChainFault] = []
        self._head = head
        self._last = GENESIS

    def look_at(self, row: AuditRow) -> None:
        """Look at the next entry."""
        self.checked += 1
        sequence = _sequence(row["auditKey"])
        if sequence != self._last.sequence + 1:
            self._tell(self._last.sequence + 1, Broken.MISSING)
        elif row["previousHash"] != self._last.hash:
            self._tell(sequence, Broken.DETACHED, row["id"])
        if not _is_whole(row):
            self._tell(sequence, Broken.CHANGED, row["id"])
        if sequence == self._head.sequence and row["hash"] != self._head.hash:
            self._tell(sequence, Broken.HEAD_DIFFERS, row["id"])
        self._last = ChainHead(sequence, row["hash"])

    def end(self, before: ChainHead, after: ChainHead) -> None:
        """Look at the end, by what the head was and is."""
        if self._last.sequence < before.sequence:
            self._tell(self._last.sequence + 1, Broken.CUT_OFF)
        if self._last.sequence > after.sequence:
            self._tell(after.sequence + 1, Broken.BEYOND_END)

    def _tell(self, sequence: int, what: Broken, event_id: str | None = None) -> None:
        self.broken += 1
        if len(self.faults) < SHOWN:
            self.faults.append(ChainFault(sequence, what, event_id))


def _sequence(key: str) -> int:
    return int(key) if key.isdecimal() else -1


def _is_whole(row: AuditRow) -> bool:
    """Whether an entry has the hash of its content. What cannot even be read was changed."""
    try:
        return hash_of(row) == row["hash"]
    except (ValueError, TypeError):
        return False
