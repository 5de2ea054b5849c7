"""Who reads objects of which type. Each type says so here, or the server does not start.

docs/access.md prints the same, and tests read objects of every type in the names of everybody.
"""

from collections.abc import Mapping
from enum import Flag, auto
from typing import Final

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type, is_introspection_type, is_object_type


class Reader(Flag):
    """Who reads something that has an id, or, of what has none, what tells of such a thing."""

    MEMBER = auto()
    """Whoever has a role that counts in the group that it lies in, whichever role it is."""
    ADMIN = auto()
    """Whoever has the role admin there."""
    OWNER = auto()
    """Whoever has the role owner there."""
    PLATFORM_OWNER = auto()
    """Whoever has that role on the platform."""
    ONESELF = auto()
    """Whose it is or whom it is about, wherever it lies."""
    EVERYBODY_OF_PUBLIC = auto()
    """Everybody, where it is public."""
    EVERYBODY = auto()
    """Everybody, those too who do not say who they are."""


_OWNERS: Final = Reader.OWNER | Reader.PLATFORM_OWNER
_ADMINS: Final = Reader.ADMIN | _OWNERS
_MEMBERS: Final = Reader.MEMBER | _ADMINS

READERS: Final[Mapping[str, Reader]] = {
    name: readers
    for readers, names in {
        _MEMBERS | Reader.EVERYBODY_OF_PUBLIC: "Group Creator Product GenericThing",
        _MEMBERS | Reader.ONESELF: "Order Payment Person Event Ontology",
        _MEMBERS: "Cart File Invitation ProductSubscription Webhook Knowledge Relationship ThingVersion "
        "GroupStatistics OrderTotals Label Similar",
        _ADMINS: "SupportAccess WebhookDelivery AuditEntry AccessHolder",
        _ADMINS | Reader.ONESELF: "AccessExplanation AccessibleGroup",
        _OWNERS: "OrderReconciliation",
        Reader.PLATFORM_OWNER: "AuditVerification ConsistencyResult EmbeddingStatus Mail",
        Reader.PLATFORM_OWNER | Reader.ONESELF: "ApiKey",
        Reader.ONESELF: "Viewer Session SignInMethod SecondFactor ShoppingCart",
        _MEMBERS | Reader.ONESELF | Reader.EVERYBODY: "SignInProvider",
    }.items()
    for name in names.split()
}

PARTS: Final = frozenset(
    """
    ApiAccessDetails AppointmentReceipt AuditFault AuditHead CartLine CategoryCount ConnectionType
    ConsistencyRepair ConsistencyRule ConsistencyViolation ConsultationDetails CourseDetails Dependents
    DownloadReceipt EventDelivery EventTypeDescription FileLink FilterableProperty GroupLimits LabelCount
    LicenceKeyReceipt MembershipDetails Misfit Money NftDetails OrderDiscrepancy OrderLine OrderStateTotals
    OrderUpdate PageInfo PhysicalDetails PriceCount ProductFacets ProductFile ProductImage PropertyDefinition
    RevenueShare SecondFactorSetup SellerCount ServiceDetails SessionTokens ShipmentReceipt
    ShippingAddress ShoppingCartLine TemplateDetails ThingCount ThingType Wallet WebhookAttempt
    """.split()
)
"""What is read with what it is a part of, or is told to whoever did something."""


def require_readers(schema: GraphQLSchema) -> None:
    """Stop where there is a type of which nothing says who reads it: nobody would have thought about it."""
    roots = {schema.query_type, schema.mutation_type, schema.subscription_type}
    mutations = schema.mutation_type.fields.values() if schema.mutation_type else ()
    answers = {type_ for each in mutations for type_ in getattr(get_named_type(each.type), "types", ())}
    unsaid = sorted(
        type_.name
        for type_ in set(schema.type_map.values()) - roots - answers
        if is_object_type(type_)
        and type_.name not in READERS.keys() | PARTS
        and not (is_introspection_type(type_) or _is_error(type_) or _is_of_a_list(type_))
    )
    if unsaid:
        raise AssertionError(f"nothing says who reads these types: {', '.join(unsaid)}")


def _is_error(type_: GraphQLObjectType) -> bool:
    return "AppError" in {each.name for each in type_.interfaces}


def _is_of_a_list(type_: GraphQLObjectType) -> bool:
    """Whether it is a connection or an edge, which tell no more than what is listed."""
    return "pageInfo" in type_.fields or type_.fields.keys() >= {"node", "cursor"}
