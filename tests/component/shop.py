"""A small shop in files, to import; and what a store holds afterwards."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

import orjson
import yaml

from domain.access import Caller, KeyScope, Reach, Viewer
from domain.ids import imported_id
from domain.people import PlatformRole
from domain.values import JSON
from graph.store import Statement, Store
from services.importing.mapping import ImportMapping, parse_mapping
from services.importing.report import ImportReport
from services.importing.run import import_folder

EVERYTHING = Reach(True, (), "")
ANN = Caller(
    Viewer(
        imported_id("per", "shop", "people\x00ann"),
        PlatformRole.ORG_OWNER,
        "key_" + "0" * 32,
        KeyScope.WRITE,
        (imported_id("grp", "shop", "groups\x001"),),
    )
)
"""The owner of the group at the top of the shop below."""

OPERATOR = Caller(Viewer("per_" + "0" * 32, PlatformRole.PLATFORM_OWNER, "key_" + "0" * 32, KeyScope.WRITE, ()))

SHOP = """
source: shop
nulls: ["", "NULL"]
steps:
  - step: groups
    make: group
    from: groups.csv
    key: {column: id}
    set:
      slug: {column: slug}
      name: {column: name}
      type: business
      parent: {ref: groups, key: {column: parent}}
  - step: people
    make: person
    from: people.csv
    key: {column: id}
    set:
      email: {column: email}
      username: {column: id}
      displayName: {column: name}
      role: customer
  - step: products
    make: thing
    from: products.csv
    key: {column: id}
    set:
      type: product
      group: {ref: groups, key: {column: group}}
      name: {column: name}
      status: {column: status}
      properties:
        object:
          category: physical
          price: {column: price, as: {money: USD}}
          stock: {column: stock, as: integer}
      labels: {list: [{template: "category:{category}"}]}
  - step: members
    make: connection
    from: members.csv
    set:
      type: member_of
      from: {ref: people, key: {column: person}}
      to: {ref: groups, key: {column: group}}
      properties: {object: {role: {column: role}}}
  - step: owners
    make: connection
    from: owners.csv
    key: {column: id}
    set:
      type: owns
      from: {ref: people, key: {column: person}}
      to: {ref: products, key: {column: product}}
      properties: {object: {revenueShare: {column: share, as: number}}}
"""
FILES = {
    "groups.csv": "id,slug,name,parent\n1,top,Top,\n2,below,Below,1\n3,other,Other,1\n",
    "people.csv": "id,email,name\nann,Ann@x.example,Ann\nbob,bob@x.example,Bob\n",
    "products.csv": (
        "id,group,name,status,price,stock,category\na,2,Apple,published,1.50,3,fruit\nb,2,Bread,,2,NULL,bakery\n"
    ),
    "members.csv": "person,group,role\nann,1,owner\nbob,2,editor\n",
    "owners.csv": "id,person,product,share\n1,ann,a,0.5\n",
}


class Shop:
    """The small shop above, in files that a test changes."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.folder = folder
        self.mapping = shop_mapping()
        for name, content in FILES.items():
            (folder / name).write_text(content)

    def write(self, name: str, *rows: str) -> None:
        header = FILES[name].partition("\n")[0]
        (self.folder / name).write_text("\n".join((header, *rows)) + "\n")

    def replace(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    async def run(self, *, strict: bool = False, batch_size: int = 2_000) -> ImportReport:
        return await import_folder(self.store, self.mapping, self.folder, strict=strict, batch_size=batch_size)


def shop_mapping() -> ImportMapping:
    return parse_mapping(yaml.safe_load(SHOP))


class _Everything(TypedDict):
    labels: list[str]
    row: Mapping[str, JSON]


_EVERYTHING: Statement[_Everything] = Statement(
    "everything",
    """
    MATCH (node) WHERE NOT node:Migration AND NOT node:Lock
    RETURN {labels: labels(node), row: properties(node)} AS row ORDER BY coalesce(node.id, node.name)
    UNION ALL
    MATCH ()-[edge]->()
    WITH edge ORDER BY type(edge), edge.id, properties(edge)
    RETURN {labels: [type(edge)], row: properties(edge)} AS row""",
)


class _Count(TypedDict):
    kind: str
    total: int


_COUNTS: Statement[_Count] = Statement(
    "counts",
    """
    MATCH (node) UNWIND labels(node) AS kind
    WITH kind, count(*) AS total
    RETURN {kind: kind, total: total} AS row
    UNION ALL
    MATCH ()-[edge]->()
    WITH type(edge) AS kind, count(*) AS total
    RETURN {kind: kind, total: total} AS row""",
)
_EVENTS: Statement[str] = Statement(
    "events", "MATCH (event:Event) RETURN event.type + ' ' + event.properties AS row ORDER BY event.id"
)


async def everything(store: Store) -> bytes:
    rows = await store.read(_EVERYTHING, {})
    return b"\n".join(sorted(orjson.dumps(row, option=orjson.OPT_SORT_KEYS) for row in rows))


async def counts(store: Store) -> dict[str, int]:
    return {row["kind"]: row["total"] for row in await store.read(_COUNTS, {}) if row["kind"] != "Migration"}


async def new_events(store: Store, before: int) -> list[str]:
    return (await store.read(_EVENTS, {}))[before:]


def thing_id(key: str) -> str:
    return imported_id("prd", "shop", f"products\x00{key}")


def group_id(key: str) -> str:
    return imported_id("grp", "shop", f"groups\x00{key}")
