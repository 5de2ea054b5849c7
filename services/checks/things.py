"""Rules about things."""

from collections.abc import Iterator, Sequence
from typing import cast

from domain.catalogue import Catalogue
from domain.errors import ConflictError, ValidationError
from domain.events import Event, EventType
from domain.ids import NodeKind, kind_of, thing_prefix
from domain.references import named_by
from domain.thing_types import ThingType
from domain.things import ThingStatus
from domain.values import now
from domain.words import searchable
from graph import references as mentions
from graph import thing_changes, things
from graph.bulk import StoredRow
from graph.checks import knowledge, mending
from graph.checks.things import THINGS, ThingFacts
from graph.store import Transaction
from graph.thing_changes import ThingInUse
from graph.things import FILTER_COLUMNS, StoredThing, ThingRow, label_of
from services import validation
from services.checks import nodes, orders
from services.checks.rules import Fault, Mend, Section, rule
from services.journal import system_event

_OF_OTHERS = frozenset({"privateTo", "secretHash", "lastUsedAt", "labels", "labelWords", "eventId"})
_DERIVED = frozenset(StoredThing.__annotations__) - frozenset(ThingRow.__annotations__) - _OF_OTHERS


def _type_of(found: ThingFacts, types: Catalogue) -> ThingType | None:
    return types.thing_types.get(str(found["row"]["type"]))


@rule(
    "thing_type",
    "Every thing is of a type that there is.",
    f"{nodes.A_PERSON_DECIDES} Register the type, or give the thing another one.",
)
def _known_type(found: ThingFacts, types: Catalogue) -> Iterator[Fault]:
    if _type_of(found, types) is None:
        yield Fault(f"type is {str(found['row']['type'])[:60]!r}", "Register that type, or delete the thing.")


@rule(
    "thing_id",
    "The id of a thing is well-formed and begins as its type says.",
    f"{nodes.A_PERSON_DECIDES} Its id is how others refer to it, and never changes.",
)
def _right_id(found: ThingFacts, types: Catalogue) -> Iterator[Fault]:
    thing_type = _type_of(found, types)
    well_formed = kind_of(found["id"]) is NodeKind.THING
    if not well_formed or (thing_type and not found["id"].startswith(f"{thing_prefix(thing_type.name)}_")):
        yield Fault(f"a {found['row']['type']} has another id", "Find out whether its id or its type was changed.")


@rule("thing_labels", "A thing has the labels Entity and Thing, and that of its type.", "It gets these and no others.")
def _right_labels(found: ThingFacts, types: Catalogue) -> Iterator[Fault]:
    thing_type = _type_of(found, types)
    if thing_type is not None and found["id"].startswith(f"{thing_prefix(thing_type.name)}_"):
        yield from nodes.labelled(found, ("Entity", "Thing", label_of(thing_type.name)))


@rule(
    "thing_group",
    "Every thing is in exactly one group, and that is there.",
    f"It is put into the group that its groupId names. {nodes.A_PERSON_DECIDES} where there is no such group.",
)
def _one_group(found: ThingFacts, _types: Catalogue) -> Iterator[Fault]:
    places = found["places"]
    if len(places) == 1 and places[0]["isGroup"]:
        return
    group_id = str(found["row"]["groupId"])
    if found["named"]:
        yield Fault(f"it is in {len(places)} places", _place(found["id"], group_id), (group_id,))
    else:
        decide = "Say which group it belongs to, and move it there."
        yield Fault(f"it is in {len(places)} places, and there is no group {group_id[:60]!r}", decide)


def _place(identifier: str, group_id: str) -> Mend:
    async def apply(transaction: Transaction) -> Sequence[Event]:
        await mending.place_thing(transaction, identifier, group_id)
        return ()

    return Mend(f"put it into {group_id} alone", apply)


@rule(
    "thing_group_id",
    "The groupId of a thing is the id of the group that it is in.",
    "The edge counts, as access follows it: groupId becomes the id of that group.",
)
def _right_group_id(found: ThingFacts, _types: Catalogue) -> Iterator[Fault]:
    places = found["places"]
    if len(places) == 1 and places[0]["isGroup"] and places[0]["id"] != found["row"]["groupId"]:
        group_id = str(places[0]["id"])
        yield Fault("groupId names another group", nodes.set_values(found["id"], {"groupId": group_id}), (group_id,))


