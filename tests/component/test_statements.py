"""Plans: every statement finds its rows by an index, and the store does nothing on the way that was not meant."""

import ast
import asyncio
import importlib
import itertools
import os
import pkgutil
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Protocol, cast

import pytest

import graph
from domain.connection_types import CONNECTION_TYPES, REGISTERED_RELATIONSHIP
from domain.filters import EVERYTHING
from domain.ids import new_id
from domain.product_search import ProductOrder
from graph.audit import Scope
from graph.bulk import LIVE_KEYS
from graph.claims import Claim, Memory
from graph.connections import RELATIONSHIPS as EDGES
from graph.dump import LABELS, RELATIONSHIPS
from graph.filters.groups import MAX_DEPTH
from graph.sessions import CLAIM_SESSION, in_use
from graph.shared_reads import Joint, Read
from graph.store import Statement, Store, Transaction
from graph.vectors import fix_dimension
from tests.component import filter_shapes
from tests.worlds import World

pytestmark = pytest.mark.slow

COSTLY = re.compile(
    r"AllNodesScan|NodeByLabelScan|.*NodeByLabelsScan|CartesianProduct|Eager|.*RelationshipTypes?Scan"
    r"|.*RelationshipIndexScan|.*AllRelationshipsScan|NodeIndexScan"
)
ID = new_id("grp")
PARAMETERS: Mapping[str, object] = {
    **dict.fromkeys(("id", "actorId", "ancestorId", "fromId", "groupId", "parentId", "personId"), ID),
    **dict.fromkeys(("hash", "slug", "email", "key", "label", "locale", "name", "secretHash", "type", "role"), "x"),
    "value": "x",
    **dict.fromkeys(
        (
            "accessHash",
            "familyHash",
            "passwordHash",
            "usernameKey",
            "address",
            "keep",
            "kind",
            "linkHash",
            "stateHash",
            "credentialId",
        ),
        "x",
    ),
    **dict.fromkeys(("at", "again", "dueAt", "before", "number", "signCount", "most", "leasedUntil", "attempts"), 1),
    **dict.fromkeys(("ids", "parents", "roots", "groupIds", "values", "wallets", "verifiedAt"), (ID,)),
    "edge": {"id": ID},
    **dict.fromkeys(("actor", "target"), ID),
    **dict.fromkeys(("from", "sequence", "position"), 1),
    "oldAfter": None,
    "numbers": [{"id": ID, "position": 1}],
    "asked": [
        {
            "number": 0,
            "ids": (ID,),
            "groupIds": (ID,),
            "roots": (ID,),
            **dict.fromkeys(("flowingRoots", "grantedThings"), (ID,)),
            "personId": ID,
            "actorId": ID,
            "everything": False,
            "flows": False,
        }
    ],
    "actions": ("connect",),
    "heard": [{"groupId": ID, "types": ("thing_created",)}],
    "deliveries": [{"key": "x", "id": ID, "webhookId": ID, "lane": "x", "position": 1}],
    "documents": [{"id": "x", "name": "x", "text": "{ x }", "createdAt": 1}],
    "lanes": ("x",),
    "settled": [{"id": ID, "properties": {}}],
    "sealed": [{"ownerId": ID, "secret": "x", "keyId": "x"}],
    "allowed": True,
    **dict.fromkeys(("categories", "labels", "sellers", "currency", "atLeast", "atMost", "inStock", "onSale"), None),
    **dict.fromkeys(("afterCurrency", "afterNumber", "afterText", "afterKey"), None),
    "statuses": ("published",),
    "signed": False,
    "properties": {"id": ID, "groupId": ID, "updatedAt": 1},
    "after": "",
    **dict.fromkeys(("below", "ended", "everything", "flows", "public", "onlyPublic"), False),
    **dict.fromkeys(("flowingRoots", "grantedThings"), (ID,)),
    **dict.fromkeys(("holderId", "targetId", "onThing"), ID),
    "grants": True,
    "granting": ("org_user",),
    "flowing": ("org_owner",),
    "here": ("org_user",),
    "ofAll": ("platform_owner",),
    "memberRoles": ("owner", "admin"),
    **dict.fromkeys(("ownOf", "customer", "customerId", "subjectId", "subjectRole"), ID),
    **dict.fromkeys(("humans", "subjectIsService"), False),
    "changing": True,
    "pairs": ({"personId": ID, "groupId": ID},),
    "heads": (ID,),
    **dict.fromkeys(("category", "within", "except", "thingId"), None),
    **dict.fromkeys(("first", "most", "mostThings", "looked", "now", "until", "dimension"), 3),
    "vector": (1.0, 0.0, 0.0),
    **dict.fromkeys(("claim", "model"), "x"),
    "toId": new_id("grp"),
    **dict.fromkeys(("status", "state"), None),
    "lower": "",
    "upper": "~",
    "limit": 51,
    **dict.fromkeys(("most", "candidates", "narrow"), 1_000),
    "score": 1.0,
    "query": "nameWords:x",
    **dict.fromkeys(("scan", "few"), 1_000),
    **{f"value{number}": "x" for number in range(20)},
    **{f"list{number}": ["x"] for number in range(20)},
    "changed": [{"id": ID, "values": {}}],
    "event": {"id": ID, "at": 1},
    "eventId": ID,
    "events": [{"id": ID}],
    **dict.fromkeys(("head", "tail", "also"), ""),
    "keys": ("x",),
    "links": [{"label": "x", "knowledgeId": ID, "thingId": ID}],
    "placements": [{"id": ID, "groupId": ID}],
    **dict.fromkeys(("types", "sourceTypes", "targetTypes"), ()),
    **dict.fromkeys(("labels", "wrong"), ("Entity", "Thing", "Product")),
    "connections": sorted(EDGES),
    "knowledgeId": ID,
    "rows": [
        {
            **dict.fromkeys(("id", "fromId", "toId", "groupId", "from", "to", "eventId"), ID),
            **dict.fromkeys(("name", "key", "hash"), "x"),
            **dict.fromkeys(("kind", "personId", "email", "linkHash", "codeHash"), "x"),
            **dict.fromkeys(("issuedAt", "expiresAt", "attempts", "attemptsFrom"), 1),
            "edge": {},
            "row": {},
            "properties": {"id": ID},
            "person": {"id": ID},
            "credential": {"personId": ID},
            "ids": [ID],
            **dict.fromkeys(("words", "labels"), "x"),
            "results": [ID],
            "at": 1,
            "type": "OWNS",
            "label": "Product",
            "role": "chunk_of",
            "embedding": (1.0, 0.0, 0.0),
            "state": "pending",
            "error": "x",
            **dict.fromkeys(("due", "tries"), 1),
        }
    ],
}

