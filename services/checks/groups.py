"""Rules about groups and their tree."""

from collections.abc import Iterator, Sequence

from domain.access import Caller
from domain.catalogue import Catalogue
from domain.events import Event, EventType
from domain.groups import GroupStatus, GroupType, JoinPolicy, Plan, Visibility
from domain.ids import GROUP_PREFIX, NodeKind, kind_of
from graph.checks import mending
from graph.checks.groups import GROUPS, GroupFacts, oldest
from graph.groups import GroupRow
from graph.store import Transaction
from services import validation
from services.checks import nodes
from services.checks.rules import Fault, Mend, Section, rule
from services.group_changes import archive_all
from services.journal import system_event


@rule(
    "group_id",
    f"The id of a group begins with {GROUP_PREFIX}_ and is well-formed.",
    f"{nodes.A_PERSON_DECIDES} Its id is how others refer to it, and never changes.",
)
def _right_id(found: GroupFacts, _types: Catalogue) -> Iterator[Fault]:
    if kind_of(found["id"]) is not NodeKind.GROUP:
        yield Fault("its id is none of a group", "Find out how it came to have this id.")


@rule("group_labels", "A group has the labels Entity and Group.", "It gets these and no others.")
def _right_labels(found: GroupFacts, _types: Catalogue) -> Iterator[Fault]:
    if kind_of(found["id"]) is NodeKind.GROUP:
        yield from nodes.labelled(found, ("Entity", "Group"))


def _hang(identifier: str, parent_id: str | None) -> Mend:
    async def apply(transaction: Transaction) -> Sequence[Event]:
        await mending.hang_group(transaction, identifier, parent_id)
        moved = {"from": None, "to": parent_id}
        return [system_event(EventType.GROUP_MOVED, target_id=identifier, group_id=identifier, properties=moved)]

    return Mend("make it a root" if parent_id is None else f"hang it below {parent_id} alone", apply)


@rule(
    "group_parent",
    "A group hangs below one group or none, which its parentId names, and the edge carries the id of the group.",
    "One edge counts, as access follows it. Where there is none or several, parentId does. "
    f"{nodes.A_PERSON_DECIDES} where that names no group, or one below.",
)
def _one_parent(found: GroupFacts, _types: Catalogue) -> Iterator[Fault]:
    identifier, parents, named = found["id"], found["parents"], found["row"].get("parentId")
    edges = [str(parent["id"]) for parent in parents if parent["isGroup"]]
    if len(edges) == len(parents) == (named is not None) and named in {*edges, None}:
        if any(parent["childId"] != identifier for parent in parents):
            yield Fault("the edge from its parent carries another id", _hang(identifier, edges[0]))
    elif len(parents) == len(edges) == 1:
        yield Fault("parentId names another group", nodes.set_values(identifier, {"parentId": edges[0]}), (edges[0],))
    elif named is None:
        yield Fault(f"it hangs below {len(parents)} groups", "Say which of them it belongs below, and move it there.")
    elif found["named"]:
        yield Fault(f"it hangs below {len(parents)} groups", _hang(identifier, str(named)), (str(named),))
    else:
        yield Fault("parentId names no group above", "Say which group it belongs below, and move it there.")


@rule(
    "group_tree",
    "The tree of groups has no circle: no group is above itself.",
    "The group of the circle that was created first becomes a root: when it was made, the others were not there.",
)
def _no_circle(found: GroupFacts, _types: Catalogue) -> Iterator[Fault]:
    circle = sorted(set(found["circle"]))
    if circle and found["id"] == circle[0]:

        async def apply(transaction: Transaction) -> Sequence[Event]:
            return await _hang(await oldest(transaction, circle), None).apply(transaction)

        yield Fault(
            f"a circle of {len(circle)} groups", Mend("make the oldest of them a root", apply), tuple(circle[1:])
        )


@rule(
    "group_in_archived_group",
    "What is below an archived group is archived.",
    "It is archived with all that is in it, as archiving the one above with its contents would have done.",
)
def _archived_with_parent(found: GroupFacts, _types: Catalogue) -> Iterator[Fault]:
    if found["row"]["status"] != "active" or not any(each["status"] == "archived" for each in found["parents"]):
        return

    async def apply(transaction: Transaction) -> Sequence[Event]:
        await archive_all(transaction, Caller(viewer=None), found["id"])
        return ()

    yield Fault("the group above it is archived", Mend("archive it and what is in it", apply))


@rule(
    "group_owner",
    "A group that ever had an owner has an active one.",
    f"{nodes.A_PERSON_DECIDES} who owns it: a machine gives nobody rights.",
)
def _has_owner(found: GroupFacts, _types: Catalogue) -> Iterator[Fault]:
    if found["gone"] and not found["owners"]:
        yield Fault(
            "its last owner is gone", "Make somebody its owner: connect them as member_of, with the role owner."
        )


@rule("group_limits", "The limits of a group are 0 or more.", "A limit below 0 is removed.")
def _right_limits(found: GroupFacts, _types: Catalogue) -> Iterator[Fault]:
    for name in ("limitMembers", "limitStorageBytes", "limitApiCallsPerMonth"):
        value = found["row"].get(name)
        if isinstance(value, int) and value < 0:
            yield Fault(f"{name} is {value}", nodes.set_values(found["id"], {name: None}))


SECTION: Section[GroupFacts] = Section(
    GROUPS,
    nodes.form("group", GroupRow),
    (
        nodes.no_lock("group"),
        _right_id,
        _right_labels,
        _no_circle,
        _one_parent,
        nodes.one_of(
            "group",
            {
                "type": list(GroupType),
                "status": list(GroupStatus),
                "visibility": list(Visibility),
                "joinPolicy": list(JoinPolicy),
                "plan": list(Plan),
            },
        ),
        nodes.archived("group"),
        _archived_with_parent,
        _has_owner,
        nodes.sort_keys("group"),
        nodes.times("group"),
        nodes.versions("group"),
        nodes.texts("group", {"slug": validation.slug, "name": validation.name, "description": validation.text}),
        nodes.search_words("group", ("name", "slug"), "description"),
        nodes.objects("group", "metadata"),
        _right_limits,
    ),
)
