"""Round trips: how many statements an operation takes does not depend on how much it answers."""

from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import cast

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_composite_type,
    is_leaf_type,
)

from domain.access import Caller
from domain.connection_types import CONNECTION_TYPES
from domain.connections import Connection
from domain.events import Event, EventType
from domain.groups import Group, GroupType
from domain.ids import KNOWLEDGE_PREFIX, new_id
from domain.people import MemberRole, Person, PlatformRole
from domain.thing_types import THING_TYPES
from domain.things import Thing
from domain.values import JSON
from graph import bulk, connections, documents, events, groups, knowledge, people, things
from graph.store import Transaction
from resolvers.schema import schema
from schema.thing_types import BUILT_IN
from services.connections import NewConnection, new_connection
from services.groups import NewGroup, new_group
from services.journal import event
from services.people import NewPerson, new_person
from services.things import NewThing, new_thing
from tests.component.test_thing_types import typed
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once]

MANY = 20
ANY_GROUP = new_id("grp")
NOBODY = Caller(viewer=None)


@dataclass(frozen=True)
class Crowd:
    """A world in which every kind of node is there many times, and each of them has the same relations."""

    world: World
    hub: str
    """A group that everybody follows."""

    async def statements(self, asked: list[str], query: str, **variables: JSON) -> Counter[str]:
        """How often each statement ran for a query, besides what says who asks."""
        asked.clear()
        answer = await self.world.api.ask(query, **variables)
        assert answer.data
        return Counter(asked)


@dataclass(frozen=True)
class Plan:
    """What a crowd is made of."""

    groups: list[Group]
    people: list[Person]
    things: list[Thing]
    connections: list[Connection]
    events: list[Event]


def planned(world: World) -> Plan:
    """Twenty groups with one below each, twenty people, twenty things of every type, and 50 posts."""
    plan = Plan([], [], [], [], [])

    def group(slug: str, parent: str | None) -> str:
        plan.groups.append(new_group(NewGroup(slug, slug, GroupType.BUSINESS, parent)))
        return plan.groups[-1].id

    def thing(group_id: str, kind: str, properties: Mapping[str, JSON]) -> str:
        made = new_thing(NewThing(group_id, kind, kind, properties=properties), THING_TYPES[kind], by_operator=True)
        plan.things.append(made)
        plan.events.append(event(NOBODY, EventType.THING_CREATED, target_id=made.id, group_id=group_id))
        return made.id

    def connect(kind: str, source: str, target: str, **properties: JSON) -> None:
        new = NewConnection(kind, source, target, properties)
        plan.connections.append(new_connection(new, CONNECTION_TYPES[kind], None))

    hub = group("hub", None)
    for number in range(MANY):
        place = group(f"place-{number}", hub)
        group(f"below-{number}", place)
        name = f"person{number}"
        person = new_person(NewPerson(f"{name}@one.example", name, name, PlatformRole.CUSTOMER))
        plan.people.append(person)
        plan.events.append(event(NOBODY, EventType.USER_REGISTERED, target_id=person.id, group_id=place))
        connect("member_of", person.id, place, role="viewer")
        connect("following", person.id, hub)
        cases = typed(world, new_id("prd"), new_id("ord"))
        lamp = thing(place, "product", cases["product"][0])
        order = thing(place, "order", {**cases["order"][0], "customerId": person.id})
        made = [lamp, order]
        for kind, (properties, _, _) in typed(world, lamp, order).items():
            if kind not in {"product", "order"}:
                made.append(thing(place, kind, properties))
        made.append(thing(place, "webhook", {"url": "https://a.example/hook", "eventTypes": ["order_paid"]}))
        for each in made:
            connect("owns", person.id, each)
            connect("references", each, lamp if each != lamp else order)
    posts = [thing(hub, "blog_post", {}) for _ in range(50)]
    for post, before in zip(posts, posts[-1:] + posts, strict=False):
        connect("owns", plan.people[0].id, post)
        connect("references", post, before)
        connect("part_of", post, before)
    return plan


def described() -> list[documents.NewRow]:
    """A document with three chunks."""
    identifier = new_id(KNOWLEDGE_PREFIX)
    document: documents.NewRow = {
        "role": "summary",
        "properties": {"id": identifier, "type": "document", "text": "abc", "createdAt": 1, "version": 1},
    }
    chunks: list[documents.NewRow] = [
        {
            "role": "chunk_of",
            "properties": {
                "id": new_id(KNOWLEDGE_PREFIX),
                "type": "chunk",
                "text": text,
                "documentId": identifier,
                "embeddingState": "pending",
                "embeddingDue": 1,
                "createdAt": 1,
            },
        }
        for text in "abc"
    ]
    return [document, *chunks]