@rule(
    "thing_group_key",
    "The edge to the group of a thing carries the id of the thing, which keeps a second one out.",
    "The edge is made anew.",
)
def _right_group_key(found: ThingFacts, _types: Catalogue) -> Iterator[Fault]:
    places = found["places"]
    if len(places) == 1 and places[0]["isGroup"] and places[0]["thingId"] != found["id"]:
        yield Fault("the edge carries another id", _place(found["id"], str(places[0]["id"])))


@rule(
    "thing_in_archived_group",
    "What is in an archived group is archived.",
    "It is archived, as archiving the group with its contents would have done.",
)
def _archived_with_group(found: ThingFacts, _types: Catalogue) -> Iterator[Fault]:
    row = found["row"]
    if any(place["status"] == "archived" for place in found["places"]) and row["status"] != "archived":

        async def apply(transaction: Transaction) -> Sequence[Event]:
            told = system_event(EventType.THING_ARCHIVED, target_id=found["id"], group_id=str(row["groupId"]))
            await thing_changes.archive(
                transaction, [ThingInUse(id=found["id"], eventId=told.id, alsoId=None)], told, now()
            )
            return ()

        yield Fault(f"status is {row['status']}", Mend("archive it", apply))


@rule(
    "thing_properties",
    "The properties of a thing are JSON that fits the schema of its type.",
    f"{nodes.A_PERSON_DECIDES} What was meant is not known to a machine.",
)
def _right_properties(found: ThingFacts, types: Catalogue) -> Iterator[Fault]:
    thing_type = _type_of(found, types)
    properties = nodes.parsed(found["row"], "properties")
    if properties is None:
        yield Fault("properties is no JSON object", "Write its properties anew.")
    elif thing_type is not None:
        try:
            validation.properties("properties", thing_type.schema, properties)
        except ValidationError as error:
            yield Fault(error.message[:200], f"Give it a {error.field[:100]} that fits.")


@rule(
    "thing_columns",
    "What the store keeps beside the properties of a thing, to find it and to add it up, follows from them.",
    "It is made anew from the properties.",
)
def _right_columns(found: ThingFacts, types: Catalogue) -> Iterator[Fault]:
    row, thing_type = found["row"], _type_of(found, types)
    if thing_type is None or row["status"] not in set(ThingStatus) or any(_right_properties.find(found, types)):
        return
    wanted = cast("dict[str, object]", things.to_row(things.from_row(_as_thing(row)), thing_type))
    # The columns of properties that became filterable a moment ago are being filled.
    filling = set(FILTER_COLUMNS[thing_type.filters_ready :])
    wrong = {
        name: wanted.get(name)
        for name in sorted(_DERIVED)
        if row.get(name) != wanted.get(name) and not (name in filling and row.get(name) is None)
    }
    if wrong:
        yield Fault(f"{', '.join(wrong)} does not follow from its properties", nodes.set_values(found["id"], wrong))


def _as_thing(row: StoredRow) -> ThingRow:
    return cast("ThingRow", {name: row.get(name) for name in ThingRow.__annotations__})


@rule(
    "thing_private",
    "An API key, and nothing else, is _private to a person, who owns it, and has the hash of a secret.",
    f"A key becomes _private to its owner. {nodes.A_PERSON_DECIDES} in any other case.",
)
def _private(found: ThingFacts, _types: Catalogue) -> Iterator[Fault]:
    row = found["row"]
    private_to, is_key = row.get("privateTo"), row["type"] == "api_key"
    if not is_key and (private_to is not None or "secretHash" in row):
        yield Fault("it is _private, and no API key", "Say whether it is anybody's alone.")
    if is_key and "secretHash" not in row:
        yield Fault("it has no hash of a secret", "Archive this key: nobody can use it.")
    if is_key and found["owners"] and private_to not in found["owners"]:
        owner = found["owners"][0]
        yield Fault("it is not its owner's alone", nodes.set_values(found["id"], {"privateTo": owner}), (owner,))
    if is_key and not found["owners"]:
        yield Fault("nobody owns it", "Archive this key, or connect it with the person who owns it.")


@rule(
    "thing_label_links",
    "A thing is linked to each of its labels once, and what it is linked to so is a label.",
    f"Double links are removed. {nodes.A_PERSON_DECIDES} about a link to something else.",
)
def _label_links(found: ThingFacts, _types: Catalogue) -> Iterator[Fault]:
    ids = [str(link["id"]) for link in found["links"]]
    for link in found["links"]:
        if link["type"] != "label":
            yield Fault("it is linked as to a label to what is none", "Say which label was meant.", (str(link["id"]),))
    for knowledge_id in sorted({each for each in ids if ids.count(each) > 1}):

        async def apply(transaction: Transaction, doubled: str = knowledge_id) -> Sequence[Event]:
            await knowledge.drop_doubles(transaction, found["id"], doubled)
            return ()

        yield Fault("it is linked to a label more than once", Mend("keep one of the links", apply), (knowledge_id,))


