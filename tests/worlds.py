"""Small worlds for tests: people with keys, groups and things, made through the services and the API."""

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypedDict, cast

from domain.access import Caller, KeyScope
from domain.connection_types import CONNECTION_TYPES
from domain.connections import Connection
from domain.events import EventType
from domain.ids import connection_prefix, new_id
from domain.people import MemberRole, Person, PlatformRole
from domain.support import LONGEST
from domain.thing_types import SOLD, THING_TYPES
from domain.things import ThingStatus
from domain.values import JSON, JSONObject, now
from graph import connections, events, references, thing_changes
from graph.store import Statement, Store, Transaction
from services.keys import Keys
from services.people import NewPerson
from services.registration import register
from services.thing_changes import happened
from services.things import NewThing
from services.things import new_thing as made_of
from tests.client import Api


class CountRow(TypedDict):
    """How many nodes of a label, or relationships of a type, there are; every change of one counts too.

    What was refused, and the end of the audit log that tells of it, are counted apart: they are all that it writes.
    """

    kind: str
    total: int


COUNT_ALL: Statement[CountRow] = Statement(
    "count_all",
    """
    MATCH (node)
    WHERE coalesce(node.type, '') <> 'access_denied' AND NOT (node:Setting AND node.name = 'audit_chain')
    UNWIND labels(node) AS kind
    WITH kind, count(*) + sum(coalesce(node.version, 0)) AS total
    RETURN {kind: kind, total: total} AS row
    UNION ALL
    MATCH ()-[edge]->()
    WITH type(edge) AS kind, count(*) + count(edge.validTo) AS total
    RETURN {kind: kind, total: total} AS row""",
)


COUNT_DENIALS: Statement[int] = Statement(
    "count_denials", "MATCH (event:Event {type: 'access_denied'}) RETURN count(event) AS row"
)

WITHOUT_HELP: Statement[str] = Statement(
    "without_help",
    """
    MATCH (root:Group)-[:PARENT_OF*0..]->(:Group)<-[owning:MEMBER_OF]-(owner:Person)
    WHERE owning.validTo IS NULL AND owning.role = 'owner' AND owner.role <> 'platform_owner'
        AND NOT EXISTS { (root)<-[:PARENT_OF]-(:Group) }
        AND NOT EXISTS { MATCH (root)<-[edge:SUPPORTS]-(:Person {id: $id}) WHERE edge.validTo IS NULL }
    RETURN DISTINCT root.id AS row""",
)

Change: TypeAlias = tuple[str, JSONObject]
"""A mutation and its input."""

_MADE = {"createGroup": "group", "createThing": "thing", "connect": "relationship"}


def new_group(slug: str, parent: str | None = None, **more: JSON) -> Change:
    """Create a group."""
    name = slug.capitalize()
    return "createGroup", {"slug": slug, "name": name, "type": "business", "parentId": parent, **more}


def new_thing(group: str, type_: str, name: str, status: str = "draft", **properties: JSON) -> Change:
    """Create a thing."""
    given: dict[str, JSON] = {"groupId": group, "type": type_, "name": name, "status": status}
    return "createThing", {**given, "properties": properties}


def new_connection(type_: str, source: str, target: str, **properties: JSON) -> Change:
    """Connect two nodes."""
    return "connect", {"type": type_, "fromId": source, "toId": target, "properties": properties}


def support_access(person_id: str, group_id: str) -> Connection:
    """Support access that is in force for as long as it may be."""
    at = now()
    return Connection(
        id=new_id(connection_prefix("supports")),
        type="supports",
        from_id=person_id,
        to_id=group_id,
        properties={"reason": "The tests ask for it.", "expiresAt": (at + LONGEST).isoformat()},
        strength=None,
        valid_from=at,
        valid_to=None,
        metadata={},
        created_at=at,
        created_by=person_id,
    )


