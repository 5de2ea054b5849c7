"""Things in the store: `(:Thing)` nodes with a second label for the type, each `IN_GROUP` of exactly one group."""

from collections.abc import Mapping, Sequence
from typing import Final, NotRequired, TypedDict

from domain.access import Reach
from domain.files import FILE, content_of, is_stored
from domain.filterable import FilterValue, filter_values
from domain.order_states import PAID_FOR
from domain.orders import NET_SCALE, order_lines, platform_fee, refunded, unpaid_until, whole_amount
from domain.products import delivered, left_of, offer_of, shown
from domain.thing_types import MAX_FILTERABLE, THING_TYPES, ThingType
from domain.things import Thing, ThingStatus
from domain.values import JSON, from_micros, to_micros
from domain.words import searchable
from graph.access import reach_parameters, thing_shown
from graph.shared_reads import SMALL
from graph.store import Statement, Store
from graph.values import from_json, optional_micros, optional_time, sort_key, to_json, whole


class ThingRow(TypedDict):
    """A thing as the store keeps it; `sold` is a product's, of which some were sold."""

    id: str
    type: str
    name: str
    status: str
    groupId: str
    properties: str
    createdAt: int
    updatedAt: int
    archivedAt: int | None
    version: int
    sortKey: str
    sold: int | None


class SumColumns(TypedDict):
    """What the store adds up of an order, in minor units.

    `netScaled` is in parts of NET_SCALE. The fee of the platform has more digits: it is `feeWhole` and as many
    FEE_PARTS as `feeRest` says. `total` is what is paid for it.
    """

    currency: str
    lineCount: int
    netScaled: int
    feeWhole: int
    feeRest: int
    refunded: int
    total: int


class StoredThing(ThingRow):
    """A thing with what the store also keeps to find it and to add it up, and that follows from its properties.

    `labels` are those that it is linked to, in order, and `labelWords` the words in them; `eventId` is the event that
    made it what it is. `customerId` is whose an order or a payment is, `orderKey` keeps the numbers of a group's orders
    unique, and `expiresAt` is there for as long as an order may expire. `bytes` is what a file takes of its
    group's storage; `imageIds` and `fileIds` are the files that a product shows, and those that it delivers,
    and `productKey` keeps the slugs of a group's products unique. The last three and `currency` say what a product
    costs now, whether that is less than usual, and whether any is left.
    """

    filter1: FilterValue | None
    filter2: FilterValue | None
    filter3: FilterValue | None
    filter4: FilterValue | None
    filter5: FilterValue | None
    filter6: FilterValue | None
    filter7: FilterValue | None
    filter8: FilterValue | None
    nameWords: str
    textWords: str
    labelWords: NotRequired[str]
    labels: NotRequired[list[str]]
    eventId: NotRequired[str]
    currency: NotRequired[str]
    lineCount: NotRequired[int]
    netScaled: NotRequired[int]
    feeWhole: NotRequired[int]
    feeRest: NotRequired[int]
    refunded: NotRequired[int]
    total: NotRequired[int]
    customerId: NotRequired[str | None]
    orderKey: NotRequired[str | None]
    expiresAt: NotRequired[int | None]
    privateTo: NotRequired[str]
    secretHash: NotRequired[str]
    bytes: NotRequired[int | None]
    imageIds: NotRequired[list[str] | None]
    fileIds: NotRequired[list[str] | None]
    productKey: NotRequired[str | None]
    priceNow: NotRequired[int]
    onSale: NotRequired[bool]
    inStock: NotRequired[bool]


FILTER_COLUMNS = tuple(f"filter{number}" for number in range(1, MAX_FILTERABLE + 1))
"""The columns of a type's filterable properties, in their order."""

OF_CUSTOMERS = frozenset({"order", "payment"})
"""Types whose things are a customer's too."""

FEE_PARTS: Final = NET_SCALE * 10_000
"""How many parts of a minor unit a fee is exact in: a discount and a share of the platform have four digits each."""

ADDED_UP: Final = tuple(SumColumns.__annotations__)
"""The columns of an order that its properties have in other words."""

PAID = "order.{column} IN {states}".format(
    column=FILTER_COLUMNS[THING_TYPES["order"].filterable.index("state")],
    states=[each.value for each in sorted(PAID_FOR)],
)
"""Whether money was taken for the variable `order`, an order, that was not all given back."""

_STOCK = THING_TYPES["product"].filterable.index("stock")
STOCK_COLUMN = FILTER_COLUMNS[_STOCK]
"""The column by which products are found by how many are left."""


def from_row(row: ThingRow) -> Thing:
    """The thing that a row holds."""
    return Thing(
        id=row["id"],
        type=row["type"],
        name=row["name"],
        status=ThingStatus(row["status"]),
        group_id=row["groupId"],
        properties=from_json(row["properties"]),
        created_at=from_micros(row["createdAt"]),
        updated_at=from_micros(row["updatedAt"]),
        archived_at=optional_time(row["archivedAt"]),
        version=row["version"],
        sold=row["sold"] or 0,
    )


class ThingWords(TypedDict):
    """The words by which a search finds a thing, but for those of its labels."""

    nameWords: str
    textWords: str


