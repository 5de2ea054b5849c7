"""Groups around the one that somebody is a member of, and in each of them something of all that can be changed."""

import itertools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, cast

from domain.people import MemberRole, PlatformRole
from domain.values import JSON, JSONObject
from tests.client import Attached
from tests.worlds import World, new_connection, new_group, new_thing


class Place(StrEnum):
    """A group, as seen from the one that somebody is a member of."""

    OWN = "own"
    CHILD = "child"
    PARENT = "parent"
    SIBLING = "sibling"
    STRANGER = "stranger"


@dataclass(frozen=True)
class Site:
    """A group with things in it; `beside` is another, in which whoever is a member of the own group is one too."""

    group: str
    beside: str
    thing: str = ""
    other: str = ""
    archived: str = ""
    document: str = ""
    chunk: str = ""
    connection: str = ""
    grant: str = ""
    support: str = ""
    owner: str = ""
    heir: str = ""
    account: str = ""
    product: str = ""
    order: str = ""
    refund: str = ""
    webhook: str = ""
    slugs: "itertools.count[int]" = field(default_factory=itertools.count)

    def slug(self) -> str:
        """One that no group has."""
        return f"new-{self.group[-12:]}-{next(self.slugs)}"


Given = Callable[[Site], JSONObject]


def _new_video(site: Site) -> dict[str, JSON]:
    return {"groupId": site.group, "type": "video", "name": "Another"}


MUTATIONS: Final[Mapping[str, Given]] = {
    "createGroup": lambda at: {"slug": at.slug(), "name": "New", "type": "dao", "parentId": at.group},
    "updateGroup": lambda at: {"id": at.group, "version": 1, "name": "New"},
    "moveGroup": lambda at: {"id": at.group, "version": 1, "parentId": at.beside},
    "archiveGroup": lambda at: {"id": at.group, "version": 1, "withContents": True},
    "restoreGroup": lambda at: {"id": at.group, "version": 2},
    "deleteGroup": lambda at: {"id": at.group, "version": 1},
    "createThing": _new_video,
    "uploadFile": lambda at: {"groupId": at.group, "file": Attached.of(b"New.")},
    "createProduct": lambda at: {
        "groupId": at.group,
        "name": "New",
        "category": "course",
        "price": {"amount": "1.00", "currency": "USD"},
    },
    "updateProduct": lambda at: {"id": at.product, "version": 1, "name": "New"},
    "updateThing": lambda at: {"id": at.thing, "version": 1, "name": "New"},
    "archiveThing": lambda at: {"id": at.thing, "version": 1},
    "restoreThing": lambda at: {"id": at.archived, "version": 2},
    "moveThing": lambda at: {"id": at.thing, "version": 1, "groupId": at.beside},
    "labelThing": lambda at: {"id": at.thing, "label": "topic:new"},
    "unlabelThing": lambda at: {"id": at.thing, "label": "topic:new"},
    "deleteThing": lambda at: {"id": at.archived, "version": 2},
    "addDocument": lambda at: {"thingId": at.thing, "text": "New."},
    "replaceDocument": lambda at: {"id": at.document, "version": 1, "text": "New."},
    "addVector": lambda at: {"thingId": at.thing, "embedding": [1.0, 0.0, 0.0]},
    "setEmbeddings": lambda at: {
        "documentId": at.document,
        "embeddings": [{"chunkId": at.chunk, "embedding": [0.0, 1.0, 0.0]}],
    },
    "removeKnowledge": lambda at: {"id": at.document},
    "connect": lambda at: {"type": "references", "fromId": at.other, "toId": at.thing},
    "updateConnection": lambda at: {"id": at.connection, "strength": 0.5},
    "disconnect": lambda at: {"id": at.connection},
    "grantAccess": lambda at: {"toGroupId": at.beside, "onId": at.group, "role": "viewer"},
    "revokeAccess": lambda at: {"grantId": at.grant},
    "endSupportAccess": lambda at: {"supportId": at.support},
    "transferOwnership": lambda at: {
        "groupId": at.group,
        "toPersonId": at.heir,
        "fromPersonId": at.owner,
        "formerRole": "viewer",
    },
    "createServiceAccount": lambda at: {"groupId": at.group, "name": "New"},
    "updateServiceAccount": lambda at: {"id": at.account, "version": 1, "name": "New"},
    "deleteServiceAccount": lambda at: {"id": at.account, "version": 1},
    "recordPayment": lambda at: {
        "orderId": at.order,
        "amount": {"amount": "1.00", "currency": "USD"},
        "method": "cash",
        "idempotencyKey": at.slug(),
    },
    "fulfilOrder": lambda at: {
        "orderId": at.order,
        "lines": [{"productId": at.product, "receipt": {"licenceKey": {"key": "K"}}}],
    },
    "completeOrder": lambda at: {"orderId": at.order},
    "approveRefund": lambda at: {"refundId": at.refund},
    "declineRefund": lambda at: {"refundId": at.refund},
    "createWebhook": lambda at: {"groupId": at.group, "name": "New", "url": "https://new.example/hook"},
    "updateWebhook": lambda at: {"id": at.webhook, "version": 1, "name": "New"},
    "rotateWebhookSecret": lambda at: {"id": at.webhook},
    "pauseWebhook": lambda at: {"id": at.webhook},
    "resumeWebhook": lambda at: {"id": at.webhook},
    "replayWebhook": lambda at: {"id": at.webhook, "from": "2026-01-01T00:00:00Z"},
    "deleteWebhook": lambda at: {"id": at.webhook, "version": 1},
    "applyChanges": lambda at: {"changes": [{"createThing": _new_video(at)}], "mode": "all_or_nothing"},
}
"""What members can do to what is in a group, each with its input."""

