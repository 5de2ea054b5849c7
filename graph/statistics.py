"""How much of everything groups hold, counted where it is indexed."""

from collections.abc import Sequence
from typing import TypedDict

from domain.access import Reach
from domain.statistics import GroupStatistics, ThingCount
from domain.things import ThingStatus
from graph.access import below_visible, entity_visible, group_visible, reach_parameters
from graph.connections import RELATIONSHIPS
from graph.store import Statement, Store


class ThingCountRow(TypedDict):
    """How many things of one type are in one state."""

    type: str
    status: str
    total: int


class StatisticsRow(TypedDict):
    """How much of everything one group holds."""

    id: str
    groups: int
    people: int
    things: list[ThingCountRow]
    connections: int
    events: int


def _counting(levels: str) -> Statement[StatisticsRow]:
    return Statement(
        "count_contents",
        f"""
        UNWIND $ids AS id
        MATCH (owner:Entity:Group {{id: id}}) WHERE {group_visible("owner")}
        CALL (owner) {{
            MATCH (owner)-[:PARENT_OF*0..{levels}]->(group:Group) WHERE {below_visible("group")}
            RETURN collect(group) AS places
        }}
        CALL (places) {{
            UNWIND places AS group
            MATCH (group)<-[membership:MEMBER_OF]-(person:Person)
            WHERE membership.validTo IS NULL AND membership.status = 'active'
            RETURN count(DISTINCT person) AS people
        }}
        CALL (places) {{
            UNWIND places AS group
            CALL (group) {{
                MATCH (thing:Thing) WHERE thing.groupId = group.id AND thing.sortKey > '' AND thing.privateTo IS NULL
                RETURN thing
            }}
            WITH thing.type AS type, thing.status AS status, count(*) AS total ORDER BY type, status
            RETURN collect({{type: type, status: status, total: total}}) AS things
        }}
        CALL (places) {{
            UNWIND places AS group
            CALL (group) {{
                MATCH (event:Event) WHERE event.groupId = group.id AND event.id > ''
                RETURN count(event) AS happened
            }}
            RETURN sum(happened) AS events
        }}
        CALL (places) {{
            UNWIND places AS group
            MATCH (group)<-[:IN_GROUP*0..1]-(member:Entity)-[edge:{"|".join(sorted(RELATIONSHIPS))}]-(other:Entity)
            WHERE edge.validTo IS NULL
            WITH DISTINCT edge, startNode(edge) AS source, endNode(edge) AS target
            WHERE {entity_visible("source")} AND {entity_visible("target")}
            RETURN count(edge) AS connections
        }}
        RETURN {{
            id: id, groups: size(places), people: people, things: things, connections: connections, events: events
        }} AS row""",
    )


COUNT_CONTENTS = _counting("0")
COUNT_CONTENTS_BELOW = _counting("")


async def fetch(store: Store, reach: Reach, group_ids: Sequence[str], *, below: bool) -> dict[str, GroupStatistics]:
    """How much of everything each of the groups holds that the viewer may see."""
    rows = await store.read(
        COUNT_CONTENTS_BELOW if below else COUNT_CONTENTS, {"ids": group_ids, **reach_parameters(reach)}
    )
    return {row["id"]: _from_row(row) for row in rows}


def _from_row(row: StatisticsRow) -> GroupStatistics:
    things = (ThingCount(each["type"], ThingStatus(each["status"]), each["total"]) for each in row["things"])
    return GroupStatistics(row["groups"], row["people"], tuple(things), row["connections"], row["events"])
