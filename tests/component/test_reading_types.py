"""Who reads objects of which type: every type of the schema, by whom, and where, as docs/access.md prints it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

import pytest
from graphql import GraphQLObjectType, build_schema, get_named_type

from domain.people import MemberRole, PlatformRole
from domain.values import JSON
from graph.vectors import make_index
from schema.readers import PARTS, READERS, Reader
from tests.client import Api
from tests.component.sites import Place
from tests.component.test_rights import CASES, PLACES, person_of, table
from tests.component.vectors import document, with_dimension
from tests.conftest import CHECKOUT
from tests.worlds import World, new_connection, new_thing

pytestmark = [pytest.mark.slow, pytest.mark.once]

NODES = table("### Who reads which type")
OTHERS = table("### What else is read")

_THINGS: Final[Mapping[str, tuple[str, dict[str, JSON]]]] = {
    "Creator": ("creator", {}),
    "GenericThing": ("video", {}),
    "Cart": ("cart", {"lines": []}),
    "File": ("file", {"fileName": "f.txt", "contentType": "text/plain", "size": 1}),
    "Invitation": ("invitation", {"role": "viewer", "state": "pending"}),
    "ProductSubscription": ("subscription", {"state": "active"}),
    "Product": ("product", {"category": "course", "price": {"amount": 1, "currency": "USD"}}),
}


@dataclass(frozen=True)
class Setting:
    """The places around a group, in each of which is something of every type; somebody of every kind is in the own."""

    world: World
    groups: Mapping[Place, str]
    nodes: Mapping[Place, Mapping[str, str]]
    people: Mapping[tuple[PlatformRole, MemberRole], Api]


@pytest.fixture(scope="module")
async def setting(shared_world: World) -> Setting:
    world = await with_dimension(shared_world)
    await make_index(world.store, 3)
    top = await world.group("top")
    groups = {
        Place.PARENT: top,
        Place.OWN: await world.group("own", top),
        Place.SIBLING: await world.group("side", top),
    }
    groups |= {Place.CHILD: await world.group("child", groups[Place.OWN]), Place.STRANGER: await world.group("far")}
    people: dict[tuple[PlatformRole, MemberRole], Api] = {}
    for platform, role in CASES:
        api, name = world.api, f"{platform}-{role}".replace("_", "-")
        if platform is not PlatformRole.PLATFORM_OWNER:
            api = await world.member(name, "own", role=platform, member_role=role)
        people[platform, role] = api
    nodes = {place: await _furnished(world, group) for place, group in groups.items()}
    return Setting(world, groups, nodes, people)


async def _furnished(world: World, group: str) -> Mapping[str, str]:
    """The ids of something of every type in a group."""
    made = await world.make(
        **{name: new_thing(group, kind, name, "published", **more) for name, (kind, more) in _THINGS.items()},
        other=new_thing(group, "video", "Other", "published"),
    )
    line: JSON = {"productId": made["Product"], "name": "P", "unitPrice": 1, "quantity": 1}
    order: dict[str, JSON] = {"number": "1", "state": "pending", "currency": "USD", "lines": [line]}
    placed = {"placedAt": "2026-01-01T00:00:00Z", "customerId": world.owner.id}
    made |= await world.make(Order=new_thing(group, "order", "O", "published", **order, **placed))
    paid: dict[str, JSON] = {"orderId": made["Order"], "amount": {"amount": 1, "currency": "USD"}, "state": "pending"}
    made |= await world.make(
        Payment=new_thing(group, "payment", "P", "published", **paid, customerId=world.owner.id),
        Relationship=new_connection("references", made["GenericThing"], made.pop("other")),
    )
    hook: dict[str, JSON] = {"groupId": group, "name": "Books", "url": "https://books.example/hook"}
    webhook = cast("Mapping[str, JSON]", (await world.api.change("createWebhook", hook, "webhook { id }"))["webhook"])
    made |= {
        "Group": group,
        "Webhook": str(webhook["id"]),
        "Knowledge": await document(world, made["Creator"], [1, 0, 0]),
    }
    slug = str(
        (await world.api.ask("query ($id: ID!) { node(id: $id) { ... on Group { slug } } }", id=group)).at("node.slug")
    )
    resident = await world.member(f"resident-{slug}", slug, role=PlatformRole.ORG_USER)
    asked = await resident.ask("{ viewer { person { id } apiKey { id } } }")
    happened = await world.api.ask(
        "query ($id: ID!) { events(first: 1, filter: {targetId: $id}) { nodes { id } } }", id=made["Creator"]
    )
    [event] = happened.each("events.nodes", "id")
    return made | {
        "Person": str(asked.at("viewer.person.id")),
        "ApiKey": str(asked.at("viewer.apiKey.id")),
        "Event": str(event),
    }


NODE_COLUMNS: Final = {
    "by a role": Reader.MEMBER,
    "whose it is": Reader.ONESELF,
    "everybody, where public": Reader.EVERYBODY_OF_PUBLIC,
}
OTHER_COLUMNS: Final = {
    "a member": Reader.MEMBER,
    "an administrator": Reader.ADMIN,
    "an owner": Reader.OWNER,
    "a platform owner": Reader.PLATFORM_OWNER,
    "oneself": Reader.ONESELF,
    "everybody": Reader.EVERYBODY,
}


def test_the_page_says_of_every_type_what_the_schema_says() -> None:
    schema = build_schema((CHECKOUT / "schema.graphql").read_text())
    types = [each for each in schema.type_map.values() if isinstance(each, GraphQLObjectType)]
    nodes = {each.name for each in types if "Node" in {interface.name for interface in each.interfaces}}
    assert _columns(nodes, NODE_COLUMNS) == NODES
    assert _columns(set(READERS) - nodes, OTHER_COLUMNS) == OTHERS
    assert set(READERS) | PARTS <= {each.name for each in types}


def _columns(names: set[str], columns: Mapping[str, Reader]) -> Mapping[str, set[str]]:
    return {name: {column for column, reader in columns.items() if reader in READERS[name]} for name in names}


def _seen(platform: PlatformRole, place: Place) -> set[str]:
    """The types of what somebody reads in a place, that is nobody's they know of, and not public."""
    if platform is PlatformRole.PLATFORM_OWNER:
        return set(NODES)
    return {name for name, columns in NODES.items() if "by a role" in columns} if place in PLACES[platform] else set()


