"""How webhooks work and what they were sent, for those who look after them."""

from collections.abc import Sequence

from domain.access import Caller
from domain.errors import ForbiddenError
from domain.people import MemberRole, PlatformRole
from domain.webhooks import WebhookDelivery, WebhookDeliveryState, WebhookStatus
from graph import webhooks
from graph.store import Store
from graph.webhook_deliveries import DELIVERIES, DeliveryRow
from services.lists import NodeList


def looks_after(caller: Caller, role: MemberRole | None) -> bool:
    """Whether somebody with that role in the group of a webhook may see how it works."""
    if caller.viewer is not None and caller.viewer.role is PlatformRole.PLATFORM_OWNER:
        return True
    return role is not None and role.covers(MemberRole.ADMIN)


def deliveries(
    caller: Caller, role: MemberRole | None, state: WebhookDeliveryState | None
) -> NodeList[DeliveryRow, WebhookDelivery]:
    """What is on its way to a webhook or was sent, in that state if one is given. ForbiddenError as looks_after."""
    if not looks_after(caller, role):
        raise ForbiddenError(f"What a webhook is sent is for {MemberRole.ADMIN} and {MemberRole.OWNER} of its group.")
    return NodeList("webhook deliveries", DELIVERIES, (("state", None if state is None else state.value),))


class WebhookReading:
    """Reads how they work."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def statuses(self, _caller: Caller, ids: Sequence[str]) -> dict[str, WebhookStatus]:
        """How webhooks work that have a secret; whoever shows it asks `looks_after` first."""
        return await webhooks.statuses(self._store, ids)
