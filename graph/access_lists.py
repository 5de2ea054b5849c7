"""Who can do something in a group, and where somebody can do anything: the rules of `services.access` as lists.

Whoever has a role that counts is found along the edges that `graph.standing` follows for a single person.
"""

from typing import Final, TypedDict

from domain.access_lists import AccessHolder, AccessibleGroup
from domain.people import PlatformRole
from domain.standing import Subject
from graph import groups, people
from graph.access import below_visible, group_visible, person_visible
from graph.groups import GROUP, GroupRow
from graph.listing import Listing, listing
from graph.people import PERSON, PersonRow
from graph.store import STORE_CLOCK
from graph.support import covering, of_others


class HolderRow(TypedDict):
    """Somebody who may do something in a group; `person` is there where whoever asks sees them."""

    personId: str
    platformRole: str
    service: bool
    groupId: str
    sortKey: str
    own: bool
    changing: bool
    person: PersonRow | None


class PlaceRow(TypedDict):
    """A group in which somebody may do something."""

    personId: str
    platformRole: str
    service: bool
    sortKey: str
    group: GroupRow


_OWNER: Final = f"MATCH (owner:Entity:Group {{id: parent}}) WHERE {group_visible('owner')}"
_LIVE: Final = "membership.validTo IS NULL AND membership.status = 'active'"

_THROUGH: Final = "all(hop IN step WHERE hop.validTo IS NULL AND hop.status = 'active')"
_GRANTED: Final = f"granted.validTo IS NULL AND (granted.expiresAt IS NULL OR granted.expiresAt > {STORE_CLOCK})"


def _holder(row: HolderRow) -> AccessHolder:
    subject = Subject(row["personId"], PlatformRole(row["platformRole"]), row["groupId"], row["service"])
    person = None if row["person"] is None else people.from_row(row["person"])
    return AccessHolder(subject, row["own"], row["changing"], person)


def _place(row: PlaceRow) -> AccessibleGroup:
    group = groups.from_row(row["group"])
    subject = Subject(row["personId"], PlatformRole(row["platformRole"]), group.id, row["service"])
    return AccessibleGroup(subject, group)


# $memberRoles are those that suffice. They count in the group itself for people of the platform roles $here, and from
# any group above it too for those of the platform roles $flowing; people of the platform roles $ofAll need none, but
# support access for $changing what others own; nor does the one whose own the thing $ownOf is, or who is its $customer.
HOLDERS: Listing[HolderRow, AccessHolder] = listing(
    "access_holders",
    parent=_OWNER,
    match=f"""CALL (owner) {{
                    MATCH (owner)<-[:PARENT_OF*0..]-(held:Group)
                    MATCH (held)<-[membership:MEMBER_OF]-(person:Person)
                    WHERE {_LIVE} AND membership.role IN $memberRoles
                        AND (person.role IN $flowing OR (person.role IN $here AND held = owner))
                    RETURN person
                  UNION
                    MATCH (owner)<-[:PARENT_OF*0..]-(held:Group)
                    MATCH (held)<-[granted:GRANTED]-(holder:Entity)
                    WHERE $grants AND {_GRANTED} AND granted.role IN $memberRoles AND (granted.below OR held = owner)
                    MATCH (holder)<-[step:MEMBER_OF*0..1]-(person:Person)
                    WHERE {_THROUGH} AND person.role IN $here + $flowing
                    RETURN person
                  UNION
                    MATCH (:Entity:Thing {{id: $onThing}})<-[granted:GRANTED]-(holder:Entity)
                    WHERE {_GRANTED} AND granted.role IN $memberRoles
                    MATCH (holder)<-[step:MEMBER_OF*0..1]-(person:Person)
                    WHERE {_THROUGH} AND person.role IN $here + $flowing
                    RETURN person
                  UNION
                    MATCH (thing:Entity:Thing {{id: $ownOf}})
                    MATCH (person:Entity:Person {{id: thing.privateTo}})
                    RETURN person
                  UNION
                    MATCH (person:Entity:Person {{id: $customer}})
                    RETURN person
                  UNION
                    MATCH (person:Person) WHERE person.role IN $ofAll AND person.sortKey > ''
                        AND (NOT $changing OR NOT {of_others("owner", "person.id")}
                            OR size({covering("owner", "person.id")}) > 0)
                    RETURN person
                }}""",
    walk="person",
    where=("person.status = 'active'", "NOT ($humans AND person.kind IS NOT NULL)"),
    key="person.sortKey",
    project=f"""{{personId: person.id, platformRole: person.role, service: person.kind IS NOT NULL,
                    groupId: parent, sortKey: person.sortKey,
                    changing: $changing,
                    own: $ownOf IS NOT NULL OR ($customer IS NOT NULL AND person.id = $customer),
                    person: CASE WHEN {person_visible("person")} THEN {PERSON} END}}""",
    item=_holder,
)
PLACES: Listing[PlaceRow, AccessibleGroup] = listing(
    "accessible_groups",
    parent=_OWNER,
    match=f"""CALL (owner) {{
                    MATCH (owner)-[:PARENT_OF*0..]->(group:Group) WHERE $subjectRole IN $ofAll
                    RETURN group
                  UNION
                    MATCH (:Entity:Person {{id: $subjectId}})-[membership:MEMBER_OF]->(held:Group)
                    WHERE {_LIVE} AND $subjectRole IN $here + $flowing
                    MATCH (held)-[:PARENT_OF*0..]->(group:Group)
                    WHERE ($subjectRole IN $flowing OR held = group) AND EXISTS {{ (group)<-[:PARENT_OF*0..]-(owner) }}
                    RETURN group
                  UNION
                    MATCH (:Entity:Person {{id: $subjectId}})-[step:MEMBER_OF*0..1]->(holder:Entity)
                    WHERE {_THROUGH} AND $subjectRole IN $here + $flowing
                    MATCH (holder)-[granted:GRANTED]->(held:Group) WHERE {_GRANTED}
                    MATCH (held)-[:PARENT_OF*0..]->(group:Group)
                    WHERE (granted.below OR held = group) AND EXISTS {{ (group)<-[:PARENT_OF*0..]-(owner) }}
                    RETURN group
                }}""",
    walk="group",
    where=(below_visible("group"),),
    key="group.sortKey",
    project=f"""{{personId: $subjectId, platformRole: $subjectRole, service: $subjectIsService,
                    sortKey: group.sortKey, group: {GROUP}}}""",
    item=_place,
)
