"""The reading rule as Cypher predicates: what a statement lets through is what the reach of its viewer covers.

A predicate only ever narrows what an index found; it is never the way rows are found.
"""

from typing import Final

from domain.access import Reach
from domain.thing_types import NEVER_PUBLIC

PARAMETERS: Final = "$"
"""Before the names of what a predicate knows of the reach: parameters, unless a map `of` another name holds them."""


def reach_parameters(reach: Reach) -> dict[str, object]:
    """The parameters that every predicate below refers to."""
    return {
        "everything": reach.everything,
        "roots": list(reach.roots),
        "flows": reach.flows,
        "flowingRoots": list(reach.flowing),
        "grantedThings": list(reach.things),
        "personId": reach.person_id,
        "actorId": None if reach.confined else reach.person_id,
        "public": reach.public,
    }


def _in_reach(group: str, labels: str = "", of: str = PARAMETERS) -> str:
    """The pattern of a group that is a root, or below one where that is enough."""
    return (
        f"({group}{labels})<-[:PARENT_OF*0..]-(root:Group)"
        f" WHERE root.id IN {of}roots AND (root.id IN {of}flowingRoots OR root.id = {group}.id)"
    )


def group_visible(group: str, of: str = PARAMETERS) -> str:
    """Whether the group variable `group` is one of the viewer's groups, or below one where their reach flows down."""
    return f"({of}everything OR EXISTS {{ MATCH {_in_reach(group, of=of)} }})"


def below_visible(group: str, of: str = PARAMETERS) -> str:
    """The same of a group that is below a visible one."""
    above = f"EXISTS {{ ({group})<-[:PARENT_OF*0..]-(root:Group) WHERE root.id IN {of}flowingRoots }}"
    return f"({of}flows OR {group}.id IN {of}roots OR (size({of}flowingRoots) > 0 AND {above}))"


def thing_visible(thing: str) -> str:
    """Whether the thing's group is visible and the thing is nobody else's alone, or it is the viewer's alone.

    What somebody bought, and paid, is theirs to see wherever it is: they are its customer.
    """
    return (
        f"($everything OR {thing}.privateTo = $actorId OR (({thing}.privateTo IS NULL OR {thing}.privateTo = $personId)"
        f" AND ({thing}.id IN $grantedThings OR {thing}.customerId = $actorId"
        f" OR EXISTS {{ MATCH ({thing})-[:IN_GROUP]->{_in_reach('home', ':Group')} }})))"
    )


def person_visible(person: str) -> str:
    """Whether the person is the viewer, or a member of a visible group."""
    return (
        f"($everything OR {person}.id = $personId"
        f" OR EXISTS {{ MATCH ({person})-[membership:MEMBER_OF]->{_in_reach('home', ':Group')}"
        " AND membership.validTo IS NULL })"
    )


def entity_visible(entity: str) -> str:
    """Whether a group, a person or a thing is visible: what the three predicates above say, whichever it is."""
    return (
        f"($everything OR {entity}.id = $personId OR {entity}.privateTo = $actorId"
        f" OR (({entity}.privateTo IS NULL OR {entity}.privateTo = $personId)"
        f" AND ({entity}.id IN $grantedThings OR {entity}.customerId = $actorId"
        f" OR EXISTS {{ MATCH ({entity})-[step:IN_GROUP|MEMBER_OF*0..1]->{_in_reach('home', ':Group')}"
        " AND all(hop IN step WHERE hop.validTo IS NULL) })))"
    )


def entity_in(entity: str, groups: str) -> str:
    """What `entity_visible` says, where the list variable `groups` has the ids of all groups that are visible.

    It asks the store for less: only whether the entity is one of those groups or directly in one.
    """
    return (
        f"({entity}.id = $personId OR {entity}.privateTo = $actorId OR {entity}.id IN {groups}"
        f" OR (({entity}.privateTo IS NULL OR {entity}.privateTo = $personId)"
        f" AND ({entity}.id IN $grantedThings OR {entity}.customerId = $actorId"
        f" OR EXISTS {{ MATCH ({entity})-[step:IN_GROUP|MEMBER_OF]->(home:Group)"
        f" WHERE home.id IN {groups} AND step.validTo IS NULL }})))"
    )


def event_visible(event: str, of: str = PARAMETERS) -> str:
    """Whether the event happened in a visible group, to a thing that the viewer was given or bought, or they did it."""
    group = f":Entity:Group {{id: {event}.groupId}}"
    return (
        f"({of}everything OR {event}.actor = {of}actorId OR {event}.customerId = {of}actorId"
        f" OR ({event}.groupId IS NOT NULL AND {event}.targetId IN {of}grantedThings)"
        f" OR EXISTS {{ MATCH {_in_reach('home', group, of)} }})"
    )


def group_public(group: str) -> str:
    """Whether everybody may see the group: it says so, and is in use."""
    return f"($public AND {group}.visibility = 'public' AND {group}.status = 'active')"


def thing_public(thing: str) -> str:
    """Whether everybody may see the thing: a published one of a public group, of a type that is nobody's business."""
    return (
        f"($public AND {thing}.status = 'published' AND NOT {thing}.type IN {sorted(NEVER_PUBLIC)}"
        f" AND EXISTS {{ MATCH ({thing})-[:IN_GROUP]->(front:Group)"
        " WHERE front.visibility = 'public' AND front.status = 'active' })"
    )


def entity_public(entity: str) -> str:
    """The same of a group or a thing, whichever it is. People are not public."""
    return f"(({entity}:Group AND {group_public(entity)}) OR ({entity}:Thing AND {thing_public(entity)}))"


def group_shown(group: str) -> str:
    """Whether the viewer sees the group at all: as theirs, or as everybody does."""
    return f"({group_visible(group)} OR {group_public(group)})"


def thing_shown(thing: str) -> str:
    """The same of a thing."""
    return f"({thing_visible(thing)} OR {thing_public(thing)})"


def entity_shown(entity: str) -> str:
    """The same of a group, a person or a thing."""
    return f"({entity_visible(entity)} OR {entity_public(entity)})"
