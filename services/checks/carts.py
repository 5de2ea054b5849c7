"""Rules about carts. What is named is the id of the person whose a cart is, or the hash of a visitor's token."""

from collections.abc import Iterator, Sequence
from typing import cast

from domain.catalogue import Catalogue
from domain.events import Event
from domain.ids import NodeKind, kind_of
from graph.carts import CartRow, from_row
from graph.checks import carts
from graph.checks.carts import CARTS, CartFacts
from graph.store import Transaction
from services.checks import nodes
from services.checks.rules import Fault, Mend, Section, rule


def _ended(found: CartFacts) -> Mend:
    async def apply(transaction: Transaction) -> Sequence[Event]:
        await carts.delete(transaction, found["id"])
        return ()

    return Mend("delete it", apply)


@rule(
    "cart_person",
    "Whose a cart is, by its key and by its personId, is one person, who is there; a visitor's has neither.",
    "What nobody can open is deleted.",
)
def _of_a_person(found: CartFacts, _types: Catalogue) -> Iterator[Fault]:
    person_id = found["row"].get("personId")
    is_persons = kind_of(found["id"]) is NodeKind.PERSON
    if not found["person"] or is_persons is (person_id is None) or (person_id is not None and person_id != found["id"]):
        yield Fault("its person is not there", _ended(found))


@rule("cart_lines", "What is in a cart can be read.", "The cart is deleted: it held nothing but wishes.")
def _right_lines(found: CartFacts, _types: Catalogue) -> Iterator[Fault]:
    row = cast("CartRow", found["row"])
    try:
        from_row({**row, "expiresAt": 0})
    except (ValueError, KeyError, TypeError, AttributeError):
        yield Fault("its lines are no list of products with quantities", _ended(found))


SECTION: Section[CartFacts] = Section(
    CARTS,
    nodes.form("cart", CartRow),
    (nodes.no_lock("cart", carts.change, key="key"), _of_a_person, _right_lines),
)
