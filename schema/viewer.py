"""The caller itself, as clients see it."""

import asyncio
from typing import cast

import strawberry
from strawberry.scalars import JSON

from domain.access import Viewer as ViewerOfDomain
from schema.actions import KeyScope
from schema.context import Info
from schema.define import field, object_type
from schema.enums import CreationOrder
from schema.events import Event
from schema.groups import Group
from schema.keys import ApiKey
from schema.order_filters import OfOrders, wanted
from schema.order_totals import OrderTotals, order_totals
from schema.orders import Order
from schema.paging import Connection, listed, paged
from schema.people import Person
from schema.second_factors import SecondFactor
from schema.sessions import Session
from schema.sign_in_methods import SignInMethod
from services import events
from services.order_lists import Scope, list_of


@object_type
class Viewer:
    """Who you are to the server: by an API key, or by a session."""

    scope: KeyScope = strawberry.field(description="What your API key may be used for; a session is for everything.")
    person_id: strawberry.Private[str]
    key_id: strawberry.Private[str | None]
    member_of: strawberry.Private[tuple[str, ...]]

    @field
    async def person(self, info: Info) -> Person | None:
        """The person in whose name you act."""
        return cast("Person | None", await info.context.loaders.people.load(self.person_id))

    @field
    async def api_key(self, info: Info) -> ApiKey | None:
        """The key that you used; null in a session."""
        if self.key_id is None:
            return None
        return cast("ApiKey | None", await info.context.loaders.things.load(self.key_id))

    @field
    async def api_keys(self, info: Info) -> list[ApiKey]:
        """Your API keys that you did not revoke, the latest first: at most 50, and those that an operator made."""
        return cast("list[ApiKey]", await info.context.services.keys.of_viewer(info.context.caller))

    @field
    async def sessions(self, info: Info) -> list[Session]:
        """Where you are signed in, the last used first: at most 50."""
        return cast("list[Session]", await info.context.services.sessions.of_viewer(info.context.caller))

    @field
    async def sign_in_methods(self, info: Info) -> list[SignInMethod]:
        """All that you can sign in with, beside a link by mail, which works for everybody."""
        return cast("list[SignInMethod]", await info.context.services.sign_in_methods.of_viewer(info.context.caller))

    @field
    async def second_factor(self, info: Info) -> SecondFactor:
        """Whether signing in takes a code of an app too."""
        return cast("SecondFactor", await info.context.services.second_factors.of_viewer(info.context.caller))

    @field
    async def data_export(self, info: Info) -> JSON:
        """All that there is of you, without secrets: a document to keep.

        Of connections, of purchases and of mails it has 10,000, and of events as many that you caused, that happened to
        your account, and that happened to your purchases; what there is beyond that, the lists of `person` and of
        `viewer` have. `complete` says whether all of it is there.
        """
        return cast("JSON", await info.context.services.account_export.of_viewer(info.context.caller))

    @paged(CreationOrder.NEWEST_FIRST)
    def account_activity(self) -> Connection[Event]:
        """What happened to your account: who signed in, or tried, and what was changed."""
        viewer = cast("ViewerOfDomain", self)  # which is what resolves this type
        return listed(events.account_activity(viewer), self.person_id)

    @paged(CreationOrder.NEWEST_FIRST)
    def orders(self, info: Info, filter: OfOrders = None) -> Connection[Order]:  # noqa: A002
        """What you bought, wherever that was."""
        return listed(list_of(info.context.caller, wanted(filter), Scope.EVERYWHERE, of_viewer=True))

    @field
    async def order_totals(self, info: Info, filter: OfOrders = None) -> list[OrderTotals]:  # noqa: A002
        """Sums over what you bought, one for each currency."""
        of = list_of(info.context.caller, wanted(filter), Scope.EVERYWHERE, of_viewer=True)
        return await order_totals(info, of)

    @field
    async def groups(self, info: Info) -> list[Group]:
        """The groups that you are an active member of. You see what they hold, an org_owner what is below too."""
        loaders = info.context.loaders
        found = await asyncio.gather(*(loaders.groups.load(group_id) for group_id in self.member_of))
        return cast("list[Group]", [group for group in found if group is not None])
