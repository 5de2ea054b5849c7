"""Small worlds for tests: people with keys, groups and things, made through the services and the API."""

from dataclasses import dataclass
from typing import TypedDict, cast

from domain.access import Caller, KeyScope
from domain.people import MemberRole, Person, PlatformRole
from domain.values import JSON, JSONObject
from graph.store import Statement, Store
from services.keys import Keys
from services.people import NewPerson
from services.registration import register
from tests.client import Api


class CountRow(TypedDict):
    """How many nodes of a label, or relationships of a type, there are."""

    kind: str
    total: int


COUNT_ALL: Statement[CountRow] = Statement(
    "count_all",
    """
    MATCH (node) UNWIND labels(node) AS kind
    RETURN {kind: kind, total: count(*)} AS row
    UNION ALL
    MATCH ()-[edge]->()
    RETURN {kind: type(edge), total: count(*)} AS row""",
)


@dataclass
class World:
    """A store with a platform owner, whose API may do everything."""

    store: Store
    api: Api
    owner: Person
    home: str
    """The id of the platform owner's organization."""

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
        role: PlatformRole = PlatformRole.ORG_USER,
        scope: KeyScope = KeyScope.READ,
        member_role: MemberRole = MemberRole.VIEWER,
    ) -> Api:
        """The API as somebody new sees it, who is a member of a group that there is."""
        new = NewPerson(f"{name}@one.example", name, name.capitalize(), role)
        person = await register(self.store, new, group_slug, member_role)
        created = await Keys(self.store).create(Caller(None), person.email, scope)
        return self.api.as_holder_of(created.secret)

    async def group(self, slug: str, parent: str | None = None, **more: JSON) -> str:
        """The id of a new group."""
        given: dict[str, JSON] = {"slug": slug, "name": slug, "type": "business", "parentId": parent, **more}
        return await self._created("createGroup", given, "group")

    async def thing(self, name: str, group: str | None = None, type_: str = "blog_post", **more: JSON) -> str:
        """The id of a new thing."""
        given: dict[str, JSON] = {"groupId": group or self.home, "type": type_, "name": name, **more}
        return await self._created("createThing", given, "thing")

    async def connect(self, type_: str, source: str, target: str, properties: JSONObject | None = None) -> str:
        """The id of a new connection."""
        given: dict[str, JSON] = {"type": type_, "fromId": source, "toId": target, "properties": properties}
        return await self._created("connect", given, "relationship")

    async def count(self) -> dict[str, int]:
        """How many of everything the store holds: two counts that are equal mean that nothing was written."""
        rows = await self.store.read(COUNT_ALL, {})
        return {row["kind"]: row["total"] for row in rows}

    async def _created(self, field: str, given: JSONObject, what: str) -> str:
        answer = await self.api.change(field, given, f"{what} {{ id }}")
        assert what in answer, answer
        return str(cast("dict[str, JSON]", answer[what])["id"])
