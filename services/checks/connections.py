"""Rules about connections."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast

from domain.catalogue import Catalogue
from domain.connection_types import CONNECTION_TYPES, ConnectionType
from domain.connections import Connection
from domain.errors import ValidationError
from domain.events import Event, EventType
from domain.ids import NodeKind, connection_type_of, kind_of
from domain.support import LONGEST
from domain.values import JSON, now, to_micros
from graph import connections
from graph.bulk import LIVE_KEYS, StoredRow
from graph.checks import mending
from graph.checks.connections import ConnectionFacts, EndFacts, connections_of
from graph.connections import RELATIONSHIPS, ConnectionRow, EdgeProperties
from graph.store import Transaction
from services import validation
from services.checks import nodes
from services.checks.rules import Fault, Mend, Section, Test, rule
from services.connections import GRANT, MEMBERSHIP, SUPPORT
from services.journal import AccessChange, system_event

_KINDS = {"Group": NodeKind.GROUP, "Person": NodeKind.PERSON, "Thing": NodeKind.THING}


def _type_of(found: ConnectionFacts, types: Catalogue) -> ConnectionType | None:
    name = connection_type_of(found["id"])
    known = types.connection_types.get(name or "")
    return known if known is not None and known.relationship == found["relationship"] else None


def _kind(end: EndFacts) -> NodeKind | None:
    kinds = [kind for label, kind in _KINDS.items() if label in end["labels"]]
    return kinds[0] if len(kinds) == 1 and "Entity" in end["labels"] else None


def _is_live(found: ConnectionFacts) -> bool:
    return found["row"].get("validTo") is None


def _change(found: ConnectionFacts, values: StoredRow) -> Mend:
    async def apply(transaction: Transaction) -> Sequence[Event]:
        await mending.change_connection(transaction, found["relationship"], found["id"], values)
        return ()

    return Mend(", ".join(f"{'remove' if value is None else 'set'} {name}" for name, value in values.items()), apply)


def _end(found: ConnectionFacts) -> Mend:
    """Say that it is no longer so, without forgetting that it was said."""

    async def apply(transaction: Transaction) -> Sequence[Event]:
        ended = max(to_micros(now()), cast("int", found["row"]["validFrom"]))
        values = {**dict.fromkeys(LIVE_KEYS), "validTo": ended}
        await mending.change_connection(transaction, found["relationship"], found["id"], values)
        source, target = str(found["source"]["id"]), str(found["target"]["id"])
        group_id = next((end for end in (target, source) if kind_of(end) is NodeKind.GROUP), None)
        details = {"type": connection_type_of(found["id"]), "from": source, "to": target}
        held: Mapping[str, JSON] = {name: cast("JSON", found["row"].get(name)) for name in ("role", "status")}
        return [
            system_event(
                EventType.CONNECTION_ENDED,
                target_id=found["id"],
                group_id=group_id,
                properties=details,
                changes=AccessChange(before=held) if details["type"] in {MEMBERSHIP, GRANT, SUPPORT} else None,
            )
        ]

    return Mend("end it", apply)


@rule(
    "connection_id",
    "The id of a connection names its type, which there is and which is stored so.",
    f"{nodes.A_PERSON_DECIDES} Its id is how others refer to it, and never changes.",
)
def _right_id(found: ConnectionFacts, types: Catalogue) -> Iterator[Fault]:
    known = _type_of(found, types)
    if known is None or (known.registered and found["row"].get("type") != known.name):
        yield Fault(f"it is stored as {found['relationship']}", "Connect the two again, and delete this one.")


@rule(
    "connection_ends",
    "Both ends of a connection are there, and each is a group, a person or a thing.",
    f"{nodes.A_PERSON_DECIDES} What it joined is not known to a machine.",
)
def _both_ends(found: ConnectionFacts, _types: Catalogue) -> Iterator[Fault]:
    for name, end in (("source", found["source"]), ("target", found["target"])):
        if end["id"] is None or _kind(end) is None:
            yield Fault(f"its {name} is nothing that can be connected", "Mend that end, or delete the connection.")


@rule(
    "connection_kinds",
    "A live connection joins what its type may join, and two different nodes unless its type allows one.",
    "It is ended.",
)
def _right_kinds(found: ConnectionFacts, types: Catalogue) -> Iterator[Fault]:
    known = _type_of(found, types)
    if known is None or not _is_live(found) or any(_both_ends.find(found, types)):
        return
    ends = (("from", found["source"], known.sources, known.source_types),)
    for name, end, kinds, of in (*ends, ("to", found["target"], known.targets, known.target_types)):
        kind = _kind(end)
        if kind not in kinds or (kind is NodeKind.THING and of and end["type"] not in of):
            yield Fault(f"{known.name} does not lead {name} a {end['type'] or kind}", _end(found), (str(end["id"]),))
    if found["source"]["id"] == found["target"]["id"] and not known.reflexive:
        yield Fault(f"{known.name} leads from a node to itself", _end(found), (str(found["source"]["id"]),))


@rule(
    "connection_grants",
    "A live grant on a single thing is not for what is below, and a service account is granted nothing.",
    "It is ended.",
)
def _right_grant(found: ConnectionFacts, _types: Catalogue) -> Iterator[Fault]:
    if found["relationship"] != CONNECTION_TYPES[GRANT].relationship or not _is_live(found):
        return
    source, target = found["source"], found["target"]
    if _kind(target) is NodeKind.THING and found["row"].get("below"):
        yield Fault("nothing is below a thing", _end(found))
    if source["kind"] is not None:
        yield Fault("a service account was granted it", _end(found), (str(source["id"]),))


@rule(
    "connection_support",
    "Live support access lasts eight hours at the most.",
    "It is ended.",
)
def _right_support(found: ConnectionFacts, types: Catalogue) -> Iterator[Fault]:
    if found["relationship"] != CONNECTION_TYPES[SUPPORT].relationship or not _is_live(found):
        return
    if any(_has_faults(found, types)):
        return
    until = datetime.fromisoformat(str((nodes.parsed(found["row"], "properties") or {})["expiresAt"]))
    lasts = timedelta(microseconds=to_micros(until) - cast("int", found["row"]["validFrom"]))
    if lasts > LONGEST:
        yield Fault(f"it lasts {lasts}", _end(found))


def _wanted(found: ConnectionFacts, known: ConnectionType) -> Mapping[str, object]:
    """The edge as it follows from its properties, which fit the schema."""
    row = found["row"]
    given = {name: row.get(name) for name in EdgeProperties.__annotations__}
    ends = {"typeName": known.name, "fromId": found["source"]["id"], "toId": found["target"]["id"]}
    connection: Connection = connections.from_row(cast("ConnectionRow", {**given, **ends}))
    return cast("Mapping[str, object]", connections.to_edge(connection, known))


@rule(
    "connection_single",
    "There is no second live connection where its type allows one: between a pair, from a source, or to a target.",
    "The one without the key that marks the first is ended.",
)
def _single(found: ConnectionFacts, types: Catalogue) -> Iterator[Fault]:
    for holder in _rivals(found, types):
        yield Fault("there is another one already", _end(found), (holder,))


def _rivals(found: ConnectionFacts, types: Catalogue) -> list[str]:
    known = _type_of(found, types)
    if known is None or not _is_live(found) or any(_has_faults(found, types)):
        return []
    wanted = _wanted(found, known)
    keys = {wanted[name] for name in LIVE_KEYS if wanted.get(name) is not None}
    return sorted({holder["id"] for holder in found["holders"] if holder["key"] in keys})


def _has_faults(found: ConnectionFacts, types: Catalogue) -> Iterator[Fault]:
    for test in (_right_id, _both_ends, _right_properties, _right_json):
        yield from test.find(found, types)


@rule(
    "connection_columns",
    "The keys that keep a second live connection out, and what the store keeps beside the properties of a connection, "
    "follow from it.",
    "They are made anew.",
)
def _right_columns(found: ConnectionFacts, types: Catalogue) -> Iterator[Fault]:
    known = _type_of(found, types)
    if known is None or any(_has_faults(found, types)) or _rivals(found, types):
        return
    wanted = _wanted(found, known)
    beside: Mapping[str, tuple[str, ...]] = {
        MEMBERSHIP: ("role", "status"),
        GRANT: ("role", "below", "expiresAt"),
        SUPPORT: ("expiresAt",),
    }
    names = (*LIVE_KEYS, *beside.get(known.name, ()))
    wrong = {name: wanted.get(name) for name in names if found["row"].get(name) != wanted.get(name)}
    if wrong:
        yield Fault(f"{', '.join(wrong)} does not follow from it", _change(found, wrong))


@rule(
    "connection_properties",
    "The properties of a connection are JSON that fits the schema of its type.",
    f"{nodes.A_PERSON_DECIDES} What was meant is not known to a machine.",
)
def _right_properties(found: ConnectionFacts, types: Catalogue) -> Iterator[Fault]:
    known, properties = _type_of(found, types), nodes.parsed(found["row"], "properties")
    if properties is None:
        yield Fault("properties is no JSON object", "Write its properties anew.")
    elif known is not None:
        try:
            validation.properties("properties", known.schema, properties)
        except ValidationError as error:
            yield Fault(error.message[:200], f"Give it a {error.field[:100]} that fits.")
        else:
            if known.name == MEMBERSHIP and "status" not in properties:
                yield Fault("a membership has no status", "Say whether it is in force.")


_right_json: Test[ConnectionFacts] = nodes.objects("connection", "metadata")


@rule(
    "connection_strength",
    "The strength of a connection is a number from 0 to 1, or it has none.",
    "Another strength is removed.",
)
def _right_strength(found: ConnectionFacts, _types: Catalogue) -> Iterator[Fault]:
    strength = found["row"].get("strength")
    if isinstance(strength, int | float) and not 0 <= strength <= 1:
        yield Fault(f"strength is {strength}", _change(found, {"strength": None}))


@rule(
    "connection_times",
    "A connection ended no earlier than it began to hold.",
    "It ended when it began.",
)
def _right_times(found: ConnectionFacts, _types: Catalogue) -> Iterator[Fault]:
    began, ended = found["row"]["validFrom"], found["row"].get("validTo")
    if ended is not None and cast("int", ended) < cast("int", began):
        yield Fault("validTo is before validFrom", _change(found, {"validTo": began}))


@rule(
    "connection_creator",
    "Who made a connection is a person, or it is the system's.",
    "What is no id of a person is removed.",
)
def _right_creator(found: ConnectionFacts, _types: Catalogue) -> Iterator[Fault]:
    creator = found["row"].get("createdBy")
    if creator is not None and kind_of(str(creator)) is not NodeKind.PERSON:
        yield Fault("createdBy is no id of a person", _change(found, {"createdBy": None}))


@rule("connection_lock", "No connection has a property that only a running transaction puts on it.", "It is removed.")
def _no_lock(found: ConnectionFacts, _types: Catalogue) -> Iterator[Fault]:
    if "_lock" in found["row"]:
        yield Fault("it has a property _lock", _change(found, {"_lock": None}))


_FORM: Test[ConnectionFacts] = nodes.form("connection", EdgeProperties)
_TESTS = (
    _no_lock,
    _right_id,
    _both_ends,
    _right_kinds,
    _right_grant,
    _right_support,
    _single,
    _right_columns,
    _right_properties,
    _right_json,
    _right_strength,
    _right_times,
    _right_creator,
)
SECTIONS: tuple[Section[ConnectionFacts], ...] = tuple(
    Section(connections_of(relationship), _FORM, _TESTS) for relationship in sorted(RELATIONSHIPS)
)
