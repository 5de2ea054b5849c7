"""The audit log as a chain: each of its events holds a hash over its content and over the hash of the one before.

Who appends locks the head of the chain, as the last lock of the transaction: whoever waits for it holds up nobody that
it waits for itself, and it is held for two statements.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypedDict, cast
from weakref import WeakKeyDictionary

from domain.access import Access, AccessReason
from domain.audit import GENESIS, ChainHead
from domain.events import Audit
from domain.people import MemberRole
from domain.standing import Standing
from domain.values import JSON, JSONObject
from graph import standing, support
from graph.store import STORE_CLOCK, Statement, Transaction, lock_clauses
from graph.values import from_json, to_json

if TYPE_CHECKING:
    from graph.events import EventRow

_HEAD: Final = "audit_chain"
_DIGITS: Final = 16


class SealRow(TypedDict):
    """What an event in the audit log has beyond others; `auditKey` is its place, in digits that sort as text."""

    auditKey: str
    auditGroupId: str | None
    auditAction: str | None
    audit: str
    previousHash: str
    hash: str


class HeadRow(TypedDict):
    """How many entries there are, and the hash of the last."""

    sequence: int
    hash: str


LOCK_HEAD: Statement[HeadRow] = Statement(
    "lock_audit_head",
    f"""
    MERGE (head:Setting {{name: $name}})
    ON CREATE SET head.sequence = $sequence, head.hash = $hash
    {lock_clauses("head")}
    RETURN head {{.sequence, .hash}} AS row""",
    meant="Eager: of the one head that it locks.",
)
READ_HEAD: Statement[HeadRow] = Statement(
    "read_audit_head", "MATCH (head:Setting {name: $name}) RETURN head {.sequence, .hash} AS row"
)
APPEND_AUDITED: Statement[int] = Statement(
    "append_audited_events",
    f"""
    MATCH (head:Setting {{name: $name}})
    SET head.sequence = $sequence, head.hash = $hash
    WITH DISTINCT head
    UNWIND $events AS row
    CREATE (event:Event:Unsequenced)
    SET event = row, event.recordedAt = {STORE_CLOCK}
    RETURN count(event) AS row""",
)

_Pending = list[tuple["EventRow", Audit]]
_PENDING: Final[WeakKeyDictionary[Transaction, _Pending]] = WeakKeyDictionary()


def append(transaction: Transaction, events: Sequence[tuple["EventRow", Audit]], *, happened: bool) -> None:
    """Record events in the audit log once all else of the transaction is done, with what let the actor do it.

    Where they have not `happened` the chain is locked and left as it is.
    """
    if not events:
        return
    if transaction not in _PENDING:
        _PENDING[transaction] = []
        transaction.before_commit(lambda: _seal(transaction, _PENDING[transaction]))
    if happened:
        _PENDING[transaction] += [(row, _with_ground(transaction, row, audit)) for row, audit in events]


def _with_ground(transaction: Transaction, row: "EventRow", audit: Audit) -> Audit:
    """The same with the role that the transaction found when it decided, and the groups from where it is held."""
    if audit.access.reason not in {AccessReason.MEMBER_ROLE, AccessReason.PLATFORM_OWNER}:
        return audit
    decided_in = audit.decided_in or audit.group_id or ""
    if audit.access.reason is AccessReason.PLATFORM_OWNER:
        helped = support.found_by(transaction, row["actor"], decided_in)
        if not helped.acts:
            return audit
        access = Access(allowed=True, reason=AccessReason.SUPPORT, path=helped.path, grant_id=helped.access_id)
        return replace(audit, access=access, decided_in=None)
    found = standing.found_by(transaction, row["actor"], decided_in)
    if found is not None:
        access = Access(
            allowed=True,
            reason=_reason(found),
            role=found.role,
            path=found.path,
            grant_id=found.grant_id,
            through_group_id=found.through_group_id,
        )
    elif row["targetId"] == row["actor"]:
        access = Access(allowed=True, reason=AccessReason.ONESELF)
    else:
        access = audit.access
    return Audit(audit.group_id, audit.action, access, audit.before, audit.after)


def _reason(found: Standing) -> AccessReason:
    return AccessReason.MEMBER_ROLE if found.grant_id is None else AccessReason.GRANT


async def _seal(transaction: Transaction, pending: _Pending) -> None:
    start: HeadRow = {"sequence": GENESIS.sequence, "hash": GENESIS.hash}
    [head] = await transaction.run(LOCK_HEAD, {"name": _HEAD, **start})
    sequence, last = head["sequence"], head["hash"]
    rows: list[Mapping[str, object]] = []
    for row, audit in pending:
        sequence += 1
        seal: SealRow = {
            "auditKey": key_of(sequence),
            "auditGroupId": audit.group_id,
            "auditAction": audit.action,
            "audit": to_json(_details(audit)),
            "previousHash": last,
            "hash": "",
        }
        last = hash_of({**row, **seal})
        rows.append({**row, **seal, "hash": last})
    await transaction.run(APPEND_AUDITED, {"name": _HEAD, "events": rows, "sequence": sequence, "hash": last})


def key_of(sequence: int) -> str:
    """A place in the chain as it is stored."""
    return f"{sequence:0{_DIGITS}}"


def head_of(row: HeadRow) -> ChainHead:
    """The head that a row holds."""
    return ChainHead(row["sequence"], row["hash"])


HEAD_PARAMETERS: Final[Mapping[str, object]] = {"name": _HEAD}


def _details(audit: Audit) -> JSONObject:
    access = audit.access
    return {
        "before": None if audit.before is None else dict(audit.before),
        "after": None if audit.after is None else dict(audit.after),
        "access": {
            "allowed": access.allowed,
            "reason": access.reason,
            "role": access.role,
            "neededRole": access.needed_role,
            "path": list(access.path),
            # Only where there is one: what was sealed before there were grants has the form that it had.
            **(
                {}
                if access.grant_id is None
                else {"grantId": access.grant_id, "throughGroupId": access.through_group_id}
            ),
        },
    }


def audit_of(row: Mapping[str, object]) -> Audit:
    """What an event adds to the audit log, as a row holds it."""
    seal = cast("SealRow", row)
    details = cast("dict[str, Mapping[str, JSON]]", from_json(seal["audit"]))
    access = details["access"]
    role, needed = access["role"], access["neededRole"]
    return Audit(
        seal["auditGroupId"],
        seal["auditAction"],
        Access(
            allowed=access["allowed"] is True,
            reason=AccessReason(str(access["reason"])),
            role=None if role is None else MemberRole(str(role)),
            needed_role=None if needed is None else MemberRole(str(needed)),
            path=tuple(map(str, cast("list[JSON]", access["path"]))),
            grant_id=cast("str | None", access.get("grantId")),
            through_group_id=cast("str | None", access.get("throughGroupId")),
        ),
        details["before"],
        details["after"],
    )


def content_of(row: Mapping[str, object]) -> JSONObject:
    """What the hash of an event is over, as it is exported: all that is stored of it but the hash itself."""
    content: dict[str, JSON] = {name: cast("JSON", value) for name, value in row.items() if name not in _APART}
    content["sequence"] = int(str(row["auditKey"]))
    content["properties"] = from_json(str(row["properties"]))
    return {**content, **from_json(str(row["audit"]))}


_APART: Final = frozenset({"auditKey", "audit", "properties", "hash"})


def hash_of(row: Mapping[str, object]) -> str:
    """SHA-256 over the canonical JSON (RFC 8785) of that, in hexadecimal digits.

    Names are of ASCII letters and numbers are whole, for which Python's own order and form are the canonical ones.
    """
    text = json.dumps(content_of(row), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