@pytest.fixture(scope="module")
async def crowd(shared_world: World) -> Crowd:
    plan = planned(shared_world)

    edges: dict[str, list[bulk.Edge]] = {}
    for each in plan.connections:
        edge = cast("bulk.StoredRow", connections.to_edge(each, CONNECTION_TYPES[each.type]))
        edges.setdefault(each.type, []).append({"fromId": each.from_id, "toId": each.to_id, "edge": edge})
    of_type: dict[str, list[things.StoredThing]] = {}
    for thing in plan.things:
        of_type.setdefault(thing.type, []).append(things.to_row(thing, THING_TYPES[thing.type]))
    links: list[knowledge.LabelLink] = [
        {"thingId": thing.id, "label": "topic:all", "knowledgeId": new_id(KNOWLEDGE_PREFIX)} for thing in plan.things
    ]

    async def work(transaction: Transaction) -> None:
        await transaction.run(bulk.CREATE_GROUPS, {"rows": [groups.to_row(group) for group in plan.groups]})
        placements = [{"id": group.id, "groupId": group.parent_id} for group in plan.groups if group.parent_id]
        await transaction.run(bulk.PLACE_GROUPS, {"placements": placements})
        await transaction.run(bulk.CREATE_PEOPLE, {"rows": [people.to_row(person) for person in plan.people]})
        for kind, rows in of_type.items():
            await transaction.run(bulk.CREATE_THINGS, {"rows": rows, "label": things.label_of(kind)})
        for kind, joined in edges.items():
            statement = bulk.create_edges(CONNECTION_TYPES[kind].relationship)
            await transaction.run(statement, {"rows": joined, "sourceTypes": [], "targetTypes": []})
        await knowledge.add_labels(transaction, links, at=1)
        for thing in plan.things:
            if thing.type == "blog_post":
                await documents.add(transaction, thing.id, described())
        await events.append(transaction, plan.events)

    await shared_world.store.write(work)
    return Crowd(shared_world, plan.groups[0].id)


async def test_fifty_things_with_all_around_them_take_as_many_statements_as_five(
    crowd: Crowd, statements: list[str]
) -> None:
    query = """query ($first: Int!) { things(first: $first, filter: {type: "blog_post"}) { nodes {
        name group { name } owner { id } labels
        connections(first: 3) {
            nodes { type source { id } target { ... on Thing { name group { slug } } } } totalCount
        }
    } } }"""
    five = await crowd.statements(statements, query, first=5)
    fifty = await crowd.statements(statements, query, first=50)
    assert fifty == five
    assert five == {
        "list_things": 1,
        "fetch_groups": 1,
        "fetch_owners": 1,
        "fetch_people": 1,
        "fetch_labels": 1,
        "list_connections": 1,
        "count_connections": 1,
        "fetch_things": 1,
    }


async def test_a_limit_holds_for_each_parent_on_its_own(crowd: Crowd) -> None:
    answer = await crowd.world.api.ask(
        """{ group(slug: "hub") { children(first: 20) { nodes {
            one: things(first: 1) { nodes { id } pageInfo { hasNextPage } }
            all: things(first: 100) { nodes { id } pageInfo { hasNextPage } totalCount }
        } } } }"""
    )
    nodes = cast("list[dict[str, dict[str, JSON]]]", answer.at("group.children.nodes"))
    assert len(nodes) == MANY
    for node in nodes:
        assert len(cast("list[JSON]", node["one"]["nodes"])) == 1
        assert node["one"]["pageInfo"] == {"hasNextPage": True}
        assert len(cast("list[JSON]", node["all"]["nodes"])) == node["all"]["totalCount"] == len(BUILT_IN) - 1
        assert node["all"]["pageInfo"] == {"hasNextPage": False}


def selection(type_: GraphQLNamedType, depth: int, without: AbstractSet[str] = frozenset()) -> str:
    """Every field of a type that can be selected, down to some depth; two rows of each list."""
    if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        return "__typename"
    return " ".join(
        (
            "__typename",
            *filter(None, (asked(name, field, depth) for name, field in type_.fields.items() if name not in without)),
        )
    )


def asked(name: str, field: GraphQLField, depth: int) -> str:
    answered = get_named_type(field.type)
    needed = {"first": "2", "slug": '"any"', "id": f'"{ANY_GROUP}"', "action": "create_thing"}
    given = [f"{each}: {value}" for each, value in needed.items() if each in field.args]
    arguments = f"({', '.join(given)})" if given else ""
    if is_leaf_type(answered):
        return f"{name}{arguments}"
    # The wrapping of a list is no depth of its own.
    wrapping = answered.name.endswith(("Connection", "Edge", "PageInfo"))
    if not is_composite_type(answered) or (depth == 0 and not wrapping):
        return ""
    inner = "__typename" if wrapping and name == "edges" else selection(answered, depth - (not wrapping))
    return f"{name}{arguments} {{ {inner} }}"