def thing_words(name: str, properties: Mapping[str, JSON]) -> ThingWords:
    """The words by which a search finds a thing of that name with those properties."""
    description = properties.get("description")
    return {"nameWords": searchable(name), "textWords": searchable(description if isinstance(description, str) else "")}


class OfferColumns(TypedDict):
    """What a product is found by beside its properties."""

    currency: str
    priceNow: int
    onSale: bool
    inStock: bool


OFFERED: Final = tuple(OfferColumns.__annotations__)
"""Their names."""


def offer_columns(properties: Mapping[str, JSON], sold: int) -> OfferColumns:
    """The columns of a product with these properties, of which so many were sold."""
    offer = offer_of(properties, sold)
    return {
        "currency": offer.currency,
        "priceNow": offer.price,
        "onSale": offer.on_sale,
        "inStock": offer.in_stock,
    }


def filters_of(thing_type: ThingType, properties: Mapping[str, JSON], sold: int) -> list[FilterValue | None]:
    """What stands in the first columns for a thing of that type; a product is found by how many of it are left."""
    values = filter_values(thing_type, properties)
    if thing_type.name == "product":
        values[_STOCK] = left_of(properties, sold)
    return values


def added_up(properties: Mapping[str, JSON]) -> SumColumns:
    """What the store adds up of an order with those properties."""
    lines, fee = order_lines(properties), int(platform_fee(properties) * FEE_PARTS)
    return {
        "currency": str(properties["currency"]),
        "lineCount": len(lines),
        "netScaled": int(sum(line.net for line in lines) * NET_SCALE),
        "feeWhole": fee // FEE_PARTS,
        "feeRest": fee % FEE_PARTS,
        "refunded": refunded(properties),
        "total": whole_amount(properties),
    }


def to_row(thing: Thing, thing_type: ThingType) -> StoredThing:
    """The row that holds a thing of that type."""
    values = filters_of(thing_type, thing.properties, thing.sold)
    values += [None] * (MAX_FILTERABLE - len(values))
    words = thing_words(thing.name, thing.properties)
    row: StoredThing = {
        "id": thing.id,
        "type": thing.type,
        "name": thing.name,
        "status": thing.status,
        "groupId": thing.group_id,
        "properties": to_json(thing.properties),
        "createdAt": to_micros(thing.created_at),
        "updatedAt": to_micros(thing.updated_at),
        "archivedAt": optional_micros(thing.archived_at),
        "version": thing.version,
        "sortKey": sort_key(thing.created_at, thing.id),
        "filter1": values[0],
        "filter2": values[1],
        "filter3": values[2],
        "filter4": values[3],
        "filter5": values[4],
        "filter6": values[5],
        "filter7": values[6],
        "filter8": values[7],
        "nameWords": words["nameWords"],
        "textWords": words["textWords"],
        "sold": thing.sold or None,
    }
    if thing.type in OF_CUSTOMERS:
        customer = thing.properties.get("customerId")
        row["customerId"] = None if customer is None else str(customer)
    if thing.type == FILE:
        row["bytes"] = content_of(thing.properties).size if is_stored(thing) else None
    if thing.type == "product":
        slug = thing.properties.get("slug")
        row["productKey"] = None if slug is None else f"{thing.group_id} {slug}"
        row["imageIds"] = shown(thing.properties) or None
        row["fileIds"] = delivered(thing.properties) or None
        offer = offer_columns(thing.properties, thing.sold)
        row["currency"], row["priceNow"] = offer["currency"], offer["priceNow"]
        row["onSale"], row["inStock"] = offer["onSale"], offer["inStock"]
    if thing.type == "order":
        sums = added_up(thing.properties)
        row["currency"], row["lineCount"], row["netScaled"] = sums["currency"], sums["lineCount"], sums["netScaled"]
        row["feeWhole"], row["feeRest"] = sums["feeWhole"], sums["feeRest"]
        row["refunded"], row["total"] = sums["refunded"], sums["total"]
        serial = thing.properties.get("serial")
        row["orderKey"] = None if serial is None else f"{thing.group_id} {serial}"
        row["expiresAt"] = optional_micros(unpaid_until(thing.properties))
    return row


THING = f"thing {{{', '.join(f'.{column}' for column in ThingRow.__annotations__)}}}"

FETCH_THINGS: Statement[ThingRow] = Statement(
    "fetch_things",
    f"""
    UNWIND $ids AS id
    MATCH (thing:Entity:Thing {{id: id}}) WHERE {thing_shown("thing")}
    RETURN {THING} AS row""",
    together=SMALL,
)


def label_of(thing_type: str) -> str:
    """The second label of things of that type: `BlogPost` for blog_post."""
    return "".join(word.capitalize() for word in thing_type.split("_"))


async def fetch(store: Store, reach: Reach, ids: Sequence[str]) -> dict[str, Thing]:
    """Those of the things that there are and that the viewer may see."""
    rows = await store.read(FETCH_THINGS, {"ids": ids, **reach_parameters(reach)})
    return {row["id"]: from_row(row) for row in whole(rows, from_row)}