GIVEN: Mapping[str, object] = {**PARAMETERS, "calls": [PARAMETERS, PARAMETERS]}

TYPES = [*(frozenset({name}) for name in sorted(EDGES)), EDGES]
DEPTHS: list[int | None] = [None, *range(1, MAX_DEPTH + 1)]
FACTORIES: Mapping[str, list[tuple[object, ...]]] = {
    "graph.audit.log": [
        (names, scope)
        for scope in Scope
        for names in (
            frozenset[str](),
            frozenset({"actor", "target", "types", "actions", "from", "before", "allowed"}),
        )
    ],
    "graph.filling.page_of": [("Group",), ("Person",), ("Thing",)],
    "graph.filters.things.things": filter_shapes.THINGS,
    "graph.filters.orders.orders": filter_shapes.ORDERS,
    "graph.filters.things.public_things": filter_shapes.PUBLIC_THINGS,
    "graph.filters.groups.groups": filter_shapes.GROUPS,
    "graph.filters.groups.public_groups": filter_shapes.GROUPS,
    "graph.filters.groups.children": [(EVERYTHING,), (filter_shapes.STATUS,)],
    "graph.filters.groups.descendants": [(EVERYTHING, depth) for depth in DEPTHS],
    "graph.filters.people.people": filter_shapes.PEOPLE,
    "graph.filters.connections.connections": filter_shapes.CONNECTIONS,
    "graph.filters.events.events": filter_shapes.EVENTS,
    "graph.filters.events.events_after": filter_shapes.EVENTS_AFTER,
    "graph.filters.related.related": filter_shapes.RELATED,
    **{
        f"graph.{name}": [(relationship,) for relationship in sorted(EDGES)]
        for name in (
            "connections.fetch_connections",
            "connections.lock_connection",
            "connections.save_connection",
            "bulk.create_edges",
            "bulk.fetch_edges",
            "bulk.update_edges",
        )
    },
    "graph.bulk.taken_keys": [
        *((kind.relationship, "liveKey") for kind in CONNECTION_TYPES.values() if not kind.several),
        *((REGISTERED_RELATIONSHIP, key) for key in LIVE_KEYS),
    ],
    "graph.sealed.place": [("SecondFactor", "personId", "secret", "keyId")],
    "graph.checks.connections.connections_of": [(name,) for name in sorted(EDGES)],
    "graph.checks.whole.doubled": [("Person", "email", False), ("OWNS", "id", True)],
    "graph.product_search.page_of_products": list(itertools.product(ProductOrder, (False, True), (False, True))),
    "graph.product_search.cube_of_products": list(itertools.product((False, True), repeat=2)),
    "graph.product_search.values_of_products": list(
        itertools.product(("label", "seller"), (False, True), (False, True))
    ),
    "graph.dump.restore_edges": [(name,) for name in sorted(RELATIONSHIPS)],
}
"""What makes statements for arguments, and all of its arguments."""