ROOTS: Mapping[str, str] = {
    "Group": 'group(slug: "hub") { children(first: FIRST) { nodes { ALL } } }',
    "Person": "people(first: FIRST, filter: {role: customer}) { nodes { ALL } }",
    "Event": "events(first: FIRST, filter: {type: thing_created}) { nodes { ALL } }",
    "Knowledge": "knowledge(type: document, first: FIRST) { nodes { ALL } }",
    "Relationship": (
        'group(slug: "hub") { connections(first: FIRST, filter: {types: ["following"]}) { nodes { ALL } } }'
    ),
    "GenericThing": 'things(first: FIRST, filter: {type: "blog_post"}) { nodes { ... on GenericThing { ALL } } }',
    **{
        cls.__name__: (
            f'things(first: FIRST, filter: {{ type: "{kind}" }}) {{ nodes {{ ... on {cls.__name__} {{ ALL }} }} }}'
        )
        for kind, cls in BUILT_IN.items()
        if kind != "api_key"
    },
}


def node_types() -> Iterator[str]:
    """Every object type that has an id, and with it may stand in a list."""
    defined = schema._schema  # noqa: SLF001 - Strawberry has no public way to it
    for name, type_ in defined.type_map.items():
        if isinstance(type_, GraphQLObjectType) and "Node" in [each.name for each in type_.interfaces]:
            yield name


def test_every_type_of_a_node_is_walked() -> None:
    # A caller has few API keys, and sees those of nobody else.
    assert set(ROOTS) == set(node_types()) - {"ApiKey"}


@pytest.mark.parametrize("name", ROOTS)
async def test_twenty_nodes_with_all_their_fields_take_as_many_statements_as_two(
    crowd: Crowd, statements: list[str], name: str
) -> None:
    two, many = [await crowd.statements(statements, query) for query in walk(name, 0)]
    assert many == two


@pytest.mark.parametrize("name", ROOTS)
async def test_no_field_of_a_field_takes_a_statement_for_each_node(
    crowd: Crowd, statements: list[str], name: str
) -> None:
    """What several ways lead to may be read in one tick or in two, but never ten times as often."""
    two, many = [await crowd.statements(statements, query) for query in walk(name, 1)]
    assert set(many) == set(two)
    assert [each for each in many if many[each] > 2 * two[each]] == []


def walk(name: str, depth: int) -> list[str]:
    """A query for two nodes of a type with all of their fields, and the same query for twenty."""
    types = schema._schema.type_map  # noqa: SLF001 - Strawberry has no public way to it
    # What all things have in common is walked once, as fields of those which have no others.
    common = cast("GraphQLInterfaceType", types["Thing"]).fields
    built_in = name in {cls.__name__ for cls in BUILT_IN.values()}
    # With the products of groups it would have more fields than it may; those are walked in test_product_search.
    without = set(common) if built_in else {"products"} if name == "Group" and depth else set()
    everything = selection(types[name], depth, without=without)
    return [f"{{ {ROOTS[name].replace('ALL', everything).replace('FIRST', first)} }}" for first in ("2", str(MANY))]


async def test_a_viewer_of_many_groups_takes_as_many_statements_as_of_one(crowd: Crowd, statements: list[str]) -> None:
    world = crowd.world
    few = await world.member("few", "place-1", role=PlatformRole.ORG_OWNER, member_role=MemberRole.OWNER)
    person = await people.fetch_by_email(world.store, "few@one.example")
    assert person is not None
    query = "{ viewer { scope person { username } apiKey { name } groups { slug } } }"
    statements.clear()
    assert (await few.ask(query)).each("viewer.groups", "slug") == ["place-1"]
    before = Counter(statements)
    answer = await world.api.ask('query { group(slug: "hub") { children(first: 5) { nodes { id } } } }')
    for each in answer.each("group.children.nodes", "id")[2:]:
        await world.connect("member_of", person.id, str(each), {"role": "viewer"})
    await few.ask(query)  # which begins anew, as they were in fewer groups when they asked before
    statements.clear()
    found = (await few.ask(query)).each("viewer.groups", "slug")
    assert sorted(map(str, found)) == ["place-1", "place-2", "place-3", "place-4"]
    assert Counter(statements) == before
