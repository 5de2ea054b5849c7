"""Rules about events. What they tell of is never changed."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

from domain.catalogue import Catalogue
from domain.consistency import Rule
from domain.events import SYSTEM_ACTOR, Event, EventType
from domain.ids import NodeKind, kind_of, thing_prefix
from graph.checks import events
from graph.checks.events import EVENTS, EventFacts
from graph.events import EventRow
from graph.store import Store, Transaction
from services.checks import nodes
from services.checks.rules import Fault, Mend, Section, rule
from services.checks.whole import WholeFault, WholeTest

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


@rule(
    "event_place",
    "Every event has a place in the log of events, or waits for one.",
    "It waits for one, or has the place that it has.",
)
def _right_place(found: EventFacts, _types: Catalogue) -> Iterator[Fault]:
    place, waits = found["row"].get("position"), "Unsequenced" in found["labels"]
    if place is None and not (waits and isinstance(found["row"].get("recordedAt"), int)):
        yield Fault(
            "it has no place and waits for none", _placed("wait for a place", found["id"], events.wait_for_place)
        )
    elif place is not None and waits:
        yield Fault("it waits for a place and has one", _placed("keep its place", found["id"], events.keep_place))


def _placed(does: str, identifier: str, change: Callable[[Transaction, str], Awaitable[None]]) -> Mend:
    async def apply(transaction: Transaction) -> Sequence[Event]:
        await change(transaction, identifier)
        return ()

    return Mend(does, apply)


async def _empty_places(store: Store) -> AsyncIterator[WholeFault]:
    empty = await events.empty_places(store)
    if empty:
        yield WholeFault(f"{empty:,} places in the log of events belong to no event", _LEAVE)


TESTS: tuple[WholeTest, ...] = (
    WholeTest(
        Rule(
            "event_log",
            "The places in the log of events are without a gap.",
            "A person finds out what was erased. Whoever follows the log is told of all that is there.",
        ),
        _empty_places,
    ),
)

SECTION: Section[EventFacts] = Section(
    EVENTS,
    nodes.form("event", EventRow, but=("actor",)),
    (
        nodes.no_lock("event", events.change),
        _right_id,
        _right_type,
        _right_actor,
        _right_references,
        _right_place,
        nodes.objects("event", "properties"),
    ),
)
