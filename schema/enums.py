"""Enums of the domain as clients see them: the same values, each with its description."""

from domain.connection_types import Cardinality
from domain.connections import Direction
from domain.errors import DependentKind
from domain.filterable import FilterKind
from domain.groups import GroupStatus, GroupType, JoinPolicy, Plan, Visibility
from domain.ids import NodeKind
from domain.knowledge import EmbeddingState, KnowledgeRole, KnowledgeType
from domain.pages import CreationOrder
from domain.people import MemberRole, MemberStatus, PersonKind, PersonStatus, PlatformRole
from domain.product_details import BillingInterval, CourseLevel, ProductCategory
from domain.things import ThingStatus
from schema.define import enum
from services.change_items import ChangeMode

__all__ = [
    "BillingInterval",
    "Cardinality",
    "ChangeMode",
    "CourseLevel",
    "CreationOrder",
    "DependentKind",
    "Direction",
    "EmbeddingState",
    "FilterKind",
    "GroupStatus",
    "GroupType",
    "JoinPolicy",
    "KnowledgeRole",
    "KnowledgeType",
    "MemberRole",
    "MemberStatus",
    "NodeKind",
    "PersonKind",
    "PersonStatus",
    "Plan",
    "PlatformRole",
    "ProductCategory",
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
    {
        Visibility.PUBLIC: "Everybody sees it and what is published in it, also without an account.",
        Visibility.PRIVATE: "Only those with access may know of it.",
    },
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
    MemberStatus,
    {
        MemberStatus.PENDING: "It is not in force yet: somebody was invited, or asked to join.",
        MemberStatus.ACTIVE: "It is in force.",
        MemberStatus.INACTIVE: "It was put out of force.",
    },
)
enum(
    MemberRole,
    {
        MemberRole.OWNER: "Everything, ownership and billing included.",
        MemberRole.ADMIN: "Members, content and settings.",
        MemberRole.EDITOR: "Creates and changes content.",
        MemberRole.VIEWER: "Reads.",
    },
)
enum(
    PersonKind,
    {
        PersonKind.HUMAN: "Somebody, who signs in.",
        PersonKind.SERVICE: "A service account: a program, which acts by its API keys alone and signs in nowhere.",
    },
)
enum(
    PersonStatus,
    {
        PersonStatus.ACTIVE: "The account may be used.",
        PersonStatus.SUSPENDED: "The account is blocked.",
        PersonStatus.DELETED: "The account is gone: nothing says whose it was.",
    },
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
    ProductCategory,
    {
        ProductCategory.COURSE: "Lessons to go through.",
        ProductCategory.TEMPLATE: "Something digital to work with.",
        ProductCategory.MEMBERSHIP: "Belonging, paid for again and again.",
        ProductCategory.CONSULTATION: "Somebody's time and advice.",
        ProductCategory.NFT: "A token on a chain.",
        ProductCategory.API_ACCESS: "Calls of a program's interface.",
        ProductCategory.SERVICE: "Work that is done for the buyer.",
        ProductCategory.PHYSICAL: "Something that is sent.",
    },
)
enum(
    CourseLevel,
    {
        CourseLevel.BEGINNER: "For those who begin.",
        CourseLevel.INTERMEDIATE: "For those who know something of it.",
        CourseLevel.ADVANCED: "For those who know a lot of it.",
    },
)
enum(
    BillingInterval, {BillingInterval.MONTH: "It is paid every month.", BillingInterval.YEAR: "It is paid every year."}
)
enum(
    Direction,
    {
        Direction.OUTGOING: "Connections that start here.",
        Direction.INCOMING: "Connections that end here.",
        Direction.BOTH: "Connections in either direction.",
    },
)
enum(
    DependentKind,
    {
        DependentKind.CONNECTION: "A connection with another node, live or ended.",
        DependentKind.MENTION: "A thing whose properties name it.",
        DependentKind.GROUP: "A group right below it.",
        DependentKind.THING: "A thing in it.",
        DependentKind.MEMBER: "A member; the last one goes with the group.",
    },
)
enum(
    ChangeMode,
    {
        ChangeMode.ALL_OR_NOTHING: "In one transaction: the first that fails undoes all.",
        ChangeMode.EACH: "Each on its own: what fails is told, and the others are done.",
    },
)
enum(
    NodeKind,
    {
        NodeKind.GROUP: "Groups: where something belongs, and who shares it.",
        NodeKind.PERSON: "People: who acts, and who may.",
        NodeKind.THING: "Things: what a group holds.",
        NodeKind.CONNECTION: "Connections: how two nodes relate.",
        NodeKind.EVENT: "Events: what happened.",
        NodeKind.KNOWLEDGE: "Knowledge: what something means.",
    },
)
enum(
    Cardinality,
    {
        Cardinality.ONE_TO_ONE: "One for a source, and one for a target.",
        Cardinality.ONE_TO_MANY: "Any number for a source, and one for a target.",
        Cardinality.MANY_TO_ONE: "One for a source, and any number for a target.",
        Cardinality.MANY_TO_MANY: "Any number for either.",
    },
)
enum(
    FilterKind,
    {
        FilterKind.TEXT: "Text, which sorts by its characters' code points.",
        FilterKind.NUMBER: "Numbers.",
        FilterKind.BOOLEAN: "True or false.",
        FilterKind.TIME: "Times with an offset.",
    },
)
enum(
    KnowledgeType,
    {
        KnowledgeType.LABEL: "A label, `category:value`, that any number of things share.",
        KnowledgeType.DOCUMENT: "A text about a thing, which its chunks are parts of.",
        KnowledgeType.CHUNK: "A part of a document, with an embedding.",
        KnowledgeType.VECTOR_ONLY: "An embedding whose text, if there is any, is kept elsewhere.",
    },
)
enum(
    KnowledgeRole,
    {
        KnowledgeRole.LABEL: "The thing has this label.",
        KnowledgeRole.SUMMARY: "It says what the thing is about.",
        KnowledgeRole.CHUNK_OF: "It is a part of a document about the thing.",
        KnowledgeRole.CAPTION: "It says what can be seen or heard.",
        KnowledgeRole.KEYWORD: "It is a word to find the thing by.",
    },
)
enum(
    EmbeddingState,
    {
        EmbeddingState.PENDING: "It waits for one: from a client, or from the endpoint that the server is set up with.",
        EmbeddingState.DONE: "It has one.",
        EmbeddingState.FAILED: "The endpoint gave none; `embeddingError` says why. retryEmbeddings has it tried again.",
    },
)