@dataclass
class World:
    """A store with a platform owner, whose API may do everything."""

    store: Store
    api: Api
    owner: Person
    home: str
    """The id of the platform owner's organization."""
    helping: asyncio.Lock = field(default_factory=asyncio.Lock)
    helpers: "itertools.count[int]" = field(default_factory=itertools.count)

    @classmethod
    async def create(cls, store: Store, api: Api) -> "World":
        """The platform owner and their organization `home`."""
        owner = await register(
            store,
            NewPerson("owner@one.example", "owner", "Owner", PlatformRole.PLATFORM_OWNER),
            "home",
            MemberRole.OWNER,
        )
        created = await Keys(store).create(Caller(None), owner.email, KeyScope.WRITE)
        return cls(store, api.as_holder_of(created.secret), owner, created.key.group_id)

    async def member(
        self,
        name: str,
        group_slug: str,
        *,
        role: PlatformRole = PlatformRole.ORG_OWNER,
        scope: KeyScope = KeyScope.READ,
        member_role: MemberRole = MemberRole.VIEWER,
    ) -> Api:
        """The API as somebody new sees it, who is a member of a group that there is."""
        new = NewPerson(f"{name}@one.example", name, name.capitalize(), role)
        person = await register(self.store, new, group_slug, member_role)
        await self.help()
        created = await Keys(self.store).create(Caller(None), person.email, scope)
        return self.api.as_holder_of(created.secret)

    async def help(self) -> None:
        """Let the platform owner change what others own, in all trees of groups where there is such a group."""

        async def work(transaction: Transaction) -> None:
            for root in await transaction.run(WITHOUT_HELP, {"id": self.owner.id}):
                await connections.create(
                    transaction, (support_access(self.owner.id, root), CONNECTION_TYPES["supports"])
                )

        async with self.helping:
            await self.store.write(work)

    async def support(self, group: str) -> str:
        """The id of support access to a group that another platform owner has, who is new."""
        number = next(self.helpers)
        new = NewPerson(f"helper{number}@one.example", f"helper{number}", "Helper", PlatformRole.PLATFORM_OWNER)
        helper = await register(self.store, new, None, MemberRole.VIEWER)
        made = support_access(helper.id, group)

        async def work(transaction: Transaction) -> None:
            await connections.create(transaction, (made, CONNECTION_TYPES["supports"]))

        await self.store.write(work)
        return made.id

    async def group(self, slug: str, parent: str | None = None, **more: JSON) -> str:
        """The id of a new group."""
        given: dict[str, JSON] = {"slug": slug, "name": slug, "type": "business", "parentId": parent, **more}
        return await self._created("createGroup", given, "group")

    async def thing(self, name: str, group: str | None = None, type_: str = "blog_post", **more: JSON) -> str:
        """The id of a new thing."""
        given: dict[str, JSON] = {"groupId": group or self.home, "type": type_, "name": name, **more}
        if type_ in SOLD:
            return await self.recorded(given)
        return await self._created("createThing", given, "thing")

    async def connect(self, type_: str, source: str, target: str, properties: JSONObject | None = None) -> str:
        """The id of a new connection."""
        given: dict[str, JSON] = {"type": type_, "fromId": source, "toId": target, "properties": properties}
        made = await self._created("connect", given, "relationship")
        if type_ == "member_of":
            await self.help()
        return made

    async def make(self, **changes: Change) -> dict[str, str]:
        """The ids of what several mutations made in one request: under each name the mutation and its input."""
        declared, asked = [], []
        sold = {name: given for name, (_, given) in changes.items() if given.get("type") in SOLD}
        changes = {name: change for name, change in changes.items() if name not in sold}
        if not changes:
            return {name: await self.recorded(given) for name, given in sold.items()}
        for name, (mutation, _) in changes.items():
            title = mutation[0].upper() + mutation[1:]
            declared.append(f"${name}: {title}Input!")
            success = f"... on {title}Success {{ {_MADE[mutation]} {{ id }} }}"
            asked.append(f"{name}: {mutation}(input: ${name}) {{ {success} ... on AppError {{ message }} }}")
        answer = await self.api.ask(
            f"mutation ({', '.join(declared)}) {{ {' '.join(asked)} }}",
            {name: given for name, (_, given) in changes.items()},
        )
        made = cast("dict[str, dict[str, dict[str, str]]]", answer.data)
        assert all("message" not in each for each in made.values()), made
        ids = {name: made[name][_MADE[field]]["id"] for name, (field, _) in changes.items()}
        if any(given.get("type") == "member_of" for _, given in changes.values()):
            await self.help()
        return ids | {name: await self.recorded(given) for name, given in sold.items()}

    async def recorded(self, given: JSONObject) -> str:
        """The id of a new order or payment, which is made as an import makes them, by the input of createThing."""
        properties = cast("JSONObject", given.get("properties") or {})
        status = ThingStatus(str(given.get("status", "active")))
        new = NewThing(str(given["groupId"]), str(given["type"]), str(given["name"]), status, properties)
        thing_type = THING_TYPES[new.type]
        thing = made_of(new, thing_type, by_operator=True)
        told = happened(Caller(None), EventType.THING_CREATED, thing, {"type": thing.type})

        async def work(transaction: Transaction) -> None:
            await thing_changes.create(transaction, [thing_changes.Written(thing, thing_type, told.id)])
            await references.add(transaction, [references.mentions(thing, thing_type)])
            await events.append(transaction, [told])

        await self.store.write(work)
        return thing.id

    async def journal(self) -> "Journal":
        """What happens from now on."""
        answer = await self.api.ask("{ events(last: 1, order: oldest_first) { pageInfo { endCursor } } }")
        return Journal(self.api, answer.at("events.pageInfo.endCursor"))

    async def count(self) -> dict[str, int]:
        """How many of everything the store holds, and in what version: two that are equal mean nothing was written."""
        rows = await self.store.read(COUNT_ALL, {})
        return {row["kind"]: row["total"] for row in rows}

    async def denials(self) -> int:
        """How many refused changes were recorded."""
        return (await self.store.read(COUNT_DENIALS, {}))[0]

    async def _created(self, field: str, given: JSONObject, what: str) -> str:
        answer = await self.api.change(field, given, f"{what} {{ id }}")
        assert what in answer, answer
        return str(cast("dict[str, JSON]", answer[what])["id"])


@dataclass
class Journal:
    """The events that were recorded since some moment, as the API tells them."""

    api: Api
    cursor: JSON

    async def read(self) -> list[tuple[JSON, JSON, JSON, JSON]]:
        """Of each event since the last look its type, its target, its group's id and its properties, in their order."""
        answer = await self.api.ask(
            """query ($after: String) { viewer { person { id } apiKey { id } }
            events(first: 100, order: oldest_first, after: $after) {
                nodes { type actor targetId group { id } properties } pageInfo { endCursor }
            } }""",
            after=self.cursor,
        )
        found = cast("list[dict[str, JSON]]", answer.at("events.nodes"))
        if found:
            self.cursor = answer.at("events.pageInfo.endCursor")
        read: list[tuple[JSON, JSON, JSON, JSON]] = []
        for event in found:
            if event["type"] == "access_denied":
                continue  # nothing happened
            properties = dict(cast("Mapping[str, JSON]", event["properties"]))
            # Whoever did it and with what is in every event.
            assert (event["actor"], properties.pop("apiKey")) == (
                answer.at("viewer.person.id"),
                answer.at("viewer.apiKey.id"),
            )
            group = cast("Mapping[str, JSON] | None", event["group"])
            read.append((event["type"], event["targetId"], group and group["id"], properties))
        return read
