"""Things of any type: reading them, and the rules that they all share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from domain.access import Caller
from domain.changes import KEEP, Change
from domain.errors import ValidationError
from domain.filters import Condition
from domain.ids import NodeKind, new_id, thing_prefix
from domain.thing_types import SOLD, ThingType
from domain.thing_versions import ThingVersion
from domain.things import Thing, ThingStatus
from domain.values import JSON, now
from domain.webhooks import WEBHOOK
from graph import history, knowledge, things
from graph.filters.things import Scope, public_things
from graph.filters.things import things as filtered_things
from graph.store import Store
from services import validation
from services.access import open_reach_of, reach_of
from services.filters import Filters
from services.lists import NodeList
from services.ontology import Ontology, check_properties

MADE_BY_OPERATORS: Final = SOLD | {WEBHOOK}
"""Types of things that have mutations of their own, and that an operator makes by an import too."""

_OWN_WAYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "api_key": "createApiKey",
        WEBHOOK: "createWebhook",
        "order": "placeOrder",
        "payment": "recordPayment, or requestRefund",
    }
)
"""The mutations that make what no other makes."""


@dataclass(frozen=True, slots=True)
class NewThing:
    """A thing to create."""

    group_id: str
    type: str
    name: str
    status: ThingStatus = ThingStatus.DRAFT
    properties: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ThingChanges:
    """What to change of a thing: all its properties, or some, of which those that are null go."""

    name: Change[str] = KEEP
    status: Change[ThingStatus] = KEEP
    properties: Change[Mapping[str, JSON]] = KEEP
    patch: Change[Mapping[str, JSON]] = KEEP


def bought_by(thing: Thing) -> str | None:
    """Whose purchase an order is, or what a payment is for; None of everything else."""
    customer = thing.properties.get("customerId") if thing.type in SOLD else None
    return None if customer is None else str(customer)


def new_thing(new: NewThing, thing_type: ThingType, *, by_operator: bool = False) -> Thing:
    """The thing of that type, once its input was found to be right.

    An operator makes orders, payments and webhooks this way too; nothing is sent to one before it has a secret.
    """
    if not thing_type.creatable and not (by_operator and thing_type.name in MADE_BY_OPERATORS):
        way = _OWN_WAYS.get(new.type)
        instead = "" if way is None else f": use {way}"
        raise ValidationError("type", f"A thing of type {new.type} is not created this way{instead}.")
    if new.status is ThingStatus.ARCHIVED:
        raise ValidationError("status", "A new thing is a draft, active or published.")
    at = now()
    return Thing(
        id=new_id(thing_prefix(new.type)),
        type=new.type,
        name=validation.name("name", new.name),
        status=new.status,
        group_id=validation.identifier("groupId", new.group_id, NodeKind.GROUP),
        properties=check_properties(thing_type, new.properties),
        created_at=at,
        updated_at=at,
        archived_at=None,
        version=1,
    )


def history_of() -> NodeList[history.VersionRow, ThingVersion]:
    """The versions of a thing, the one that it has now among them."""
    return NodeList("history", history.HISTORY)


class Things:
    """What can be asked about things."""

    def __init__(self, store: Store, ontology: Ontology) -> None:
        self._store = store
        self._filters = Filters(ontology)

    async def all_things(self, condition: Condition) -> NodeList[things.ThingRow, Thing]:
        """Every thing that the caller may see and for which a filter holds."""
        checked = await self._filters.things(condition)
        return NodeList.of("things", filtered_things(checked, Scope.EVERYWHERE), checked)

    async def things_of_group(self, condition: Condition, *, below: bool) -> NodeList[things.ThingRow, Thing]:
        """The things of a group, and of those `below` it, for which a filter holds."""
        checked = await self._filters.things(condition)
        scope = Scope.SUBTREE if below else Scope.GROUP
        return NodeList.of(f"things of {scope}", filtered_things(checked, scope), checked, public=not below)

    async def public_things(self, condition: Condition) -> NodeList[things.ThingRow, Thing]:
        """Every thing that everybody may see and for which a filter holds."""
        checked = await self._filters.things(condition)
        return NodeList.of("public things", public_things(checked), checked, public=True)

    async def fetch(self, caller: Caller, ids: Sequence[str]) -> dict[str, Thing]:
        """Those of the things that the caller may see."""
        return await things.fetch(self._store, open_reach_of(caller), ids)

    async def labels(self, ids: Sequence[str]) -> Mapping[str, list[str]]:
        """The labels of things that the caller was shown."""
        return await knowledge.fetch_labels(self._store, ids)

    async def at(self, caller: Caller, thing_id: str, time: datetime) -> ThingVersion | None:
        """How a thing was at a time; None where there is no such thing for the caller, or was not yet."""
        reach = reach_of(caller)
        validation.identifier("id", thing_id, NodeKind.THING)
        return await history.at(self._store, reach, thing_id, validation.moment("time", time))
