"""All services of one store, as a request finds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.files import UPLOAD_LIMIT
from domain.sign_in_policy import LENIENT, SignInPolicy
from domain.trusted_documents import DocumentPolicy
from domain.values import Clock
from graph.store import Store
from services.access_lists import AccessLists
from services.account_deletion import AccountDeletion
from services.account_export import AccountExport
from services.audit import AuditLog
from services.bulk import Bulk
from services.carts import Carts
from services.changes import Changes
from services.checking import Checking
from services.connections import Connections
from services.delivery_rights import DeliveryRights
from services.denials import Denials
from services.email_change import EmailChange
from services.email_verification import EmailVerification
from services.embedding import Embedder
from services.event_log import EventLog
from services.events import Events
from services.explanations import Explanations
from services.file_links import FileLinks
from services.files import FileContents, Files
from services.finishing_sign_in import Entrance, FinishingSignIn
from services.groups import Groups
from services.kept_answers import KEPT_BYTES, KeptAnswers
from services.key_rotation import KeyRotation
from services.keys import Keys
from services.knowledge import KnowledgeReader
from services.lists import SCAN_LIMIT, Lists
from services.live_events import LiveEvents
from services.mail import Mails
from services.node_permissions import NodePermissions
from services.ontology import Ontology
from services.operation_texts import OperationTexts
from services.order_changes import OrderChanges
from services.order_export import OrderExport
from services.order_printing import OrderPrinting
from services.order_updates import OrderUpdates
from services.orders import Terms
from services.passkey_proofs import RelyingParty
from services.passkeys import Passkeys
from services.password_reset import PasswordReset
from services.passwords import Passwords
from services.people import People
from services.permissions import Permissions
from services.product_changes import ProductChanges
from services.product_search import ProductSearching
from services.products import Products
from services.profile import Profile
from services.provider_sign_in import ProviderSignIn
from services.providers import Provider
from services.rate_limits import RateLimits
from services.reconciliation import Reconciliation
from services.revenue_shares import RevenueShares
from services.sealing import SecretBox
from services.search import Searching
from services.second_factor_proofs import Evidence
from services.second_factors import SecondFactors
from services.sessions import Sessions
from services.sign_in import SignIn
from services.sign_in_by_mail import SignInByMail
from services.sign_in_challenges import Challenges
from services.sign_in_methods import SignInMethods
from services.support import SupportAccesses
from services.things import Things
from services.trusted_documents import TrustedDocuments
from services.type_changes import TypeChanges
from services.type_registration import TypeRegistration
from services.vectors import Dimension
from services.wallet_proofs import Chains
from services.wallets import Wallets
from services.webhook_control import WebhookControl
from services.webhook_reading import WebhookReading
from services.webhooks import Webhooks

NO_KEYS: Final = SecretBox()
"""Keeps no secret that has to be read again."""

NO_CHAINS: Final[Chains] = {}
"""Cannot ask a wallet that is a contract."""

TERMS: Final = Terms()
"""What is said about orders where an operator says nothing."""

ANY_DOCUMENT: Final = DocumentPolicy()
"""Runs whatever text a request brings."""

LOCAL: Final = RelyingParty("localhost", ("http://localhost:8000",))
"""Has passkeys for pages on this machine."""


@dataclass(frozen=True, slots=True)
class Services:
    """One of each."""

    access_lists: AccessLists
    account_deletion: AccountDeletion
    account_export: AccountExport
    audit: AuditLog
    bulk: Bulk
    carts: Carts
    changes: Changes
    checking: Checking
    connections: Connections
    denials: Denials
    email_change: EmailChange
    email_verification: EmailVerification
    events: Events
    explanations: Explanations
    files: Files
    finishing_sign_in: FinishingSignIn
    groups: Groups
    kept_answers: KeptAnswers
    key_rotation: KeyRotation
    keys: Keys
    knowledge: KnowledgeReader
    lists: Lists
    live_events: LiveEvents
    mails: Mails
    node_permissions: NodePermissions
    ontology: Ontology
    operation_texts: OperationTexts
    order_export: OrderExport
    order_printing: OrderPrinting
    order_updates: OrderUpdates
    orders: OrderChanges
    password_reset: PasswordReset
    passkeys: Passkeys
    passwords: Passwords
    people: People
    permissions: Permissions
    product_changes: ProductChanges
    product_search: ProductSearching
    products: Products
    profile: Profile
    provider_sign_in: ProviderSignIn
    reconciliation: Reconciliation
    revenue_shares: RevenueShares
    search: Searching
    second_factors: SecondFactors
    sessions: Sessions
    sign_in: SignIn
    sign_in_by_mail: SignInByMail
    sign_in_methods: SignInMethods
    support: SupportAccesses
    things: Things
    type_changes: TypeChanges
    type_registration: TypeRegistration
    wallets: Wallets
    webhook_control: WebhookControl
    webhook_reading: WebhookReading
    webhooks: Webhooks

    @classmethod
    def of(
        cls,
        store: Store,
        clock: Clock,
        limits: RateLimits,
        embedder: Embedder | None = None,
        scan_limit: int = SCAN_LIMIT,
        *,
        providers: Sequence[Provider] = (),
        box: SecretBox = NO_KEYS,
        party: RelyingParty = LOCAL,
        origins: Sequence[str] = LOCAL.origins,
        chains: Chains = NO_CHAINS,
        log: EventLog | None = None,
        terms: Terms = TERMS,
        local_webhooks: bool = False,
        policy: SignInPolicy = LENIENT,
        files: FileContents | None = None,
        upload_limit: int = UPLOAD_LIMIT,
        documents: DocumentPolicy = ANY_DOCUMENT,
        kept_bytes: int = KEPT_BYTES,
    ) -> "Services":
        """The services that work on a store, by the time that the clock tells where something expires.

        Texts to look for are embedded by the embedder, if there is one; a list looks at `scan_limit` rows for a page at
        the most. People may sign in with accounts at the providers. Secrets are encrypted by the box. Passkeys
        are for the party, and pages of the origins may ask wallets to sign in; those that are contracts are asked on
        the chains. Those who follow events do so by the log, which does not go on by itself. Orders are placed on the
        terms. Webhooks may be on this machine where `local_webhooks` says so. The policy is for whoever signs in.
        The bytes of files are kept in `files`, at most `upload_limit` of each. What a request
        may run is by `documents`. Answers are kept in at most `kept_bytes`.
        """
        ontology = Ontology(store)
        dimension = Dimension(store)
        changes = Changes(store, ontology, dimension)
        evidence = Evidence(box, party)
        challenges = Challenges(store, clock)
        entrance = Entrance(policy, box)
        keys, sessions = Keys(store, clock), Sessions(store, clock, limits, policy)
        live_events = LiveEvents(store, log or EventLog(store), DeliveryRights(store, sessions, keys))
        things, lists = Things(store, ontology), Lists(store, scan_limit)
        return cls(
            access_lists=AccessLists(store),
            account_deletion=AccountDeletion(store, clock),
            account_export=AccountExport(store, clock),
            audit=AuditLog(store),
            bulk=Bulk(store, changes),
            carts=Carts(store, clock, limits, terms.carts_kept_for),
            changes=changes,
            checking=Checking(store, ontology),
            connections=Connections(store, ontology),
            denials=Denials(store, limits),
            email_change=EmailChange(store, clock, limits),
            email_verification=EmailVerification(store, clock, limits),
            events=Events(store),
            explanations=Explanations(store),
            files=Files(store, clock, changes, FileLinks(box, clock), contents=files, most=upload_limit),
            finishing_sign_in=FinishingSignIn(store, clock, limits, evidence, entrance),
            groups=Groups(store),
            kept_answers=KeptAnswers(store, kept_bytes),
            key_rotation=KeyRotation(store, clock),
            keys=keys,
            knowledge=KnowledgeReader(store, ontology, dimension, embedder),
            lists=lists,
            live_events=live_events,
            mails=Mails(store, clock),
            node_permissions=NodePermissions(store),
            ontology=ontology,
            operation_texts=OperationTexts(TrustedDocuments(store), documents),
            order_export=OrderExport(lists, live_events),
            order_printing=OrderPrinting(store, things),
            order_updates=OrderUpdates(live_events, things),
            orders=OrderChanges(store, clock, changes, terms),
            password_reset=PasswordReset(store, clock, limits, policy.words),
            passkeys=Passkeys(store, clock, limits, challenges, entrance, party=party),
            passwords=Passwords(store, clock, limits, evidence, entrance, words=policy.words),
            people=People(store),
            permissions=Permissions(store),
            product_changes=ProductChanges(changes),
            product_search=ProductSearching(store, scan_limit),
            products=Products(store),
            profile=Profile(store, clock),
            provider_sign_in=ProviderSignIn(store, clock, limits, entrance, providers),
            reconciliation=Reconciliation(store, ontology),
            revenue_shares=RevenueShares(store),
            search=Searching(store, ontology),
            second_factors=SecondFactors(store, clock, limits, evidence, policy),
            sessions=sessions,
            sign_in=SignIn(store, clock, limits, entrance, policy.words),
            sign_in_by_mail=SignInByMail(store, clock, limits, entrance),
            sign_in_methods=SignInMethods(store, clock, limits, policy.words),
            support=SupportAccesses(store, clock, changes),
            things=things,
            type_changes=TypeChanges(store),
            type_registration=TypeRegistration(changes, ontology),
            wallets=Wallets(store, clock, limits, challenges, entrance, origins=origins, chains=chains),
            webhook_control=WebhookControl(store, clock),
            webhook_reading=WebhookReading(store),
            webhooks=Webhooks(store, clock, box, loopback=local_webhooks),
        )
