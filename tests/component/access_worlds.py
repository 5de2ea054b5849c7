"""Worlds of access made at random, and written into the store in one transaction."""

from collections.abc import Callable, Mapping, Sized
from dataclasses import replace
from typing import Final, cast

from hypothesis import strategies as st

from domain.access import Caller
from domain.connection_types import CONNECTION_TYPES
from domain.connections import Connection
from domain.events import Event, EventType
from domain.groups import GroupStatus, GroupType, Visibility
from domain.ids import PERSON_PREFIX, connection_prefix, new_id, thing_prefix
from domain.people import PersonStatus, PlatformRole
from domain.thing_types import THING_TYPES
from domain.things import Thing, ThingStatus
from domain.values import JSON, now
from graph import bulk, connections, events, groups, keys, people, things
from graph.store import Store, Transaction
from services.groups import NewGroup, new_group
from services.hashes import hash_of
from services.journal import event
from services.people import NewPerson, new_person
from tests.component.access_oracle import Grant, Group, Happened, Link, Membership, Model, Person
from tests.component.access_oracle import Thing as SmallThing

_ROLES: Final = st.sampled_from(["viewer", "editor", "admin", "owner"])
_GIVEN: Final = st.sampled_from(["viewer", "editor", "admin"])
_STATUS: Final = st.sampled_from(["active", "active", "active", "pending", "inactive"])
_PLATFORM: Final = st.sampled_from(["org_owner", "org_user", "org_owner", "org_user", "customer"])
_TYPES: Final = st.sampled_from(["video", "video", "order", "invitation", "product"])
_OFTEN: Final = st.sampled_from([True, True, True, False])


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Trees of groups, memberships, grants, what is public and what is archived; the first person owns the platform."""

    def number(of: Sized) -> int:
        return draw(st.integers(0, len(of) - 1))

    places: list[Group] = []
    for _ in range(draw(st.integers(3, 9))):
        is_below = bool(places) and draw(_OFTEN)
        parent = number(places) if is_below else None
        places.append(Group(new_id("grp"), parent, draw(st.booleans()), not draw(_OFTEN)))
    persons = [Person(new_id(PERSON_PREFIX), "platform_owner", active=True)]
    persons += [Person(new_id(PERSON_PREFIX), draw(_PLATFORM), draw(_OFTEN)) for _ in range(draw(st.integers(3, 7)))]
    made = [
        SmallThing(
            new_id(thing_prefix("api_key")), "api_key", number(places), published=False, customer=None, keeper=each
        )
        for each in range(len(persons))
    ]
    for _ in range(draw(st.integers(3, 12))):
        kind = draw(_TYPES)
        customer = number(persons) if kind == "order" and draw(_OFTEN) else None
        made.append(SmallThing(new_id(thing_prefix(kind)), kind, number(places), draw(st.booleans()), customer, None))
    pairs = draw(st.sets(st.tuples(st.integers(0, len(persons) - 1), st.integers(0, len(places) - 1)), max_size=14))
    joined = [Membership(_edge("member_of"), who, at, draw(_ROLES), draw(_STATUS)) for who, at in sorted(pairs)]
    plain = [index for index, each in enumerate(made) if each.type != "api_key"]
    grants: dict[tuple[object, ...], Grant] = {}
    for _ in range(draw(st.integers(0, 7))):
        to_person, on_group = draw(st.booleans()), draw(_OFTEN)
        person, holder = (number(persons), None) if to_person else (None, number(places))
        group, thing = (number(places), None) if on_group else (None, draw(st.sampled_from(plain)))
        if holder is None or holder != group:
            below = on_group and draw(st.booleans())
            grants[person, holder, group, thing] = Grant(
                _edge("granted"), person, holder, group, thing, draw(_GIVEN), below, not draw(_OFTEN)
            )
    links = _links(draw, plain, len(persons))
    happened = [
        Happened(new_id("evt"), draw(st.sampled_from(plain)), number(persons) if draw(st.booleans()) else None)
        for _ in range(draw(st.integers(0, 8)))
    ]
    return Model(places, persons, made, joined, [*grants.values()], links, happened)


def _links(draw: st.DrawFn, plain: list[int], persons: int) -> list[Link]:
    def pairs(ends: st.SearchStrategy[int]) -> list[tuple[int, int]]:
        return [each for each in sorted(draw(st.sets(st.tuples(ends, ends), max_size=5))) if each[0] != each[1]]

    things_of = [Link(_edge("references"), one, other, people=False) for one, other in pairs(st.sampled_from(plain))]
    people_of = pairs(st.integers(0, persons - 1))
    return [*things_of, *(Link(_edge("reports_to"), one, other, people=True) for one, other in people_of)]


def _edge(kind: str) -> str:
    return new_id(connection_prefix(kind))


def secret_of(person: Person) -> str:
    """The secret of somebody's key."""
    return f"one_{person.id}"


