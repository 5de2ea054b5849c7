"""Invoices and receipts as PDF: laid out from an order as it is stored, so that the same order gives the same bytes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Final, cast

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from domain.money import Money
from domain.order_states import MOVED, PAID_FOR, OrderState, PaymentState
from domain.orders import OrderLine, order_lines, refunded, state_of, whole_amount
from domain.things import Thing
from domain.values import JSON

FONT: Final = Path(__file__).parent / "fonts" / "DejaVuSans.ttf"
"""Has Latin, Greek, Cyrillic and more scripts; what it has not is shown as an empty box."""

_NAME: Final = "DejaVu"
_ADDRESS: Final = ("name", "street", "postalCode", "city", "region", "country")
_WIDTHS: Final = (78.0, 22.0, 32.0, 20.0, 38.0)  # millimetres, of 190 between the margins
_HEADS: Final = ("Product", "Quantity", "Unit price", "Discount", "Amount")
_LINE: Final = 6.0


class Paper(StrEnum):
    """What can be made of an order."""

    INVOICE = "invoice"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class Papers:
    """An order with what its papers name: who sells, who bought, and the payments and refunds of it."""

    order: Thing
    seller: str
    buyer: str
    payments: Sequence[Thing]


def has(order: Thing, paper: Paper) -> bool:
    """Whether there is such a paper: an invoice of what is owed or was paid, a receipt of what was paid."""
    state = state_of(order.properties)
    paid = state in PAID_FOR or state is OrderState.REFUNDED
    return paid or (paper is Paper.INVOICE and state is OrderState.PENDING)


def pdf(papers: Papers, paper: Paper) -> bytes:
    """The paper of an order that has it."""
    order = papers.order
    sheet = _Sheet()
    sheet.set_creation_date(order.updated_at)
    sheet.set_title(f"{paper.value.capitalize()} {order.properties['number']}")
    sheet.set_author(papers.seller)
    sheet.add_page()
    sheet.write_row(f"{paper.value.capitalize()} {order.properties['number']}", size=20)
    sheet.gap()
    for row in _head(papers, paper):
        sheet.write_row(row)
    sheet.gap()
    sheet.write_table(_HEADS, [_cells(line, _currency(order)) for line in order_lines(order.properties)])
    for name, amount in _sums(order):
        sheet.write_sum(name, amount)
    sheet.gap()
    for row in _paid(papers, paper):
        sheet.write_row(row)
    return bytes(sheet.output())


class _Sheet(FPDF):
    """Pages of A4 in one font, numbered."""

    def __init__(self) -> None:
        super().__init__(format="A4")
        self.set_producer("ONE")
        self.add_font(_NAME, fname=FONT)
        self.set_font(_NAME, size=10)
        self.set_auto_page_break(auto=True, margin=20)

    def file_id(self) -> None:
        """None: it would be made by MD5, and nobody asks for it."""

    def footer(self) -> None:
        """The number of the page."""
        self.set_y(-15)
        self.cell(0, _LINE, f"{self.page_no()}", align="R")

    def gap(self) -> None:
        """Some room."""
        self.ln(_LINE)

    def write_row(self, text: str, size: int = 10) -> None:
        """A paragraph."""
        self.set_font_size(size)
        self.multi_cell(0, size * 0.6, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_font_size(10)

    def write_table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Rows under heads, which come again on each page; what is a number stands to the right."""
        aligned = ("LEFT", "RIGHT", "RIGHT", "RIGHT", "RIGHT")
        plain = FontFace()  # the font has no bold
        with self.table(
            col_widths=_WIDTHS, text_align=aligned, borders_layout="HORIZONTAL_LINES", headings_style=plain
        ) as table:
            for cells in (heads, *rows):
                row = table.row()
                for cell in cells:
                    row.cell(cell)

    def write_sum(self, name: str, amount: str) -> None:
        """A sum below the table."""
        self.cell(sum(_WIDTHS[:4]), _LINE, name, align="R")
        self.cell(_WIDTHS[4], _LINE, amount, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _head(papers: Papers, paper: Paper) -> Iterator[str]:
    stored = papers.order.properties
    yield f"Seller: {papers.seller}"
    yield f"Buyer: {papers.buyer}"
    yield f"Order: {papers.order.id}"
    yield f"Placed: {_day(stored['placedAt'])}"
    address = stored.get("shipTo")
    if isinstance(address, Mapping):
        yield f"Ship to: {', '.join(str(address[part]) for part in _ADDRESS if address.get(part))}"
    if paper is Paper.INVOICE and state_of(stored) is OrderState.PENDING:
        until = stored.get("expiresAt")
        yield "To be paid." if until is None else f"To be paid until {_moment(until)}."
    elif "paidAt" in stored:
        yield f"Paid: {_day(stored['paidAt'])}"


def _cells(line: OrderLine, currency: str) -> list[str]:
    discount = f"{(line.discount * 100).normalize():f} %" if line.discount else ""
    unit_price, net = _in_words(Decimal(line.unit_price), currency), _in_words(line.net, currency)
    return [line.name, str(line.quantity), unit_price, discount, net]


def _sums(order: Thing) -> Iterator[tuple[str, str]]:
    """What an order comes to. What the platform keeps of it is nothing that its buyer pays."""
    stored, currency = order.properties, _currency(order)
    net = sum((line.net for line in order_lines(stored)), Decimal(0))
    yield "Net", _in_words(net, currency)
    if "freight" in stored:
        yield "Freight", _in_words(Decimal(str(stored["freight"])), currency)
    yield "Total", _in_words(Decimal(whole_amount(stored)), currency)


def _paid(papers: Papers, paper: Paper) -> Iterator[str]:
    currency = _currency(papers.order)
    for each in papers.payments:
        stored = each.properties
        if PaymentState(str(stored["state"])) not in MOVED:
            continue
        amount = _in_words(Decimal(str(cast("Mapping[str, JSON]", stored["amount"])["amount"])), currency)
        day = _day(each.created_at.isoformat())
        if "refundOf" in stored:
            yield f"Given back on {day}: {amount}"
        elif paper is Paper.RECEIPT:
            by = f" by {stored['method']}" if "method" in stored else ""
            yield f"Received on {day}: {amount}{by}"
    back = refunded(papers.order.properties)
    if back:
        kept = Decimal(whole_amount(papers.order.properties) - back)
        yield f"Given back in all: {_in_words(Decimal(back), currency)}. Left: {_in_words(kept, currency)}."


def _currency(order: Thing) -> str:
    return str(order.properties["currency"])


def _in_words(minor: Decimal, currency: str) -> str:
    return f"{Money(minor, currency).amount:f} {currency}"


def _day(value: JSON) -> str:
    return f"{_utc(value):%Y-%m-%d}"


def _moment(value: JSON) -> str:
    return f"{_utc(value):%Y-%m-%d %H:%M} UTC"


def _utc(value: JSON) -> datetime:
    return datetime.fromisoformat(str(value)).astimezone(UTC)
