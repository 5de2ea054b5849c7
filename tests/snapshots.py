"""What a store holds, kept to be put back: quicker than making it anew for every test."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from domain.values import JSONObject
from graph.store import Statement, Store, Transaction


class NodeRow(TypedDict):
    """A node, with the id that the store knows it by."""

    element: str
    labels: list[str]
    properties: JSONObject


class EdgeRow(TypedDict):
    """A relationship, between two nodes by the same ids."""

    source: str
    target: str
    type: str
    properties: JSONObject


NODES: Statement[NodeRow] = Statement(
    "snapshot_nodes",
    """
    MATCH (n) WHERE NOT n:Migration
    RETURN {element: elementId(n), labels: labels(n), properties: properties(n)} AS row""",
)
EDGES: Statement[EdgeRow] = Statement(
    "snapshot_edges",
    """
    MATCH (a)-[r]->(b)
    RETURN {source: elementId(a), target: elementId(b), type: type(r), properties: properties(r)} AS row""",
)
PUT_BACK: Statement[int] = Statement(
    "put_back",
    """
    CALL () { MATCH (n) WHERE NOT n:Migration DETACH DELETE n }
    CALL () { UNWIND $nodes AS row CREATE (n:$(row.labels)) SET n = row.properties RETURN collect(n) AS made }
    UNWIND $edges AS edge
    WITH edge, made[edge.source] AS source, made[edge.target] AS target
    CREATE (source)-[r:$(edge.type)]->(target) SET r = edge.properties
    RETURN count(*) AS row""",
)


@dataclass(frozen=True)
class Snapshot:
    """All nodes and relationships but the record of the migrations: small worlds only."""

    nodes: Sequence[NodeRow]
    edges: Sequence[EdgeRow]

    @classmethod
    async def take(cls, store: Store) -> "Snapshot":
        """What a store holds now."""
        return cls(await store.read(NODES, {}), await store.read(EDGES, {}))

    async def put_back(self, store: Store) -> None:
        """Make the store hold that again, and nothing else."""
        place = {row["element"]: index for index, row in enumerate(self.nodes)}
        edges = [{**row, "source": place[row["source"]], "target": place[row["target"]]} for row in self.edges]
        given = {"nodes": self.nodes, "edges": edges}

        async def work(transaction: Transaction) -> None:
            await transaction.run(PUT_BACK, given)

        await store.write(work)