UNPLANNED = {"show_schema", "show_vector_index"}
"""Of the administration of the store itself: `SHOW` has no plan."""

MAKERS = {"Statement", "listing", "listing_of", "range_of", "subject", "subtree_of"}
FACTORIES_FOR_ALL = {
    "graph.listing",
    "graph.filters.paths",
    "graph.filters.ranges",
    "graph.filters.subtrees",
    "graph.checks.subjects",
}
"""Modules of makers that others call."""


class Maker(Protocol):
    """A factory of statements."""

    def __call__(self, *given: object) -> object: ...


def parts(name: str, value: object) -> Iterator[tuple[str, Statement[object]]]:
    """Every statement in a value, with the way to it."""
    if isinstance(value, Statement):
        yield name, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from parts(f"{name}[{key}]", item)
    elif isinstance(value, tuple | list):
        for index, item in enumerate(value):
            yield from parts(f"{name}[{index}]", item)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from parts(f"{name}.{field.name}", getattr(value, field.name))


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(graph.__path__, "graph."):
        yield importlib.import_module(found.name)


def reached() -> Iterator[tuple[str, Statement[object]]]:
    """Everything that `graph` can send to the store."""
    for module in modules():
        for name, value in vars(module).items():
            yield from parts(f"{module.__name__}.{name}", value)
    for path, arguments in FACTORIES.items():
        module_name, _, name = path.rpartition(".")
        make = cast("Maker", getattr(importlib.import_module(module_name), name))
        for given in arguments:
            yield from parts(f"{path}{given}"[:120], make(*given))


def joint(statement: Statement[object]) -> Statement[object]:
    """What is sent where several reads of a statement go together."""
    given = {each: PARAMETERS[each] for each in re.findall(r"\$(\w+)", statement.text)}
    reads = [Read(statement.name, statement.text, given, statement.together)] * 2
    return replace(statement, text=Joint.of(reads).text)


TOGETHER = 2
"""How many are planned at a time: planning takes a processor each, which other workers of a test run want too."""

ALONE = [(name, statement) for name, statement in reached() if statement.name not in UNPLANNED]
EVERY = ALONE + [(f"{name} with others", joint(statement)) for name, statement in ALONE if statement.together > 1]

_RELATIONSHIP = re.compile(rf"\b(?:{'|'.join(sorted(RELATIONSHIPS))})\b")
_LABEL = re.compile(rf":(?:{'|'.join(sorted(LABELS - {'Entity', 'Thing', 'Group', 'Person', 'Event'}))})\b")