SEEN = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
COUNTED = """query ($group: ID!, $type: String!) {
    things(first: 1, filter: {groupId: $group, type: $type}) { totalCount nodes { id } }
}"""


@pytest.mark.parametrize(("platform", "role"), CASES)
async def test_a_type_is_read_where_the_page_says(setting: Setting, platform: PlatformRole, role: MemberRole) -> None:
    api = setting.people[platform, role]
    for place, nodes in setting.nodes.items():
        names = sorted(nodes)
        answer = await api.ask(SEEN, ids=[nodes[name] for name in names])
        told = cast("list[Mapping[str, JSON] | None]", answer.at("nodes"))
        assert {name for name, each in zip(names, told, strict=True) if each is not None} == _seen(platform, place), (
            place
        )
        assert all(each is None or each["__typename"] == name for name, each in zip(names, told, strict=True))
        if platform is PlatformRole.CUSTOMER:
            continue
        for name, kind in [*((name, kind) for name, (kind, _) in _THINGS.items()), ("Order", "order")]:
            counted = await api.ask(COUNTED, group=setting.groups[place], type=kind)
            found = cast("Mapping[str, JSON]", counted.at("things"))
            assert bool(found["totalCount"]) is bool(found["nodes"]) is (name in _seen(platform, place)), (place, name)


async def test_what_is_somebodys_own_they_read_wherever_it_lies(setting: Setting) -> None:
    world, far = setting.world, setting.groups[Place.STRANGER]
    api = await world.member("shopper", "own", role=PlatformRole.CUSTOMER)
    asked = await api.ask("{ viewer { person { id } apiKey { id } } }")
    person = str(asked.at("viewer.person.id"))
    product = setting.nodes[Place.STRANGER]["Product"]
    line: JSON = {"productId": product, "name": "P", "unitPrice": 1, "quantity": 1}
    order: dict[str, JSON] = {"number": "2", "state": "pending", "currency": "USD", "lines": [line]}
    placed = {"placedAt": "2026-01-01T00:00:00Z", "customerId": person}
    made = await world.make(Order=new_thing(far, "order", "O", "active", **order, **placed))
    paid: dict[str, JSON] = {"orderId": made["Order"], "amount": {"amount": 1, "currency": "USD"}, "state": "pending"}
    made |= await world.make(Payment=new_thing(far, "payment", "P", "active", **paid, customerId=person))
    happened = await world.api.ask(
        "query ($id: ID!) { events(first: 1, filter: {targetId: $id}) { nodes { id } } }", id=made["Order"]
    )
    [event] = happened.each("events.nodes", "id")
    own = made | {"Person": person, "ApiKey": str(asked.at("viewer.apiKey.id")), "Event": str(event)}
    assert set(own) == {name for name, columns in NODES.items() if "whose it is" in columns}
    told = cast("list[Mapping[str, JSON] | None]", (await api.ask(SEEN, ids=list(own.values()))).at("nodes"))
    assert [each and each["__typename"] for each in told] == list(own)


async def test_of_what_is_public_everybody_reads_what_the_page_says(setting: Setting) -> None:
    group = await setting.world.group("front", visibility="public")
    nodes = await _furnished(setting.world, group)
    shown = {name for name, columns in NODES.items() if "everybody, where public" in columns}
    for api in (setting.world.api.as_holder_of(None), setting.people[PlatformRole.ORG_USER, MemberRole.OWNER]):
        seen = set()
        for name, identifier in nodes.items():
            answer = await api.ask("query ($id: ID!) { node(id: $id) { id } }", id=identifier)
            # Of what is public to nobody whoever does not say who they are is not even told that it is not there.
            seen |= {name} if "errors" not in answer.body and answer.at("node") is not None else set()
        assert seen == shown


