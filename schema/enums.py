"""The enums of the domain as clients see them: the same values, each with its description."""

from domain.access import KeyScope
from domain.connections import Direction
from domain.events import EventType
from domain.groups import GroupStatus, GroupType, JoinPolicy, Plan, Visibility
from domain.pages import CreationOrder
from domain.people import PersonStatus, PlatformRole
from domain.things import ThingStatus
from schema.define import enum

__all__ = [
    "CreationOrder",
    "Direction",
    "EventType",
    "GroupStatus",
    "GroupType",
    "JoinPolicy",
    "KeyScope",
    "PersonStatus",
    "Plan",
    "PlatformRole",
    "ThingStatus",
    "Visibility",
]

enum(
    CreationOrder,
    {
        CreationOrder.NEWEST_FIRST: "The latest created comes first.",
        CreationOrder.OLDEST_FIRST: "The earliest created comes first.",
    },
)
enum(
    GroupType,
    {
        GroupType.FRIEND_CIRCLE: "A circle of friends.",
        GroupType.BUSINESS: "A business.",
        GroupType.COMMUNITY: "A community of interest.",
        GroupType.DAO: "A decentralised autonomous organisation.",
        GroupType.GOVERNMENT: "A public body.",
        GroupType.ORGANIZATION: "An organisation, or a workspace of one.",
    },
)
enum(
    GroupStatus,
    {
        GroupStatus.ACTIVE: "In use.",
        GroupStatus.ARCHIVED: "Out of use: readable, and nothing can be put into it.",
    },
)
enum(
    Visibility,
    {Visibility.PUBLIC: "Everybody may know of it.", Visibility.PRIVATE: "Only those with access may know of it."},
)
enum(
    JoinPolicy,
    {
        JoinPolicy.OPEN: "Anybody may join.",
        JoinPolicy.INVITE_ONLY: "By invitation only.",
        JoinPolicy.APPROVAL_REQUIRED: "Anybody may ask, and somebody entitled decides.",
    },
)
enum(Plan, {Plan.STARTER: "The free plan.", Plan.PRO: "For teams.", Plan.ENTERPRISE: "For companies."})
enum(
    PlatformRole,
    {
        PlatformRole.PLATFORM_OWNER: "Runs the platform: all groups.",
        PlatformRole.ORG_OWNER: "Owns an organisation: it and every group below it.",
        PlatformRole.ORG_USER: "Works in groups, as the role in each allows.",
        PlatformRole.CUSTOMER: "Buys: their own account and orders, and what is public.",
    },
)
enum(
    PersonStatus,
    {PersonStatus.ACTIVE: "The account may be used.", PersonStatus.SUSPENDED: "The account is blocked."},
)
enum(
    ThingStatus,
    {
        ThingStatus.DRAFT: "Not finished yet.",
        ThingStatus.ACTIVE: "In use.",
        ThingStatus.PUBLISHED: "Shown to those it is for.",
        ThingStatus.ARCHIVED: "Out of use, and readable.",
    },
)
enum(
    Direction,
    {
        Direction.OUTGOING: "Connections that start here.",
        Direction.INCOMING: "Connections that end here.",
        Direction.BOTH: "Connections in either direction.",
    },
)
enum(EventType, {event: f"{event.value.replace('_', ' ').capitalize()}." for event in EventType})
enum(KeyScope, {KeyScope.READ: "Reading only.", KeyScope.WRITE: "Reading and writing."})