def shape(text: str) -> str:
    """A statement's text without the types that it was made for, without a depth, and in one order of two."""
    text = re.sub(r"TYPE(?:\|TYPE)+", "TYPES", _RELATIONSHIP.sub("TYPE", _LABEL.sub(":LABEL", text)))
    return re.sub(r"\*1\.\.\d+", "*1..N", text.replace(" DESC", " ASC"))


ONE_OF_EACH_SHAPE = list({shape(statement.text): (name, statement) for name, statement in reversed(EVERY)}.values())


def called(tree: ast.AST) -> set[str]:
    """The names of the functions that are called somewhere in a piece of source."""
    return {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}


@pytest.mark.parametrize("module", [module for module in modules() if module.__name__ not in FACTORIES_FOR_ALL])
def test_every_statement_that_the_sources_make_is_reached(module: ModuleType) -> None:
    """A statement that is made where the walk above does not look would have no plan checked."""
    found = {name.partition("[")[0].partition("(")[0] for name, _ in reached()}
    makers, walked = {}, set()
    for definition in ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")).body:
        match definition:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                makers[name] = called(definition)
                if f"{module.__name__}.{name}" in FACTORIES:
                    walked.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                if any(each == name or each.startswith(f"{name}.") for each in _names_of(found, module)):
                    walked |= called(definition)
                else:
                    assert not called(definition) & MAKERS, f"{name} makes a statement that the walk does not reach"
            case _:
                assert not called(definition) & MAKERS
    while more := {name for maker in walked & set(makers) for name in makers[maker]} - walked:
        walked |= more
    for name, calls in makers.items():
        assert not calls & MAKERS or name in walked, f"{name} makes statements: add it and its arguments to FACTORIES"


def _names_of(found: set[str], module: ModuleType) -> list[str]:
    prefix = f"{module.__name__}."
    return [name.removeprefix(prefix) for name in found if name.startswith(prefix)]