@rule(
    "thing_label_columns",
    "A thing has the labels that it is linked to in a column too, and their words in another, and each link has the "
    "label and the sort key of the thing.",
    "They are made anew from the links.",
)
def _label_columns(found: ThingFacts, types: Catalogue) -> Iterator[Fault]:
    if any(_label_links.find(found, types)):
        return
    labels = sorted(str(link["label"]) for link in found["links"])
    key = found["row"]["sortKey"]
    right_links = all(
        (each["row"].get("label"), each["row"].get("sortKey")) == (each["label"], key) for each in found["links"]
    )
    words = found["row"].get("labelWords", "")
    if found["row"].get("labels", []) != labels or words != searchable(*labels) or not right_links:

        async def apply(transaction: Transaction) -> Sequence[Event]:
            await knowledge.note_links(transaction, found["id"])
            return ()

        yield Fault("its labels are noted otherwise", Mend("note its labels anew", apply))


@rule(
    "thing_mentions",
    "A thing has an edge to each node that its properties name, and to no other.",
    f"The edges are made anew. {nodes.A_PERSON_DECIDES} where the properties name what is not there.",
)
def _right_mentions(found: ThingFacts, types: Catalogue) -> Iterator[Fault]:
    thing_type = _type_of(found, types)
    if thing_type is None or any(_right_properties.find(found, types)):
        return
    wanted = set(named_by(thing_type, nodes.parsed(found["row"], "properties") or {}).values())
    wrong = wanted ^ set(found["mentions"])
    if wrong:

        async def apply(transaction: Transaction) -> Sequence[Event]:
            noted: mentions.Mentions = {"id": found["id"], "ids": sorted(wanted)}
            await mentions.keep_only(transaction, [noted])
            for again in await THINGS.lock(transaction, found["id"]):
                if gone := wanted - set(again["mentions"]):
                    raise ConflictError(f"Its properties name {', '.join(sorted(gone))}, which is not there.")
            return ()

        yield Fault(f"{len(wrong)} of the edges are wrong", Mend("make the edges anew", apply), tuple(sorted(wrong)))


@rule(
    "thing_event",
    "The event that a thing notes as what made it what it is, is there, and about it.",
    "The note is removed: the thing then counts as written before such notes were kept.",
)
def _right_event(found: ThingFacts, _types: Catalogue) -> Iterator[Fault]:
    if "eventId" in found["row"] and found["told"] != [found["id"]]:
        yield Fault("eventId names no event about it", nodes.set_values(found["id"], {"eventId": None}))


@rule(
    "thing_prior",
    "What a thing was before it was archived with its group is noted on it only while it is archived, and is a state "
    "of use with its time.",
    "The note is removed.",
)
def _right_prior(found: ThingFacts, _types: Catalogue) -> Iterator[Fault]:
    row = found["row"]
    noted = [name for name in ("priorStatus", "priorAt", "priorEventId") if name in row]
    in_use = set(ThingStatus) - {ThingStatus.ARCHIVED}
    is_right = row["status"] == "archived" and row.get("priorStatus") in in_use and isinstance(row.get("priorAt"), int)
    if noted and not is_right:
        yield Fault(f"{', '.join(noted)} cannot be", nodes.set_values(found["id"], dict.fromkeys(noted)))


SECTION: Section[ThingFacts] = Section(
    THINGS,
    nodes.form("thing", ThingRow),
    (
        nodes.no_lock("thing"),
        _known_type,
        _right_id,
        _right_labels,
        _one_group,
        _right_group_id,
        _right_group_key,
        nodes.one_of("thing", {"status": list(ThingStatus)}),
        nodes.archived("thing"),
        _archived_with_group,
        nodes.sort_keys("thing"),
        nodes.times("thing"),
        nodes.versions("thing"),
        nodes.texts("thing", {"name": validation.name}),
        _right_properties,
        _right_columns,
        _private,
        _label_links,
        _label_columns,
        _right_mentions,
        _right_event,
        _right_prior,
        *orders.OF_ORDERS,
    ),
)
