"""Constraints: the store itself refuses what must be unique, whoever writes it."""

import re

import pytest

from domain.connection_types import CONNECTION_TYPES
from domain.errors import ConflictError
from graph.migrate import FOLDER
from graph.store import Statement, Store, Transaction

pytestmark = pytest.mark.slow

NODE = re.compile(r"CREATE CONSTRAINT (\w+) IF NOT EXISTS FOR \(n:(\w+)\) REQUIRE n\.(\w+) IS UNIQUE;")
EDGE = re.compile(r"CREATE CONSTRAINT (\w+) IF NOT EXISTS FOR \(\)-\[r:(\w+)\]-\(\) REQUIRE r\.(\w+) IS UNIQUE;")

SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.cypher")))
CONSTRAINTS = [
    *((*found, "CREATE (:{0} {{{1}: $value}})") for found in NODE.findall(SOURCES)),
    *((*found, "CREATE ()-[:{0} {{{1}: $value}}]->()") for found in EDGE.findall(SOURCES)),
]
CLIENTS_NAMES = {
    "usernameKey": "username",
    "childId": "parentId",
    "thingId": "groupId",
    "nodeLabel": "name",
    "liveKey": "toId",
    "sourceKey": "fromId",
    "targetKey": "toId",
    "productKey": "properties.slug",
}


def test_every_constraint_of_the_migrations_is_tried_below() -> None:
    assert len(CONSTRAINTS) == SOURCES.count("CREATE CONSTRAINT")


def test_every_connection_type_has_its_constraints() -> None:
    held = {(label, column) for _, label, column, _ in CONSTRAINTS}
    for connection_type in CONNECTION_TYPES.values():
        assert (connection_type.relationship, "id") in held
        assert ((connection_type.relationship, "liveKey") in held) is not connection_type.several


@pytest.mark.parametrize(("name", "label", "column", "create"), CONSTRAINTS, ids=[each[0] for each in CONSTRAINTS])
async def test_a_second_one_with_the_same_value_is_refused(
    migrated_store: Store, name: str, label: str, column: str, create: str
) -> None:
    make: Statement[bool] = Statement("make", f"{create.format(label, column)} RETURN true AS row")

    async def twice(transaction: Transaction) -> None:
        await transaction.run(make, {"value": f"of {name}"})
        await transaction.run(make, {"value": f"of {name}"})

    with pytest.raises(ConflictError) as refused:
        await migrated_store.write(twice)
    assert refused.value.field == CLIENTS_NAMES.get(column, column)
    count: Statement[int] = Statement(
        "count", f"{create.format(label, column)} RETURN 1 AS row".replace("CREATE", "MATCH")
    )
    assert await migrated_store.read(count, {"value": f"of {name}"}) == []