ASKED_FOR: Final = {
    "ThingVersion": "node(id: $thing) { ... on Thing { history(first: 1) { nodes { version } } } }",
    "GroupStatistics": "node(id: $group) { ... on Group { statistics { groups } } }",
    "OrderTotals": "node(id: $group) { ... on Group { orderTotals { orders } } }",
    "Label": "node(id: $group) { ... on Group { labels(first: 1) { nodes { label } } } }",
    "Similar": "similarTo(to: {vector: [1, 0, 0]}, inSubtreeOf: $group) { thing { id } }",
    "SupportAccess": "node(id: $group) { ... on Group { supportAccess(first: 1) { nodes { reason } } } }",
    "WebhookDelivery": "node(id: $webhook) { ... on Webhook { deliveries(first: 1) { nodes { event { id } } } } }",
    "AuditEntry": "auditLog(first: 1, filter: {groupId: $group}) { nodes { type } }",
    "AccessHolder": "whoCanAccess(first: 1, objectId: $group) { nodes { reason } }",
    "AccessExplanation": "accessExplanation(personId: $person, objectId: $group) { allowed }",
    "AccessibleGroup": "whatCanPersonAccess(first: 1, personId: $person, within: $group) { nodes { role } }",
    "OrderReconciliation": "orderReconciliation(seller: $group) { lookedAt }",
    "AuditVerification": "auditVerification { intact }",
    "ConsistencyResult": "consistency { rule { name } }",
    "EmbeddingStatus": "embeddingStatus { dimension }",
    "Mail": "deadMails { id }",
    "Ontology": "ontology { thingTypes { name } }",
    "SignInProvider": "signInProviders { name }",
}
"""How each is asked for."""
OF_ONESELF: Final = {"Viewer", "Session", "SignInMethod", "SecondFactor", "ShoppingCart"}
"""What is asked for in no other way than as one's own."""


async def test_what_has_no_id_is_read_by_whom_the_page_says(setting: Setting) -> None:
    world, nodes = setting.world, setting.nodes[Place.OWN]
    await world.api.change("labelThing", {"id": nodes["Creator"], "label": "topic:x"})
    await world.support(nodes["Group"])
    member = setting.people[PlatformRole.ORG_USER, MemberRole.VIEWER]
    administrator = setting.people[PlatformRole.ORG_USER, MemberRole.ADMIN]
    asking = {
        "a member": (member, nodes["Person"]),
        "an administrator": (administrator, nodes["Person"]),
        "an owner": (setting.people[PlatformRole.ORG_USER, MemberRole.OWNER], nodes["Person"]),
        "a platform owner": (world.api, nodes["Person"]),
        "oneself": (member, await person_of(member)),
        "everybody": (world.api.as_holder_of(None), nodes["Person"]),
    }
    assert set(ASKED_FOR) | OF_ONESELF == set(OTHERS)
    for name, asked in ASKED_FOR.items():
        readers = set()
        for column, (api, person) in asking.items():
            variables = {**_of(nodes), "person": person}
            declared = ", ".join(f"${each}: ID!" for each in variables if f"${each}" in asked)
            query = f"query ({declared}) {{ answer: {asked} }}" if declared else f"{{ answer: {asked} }}"
            headers = {"Authorization": api.authorization} if api.authorization else {}
            told = await api.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
            answer = cast("Mapping[str, Mapping[str, JSON]]", told.json())
            readers |= {column} if "errors" not in answer and _is_told(name, answer["data"]["answer"]) else set()
        about_others = OTHERS[name] if "oneself" in OTHERS[name] else OTHERS[name] | (readers & {"oneself"})
        assert readers == about_others, name


def _of(nodes: Mapping[str, str]) -> Mapping[str, JSON]:
    return {"thing": nodes["Creator"], "group": nodes["Group"], "webhook": nodes["Webhook"]}


def _is_told(name: str, answer: JSON) -> bool:
    """Whether there is something in an answer."""
    if isinstance(answer, Mapping):
        return all(_is_told(name, each) for each in answer.values())
    return answer is not None and (answer != [] or name in {"WebhookDelivery", "OrderTotals", "Mail", "SignInProvider"})


def test_what_is_ones_own_is_asked_for_as_ones_own_alone() -> None:
    schema = build_schema((CHECKOUT / "schema.graphql").read_text())
    for name, each in schema.type_map.items():
        if not isinstance(each, GraphQLObjectType) or name.endswith("Success"):
            continue
        for field, made in each.fields.items():
            if get_named_type(made.type).name in OF_ONESELF:
                assert name in OF_ONESELF or (name, field) in {("Query", "viewer"), ("Query", "cart")}, (name, field)
