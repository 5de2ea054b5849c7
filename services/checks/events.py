"""Rules about events. What they tell of is never changed."""

from collections.abc import Iterator

from domain.catalogue import Catalogue
from domain.events import SYSTEM_ACTOR, EventType
from domain.ids import NodeKind, kind_of, thing_prefix
from graph.checks import events
from graph.checks.events import EVENTS, EventFacts
from graph.events import EventRow
from services.checks import nodes
from services.checks.rules import Fault, Section, rule

_LEAVE = "Leave it: the log is only ever added to. Find out what wrote it."


@rule("event_id", "The id of an event is one of an event.", f"{nodes.A_PERSON_DECIDES} Events do not change.")
def _right_id(found: EventFacts, _types: Catalogue) -> Iterator[Fault]:
    if kind_of(found["id"]) is not NodeKind.EVENT:
        yield Fault("its id is none of an event", _LEAVE)


@rule("event_type", "The type of an event is a known one.", f"{nodes.A_PERSON_DECIDES} Events do not change.")
def _right_type(found: EventFacts, _types: Catalogue) -> Iterator[Fault]:
    if found["row"]["type"] not in set(EventType):
        yield Fault(f"type is {str(found['row']['type'])[:60]!r}", _LEAVE)


@rule(
    "event_actor",
    "Every event has an actor: a person, an API key, or the system.",
    f"One without any is the system's. {nodes.A_PERSON_DECIDES} about another value.",
)
def _right_actor(found: EventFacts, _types: Catalogue) -> Iterator[Fault]:
    actor = found["row"].get("actor")
    if actor is None:
        yield Fault("it has no actor", nodes.set_values(found["id"], {"actor": SYSTEM_ACTOR}, events.change))
    elif actor != SYSTEM_ACTOR and kind_of(str(actor)) is not NodeKind.PERSON and not _is_key(str(actor)):
        yield Fault(f"actor is {str(actor)[:60]!r}", _LEAVE)


def _is_key(actor: str) -> bool:
    return kind_of(actor) is NodeKind.THING and actor.startswith(thing_prefix("api_key"))


@rule(
    "event_references",
    "The group of an event is the id of a group, and its target is an id; what they name may be gone.",
    f"{nodes.A_PERSON_DECIDES} Events do not change.",
)
def _right_references(found: EventFacts, _types: Catalogue) -> Iterator[Fault]:
    group, target = found["row"].get("groupId"), found["row"].get("targetId")
    if group is not None and kind_of(str(group)) is not NodeKind.GROUP:
        yield Fault(f"groupId is {str(group)[:60]!r}", _LEAVE)
    if target is not None and kind_of(str(target)) is None:
        yield Fault(f"targetId is {str(target)[:60]!r}", _LEAVE)


SECTION: Section[EventFacts] = Section(
    EVENTS,
    nodes.form("event", EventRow, but=("actor",)),
    (
        nodes.no_lock("event", events.change),
        _right_id,
        _right_type,
        _right_actor,
        _right_references,
        nodes.objects("event", "properties"),
    ),
)