OF_GROUPS: Final = frozenset(name for name in MUTATIONS if name.endswith("Group"))
OF_ORDERS: Final[Mapping[str, str]] = {
    "recordPayment": "pending",
    "fulfilOrder": "paid",
    "completeOrder": "fulfilled",
    "approveRefund": "paid",
    "declineRefund": "paid",
}
"""What can be done to orders and refunds alone, each with the state that the order is in before."""

_ARCHIVED: Final = frozenset({"restoreThing", "deleteThing"})
_CONNECTED: Final = frozenset({"updateConnection", "disconnect"})
_OF_WEBHOOKS: Final = frozenset(name for name in MUTATIONS if "Webhook" in name) - {"createWebhook"}
_OF_ACCOUNTS: Final = frozenset({"updateServiceAccount", "deleteServiceAccount"})
_DOCUMENTED: Final = frozenset({"replaceDocument", "setEmbeddings", "removeKnowledge"})


@dataclass
class Sites:
    """Builds them, with an `owner` and an `heir` of each group where one is handed over."""

    world: World
    owner: str
    heir: str
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def build(self, place: Place, member: str | None, role: MemberRole, mutations: Collection[str]) -> Site:
        """Groups of their own: the person becomes a member of one in that role, and the site is in that place.

        In it is what the mutations change.
        """
        name = f"site-{next(self.numbers)}"
        made = await self.world.make(top=new_group(f"{name}-top"), beside=new_group(f"{name}-beside"))
        made["held"] = await self.world.group(f"{name}-held", made["top"])
        if member is not None:
            await self.world.make(
                **{at: new_connection("member_of", member, made[at], role=role) for at in ("held", "beside")}
            )
        group = made["held"]
        if place is Place.PARENT:
            group = made["top"]
        elif place is not Place.OWN:
            parent = {Place.CHILD: made["held"], Place.SIBLING: made["top"], Place.STRANGER: None}[place]
            group = await self.world.group(f"{name}-{place}", parent)
        site = Site(group, made["beside"])
        if "revokeAccess" in mutations:
            site = replace(site, grant=await self._grant(name, group))
        if "endSupportAccess" in mutations:
            site = replace(site, support=await self.world.support(group))
        if "transferOwnership" in mutations:
            site = await self._inherited(site)
        return site if all(each in OF_GROUPS for each in mutations) else await self._furnish(site, mutations)

    async def _grant(self, name: str, group: str) -> str:
        """A grant on the group to somebody whom the members of the held one see."""
        guest = await self.world.member(f"{name}-guest", f"{name}-held", role=PlatformRole.ORG_USER)
        person = (await guest.ask("{ viewer { person { id } } }")).at("viewer.person.id")
        given: JSONObject = {"toPersonId": person, "onId": group, "role": "viewer"}
        answer = await self.world.api.change("grantAccess", given, "grant { id }")
        return str(cast("Mapping[str, JSON]", answer["grant"])["id"])

    async def _inherited(self, site: Site) -> Site:
        """The same site with an owner, and a viewer who could be one."""
        roles = {self.owner: MemberRole.OWNER, self.heir: MemberRole.VIEWER}
        for each, role in roles.items():
            await self.world.connect("member_of", each, site.group, {"role": role})
        return replace(site, owner=self.owner, heir=self.heir)

    async def _furnish(self, site: Site, mutations: Collection[str]) -> Site:
        world = self.world
        made = await world.make(
            **{each: new_thing(site.group, "video", each) for each in ("thing", "other", "archived")}
        )
        site = replace(site, thing=made["thing"], other=made["other"], archived=made["archived"])
        if not _ARCHIVED.isdisjoint(mutations):
            await world.api.change("archiveThing", {"id": made["archived"], "version": 1})
        if not _CONNECTED.isdisjoint(mutations):
            site = replace(site, connection=await world.connect("references", made["thing"], made["other"]))
        if not _OF_ACCOUNTS.isdisjoint(mutations):
            given: JSONObject = {"groupId": site.group, "name": "Program"}
            answer = await world.api.change("createServiceAccount", given, "serviceAccount { id }")
            site = replace(site, account=str(cast("Mapping[str, JSON]", answer["serviceAccount"])["id"]))
        if "updateProduct" in mutations:
            site = await self._sell(site, "pending")
        if not set(OF_ORDERS).isdisjoint(mutations):
            site = await self._sell(site, next(OF_ORDERS[each] for each in mutations if each in OF_ORDERS))
        if not _OF_WEBHOOKS.isdisjoint(mutations):
            hook: JSONObject = {"groupId": site.group, "name": "Books", "url": "https://books.example/hook"}
            answer = await world.api.change("createWebhook", hook, "webhook { id }")
            site = replace(site, webhook=str(cast("Mapping[str, JSON]", answer["webhook"])["id"]))
            if "resumeWebhook" in mutations:
                await world.api.change("pauseWebhook", {"id": site.webhook})
        return site if _DOCUMENTED.isdisjoint(mutations) else await self._document(site)

    async def _sell(self, site: Site, state: str) -> Site:
        """An order in that state, of which a refund waits for its approval."""
        price: JSONObject = {"amount": 100, "currency": "USD"}
        made = await self.world.make(product=new_thing(site.group, "product", "P", category="course", price=price))
        at = "2026-01-01T00:00:00Z"
        line: dict[str, JSON] = {"productId": made["product"], "name": "P", "unitPrice": 100, "quantity": 1}
        if state == "fulfilled":
            line["receipt"] = {"kind": "licence_key", "key": "K", "issuedAt": at}
        order = {"number": "1", "state": state, "currency": "USD", "placedAt": at}
        made |= await self.world.make(order=new_thing(site.group, "order", "O", "active", **order, lines=[line]))
        paid: dict[str, JSON] = {"orderId": made["order"], "amount": price}
        made |= await self.world.make(
            payment=new_thing(site.group, "payment", "P", "active", **paid, state="confirmed")
        )
        made |= await self.world.make(
            refund=new_thing(site.group, "payment", "R", "active", **paid, state="pending", refundOf=made["payment"])
        )
        return replace(site, product=made["product"], order=made["order"], refund=made["refund"])

    async def _document(self, site: Site) -> Site:
        given: JSONObject = {
            "thingId": site.thing,
            "text": "Text.",
            "chunks": [{"text": "Text.", "embedding": [1.0, 0.0, 0.0]}],
        }
        answer = await self.world.api.ask(
            """mutation ($input: AddDocumentInput!) { addDocument(input: $input) {
                ... on AddDocumentSuccess { document { id chunks(first: 1) { nodes { id } } } }
                ... on AppError { message } } }""",
            input=given,
        )
        document = answer.at("addDocument.document.id")
        [chunk] = answer.each("addDocument.document.chunks.nodes", "id")
        return replace(site, document=str(document), chunk=str(chunk))