async def write(store: Store, model: Model) -> None:
    """Write a world."""
    places = [
        replace(
            new_group(NewGroup(f"g{index}", f"Needle {index}", GroupType.BUSINESS, None)),
            id=each.id,
            parent_id=None if each.parent is None else model.groups[each.parent].id,
            visibility=Visibility.PUBLIC if each.public else Visibility.PRIVATE,
            status=GroupStatus.ARCHIVED if each.archived else GroupStatus.ACTIVE,
        )
        for index, each in enumerate(model.groups)
    ]
    persons = [
        replace(
            new_person(NewPerson(f"p{index}@one.example", f"p{index}", f"Needle {index}", PlatformRole(each.role))),
            id=each.id,
            status=PersonStatus.ACTIVE if each.active else PersonStatus.SUSPENDED,
        )
        for index, each in enumerate(model.people)
    ]
    made = [_thing(model, index) for index in range(len(model.things))]
    joined = _connections(model)

    async def work(transaction: Transaction) -> None:
        await transaction.run(bulk.CREATE_GROUPS, {"rows": [groups.to_row(each) for each in places]})
        placements = [{"id": each.id, "groupId": each.parent_id} for each in places if each.parent_id]
        await transaction.run(bulk.PLACE_GROUPS, {"placements": placements})
        await transaction.run(bulk.CREATE_PEOPLE, {"rows": [people.to_row(each) for each in persons]})
        for kind in sorted({each.type for each in made}):
            of_kind = [things.to_row(each, THING_TYPES[kind]) for each in made if each.type == kind]
            await transaction.run(bulk.CREATE_THINGS, {"rows": of_kind, "label": things.label_of(kind)})
        for kind in sorted({each.type for each in joined}):
            edges = [
                {"fromId": each.from_id, "toId": each.to_id, "edge": connections.to_edge(each, CONNECTION_TYPES[kind])}
                for each in joined
                if each.type == kind
            ]
            statement = bulk.create_edges(CONNECTION_TYPES[kind].relationship)
            await transaction.run(statement, {"rows": edges, "sourceTypes": [], "targetTypes": []})
        for each in model.things:
            if each.keeper is not None:
                holder = model.people[each.keeper]
                protected = {"id": each.id, "secretHash": hash_of(secret_of(holder)), "personId": holder.id}
                await transaction.run(keys.PROTECT_KEY, protected)
        await events.append(transaction, _events(model))

    await store.write(work)


def _thing(model: Model, index: int) -> Thing:
    each = model.things[index]
    line: JSON = {"productId": new_id(thing_prefix("product")), "name": "L", "unitPrice": 1, "quantity": 1}
    more: Mapping[str, Mapping[str, JSON]] = {
        "order": {"number": str(index), "state": "pending", "currency": "USD", "lines": [line]},
        "invitation": {"role": "viewer", "state": "pending"},
        "product": {"category": "course", "price": {"amount": 1, "currency": "USD"}},
        "api_key": {"scope": "write", "hint": "one_"},
    }
    properties = dict(more.get(each.type, {}))
    if each.type == "order":
        properties["placedAt"] = "2026-01-01T00:00:00Z"
    if each.customer is not None:
        properties["customerId"] = model.people[each.customer].id
    status = ThingStatus.PUBLISHED if each.published else ThingStatus.ACTIVE
    moment = now()
    return Thing(
        each.id, each.type, f"Needle {index}", status, model.groups[each.group].id, properties, moment, moment, None, 1
    )


def _connections(model: Model) -> list[Connection]:
    at = now()

    def made(identifier: str, kind: str, source: str, target: str, properties: Mapping[str, JSON]) -> Connection:
        return Connection(identifier, kind, source, target, properties, None, at, None, {}, at, None)

    persons, places, those = model.people, model.groups, model.things
    found = [
        made(_edge("owns"), "owns", persons[each.keeper].id, each.id, {}) for each in those if each.keeper is not None
    ]
    for member in model.memberships:
        of: Mapping[str, JSON] = {"role": member.role, "status": member.status}
        found.append(made(member.id, "member_of", persons[member.person].id, places[member.group].id, of))
    for grant in model.grants:
        until = "2020-01-01T00:00:00+00:00" if grant.over else None
        given: Mapping[str, JSON] = {"role": grant.role, "below": grant.below, "expiresAt": until}
        source = persons[grant.person].id if grant.person is not None else places[cast("int", grant.holder)].id
        target = places[grant.group].id if grant.group is not None else those[cast("int", grant.thing)].id
        found.append(made(grant.id, "granted", source, target, given))
    for link in model.links:
        ends: Callable[[int], str] = (lambda end: persons[end].id) if link.people else (lambda end: those[end].id)
        kind = "reports_to" if link.people else "references"
        found.append(made(link.id, kind, ends(link.source), ends(link.target), {}))
    return found


def _events(model: Model) -> list[Event]:
    found = []
    for each in model.events:
        thing = model.things[each.thing]
        happened = event(
            Caller(None),
            EventType.THING_UPDATED,
            target_id=thing.id,
            group_id=model.groups[thing.group].id,
        )
        actor = "system" if each.actor is None else model.people[each.actor].id
        customer = None if thing.customer is None else model.people[thing.customer].id
        found.append(replace(happened, id=each.id, actor=actor, customer_id=customer))
    return found
