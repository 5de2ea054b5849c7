"""Looking for products in the store: pages in several orders, and counts of all that are found.

What the viewer may see is decided once for each group, and for each product by its status alone. Without words the
products of a group are read from one index, which holds all that they are tested and counted by, so that counting
touches no product itself; with words they are the hits of the index of search.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, TypedDict

from domain.access import Reach
from domain.errors import BroadFilterError
from domain.ids import NodeKind
from domain.product_search import FacetCount, ProductOrder, ProductPlace, ProductSearch
from domain.things import Thing
from graph.access import entity_visible, group_public, group_shown, group_visible, reach_parameters
from graph.search import INDEX, Search, query_of
from graph.store import Statement, Store
from graph.things import THING, ThingRow, from_row
from graph.values import whole

MOST_VALUES: Final = 50
"""How many labels and sellers are counted, those with the most products."""
_ADVICE: Final = "narrow the search, or ask for fewer groups"
_START: Final = {"afterCurrency": None, "afterNumber": None, "afterText": None, "afterKey": None}


class FoundRow(TypedDict):
    """A product of a page, and its place."""

    thing: ThingRow
    currency: str
    number: float
    text: str
    key: str


class PageRow(TypedDict):
    """A page of the products of one parent; `cut` says that there are more than may be looked at."""

    parent: str
    cut: bool
    rows: list[FoundRow]


class CubeRow(TypedDict):
    """How many products of one parent have these values; a price by its number of digits and the first of them."""

    category: str
    currency: str
    digits: int
    first: int
    priced: bool
    total: int


class CubesRow(TypedDict):
    """All of them; `cut` as above."""

    parent: str
    cut: bool
    rows: list[CubeRow]


class ValuesRow(TypedDict):
    """The values of one facet with the most products of one parent; `cut` as above."""

    parent: str
    cut: bool
    rows: list[tuple[str, int]]


_GROUPS_ALONE: Final = f"""
    MATCH (group:Entity:Group {{id: parent}}) WHERE {group_shown("group")}
    WITH parent, group, {group_visible("group")} AS inside"""
_GROUPS_BELOW: Final = f"""
    MATCH (owner:Entity:Group {{id: parent}}) WHERE {group_shown("owner")}
    MATCH (owner)-[:PARENT_OF*0..]->(group:Group)
    WITH parent, group, {group_visible("group")} AS inside
    WITH parent, group, inside WHERE inside OR {group_public("group")}"""

# Of a product that is not in sight of a member, all that counts is that it is published.
_SHOWN: Final = "product.status IN $statuses AND (inside OR product.status = 'published')"
_INDEX: Final = "product:Product(groupId, status, filter1, currency, priceNow, inStock, onSale, sortKey)"
# An index serves only where each of its columns has a predicate.
_IN_INDEX: Final = """product.groupId = group.id AND product.status IN $statuses AND product.filter1 > ''
        AND product.currency > '' AND product.priceNow >= 0 AND product.inStock IS NOT NULL
        AND product.onSale IS NOT NULL AND product.sortKey > ''"""
_CATEGORY: Final = "($categories IS NULL OR product.filter1 IN $categories)"
_PRICE: Final = (
    "($currency IS NULL OR product.currency = $currency) AND ($atLeast IS NULL OR product.priceNow >= $atLeast)"
    " AND ($atMost IS NULL OR product.priceNow <= $atMost)"
)
_OTHERS: Final = (
    "($inStock IS NULL OR product.inStock = $inStock) AND ($onSale IS NULL OR product.onSale = $onSale)"
    " AND ($labels IS NULL OR all(label IN $labels WHERE label IN product.labels))"
)
_SELLER: Final = f"""($sellers IS NULL OR product.groupId IN $sellers OR EXISTS {{
        MATCH (product)<-[owns:OWNS]-(holder:Person)
        WHERE holder.id IN $sellers AND owns.validTo IS NULL AND {entity_visible("holder")}
    }})"""


def _after_price(beyond: str) -> str:
    return (
        "product.currency > $afterCurrency OR (product.currency = $afterCurrency AND"
        f" (product.priceNow {beyond} $afterNumber OR (product.priceNow = $afterNumber"
        " AND product.sortKey > $afterKey)))"
    )


_BEFORE: Final[Mapping[ProductOrder, tuple[str, str]]] = {
    ProductOrder.RELEVANCE: (
        "score DESC, product.sortKey DESC",
        "score < $afterNumber OR (score = $afterNumber AND product.sortKey < $afterKey)",
    ),
    ProductOrder.NEWEST: ("product.sortKey DESC", "product.sortKey < $afterKey"),
    ProductOrder.PRICE_UP: (
        "product.currency, product.priceNow, product.sortKey",
        _after_price(">"),
    ),
    ProductOrder.PRICE_DOWN: (
        "product.currency, product.priceNow DESC, product.sortKey",
        _after_price("<"),
    ),
    ProductOrder.NAME: (
        "product.nameWords, product.sortKey",
        "product.nameWords > $afterText OR (product.nameWords = $afterText AND product.sortKey > $afterKey)",
    ),
}
"""For each order what it sorts by, and what comes after a place."""


def _found(where: str, rows: str, *, below: bool, text: bool) -> str:
    """What finds the products of each parent for which a condition holds, and answers the `rows` that come of them.

    With them is `parent`, and as `cut` whether there are more than may be looked at: then there may be none. The hits
    of the index of search are those of all groups, among which those of the parent are looked for.
    """
    groups = _GROUPS_BELOW if below else _GROUPS_ALONE
    if text:
        return f"""
    UNWIND $parents AS parent
    {groups}
    WITH parent, collect(CASE WHEN inside THEN group.id END) AS within, collect(group.id) AS all
    WITH collect({{parent: parent, within: within, all: all}}) AS places
    CALL () {{
        CALL db.index.fulltext.queryNodes('{INDEX}', $query, {{limit: $scan + 1}}) YIELD node, score
        RETURN collect({{product: node, score: score}}) AS hits
    }}
    UNWIND places AS place
    WITH hits, place.parent AS parent, place.within AS within, place.all AS all
    CALL (hits, within, all) {{
        UNWIND hits AS hit
        WITH hit.product AS product, hit.score AS score, within, all
        WHERE product:Product AND product.groupId IN all
        WITH product, score, product.groupId IN within AS inside WHERE {_SHOWN} AND {where}
        {rows}
    }}
    WITH parent, size(hits) > $scan AS cut, rows"""
    return f"""
    UNWIND $parents AS parent
    {groups}
    WITH parent, collect({{group: group, inside: inside}}) AS homes
    CALL (homes) {{
        UNWIND homes AS home
        WITH home.group AS group
        MATCH (product:Product) USING INDEX {_INDEX} WHERE {_IN_INDEX}
        WITH product LIMIT $scan + 1
        RETURN count(*) > $scan AS cut
    }}
    CALL (homes, cut) {{
        UNWIND CASE WHEN cut THEN [] ELSE homes END AS home
        WITH home.group AS group, home.inside AS inside
        MATCH (product:Product) USING INDEX {_INDEX} WHERE {_IN_INDEX}
        WITH product, inside, 1.0 AS score WHERE {_SHOWN} AND {where}
        {rows}
    }}
    WITH parent, cut, rows"""


_ANSWER: Final = "RETURN {parent: parent, cut: cut, rows: rows} AS row"


def _meant(*, text: bool) -> str:
    return "CartesianProduct: of the one list of hits with the groups that were asked for." if text else ""


@lru_cache(maxsize=64)
def page_of_products(order: ProductOrder, below: bool, text: bool) -> Statement[PageRow]:
    """A page of products in that order."""
    if order is ProductOrder.NEWEST and not text:
        return _newest_products(below)
    sorting, after = _BEFORE[order]
    number = "score" if order is ProductOrder.RELEVANCE else "toFloat(product.priceNow)"
    found = _found(
        f"{_CATEGORY} AND {_PRICE} AND {_OTHERS} AND {_SELLER} AND ($afterKey IS NULL OR {after})",
        f"""WITH product AS thing, product, {number} AS number ORDER BY {sorting.replace("score", "number")}
        LIMIT $limit
        RETURN collect({{
            thing: {THING}, currency: thing.currency, number: number, text: thing.nameWords, key: thing.sortKey
        }}) AS rows""",
        below=below,
        text=text,
    )
    return Statement("list_products", f"{found} {_ANSWER}", _meant(text=text))


def _newest_products(below: bool) -> Statement[PageRow]:
    """The same of the newest, which an index has in their order: reading stops once the page is full."""
    wanted = f"{_SHOWN} AND {_CATEGORY} AND {_PRICE} AND {_OTHERS} AND {_SELLER}"
    return Statement(
        "list_products",
        f"""
    UNWIND $parents AS parent
    {_GROUPS_BELOW if below else _GROUPS_ALONE}
    WITH parent, collect({{group: group, inside: inside}}) AS homes
    CALL (homes) {{
        UNWIND homes AS home
        WITH home.group AS group, home.inside AS inside
        CALL (group, inside) {{
            MATCH (product:Thing)
            WHERE product.groupId = group.id AND product.type = 'product'
                AND product.sortKey > '' AND product.sortKey < coalesce($afterKey, '~')
            WITH product, inside ORDER BY product.groupId DESC, product.type DESC, product.sortKey DESC LIMIT $scan
            WITH product, inside WHERE {wanted}
            RETURN product LIMIT $limit
        }}
        WITH product AS thing ORDER BY thing.sortKey DESC LIMIT $limit
        RETURN collect({{
            thing: {THING}, currency: thing.currency, number: toFloat(thing.priceNow), text: thing.nameWords,
            key: thing.sortKey
        }}) AS rows
    }}
    CALL (homes, rows) {{
        UNWIND CASE WHEN size(rows) < $limit THEN homes ELSE [] END AS home
        WITH home.group AS group
        MATCH (product:Product) USING INDEX {_INDEX} WHERE {_IN_INDEX}
        WITH product LIMIT $scan + 1
        RETURN count(*) > $scan AS cut
    }}
    {_ANSWER}""",
    )


@lru_cache(maxsize=8)
def cube_of_products(below: bool, text: bool) -> Statement[CubesRow]:
    """How many products there are with each category and price, of all that is wanted but those two."""
    found = _found(
        f"{_OTHERS} AND {_SELLER}",
        f"""WITH product.filter1 AS category, product.currency AS currency,
            toString(product.priceNow) AS price, ({_PRICE}) AS priced
        WITH category, currency, size(price) AS digits, toInteger(left(price, 1)) AS first, priced, count(*) AS total
        RETURN collect({{
            category: category, currency: currency, digits: digits, first: first, priced: priced, total: total
        }}) AS rows""",
        below=below,
        text=text,
    )
    return Statement("count_products", f"{found} {_ANSWER}", _meant(text=text))


@lru_cache(maxsize=8)
def values_of_products(facet: str, below: bool, text: bool) -> Statement[ValuesRow]:
    """How many products there are with each label, or of each group, of all that is wanted; `facet` is one of both."""
    value = {"label": "UNWIND product.labels AS value", "seller": "WITH product.groupId AS value"}[facet]
    found = _found(
        f"{_CATEGORY} AND {_PRICE} AND {_OTHERS} AND {_SELLER}",
        f"""{value}
        WITH value, count(*) AS total ORDER BY total DESC, value LIMIT {MOST_VALUES}
        RETURN collect([value, total]) AS rows""",
        below=below,
        text=text,
    )
    return Statement(f"count_{facet}s_of_products", f"{found} {_ANSWER}", _meant(text=text))


def parameters_of(search: ProductSearch, parents: Sequence[str]) -> dict[str, object]:
    """The parameters that all of these statements refer to."""
    alone = parents[0] if len(parents) == 1 and not search.below else None
    wanted = Search(text=search.text or "", kinds=frozenset({NodeKind.THING}), type="product", group_id=alone)
    given: dict[str, object] = {
        "statuses": list(search.statuses),
        "categories": search.categories,
        "labels": search.labels or None,
        "sellers": search.sellers,
        "currency": search.currency,
        "atLeast": search.at_least,
        "atMost": search.at_most,
        "inStock": search.in_stock,
        "onSale": search.on_sale,
    }
    return {**given, "parents": parents, "query": query_of(wanted)}


async def pages(
    store: Store,
    reach: Reach,
    search: ProductSearch,
    parents: Sequence[str],
    *,
    after: ProductPlace | None,
    limit: int,
    scan: int,
) -> dict[str, list[tuple[Thing, ProductPlace]]]:
    """For each parent that the viewer is shown the products after a place. BroadFilterError where they are too many."""
    statement = page_of_products(search.order, search.below, search.text is not None)
    place = _START if after is None else {
        "afterCurrency": after.currency, "afterNumber": after.number, "afterText": after.text, "afterKey": after.key
    }  # fmt: skip
    given = {**parameters_of(search, parents), **reach_parameters(reach), **place}
    rows = await store.read(statement, {**given, "limit": limit, "scan": scan})
    _refuse_cut([row["cut"] for row in rows], scan)
    return {row["parent"]: [(from_row(each["thing"]), _place(each)) for each in _whole(row["rows"])] for row in rows}


async def cubes(
    store: Store, reach: Reach, search: ProductSearch, parents: Sequence[str], *, scan: int
) -> dict[str, list[CubeRow]]:
    """For each parent the counts by category and price. BroadFilterError as above."""
    statement = cube_of_products(search.below, search.text is not None)
    given = {**parameters_of(search, parents), **reach_parameters(reach), "scan": scan}
    rows = await store.read(statement, given)
    _refuse_cut([row["cut"] for row in rows], scan)
    return {row["parent"]: row["rows"] for row in rows}


async def values(
    store: Store, reach: Reach, search: ProductSearch, facet: str, parents: Sequence[str], *, scan: int
) -> dict[str, list[FacetCount]]:
    """For each parent the labels or the groups with the most products. BroadFilterError as above."""
    statement = values_of_products(facet, search.below, search.text is not None)
    given = {**parameters_of(search, parents), **reach_parameters(reach), "scan": scan}
    rows = await store.read(statement, given)
    _refuse_cut([row["cut"] for row in rows], scan)
    return {row["parent"]: [FacetCount(value, total) for value, total in row["rows"]] for row in rows}


def _refuse_cut(cut: Sequence[bool], scan: int) -> None:
    if any(cut):
        raise BroadFilterError(scan, _ADVICE)


def _whole(rows: Sequence[FoundRow]) -> list[FoundRow]:
    kept = {id(each) for each in whole([row["thing"] for row in rows], from_row)}
    return [row for row in rows if id(row["thing"]) in kept]


def _place(row: FoundRow) -> ProductPlace:
    return ProductPlace(row["currency"], row["number"], row["text"], row["key"])
