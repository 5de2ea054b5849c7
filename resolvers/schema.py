"""The executable schema, put together from its nouns."""

from collections.abc import Mapping
from functools import partial

from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from execution.documents import CachedDocuments
from resolvers.access import AccessQueries
from resolvers.accounts import AccountMutations
from resolvers.audit import AuditQueries
from resolvers.bulk import BulkMutations
from resolvers.carts import CartMutations, CartQueries
from resolvers.connections import ConnectionMutations, ConnectionQueries
from resolvers.consistency import ConsistencyQueries
from resolvers.email_change import EmailChangeMutations
from resolvers.email_verification import EmailVerificationMutations
from resolvers.events import EventQueries, EventSubscriptions
from resolvers.failures import NameTheOperation, ShowFailures, StreamSubscriptions
from resolvers.files import FileMutations
from resolvers.grants import GrantMutations
from resolvers.groups import GroupMutations, GroupQueries
from resolvers.joining import JoiningMutations
from resolvers.keys import KeyMutations
from resolvers.knowledge import KnowledgeMutations, KnowledgeQueries
from resolvers.limits import DOCUMENTS, KeepWithinLimits
from resolvers.mail import MailMutations, MailQueries
from resolvers.nodes import NodeQueries
from resolvers.ontology import OntologyMutations, OntologyQueries
from resolvers.operations import RememberWhatMayRun, Schema
from resolvers.orders import OrderMutations, OrderQueries, OrderSubscriptions
from resolvers.ownership import OwnershipMutations
from resolvers.passkeys import PasskeyMutations
from resolvers.password_reset import PasswordResetMutations
from resolvers.passwords import PasswordMutations
from resolvers.people import PeopleQueries
from resolvers.products import ProductMutations
from resolvers.profile import ProfileMutations
from resolvers.provider_sign_in import ProviderSignInMutations, ProviderSignInQueries
from resolvers.search import SearchQueries
from resolvers.second_factors import SecondFactorMutations
from resolvers.service_accounts import ServiceAccountMutations
from resolvers.sessions import SessionMutations
from resolvers.sign_in import SignInMutations
from resolvers.sign_in_by_mail import SignInByMailMutations
from resolvers.sign_in_methods import SignInMethodMutations
from resolvers.support import SupportMutations
from resolvers.things import ThingMutations, ThingQueries
from resolvers.wallets import WalletMutations
from resolvers.webhooks import WebhookMutations
from schema.actions import require_actions
from schema.define import object_type
from schema.file_changes import UPLOAD, Upload
from schema.readers import require_readers
from schema.thing_types import OBJECT_TYPES


@object_type
class Query(
    NodeQueries,
    SearchQueries,
    PeopleQueries,
    GroupQueries,
    ThingQueries,
    OrderQueries,
    CartQueries,
    ConnectionQueries,
    KnowledgeQueries,
    EventQueries,
    AccessQueries,
    AuditQueries,
    OntologyQueries,
    ConsistencyQueries,
    MailQueries,
    ProviderSignInQueries,
):
    """Everything that can be asked. You see what your groups hold, and as an org_owner the groups below them too."""


@object_type
class Mutation(
    GroupMutations,
    JoiningMutations,
    GrantMutations,
    SupportMutations,
    OwnershipMutations,
    ThingMutations,
    FileMutations,
    ProductMutations,
    KnowledgeMutations,
    ConnectionMutations,
    BulkMutations,
    CartMutations,
    OrderMutations,
    OntologyMutations,
    SignInMutations,
    SignInByMailMutations,
    ProviderSignInMutations,
    PasskeyMutations,
    ProfileMutations,
    WalletMutations,
    SignInMethodMutations,
    SecondFactorMutations,
    SessionMutations,
    AccountMutations,
    PasswordMutations,
    ServiceAccountMutations,
    KeyMutations,
    WebhookMutations,
    EmailVerificationMutations,
    EmailChangeMutations,
    PasswordResetMutations,
    MailMutations,
):
    """Everything that can be changed. Each answers its success, or an error to switch on by `__typename`."""


@object_type
class Subscription(EventSubscriptions, OrderSubscriptions):
    """What can be followed as it happens, over WebSocket or server-sent events. Each delivery has a cursor."""


def executable(query: type, scalars: Mapping[object, ScalarDefinition] | None = None) -> Schema:
    """The schema with these questions, and what they take beside its scalars."""
    return Schema(
        query=query,
        mutation=Mutation,
        subscription=Subscription,
        types=OBJECT_TYPES,
        config=StrawberryConfig(scalar_map={Upload: UPLOAD, **(scalars or {})}),
        extensions=[
            ShowFailures,
            KeepWithinLimits,  # before what parses and validates
            partial(CachedDocuments, DOCUMENTS),
            NameTheOperation,  # after the cache, which would forget its error
            StreamSubscriptions,
            RememberWhatMayRun,  # the last: what comes to it was let through by all
        ],
    )


schema = executable(Query)
_core = schema._schema  # noqa: SLF001 - Strawberry has no public way to it
require_actions(_core)
require_readers(_core)