_EDGES = " ".join(
    f"CREATE (person)-[:{name} {{id: '{name}' + n, liveKey: 'l' + n, sourceKey: 's' + n, targetKey: 't' + n}}]->(thing)"
    for name in sorted(EDGES)
)
FILL: Statement[int] = Statement(
    "fill",
    f"""
    UNWIND range(1, 100) AS n
    CREATE (group:Entity:Group {{id: 'g' + n, slug: 's' + n, sortKey: 'k' + n, type: 'dao', parentId: 'g' + (n - 1)}})
    CREATE (person:Entity:Person {{id: 'p' + n, email: 'e' + n, usernameKey: 'u' + n, role: 'customer',
        sortKey: 'k' + n}})
    CREATE (thing:Entity:Thing:Product {{id: 't' + n, groupId: group.id, type: 'product', sortKey: 'k' + n,
        filter1: n, filter8: n, status: 'published', currency: 'USD', priceNow: n, inStock: true, onSale: false,
        productKey: 'p' + n}})
    CREATE (order:Entity:Thing:Order {{id: 'o' + n, groupId: group.id, type: 'order', sortKey: 'o' + n,
        customerId: person.id, filter2: 's' + n % 7, filter3: 'USD', filter4: n, total: n, currency: 'USD'}})
    CREATE (order)-[:IN_GROUP {{thingId: order.id}}]->(group)
    CREATE (order)-[:MENTIONS]->(thing)
    CREATE (thing)-[:IN_GROUP {{thingId: thing.id}}]->(group)
    CREATE (thing)-[:HAS_KNOWLEDGE {{role: 'label', label: 'l' + n, sortKey: thing.sortKey}}]->
        (:Knowledge {{id: 'k' + n, label: 'l' + n, type: 'label'}})
    CREATE (thing)-[:HAS_KNOWLEDGE {{role: 'chunk_of'}}]->(:Knowledge {{
        id: 'c' + n, type: 'chunk', documentId: 'd' + n, embeddingState: 'pending', embeddingDue: n
    }})
    CREATE (thing)-[:MENTIONS]->(person)
    CREATE (:ThingVersion {{key: thing.id + ' 0000000001'}})
    CREATE (:Idempotency {{key: 'n' + n, at: n}})
    CREATE (:Event {{id: 'e' + n, groupId: group.id, targetId: thing.id, actor: person.id,
        type: 'thing_created', auditKey: 'k' + n, auditGroupId: group.id, position: n}})
    CREATE (:Event:Unsequenced {{id: 'w' + n, recordedAt: n}})
    CREATE (:Setting {{name: 'n' + n}})
    CREATE (:Credential {{personId: person.id}})
    CREATE (:Identity {{id: 'i' + n, key: 'x ' + n, personId: person.id}})
    CREATE (:Passkey {{id: 'q' + n, credentialId: 'c' + n, personId: person.id, publicKey: 'p'}})
    CREATE (:Passkey {{id: 'r' + n, credentialId: 'd' + n, personId: person.id, publicKey: 'p'}})
    CREATE (:SignInAttempt {{stateHash: 'h' + n, expiresAt: n}})
    CREATE (:SignInChallenge {{hash: 'h' + n, expiresAt: n}})
    CREATE (:SecondFactor {{personId: person.id, keyId: 'k' + n, secret: 's'}})
    CREATE (:WebhookEndpoint {{webhookId: thing.id, groupId: group.id, makerId: person.id, keyId: 'k' + n,
        formerKeyId: 'f' + n, state: 'active', dueAt: n, stale: n % 2 = 0, position: n, heard: n}})
    CREATE (:WebhookDelivery {{id: 'd' + n, key: 'k' + n, webhookId: thing.id, eventId: 'e' + n, lane: 'l' + n,
        state: 'pending', position: n, dueAt: n, forgetAt: n}})
    CREATE (:TrustedDocument {{id: 'd' + n, name: 'n' + n, text: 't'}})
    CREATE (:Leftover {{fileId: 'f' + n, dueAt: n}})
    CREATE (:ShoppingCart {{key: 'c' + n, personId: person.id, lines: '[]', expiresAt: n}})
    CREATE (:OneTimeToken {{key: 'x ' + n, linkHash: 'l' + n, expiresAt: n}})
    CREATE (:Mail {{id: 'm' + n, personId: person.id, status: 'pending', dueAt: n}})
    CREATE (:Session {{
        id: 's' + n, accessHash: 'a' + n, familyHash: 'f' + n, personId: person.id, expiresAt: n, lastUsedAt: n
    }})
    CREATE (:ThingType {{name: 'n' + n, nodeLabel: 'n' + n}})
    CREATE (:ConnectionType {{name: 'n' + n}})
    {_EDGES}
    WITH n, group MATCH (above:Group {{id: group.parentId}})
    CREATE (above)-[:PARENT_OF {{childId: group.id}}]->(group)
    RETURN count(*) AS row""",
)
COUNT_AGAIN = "CALL db.prepareForReplanning(60)"
"""Sample the indexes, and forget the plans that were made for what the store held before."""


@pytest.fixture(scope="module")
async def planned(shared_world: World, store_address: tuple[str, str, str]) -> AsyncIterator[Store]:
    """A store with indexes and some of everything, whose warnings, of what is deprecated above all, are errors.

    Where there is none of something, walking through all of it costs nothing, and the planner may well do so.
    """

    async def fill(transaction: Transaction) -> None:
        await transaction.run(FILL, {})

    await shared_world.store.write(fill)
    await fix_dimension(shared_world.store, 3)
    await shared_world.store.define([COUNT_AGAIN])
    wary = await Store.open(*store_address, warn_of="WARNING")
    yield wary
    await wary.close()


def marks(statement: Statement[object]) -> dict[str, bool]:
    """The operators that a statement is marked for, and whether every release must have them in its plan.

    `CartesianProduct: the reason. Eager on 5.26: the reason.`
    """
    found = re.findall(r"(?:^|(?<=\. ))([A-Z][A-Za-z]+)( on 5\.26)?: [^.]+\.", statement.meant)
    assert bool(found) is bool(statement.meant), f"{statement.name} is marked as meant without operator and reason"
    return {operator: not only_there for operator, only_there in found}


