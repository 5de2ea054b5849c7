"""What of the log its followers see: of new events for many of them at once, and of what one has missed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypedDict

from domain.access import Reach
from domain.filters import Condition
from graph.access import event_visible, reach_parameters
from graph.event_log import Logged, logged
from graph.filters.events import below, events_after
from graph.store import Statement, Store


class VisibleRow(TypedDict):
    """An event that the reach of this number covers, and which of the groups asked for it happened in or below."""

    reach: int
    id: str
    within: list[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A reach, the ids of events that it may cover, and of groups that they may have happened in or below."""

    reach: Reach
    event_ids: Sequence[str]
    group_ids: Sequence[str]


FETCH_VISIBLE: Final[Statement[VisibleRow]] = Statement(
    "fetch_visible_events",
    f"""
    UNWIND $asked AS asked
    UNWIND asked.ids AS id
    MATCH (event:Event {{id: id}}) WHERE {event_visible("event", "asked.")}
    RETURN {{
        reach: asked.number,
        id: id,
        within: [groupId IN asked.groupIds WHERE {below("= groupId", "asked.")}]
    }} AS row""",
)


async def visible(store: Store, asked: Sequence[Asked]) -> list[Mapping[str, frozenset[str]]]:
    """For each reach those of its events that it covers, each with those of the groups that it is in or below."""
    found: list[dict[str, frozenset[str]]] = [{} for _ in asked]
    rows = await store.read(
        FETCH_VISIBLE,
        {
            "asked": [
                {
                    "number": number,
                    "ids": list(each.event_ids),
                    "groupIds": list(each.group_ids),
                    **reach_parameters(each.reach),
                }
                for number, each in enumerate(asked)
            ]
        },
        latest=True,
    )
    for row in rows:
        found[row["reach"]][row["id"]] = frozenset(row["within"])
    return list(found)


async def after(
    store: Store, reach: Reach, condition: Condition, between: tuple[int, int], limit: int
) -> Sequence[Logged]:
    """The first events after the one place, up to the other, that a condition holds for and the reach covers."""
    position, until = between
    statement, filters = events_after(condition)
    given = {**dict(filters), **reach_parameters(reach), "position": position, "until": until, "limit": limit}
    return [logged(row) for row in await store.read(statement, given, latest=True)]
