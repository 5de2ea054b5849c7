"""Taking events up for webhooks: what happened in their groups, out of the log, and once more what is replayed.

Each webhook has its place in the log, in the store. That it may have something there is noted when the log goes on;
whoever then takes it up locks the webhook, makes deliveries, and moves its place, in one transaction. Only so many
wait for one webhook at a time: the rest stays in the log until there is room.
"""

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from domain.errors import NetworkError
from domain.events import Event
from domain.ids import WEBHOOK_DELIVERY_PREFIX, new_id
from domain.values import Clock, to_micros
from domain.webhooks import OF_WEBHOOKS, WebhookState
from graph import event_log, webhook_fan_out, webhooks
from graph.event_log import Logged
from graph.store import Store, Transaction
from graph.webhook_fan_out import FoundRow, HeardRow, NewDelivery
from graph.webhooks import LockedEndpoint
from services.event_log import EventLog
from services.rights import SEES_BELOW

log = logging.getLogger("one.webhooks")

MAX_WAITING: Final = 1_000
"""How many events wait for one webhook at the most; the next ones stay in the log."""

_PAGE: Final = 200
_LISTED: Final = 50
_HEARD_AT_ONCE: Final = 500
_EVER: Final = {"from": 0, "before": 2**62}


class WebhookFanOut:
    """Follows the log for all webhooks. Several processes may do so beside each other."""

    def __init__(self, store: Store, clock: Clock, log: EventLog, *, most: int = MAX_WAITING) -> None:
        self._store = store
        self._clock = clock
        self._log = log
        self._most = most
        self._position: int | None = None

    async def advance(self) -> int:
        """Take up what the log has for webhooks up to where it is known here; for how many of them."""
        until = self._log.position
        await self._hear(until)
        done: set[str] = set()
        while ids := set(await webhook_fan_out.stale(self._store, _LISTED)) - done:
            if not done:  # we find events by another index than the log did that knows of them
                await event_log.settle(self._store)
            for each in sorted(ids):
                try:
                    more = await self._store.write(partial(self._take_up, identifier=each, until=until))
                except NetworkError:
                    raise
                except Exception:  # what is wrong with one webhook is no reason that others get nothing
                    log.exception("events could not be taken up for the webhook %s", each)
                    more = False
                if not more:
                    done.add(each)
        return len(done)

    async def _hear(self, until: int) -> None:
        """Note which webhooks have something new in the log: at first all that are not at its end."""
        if self._position is None:
            await webhook_fan_out.hear_all(self._store, until)
            self._position = until
        while self._position < until:
            page = self._log.since(self._position, _HEARD_AT_ONCE)
            if page is None:
                page = await event_log.read(self._store, self._position, _HEARD_AT_ONCE)
            page = [each for each in page if each.position <= until]
            end = page[-1].position if page else until
            if heard := _groups(page):
                rows = [HeardRow(groupId=group_id, types=sorted(types)) for group_id, types in heard.items()]
                await webhook_fan_out.hear(self._store, rows, end)
            self._position = end

    async def _take_up(self, transaction: Transaction, identifier: str, until: int) -> bool:
        """Take up some events for one webhook; whether there are more by now."""
        locked = await webhooks.lock(transaction, identifier, SEES_BELOW)
        if locked is None:
            return False
        endpoint, room = locked["endpoint"], self._most - locked["waiting"]
        if endpoint["state"] != WebhookState.ACTIVE or not locked["inUse"]:
            await webhooks.change(transaction, identifier, {"stale": False})
        elif room <= 0:
            await webhooks.change(transaction, identifier, {"stale": False, "full": True})
        elif endpoint["replayAfter"] is not None:
            await self._replay(transaction, locked, min(room, _PAGE))
            return True
        else:
            start, limit = endpoint["position"], min(room, _PAGE)
            bounds = {"position": start, "until": until, "limit": limit, **_EVER}
            found = await webhook_fan_out.find(transaction, endpoint, bounds, below=locked["seesBelow"])
            await self._add(transaction, identifier, found)
            end = found[-1]["position"] if len(found) == limit else max(start, until)
            more = len(found) == limit
            stale = more or endpoint["heard"] > end
            await webhooks.change(transaction, identifier, {"position": end, "stale": stale})
            return more
        return False

    async def _replay(self, transaction: Transaction, locked: LockedEndpoint, limit: int) -> None:
        endpoint = locked["endpoint"]
        bounds = {
            "position": endpoint["replayAfter"] or 0,
            "until": endpoint["replayUntil"] or 0,
            "limit": limit,
            "from": endpoint["replayFrom"] or _EVER["from"],
            "before": endpoint["replayTo"] or _EVER["before"],
        }
        found = await webhook_fan_out.find(transaction, endpoint, bounds, below=locked["seesBelow"])
        await self._add(transaction, endpoint["webhookId"], found)
        after = found[-1]["position"] if len(found) == limit else None
        await webhooks.change(transaction, endpoint["webhookId"], {"replayAfter": after, "stale": True})

    async def _add(self, transaction: Transaction, webhook_id: str, found: Sequence[FoundRow]) -> None:
        at = to_micros(self._clock())
        rows: list[NewDelivery] = [
            {
                "key": f"{webhook_id} {each['id']}",
                "id": new_id(WEBHOOK_DELIVERY_PREFIX),
                "webhookId": webhook_id,
                "eventId": each["id"],
                "lane": f"{webhook_id} {each['targetId'] or each['id']}",
                "position": each["position"],
                "createdAt": at,
            }
            for each in found
        ]
        await webhook_fan_out.add(transaction, rows, at)


def _groups(page: Sequence[Logged]) -> Mapping[str, set[str]]:
    """The groups in which something happened that webhooks may be told of, each with the types of it."""
    found: dict[str, set[str]] = {}
    for each in page:
        if (group_id := _told_in(each.event)) is not None:
            found.setdefault(group_id, set()).add(each.event.type)
    return found


def _told_in(event: Event) -> str | None:
    return None if event.type.startswith(OF_WEBHOOKS) else event.group_id