async def faults(store: Store, name: str, statement: Statement[object]) -> list[str]:
    """What is wrong with the plan of a statement, or with its marks."""
    given = {each: GIVEN[each] for each in re.findall(r"\$(\w+)", statement.text)}
    operators = await store.operators(statement, given)
    costly = {operator for operator in operators if COSTLY.fullmatch(operator)}
    meant = marks(statement)
    return [
        *(f"{name} does a {operator}, which nobody marked as meant" for operator in sorted(costly - set(meant))),
        *(
            f"{name} is marked for a {operator}, which it does not do"
            for operator, everywhere in meant.items()
            if everywhere and operator not in operators
        ),
    ]


@pytest.mark.timeout(1_800)
async def test_every_plan_is_as_meant(planned: Store) -> None:
    chosen = EVERY if os.environ.get("TESTS_NIGHTLY") else ONE_OF_EACH_SHAPE
    found: list[str] = []
    for batch in range(0, len(chosen), TOGETHER):
        each = await asyncio.gather(*(faults(planned, *one) for one in chosen[batch : batch + TOGETHER]))
        found += [fault for some in each for fault in some]
    assert not found, "\n".join(found)


WRITES = re.compile(r"\b(?:CREATE|MERGE|SET|DELETE|REMOVE)\b")


@pytest.mark.timeout(1_800)
async def test_what_reads_says_also_who_asks_and_finds_that_by_an_index(planned: Store) -> None:
    chosen = [(name, each) for name, each in ONE_OF_EACH_SHAPE if "$calls" not in each.text]
    reading = [(name, each) for name, each in chosen if not each.alone and not WRITES.search(each.text)]
    assert len(reading) > len(chosen) / 3
    claim = Claim(CLAIM_SESSION, {"accessHash": "x", "at": 1}, {}, Memory(CLAIM_SESSION, in_use), "x")
    alone: Statement[object] = Statement("claimed", f"RETURN {{claimed: COLLECT {{ {CLAIM_SESSION} }}}} AS row")
    assert not [each for each in await planned.operators(alone, {"who": claim.parameters}) if COSTLY.fullmatch(each)]

    async def plan(name: str, statement: Statement[object]) -> str | None:
        given = {each: PARAMETERS[each] for each in re.findall(r"\$(\w+)", statement.text)}
        text, joined = claim.joined(statement.text, given)
        operators = await planned.operators(Statement(name, text), joined)
        return None if "Union" in operators else name

    for batch in range(0, len(reading), TOGETHER):
        told = await asyncio.gather(*(plan(*one) for one in reading[batch : batch + TOGETHER]))
        assert not [each for each in told if each]


@pytest.mark.parametrize(
    ("text", "operator"),
    [
        ("MATCH (n) RETURN n.id AS row", "AllNodesScan"),
        ("MATCH (n:Thing) RETURN n.name AS row", "NodeByLabelScan"),
        ("MATCH (a:Entity {id: 'x'}) MATCH (b:Entity {id: 'y'}) RETURN a.id AS row", "CartesianProduct"),
        (
            "UNWIND ['x', 'y'] AS i MATCH (n:Entity {id: i}) CREATE (m:Entity {id: i}) RETURN m.id AS row",
            "Eager",
        ),
        ("MATCH ()-[r:OWNS]->() RETURN r.strength AS row", "DirectedRelationshipTypeScan"),
        ("MATCH ()-[r:OWNS]->() WHERE r.id IS NOT NULL RETURN r.id AS row", "DirectedRelationshipIndexScan"),
        ("MATCH (n:Person) WHERE n.email IS NOT NULL RETURN n.email AS row", "NodeIndexScan"),
    ],
)
async def test_a_plan_that_costs_is_told_from_one_that_does_not(planned: Store, text: str, operator: str) -> None:
    operators = await planned.operators(Statement("try", text), {})
    assert operator in {each for each in operators if COSTLY.fullmatch(each)}
