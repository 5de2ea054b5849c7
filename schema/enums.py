"""The enums of the domain as clients see them: the same values, each with its description."""

from collections.abc import Mapping
from typing import Final

from strawberry.utils.str_converters import to_camel_case

from domain.access import AccessReason, KeyScope
from domain.connection_types import Cardinality
from domain.connections import Direction
from domain.errors import DependentKind
from domain.events import EventType
from domain.filterable import FilterKind
from domain.groups import GroupStatus, GroupType, JoinPolicy, Plan, Visibility
from domain.identities import SignInMethodKind
from domain.ids import NodeKind
from domain.knowledge import EmbeddingState, KnowledgeRole, KnowledgeType
from domain.mail import MailStatus, MailTemplate
from domain.mail_delivery import MailDelivery
from domain.order_states import OrderState, PaymentState
from domain.pages import CreationOrder
from domain.people import MemberRole, MemberStatus, PersonKind, PersonStatus, PlatformRole
from domain.second_factors import SecondFactorMethod
from domain.sessions import TokenDelivery
from domain.things import ThingStatus
from domain.webhooks import WebhookDeliveryState, WebhookPause, WebhookState
from schema.define import enum
from services.access import KEY_ACTIONS, Action
from services.change_items import ChangeMode

__all__ = [
    "AccessReason",
    "Action",
    "Cardinality",
    "ChangeMode",
    "CreationOrder",
    "DependentKind",
    "Direction",
    "EmbeddingState",
    "EventType",
    "FilterKind",
    "GroupStatus",
    "GroupType",
    "JoinPolicy",
    "KeyScope",
    "KnowledgeRole",
    "KnowledgeType",
    "MailDelivery",
    "MailStatus",
    "MailTemplate",
    "MemberRole",
    "MemberStatus",
    "NodeKind",
    "OrderState",
    "PaymentState",
    "PersonKind",
    "PersonStatus",
    "Plan",
    "PlatformRole",
    "SecondFactorMethod",
    "SignInMethodKind",
    "ThingStatus",
    "TokenDelivery",
    "Visibility",
    "WebhookDeliveryState",
    "WebhookPause",
    "WebhookState",
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
    Direction,
    {
        Direction.OUTGOING: "Connections that start here.",
        Direction.INCOMING: "Connections that end here.",
        Direction.BOTH: "Connections in either direction.",
    },
)
enum(
    EventType,
    {
        EventType.THING_CREATED: "A thing came to be; `properties.type` is its thing type.",
        EventType.THING_UPDATED: "Some of a thing changed; `properties.changed` names what.",
        EventType.THING_ARCHIVED: "A thing was taken out of use.",
        EventType.THING_RESTORED: "An archived thing was put back into use; `properties.status` is its status now.",
        EventType.THING_MOVED: "A thing belongs to another group; `properties` has both.",
        EventType.THING_LABELLED: "A thing got a label: `properties.label`.",
        EventType.THING_UNLABELLED: "A label was taken off a thing: `properties.label`.",
        EventType.THING_DELETED: "A thing was erased, with its versions; `properties.type` was its thing type.",
        EventType.KNOWLEDGE_ADDED: "A document or a vector about a thing was added; `properties.knowledge` is its id.",
        EventType.KNOWLEDGE_UPDATED: "A document about a thing got another text, or its chunks got embeddings.",
        EventType.KNOWLEDGE_REMOVED: "A document or a vector about a thing was removed.",
        EventType.CONNECTION_CREATED: "Two nodes were connected; `properties` has the type and both ends.",
        EventType.CONNECTION_UPDATED: "Some of a connection changed; `properties.changed` names what.",
        EventType.CONNECTION_ENDED: "A connection is no longer live; `properties` has the type and both ends.",
        EventType.GROUP_CREATED: "A group came to be.",
        EventType.GROUP_UPDATED: "Some of a group changed; `properties.changed` names what.",
        EventType.GROUP_MOVED: "A group hangs under another one, or none; `properties` has both parents.",
        EventType.GROUP_ARCHIVED: "A group was taken out of use.",
        EventType.GROUP_RESTORED: "An archived group was put back into use.",
        EventType.GROUP_DELETED: "An empty group was erased; `properties.slug` was its slug.",
        EventType.USER_REGISTERED: "A person got an account.",
        EventType.USER_LOGIN: "A person signed in.",
        EventType.USER_LOGIN_FAILED: "Somebody tried to sign in as a person, and could not.",
        EventType.USER_LOGOUT: "A person signed out.",
        EventType.USER_REAUTHENTICATED: "A person proved once more who they are.",
        EventType.SESSION_REVOKED: "A session was ended before its time.",
        EventType.PROFILE_UPDATED: "A person changed their profile.",
        EventType.PASSWORD_CHANGED: "A person chose another password, or their first one.",
        EventType.EMAIL_VERIFICATION_SENT: "A message to prove an e-mail address was sent.",
        EventType.EMAIL_VERIFIED: "A person proved their e-mail address.",
        EventType.PASSWORD_RESET_REQUESTED: "Somebody asked for a new password of a person.",
        EventType.PASSWORD_RESET_COMPLETED: "A person has a new password.",
        EventType.API_KEY_CREATED: "A person made an API key: `properties.key`.",
        EventType.API_KEY_ROTATED: "A person made an API key, `properties.key`, to replace `properties.replaced`.",
        EventType.API_KEY_REVOKED: "A person took an API key out of use: `properties.key`.",
        EventType.SIGN_IN_LINK_REQUESTED: "Somebody asked for a link by mail to sign in as a person.",
        EventType.EMAIL_CHANGE_REQUESTED: "A person wants another e-mail address.",
        EventType.EMAIL_CHANGED: "A person has another e-mail address, and proved it.",
        EventType.PROVIDER_LINKED: "A person can sign in with an account elsewhere: at `properties.provider`.",
        EventType.PROVIDER_UNLINKED: "A person can no longer sign in with one of their accounts elsewhere.",
        EventType.TWO_FACTOR_ENABLED: "A person signs in with a second factor from now on.",
        EventType.TWO_FACTOR_DISABLED: "A person signs in without a second factor from now on.",
        EventType.SECOND_FACTOR_REQUIRED: "Who signs in proved who they are, and was asked for a second factor.",
        EventType.RECOVERY_CODE_USED: "A recovery code was used up; `properties.left` are left.",
        EventType.RECOVERY_CODES_REGENERATED: "A person got other recovery codes; those before are good for nothing.",
        EventType.WALLET_CONNECTED: "A person proved a blockchain account to be theirs, and can sign in with it.",
        EventType.WALLET_DISCONNECTED: "A person can no longer sign in with one of their wallets.",
        EventType.PASSKEY_ADDED: "A person can sign in with a further passkey: `properties.passkey`.",
        EventType.PASSKEY_REMOVED: "A person can no longer sign in with one of their passkeys.",
        EventType.ACCOUNT_DELETED: "A person deleted their account, or a service account was deleted.",
        EventType.ONBOARDING_STEP_COMPLETED: "A person is past one stage of the onboarding.",
        EventType.ONBOARDING_COMPLETED: "A person is past the last stage of the onboarding.",
        EventType.USER_INVITED_TO_GROUP: "A person was asked to join a group.",
        EventType.GROUP_JOIN_REQUESTED: "A person asked to become a member of a group that decides about each.",
        EventType.USER_JOINED_GROUP: "A person became a member; `properties.role` is the role in the group.",
        EventType.USER_REMOVED_FROM_GROUP: "A person is a member no longer.",
        EventType.MEMBER_ROLE_CHANGED: "A member has another role in the group.",
        EventType.INVITATION_REVOKED: "An invitation was taken back or declined.",
        EventType.ACCESS_GRANTED: "Somebody, or a group's members, were granted a role on a group or a thing.",
        EventType.ACCESS_CHANGED: "What was granted was changed.",
        EventType.ACCESS_REVOKED: "A grant was ended.",
        EventType.ACCESS_DENIED: "Something was refused to somebody who is known.",
        EventType.PRODUCT_PUBLISHED: "A product is shown to buyers.",
        EventType.PRODUCT_ARCHIVED: "A product is for sale no longer.",
        EventType.CART_UPDATED: "What is in a cart changed.",
        EventType.ORDER_CREATED: "An order was placed.",
        EventType.ORDER_PAID: "All of an order is paid.",
        EventType.ORDER_FULFILLED: "What was ordered was delivered.",
        EventType.ORDER_COMPLETED: "Nothing is left to be done for an order.",
        EventType.ORDER_CANCELLED: "An order was called off before it was paid.",
        EventType.ORDER_REFUNDED: "Money of an order was given back, all or a part.",
        EventType.REFUND_REQUESTED: "A buyer wants their money back.",
        EventType.PAYMENT_INITIATED: "A payment was started.",
        EventType.PAYMENT_CONFIRMED: "A payment is in a block.",
        EventType.PAYMENT_FINALIZED: "A payment cannot be undone by its chain any more.",
        EventType.PAYMENT_FAILED: "A payment did not go through.",
        EventType.PAYMENT_REORGED: "A payment was in a block that its chain dropped, and is pending again.",
        EventType.PAYMENT_REFUNDED: "A payment was given back by another one.",
        EventType.WEBHOOK_DELIVERED: "A webhook took an event again, after several failures.",
        EventType.WEBHOOK_FAILED: "A webhook did not take an event, which is given up: `properties.event`.",
        EventType.WEBHOOK_PAUSED: "A webhook was paused: `properties.reason` says why.",
        EventType.WEBHOOK_RESUMED: "Somebody let a webhook work again.",
        EventType.WEBHOOK_REPLAYED: "Somebody had events sent to a webhook once more.",
        EventType.WEBHOOK_SECRET_ROTATED: "Somebody gave a webhook another secret.",
        EventType.EMAIL_SENT: "A message was handed to the mail server.",
        EventType.EMAIL_FAILED: "A message could not be handed to the mail server, or not be sent on from there.",
        EventType.EMAIL_REPLAYED: "A message that had been given up is to be tried again.",
        EventType.EMAIL_DELAYED: "A message has not arrived yet, and is still tried.",
        EventType.EMAIL_DELIVERED: "A message arrived at the mail server of its address.",
        EventType.EMAIL_BOUNCED: "A message was refused by the mail server of its address; `reason` says for how long.",
        EventType.EMAIL_COMPLAINED: "Somebody called a message unwanted; no further one goes to their address.",
        EventType.EMAIL_RESTORED: "An operator has messages go again to an address that had refused one.",
        EventType.THING_TYPE_REGISTERED: "There is a new type of thing; `properties.name` is its name.",
        EventType.THING_TYPE_EVOLVED: "A type of thing changed; `properties` has its name and its new version.",
        EventType.CONNECTION_TYPE_REGISTERED: "There is a new type of connection; `properties.name` is its name.",
        EventType.ERROR_OCCURRED: "Something went wrong that nobody expected.",
        EventType.CONSISTENCY_REPAIRED: "A broken rule was mended; `properties.rule` names it, `properties.does` how.",
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
enum(
    OrderState,
    {
        OrderState.PENDING: "It waits to be paid; what it takes from the stock is kept for it.",
        OrderState.PAID: "All of it is paid.",
        OrderState.FULFILLED: "Every line of it has a receipt.",
        OrderState.COMPLETED: "It ended well.",
        OrderState.CANCELLED: "It was taken back before it was paid.",
        OrderState.EXPIRED: "It was not paid in its time.",
        OrderState.REFUNDED: "All that was paid was given back.",
    },
)
enum(
    PaymentState,
    {
        PaymentState.PENDING: "It is on its way; a refund waits for its approval.",
        PaymentState.CONFIRMED: "The money has come; that of a refund was given back.",
        PaymentState.FINALIZED: "It has come, and nothing can take it back any more.",
        PaymentState.FAILED: "It did not come; a refund was declined.",
        PaymentState.REFUNDED: "All of it was given back.",
    },
)
_OTHER_NAMES: Final[Mapping[Action, tuple[str, ...]]] = {
    Action.LABEL_THING: ("labelThing", "unlabelThing"),
    Action.ADD_KNOWLEDGE: ("addDocument", "addVector"),
    Action.REGISTER_TYPE: ("registerThingType", "registerConnectionType"),
    Action.EVOLVE_TYPE: ("evolveThingType",),
}


def _mutations(action: Action) -> str:
    names = [f"`{name}`" for name in _OTHER_NAMES.get(action, (to_camel_case(action),))]
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
        AccessReason.PLATFORM_OWNER: "They may: platform owners may do everything.",
        AccessReason.MEMBER_ROLE: "They may: their role in the first group of the path allows it.",
        AccessReason.GRANT: "They may: they were granted a role in the first group of the path, or on the thing, that "
        "allows it.",
        AccessReason.ONESELF: "They may: it is about nobody but themselves.",
        AccessReason.JOIN_POLICY: "They may: the group takes members so, or had invited them.",
        AccessReason.SYSTEM: "It was done by an operator at the machine itself, by an import, or by nobody at all.",
        AccessReason.SUSPENDED: "They may not: their account is suspended.",
        AccessReason.PLATFORM_ROLE: "They may not: their role on the platform allows it nowhere.",
        AccessReason.NO_MEMBERSHIP: "They may not: no membership of theirs counts there. It takes one in `neededRole`.",
        AccessReason.ROLE_TOO_LOW: "They may not: their role there is less than `neededRole`.",
        AccessReason.OWN_MUTATIONS: "They may not: it has mutations of its own.",
        AccessReason.OTHER_OBJECT: "They may not: that is nothing to do to an object of this kind.",
        AccessReason.KEY_BOUNDS: "They may not: the API key is confined to less, or is for reading only.",
        AccessReason.SESSION_NEEDED: "They may not: it takes a session, or another request.",
        AccessReason.PROOF_TOO_OLD: "They may not: it is too long ago that they proved who they are.",
        AccessReason.NOT_VISIBLE: "They may not: they do not see it, or it is not there.",
    },
)
enum(KeyScope, {KeyScope.READ: "Reading only.", KeyScope.WRITE: "Reading and writing."})
enum(
    TokenDelivery,
    {
        TokenDelivery.BODY: "In the answer: for programs, which send it as a bearer header.",
        TokenDelivery.COOKIE: "As cookies that scripts cannot read: for pages in a browser.",
    },
)
enum(
    MailStatus,
    {
        MailStatus.PENDING: "It is to be sent, or to be tried again.",
        MailStatus.SENT: "The mail server has taken it.",
        MailStatus.DEAD: "It was given up.",
    },
)
enum(
    MailTemplate,
    {
        MailTemplate.VERIFY_EMAIL: "A link and a code that prove an address.",
        MailTemplate.ACCOUNT_EXISTS: "Somebody wanted an address for an account that has one already.",
        MailTemplate.RESET_PASSWORD: "A link to choose another password.",
        MailTemplate.PASSWORD_CHANGED: "The password was changed.",
        MailTemplate.SIGN_IN: "A link and a code to sign in with.",
        MailTemplate.CHANGE_EMAIL: "A link that makes this the address of an account.",
        MailTemplate.EMAIL_CHANGED: "The account has another address by now; to the one before.",
        MailTemplate.SIGN_IN_METHODS_CHANGED: "There is another way to sign in, or one less.",
        MailTemplate.TWO_FACTOR_ENABLED: "Signing in takes a second factor from now on.",
        MailTemplate.TWO_FACTOR_DISABLED: "Signing in takes no second factor any more.",
        MailTemplate.RECOVERY_CODE_USED: "A recovery code was used up.",
        MailTemplate.ORDER_PLACED: "What was ordered, and until when it waits to be paid.",
        MailTemplate.ORDER_FULFILLED: "What of an order was delivered.",
        MailTemplate.ORDER_REFUNDED: "What of an order was given back.",
        MailTemplate.REFUND_DECLINED: "A refund that was asked for is not given.",
        MailTemplate.WEBHOOK_PAUSED: "A webhook of a group was paused; to those who look after the group.",
    },
)
enum(
    MailDelivery,
    {
        MailDelivery.DELAYED: "Its receiver's mail server has not taken it yet.",
        MailDelivery.DELIVERED: "Its receiver's mail server has taken it.",
        MailDelivery.FAILED: "It could not be sent on.",
        MailDelivery.BOUNCED: "Its receiver's mail server refused it.",
        MailDelivery.COMPLAINED: "Its receiver called it unwanted.",
    },
)
enum(
    SignInMethodKind,
    {
        SignInMethodKind.PASSWORD: "A password, with the e-mail address.",
        SignInMethodKind.PROVIDER: "An account at a provider.",
        SignInMethodKind.WALLET: "A wallet: a blockchain account that signs.",
        SignInMethodKind.PASSKEY: "A passkey, which is both factors at once.",
    },
)
enum(
    SecondFactorMethod,
    {
        SecondFactorMethod.TOTP: "A code of six digits that an app shows.",
        SecondFactorMethod.PASSKEY: "A passkey.",
        SecondFactorMethod.RECOVERY_CODE: "One of the codes for when the app is lost.",
    },
)
enum(
    WebhookState,
    {
        WebhookState.ACTIVE: "Events are sent to it.",
        WebhookState.PAUSED: "Nothing is sent to it until somebody resumes it.",
    },
)
enum(
    WebhookPause,
    {
        WebhookPause.ASKED: "Somebody wanted it.",
        WebhookPause.FAILING: "Every try has failed for days.",
        WebhookPause.GONE: "It answered 410, as an address does that is given up.",
    },
)
enum(
    WebhookDeliveryState,
    {
        WebhookDeliveryState.PENDING: "It is to be sent, or to be tried again.",
        WebhookDeliveryState.DELIVERED: "It was taken.",
        WebhookDeliveryState.FAILED: "It was given up.",
    },
)
