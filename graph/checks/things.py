"""What a check has to know of a thing."""

from typing import Final, TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject


class PlaceFacts(TypedDict):
    """An edge from a thing to what it is in; `isGroup` says whether that is a group."""

    id: str | None
    isGroup: bool
    status: str | None
    thingId: str | None


class LinkFacts(TypedDict):
    """An edge from a thing to a label."""

    id: str | None
    type: str | None
    label: str | None
    row: StoredRow


class ThingFacts(TypedDict):
    """A thing with what it hangs on.

    `named` is the status of the group that its `groupId` names, `owners` the people who own it, where it is private,
    `mentions` the ids of what its properties name, `payments` the properties of what was paid for an order and given
    back, `counted` the last number of an order of its group, `told` the target of the event that made it so, and
    `happened` the types of all events of an order.
    """

    id: str
    labels: list[str]
    row: StoredRow
    places: list[PlaceFacts]
    named: list[str]
    owners: list[str]
    links: list[LinkFacts]
    mentions: list[str]
    payments: list[str]
    counted: list[int | None]
    told: list[str | None]
    happened: list[str]


FACTS: Final = """{
        id: node.id,
        labels: labels(node),
        row: properties(node),
        places: COLLECT {
            MATCH (node)-[edge:IN_GROUP]->(group)
            RETURN {id: group.id, isGroup: group:Entity AND group:Group, status: group.status, thingId: edge.thingId}
        },
        named: COLLECT { MATCH (group:Entity:Group {id: node.groupId}) RETURN group.status },
        owners: COLLECT {
            MATCH (node)<-[edge:OWNS]-(person:Person)
            WHERE (node:ApiKey OR node.privateTo IS NOT NULL) AND edge.validTo IS NULL
            RETURN person.id
        },
        links: COLLECT {
            MATCH (node)-[edge:HAS_KNOWLEDGE {role: 'label'}]->(label)
            RETURN {id: label.id, type: label.type, label: label.label, row: properties(edge)}
        },
        mentions: COLLECT { MATCH (node)-[:MENTIONS]->(named:Entity) RETURN named.id },
        payments: COLLECT { MATCH (node)<-[:MENTIONS]-(paid:Payment) WHERE node:Order RETURN paid.properties },
        counted: COLLECT {
            MATCH (counter:OrderCounter {groupId: node.groupId}) WHERE node.orderKey IS NOT NULL RETURN counter.last
        },
        told: COLLECT { MATCH (event:Event {id: node.eventId}) RETURN event.targetId },
        happened: COLLECT { MATCH (event:Event) WHERE node:Order AND event.targetId = node.id RETURN event.type }
    }"""

THINGS: Subject[ThingFacts] = subject("things", "(node:Entity:Thing)", "node", FACTS)
