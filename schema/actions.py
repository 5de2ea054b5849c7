"""What can be done, and why somebody may or may not, as clients see it."""

from collections.abc import Mapping
from typing import Final

from graphql import GraphQLSchema
from strawberry.utils.str_converters import to_camel_case

from domain.access import AccessReason, KeyScope
from schema.define import enum
from services.access import KEY_ACTIONS, Action

__all__ = ["AccessReason", "Action", "KeyScope"]

_OTHER_NAMES: Final[Mapping[Action, tuple[str, ...]]] = {
    Action.CREATE_THING: ("createThing", "createProduct"),
    Action.UPDATE_THING: ("updateThing", "updateProduct"),
    Action.LABEL_THING: ("labelThing", "unlabelThing"),
    Action.ADD_KNOWLEDGE: ("addDocument", "addVector"),
    Action.REGISTER_TYPE: ("registerThingType", "registerConnectionType"),
    Action.EVOLVE_TYPE: ("evolveThingType",),
}


def mutations_of(action: Action) -> tuple[str, ...]:
    """The names of the mutations that do it."""
    return _OTHER_NAMES.get(action, (to_camel_case(action),))


def require_actions(schema: GraphQLSchema) -> None:
    """Stop where there is a mutation of which no action says who may do it: nobody would decide about it."""
    decided = {name for action in Action for name in mutations_of(action)}
    mutations = set(schema.mutation_type.fields) if schema.mutation_type else set()
    if undecided := sorted(mutations - decided):
        raise AssertionError(f"no action says who may do this: {', '.join(undecided)}")


def _mutations(action: Action) -> str:
    names = [f"`{name}`" for name in mutations_of(action)]
    return f"The mutation{'s' if len(names) > 1 else ''} {' and '.join(names)}"


enum(
    Action,
    {
        action: f"{_mutations(action)}{'.' if action in KEY_ACTIONS else ', which no key may send.'}"
        for action in Action
    },
)
enum(
    AccessReason,
    {
        AccessReason.PLATFORM_OWNER: "They may: platform owners may do everything, but for changing what others own.",
        AccessReason.MEMBER_ROLE: "They may: their role in the first group of the path allows it.",
        AccessReason.GRANT: "They may: they were granted a role in the first group of the path, or on the thing, that "
        "allows it.",
        AccessReason.SUPPORT: "They may: a platform owner has support access to the first group of the path.",
        AccessReason.ONESELF: "They may: it is about nobody but themselves, or is theirs, as what they bought.",
        AccessReason.JOIN_POLICY: "They may: the group takes members so, or had invited them.",
        AccessReason.PUBLIC: "They may: everybody reads what is public.",
        AccessReason.SYSTEM: "It was done by an operator at the machine itself, by an import, or by nobody at all.",
        AccessReason.SUSPENDED: "They may not: their account is suspended.",
        AccessReason.PLATFORM_ROLE: "They may not: their role on the platform allows it nowhere.",
        AccessReason.NO_MEMBERSHIP: "They may not: no membership of theirs counts there. It takes one in `neededRole`.",
        AccessReason.ROLE_TOO_LOW: "They may not: their role there is less than `neededRole`.",
        AccessReason.SUPPORT_NEEDED: "They may not: others own a group that this is about. It takes a platform owner "
        "support access there, which `beginSupportAccess` begins.",
        AccessReason.OWN_MUTATIONS: "They may not: it has mutations of its own.",
        AccessReason.OTHER_OBJECT: "They may not: that is nothing to do to an object of this kind.",
        AccessReason.PRIVATE: "They may not: it is somebody else's alone.",
        AccessReason.STATE: "They may not now: it is so already, or is out of use.",
        AccessReason.KEY_BOUNDS: "They may not: the API key is confined to less, or is for reading only.",
        AccessReason.SESSION_NEEDED: "They may not: it takes a session, or another request.",
        AccessReason.PROOF_TOO_OLD: "They may not: it is too long ago that they proved who they are.",
        AccessReason.NOT_VISIBLE: "They may not: they do not see it, or it is not there.",
    },
)
enum(KeyScope, {KeyScope.READ: "Reading only.", KeyScope.WRITE: "Reading and writing."})
