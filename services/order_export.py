"""Orders as files: a row for each line as CSV, or an object for each order as JSON Lines, one page in memory at a time.

Money is in whole units of its currency, exact; times are UTC.
"""

import csv
import io
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

import orjson

from domain.access import Caller
from domain.money import Money
from domain.orders import order_lines, refunded, whole_amount
from domain.things import Thing
from domain.values import JSON
from services.access import viewer_of
from services.lists import Lists
from services.live_events import LiveEvents
from services.order_lists import OrderFilter, Scope, list_of

_ORDER: Final = ("orderId", "number", "state", "placedAt", "paidAt", "fulfilledAt", "completedAt", "endedAt")
_WHOM: Final = ("sellerId", "customerId", "currency", "total", "freight", "refunded")
_LINE: Final = ("productId", "product", "quantity", "unitPrice", "discount", "net", "platformFee")
_ADDRESS: Final = ("name", "street", "city", "region", "postalCode", "country")
COLUMNS: Final = (*_ORDER, *_WHOM, *_LINE, *(f"shipTo.{part}" for part in _ADDRESS))
"""The columns of the CSV, in their order."""

_TIMES: Final = _ORDER[3:]
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class ExportFormat(StrEnum):
    """How orders are written."""

    CSV = "csv"
    JSON_LINES = "jsonl"


class OrderExport:
    """Writes orders out."""

    def __init__(self, lists: Lists, live: LiveEvents) -> None:
        self._lists = lists
        self._live = live

    async def write(self, caller: Caller, wanted: OrderFilter, form: ExportFormat) -> AsyncGenerator[bytes]:
        """The orders that the caller sees of those that they ask for, the oldest first, a page in each part.

        Errors are as those of the list, and come with the first part where they can. Who they are and what they see is
        asked again for each page, so that an export ends with an AuthError where a session or a key did.
        """
        write = _csv if form is ExportFormat.CSV else _json_lines
        yield _row(COLUMNS) if form is ExportFormat.CSV else b""
        after: str | None = None
        while True:
            page = await self._lists.next_rows(caller, list_of(caller, wanted, Scope.EVERYWHERE), after)
            if page.items:
                yield write(page.items)
            if not page.more:
                return
            after = page.keys[-1]
            caller = replace(caller, viewer=await self._live.again(viewer_of(caller)))


def _csv(orders: Sequence[Thing]) -> bytes:
    return b"".join(_row(cells) for order in orders for cells in _cells(order))


def _json_lines(orders: Sequence[Thing]) -> bytes:
    return b"".join(orjson.dumps(_object(order), option=orjson.OPT_APPEND_NEWLINE) for order in orders)


def _row(cells: Sequence[str]) -> bytes:
    """One row as RFC 4180 says, without what a spreadsheet would take for a formula."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([_harmless(cell) for cell in cells])
    return text.getvalue().encode()


def _harmless(cell: str) -> str:
    """A cell that is text in every program: https://owasp.org/www-community/attacks/CSV_Injection."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _object(order: Thing) -> Mapping[str, JSON]:
    """An order with its lines; what it does not have is null."""
    return {**_head(order), "shipTo": order.properties.get("shipTo"), "lines": _lines(order)}


def _head(order: Thing) -> dict[str, JSON]:
    """What an order has once."""
    stored, money = order.properties, _money_of(order)
    return {
        "orderId": order.id,
        "number": stored.get("number"),
        "state": stored.get("state"),
        **{name: _utc(stored.get(name)) for name in _TIMES},
        "sellerId": order.group_id,
        "customerId": stored.get("customerId"),
        "currency": stored.get("currency"),
        "total": money(Decimal(whole_amount(stored))),
        "freight": None if "freight" not in stored else money(Decimal(str(stored["freight"]))),
        "refunded": money(Decimal(refunded(stored))),
    }


def _lines(order: Thing) -> list[Mapping[str, JSON]]:
    money = _money_of(order)
    return [
        {
            "productId": line.product_id,
            "product": line.name,
            "quantity": line.quantity,
            "unitPrice": money(Decimal(line.unit_price)),
            "discount": f"{line.discount:f}",
            "net": money(line.net),
            "platformFee": money(line.net * line.fee_share),
        }
        for line in order_lines(order.properties)
    ]


def _cells(order: Thing) -> Iterator[list[str]]:
    head, address = _head(order), order.properties.get("shipTo")
    if isinstance(address, Mapping):
        head |= {f"shipTo.{part}": address.get(part) for part in _ADDRESS}
    for line in _lines(order):
        row = {**head, **line}
        yield ["" if row.get(name) is None else str(row[name]) for name in COLUMNS]


def _money_of(order: Thing) -> Callable[[Decimal], str]:
    currency = str(order.properties["currency"])
    return lambda minor: f"{Money(minor, currency).amount:f}"


def _utc(value: JSON) -> str | None:
    return None if value is None else datetime.fromisoformat(str(value)).astimezone(UTC).isoformat()
