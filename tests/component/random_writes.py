"""Inputs by the dice for every mutation of the schema: most are right, and some are made wrong on purpose."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias, cast

from graphql import GraphQLInputObjectType, GraphQLObjectType, GraphQLUnionType, get_named_type, is_leaf_type

from domain.connection_types import CONNECTION_TYPES, ConnectionType
from domain.ids import NodeKind, new_id
from domain.values import JSON, JSONObject
from resolvers.schema import schema
from tests.client import Attached

TYPES: Final = ("video", "blog_post", "product", "product", "creator", "subscription")
LABELS: Final = ("topic:a", "topic:b", "level:1", "level:2")
WORDS: Final = ("Nordlicht", "العربية", "日本語", "שלום", "ελληνικά", "नमस्ते", "👩‍💻 team", "O'Brien; DROP", 'q"uote')

NASTY_TEXTS: Final[Sequence[JSON]] = (
    "",
    " ",
    "a\x00b",
    "a\u202eb",
    "x" * 301,
    "\u200b",
    "%s {} $id `",
    "👾" * 80,
    "a\nb",
)
NASTY_JSON: Final[Sequence[JSON]] = (
    [], 7, "x", True, {"a": "\x00"}, {"a": 2**53 + 1}, {"__proto__": {"a": 1}}, {"@type": "x", "id": 1},
    cast("JSON", {"a": eval("[" * 40 + "]" * 40)}),
)  # fmt: skip
NASTY_NUMBERS: Final[Sequence[JSON]] = (0, -1, 2**31 - 1, -(2**31))


@dataclass
class Pool:
    """What is there by now, as far as the clients know; versions may be old."""

    people: list[str]
    groups: dict[str, int]
    things: dict[str, tuple[str, int]] = field(default_factory=dict)
    connections: list[str] = field(default_factory=list)
    webhooks: dict[str, int] = field(default_factory=dict)
    thing_types: dict[str, int] = field(default_factory=dict)
    connection_types: list[str] = field(default_factory=list)
    documents: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    """Of each its version and the ids of its first chunks."""
    vectors: list[str] = field(default_factory=list)
    grants: list[str] = field(default_factory=list)
    supports: list[str] = field(default_factory=list)
    orders: dict[str, dict[str, JSON]] = field(default_factory=dict)
    """Of each its state, its net and the products in its lines."""
    refunds: dict[str, JSON] = field(default_factory=dict)
    """Of each its state."""
    numbers: int = 0

    def next(self) -> int:
        """A number that nobody had before."""
        self.numbers += 1
        return self.numbers

    def note(self, mutation: str, answer: Mapping[str, JSON]) -> None:
        """Learn from the answer of a mutation that succeeded."""
        self._note_things(answer)
        of_kinds = (("group", self.groups), ("thingType", self.thing_types), ("webhook", self.webhooks))
        for name, kind in of_kinds:
            if name in answer:
                found = cast("Mapping[str, JSON]", answer[name])
                kind[str(found["name" if name == "thingType" else "id"])] = cast("int", found["version"])
        if "connectionType" in answer:
            self.connection_types.append(str(cast("Mapping[str, JSON]", answer["connectionType"])["name"]))
        if "document" in answer:
            document = cast("Mapping[str, JSON]", answer["document"])
            chunks = cast("Mapping[str, list[Mapping[str, str]]]", document["chunks"])["nodes"]
            self.documents[str(document["id"])] = (cast("int", document["version"]), [each["id"] for each in chunks])
        made = {("connect", "relationship"): self.connections, ("grantAccess", "grant"): self.grants}
        made |= {("addVector", "vector"): self.vectors, ("createServiceAccount", "serviceAccount"): self.people}
        for (by, name), ids in made.items():
            if by == mutation:
                ids.append(str(cast("Mapping[str, JSON]", answer[name])["id"]))
        self._note_order(answer)
        if mutation in {"deleteThing", "deleteGroup"}:
            self.things.pop(str(answer["id"]), None)
            self.groups.pop(str(answer["id"]), None)

    def _note_things(self, answer: Mapping[str, JSON]) -> None:
        if "thing" in answer:
            thing = cast("Mapping[str, JSON]", answer["thing"])
            self.things[str(thing["id"])] = (str(thing["type"]), cast("int", thing["version"]))
        for kind in {"file", "product"} & answer.keys():
            made_of = cast("Mapping[str, JSON]", answer[kind])
            self.things[str(made_of["id"])] = (kind, cast("int", made_of["version"]))

    def _note_order(self, answer: Mapping[str, JSON]) -> None:
        if "order" in answer:
            order = cast("dict[str, JSON]", answer["order"])
            self.orders[str(order["id"])] = order
        for name in ("payment", "refund"):
            if name in answer:
                payment = cast("Mapping[str, JSON]", answer[name])
                order = cast("dict[str, JSON]", payment["order"])
                self.orders[str(order["id"])] = {**self.orders.get(str(order["id"]), {}), **order}
                if name == "refund":
                    self.refunds[str(payment["id"])] = payment["state"]


Generator: TypeAlias = Callable[[Pool, random.Random], dict[str, JSON]]


def _group(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    made = sorted(pool.groups)[1:]  # never the first one, with which the keys of all would be archived
    group = dice.choice(made or [new_id("grp")])
    return {"id": group, "version": pool.groups.get(group, 1)}


def _thing(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    if not pool.things:
        return {"id": new_id("thg"), "version": 1}
    thing = dice.choice(sorted(pool.things))
    return {"id": thing, "version": pool.things[thing][1]}


def _webhook(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    webhook = dice.choice(sorted(pool.webhooks) or [new_id("whk")])
    return {"id": webhook}


def _webhook_version(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    webhook = str(_webhook(pool, dice)["id"])
    return {"id": webhook, "version": pool.webhooks.get(webhook, 1)}


def _create_webhook(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    url = f"https://{dice.choice(['a', 'b'])}.example/hook"
    return {"groupId": _any_group(pool, dice), "name": dice.choice(WORDS), "url": url, "below": dice.random() < 0.3}


def _create_product(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    price: JSON = {"amount": dice.choice(["1", "2.50", "0.001"]), "currency": "USD"}
    status = dice.choice(["draft", "published"])
    category = dice.choice(["course", "physical", "membership"])
    name = dice.choice(WORDS)
    return {"groupId": _any_group(pool, dice), "name": name, "category": category, "price": price, "status": status}


def _update_product(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    products = sorted(each for each, (kind, _) in pool.things.items() if kind == "product")
    product = dice.choice(products or [new_id("prd")])
    version = pool.things.get(product, ("product", 1))[1]
    changes: dict[str, JSON] = dice.choice([{"description": "D"}, {"salePrice": None}, {"slug": "a"}, {"stock": 9}])
    return {"id": product, "version": version, **changes}


def _any_group(pool: Pool, dice: random.Random) -> str:
    return dice.choice(sorted(pool.groups))


def _properties(pool: Pool, dice: random.Random, type_: str) -> dict[str, JSON]:
    """Properties that fit a type; some name a product."""
    product = next((each for each, (kind, _) in pool.things.items() if kind == "product"), None)
    match type_:
        case "product":
            stock: dict[str, JSON] = dice.choice([{}, {"stock": 9}])
            price: JSON = {"amount": dice.randrange(9_999), "currency": "USD"}
            return {"category": "course", "price": price, "sku": "a", **stock}
        case "creator":
            return {"niche": dice.choice(WORDS), "followers": dice.randrange(9)}
        case "subscription":
            return {"state": "active", **({"productId": product} if product else {})}
        case "video" | "blog_post":
            return {"summary": dice.choice(WORDS), "views": dice.randrange(99)}
    return {"code": dice.choice(WORDS)}


def _create_group(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    slug = f"g-{pool.next() if dice.random() < 0.9 else 1}"
    parent = _any_group(pool, dice) if dice.random() < 0.8 else None
    return {
        "slug": slug,
        "name": dice.choice(WORDS),
        "type": "business",
        "parentId": parent,
        "joinPolicy": dice.choice(["open", "open", "approval_required", "invite_only"]),
        "metadata": {"a": [1, None]},
    }


def _create_thing(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    type_ = dice.choice([*TYPES, *pool.thing_types])
    given: dict[str, JSON] = {"groupId": _any_group(pool, dice), "type": type_, "name": dice.choice(WORDS)}
    given |= {"status": "published"} if type_ == "product" else {}
    key: dict[str, JSON] = {"idempotencyKey": f"k{dice.randrange(40)}"} if dice.random() < 0.1 else {}
    return {**given, **key, "properties": _properties(pool, dice, type_)}


def _update_thing(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    given = _thing(pool, dice)
    type_ = pool.things.get(str(given["id"]), ("video", 1))[0]
    change: dict[str, JSON] = {"properties": _properties(pool, dice, type_)}
    return {**given, **dice.choice([change, {"name": dice.choice(WORDS)}, {"status": "published"}])}


def _end(pool: Pool, dice: random.Random, kinds: frozenset[NodeKind]) -> str:
    of: Mapping[NodeKind, Sequence[str]] = {
        NodeKind.PERSON: pool.people, NodeKind.GROUP: sorted(pool.groups), NodeKind.THING: sorted(pool.things)
    }  # fmt: skip
    return dice.choice(of[dice.choice(sorted(kinds))] or pool.people)


def _connect(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    name = dice.choice(["member_of", "owns", "references", "part_of", *CONNECTION_TYPES, *pool.connection_types])
    everything = frozenset({NodeKind.THING})
    known = CONNECTION_TYPES.get(name) or ConnectionType(name, everything, everything, "")
    properties: dict[str, JSON] = {}
    if name == "member_of":
        properties = {"role": dice.choice(["owner", "owner", "viewer", "editor"])}
    elif "variant" in cast("Sequence[str]", known.schema.get("required", ())):
        properties = {"variant": "one"}
    ends = {"fromId": _end(pool, dice, known.sources), "toId": _end(pool, dice, known.targets)}
    return {"type": name, **ends, "properties": properties, "strength": round(dice.random(), 3)}


def _connection(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    return {"id": dice.choice(pool.connections) if pool.connections else new_id("con_owns")}


def _account(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    return {"id": dice.choice(pool.people), "version": dice.choice([1, 1, 2])}


def _label(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    given = {**_thing(pool, dice), "label": dice.choice(LABELS)}
    if dice.random() < 0.5:
        given.pop("version")
    return given


def _document(pool: Pool, dice: random.Random) -> str:
    return dice.choice(sorted(pool.documents) or [new_id("kno")])


def _vector(_: Pool, dice: random.Random) -> list[JSON]:
    return [dice.choice([0, 0, 1, -1, 1e300, 0.1]) for _ in range(3 if dice.random() < 0.95 else 2)]


def _text(_: Pool, dice: random.Random) -> str:
    return dice.choice([*WORDS, "One.\n\nTwo.", "A sentence. " * 400])


def _replace_document(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    document = _document(pool, dice)
    return {"id": document, "version": pool.documents.get(document, (1, []))[0], "text": _text(pool, dice)}


def _set_embeddings(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    document = _document(pool, dice)
    chunks = pool.documents.get(document, (1, []))[1] or [new_id("kno")]
    given: list[JSON] = [{"chunkId": chunk, "embedding": _vector(pool, dice)} for chunk in chunks]
    return {"documentId": document, "embeddings": given}


def _remove_knowledge(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    return {"id": dice.choice([_document(pool, dice), *pool.vectors[-2:]])}


def _describe(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    return {"thingId": _thing(pool, dice)["id"]}


def _key(pool: Pool, dice: random.Random) -> str:
    return f"k{pool.next() if dice.random() < 0.8 else dice.randrange(40)}"


def _place_order(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    products = [each for each, (kind, _) in pool.things.items() if kind == "product"][-6:] or [new_id("prd")]
    line: JSON = {"productId": dice.choice(products), "quantity": dice.choice([1, 1, 2, 5])}
    return {"lines": [line], "idempotencyKey": _key(pool, dice)}


def _order(pool: Pool, dice: random.Random, *states: str) -> tuple[str, Mapping[str, JSON]]:
    fitting = [each for each, order in pool.orders.items() if order["state"] in states] if dice.random() < 0.8 else []
    order = dice.choice(fitting or sorted(pool.orders) or [new_id("ord")])
    return order, pool.orders.get(order, {})


def _record_payment(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    order, known = _order(pool, dice, "pending")
    amount = known.get("net") or {"amount": "1", "currency": "USD"}
    return {"orderId": order, "amount": amount, "method": "cash", "idempotencyKey": _key(pool, dice)}


def _fulfil_order(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    order, known = _order(pool, dice, "paid")
    lines = cast("Sequence[Mapping[str, Mapping[str, str] | None]]", known.get("lines") or ())
    products = [line["product"]["id"] for line in lines if line["product"]] or [new_id("prd")]
    receipt: JSON = {"licenceKey": {"key": dice.choice(WORDS)}}
    return {"orderId": order, "lines": [{"productId": product, "receipt": receipt} for product in products]}


def _request_refund(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    part: JSON = {"amount": {"amount": "0.50", "currency": "USD"}}
    of = dice.choice([{"whole": True}, part, part])
    order, _ = _order(pool, dice, "paid", "fulfilled", "completed")
    return {"orderId": order, "of": of, "reason": dice.choice(WORDS), "idempotencyKey": _key(pool, dice)}


def _refund(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    pending = [each for each, state in pool.refunds.items() if state == "pending"] if dice.random() < 0.8 else []
    return {"refundId": dice.choice(pending or sorted(pool.refunds) or [new_id("pay")])}


def _apply_changes(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    names = [name for name in GENERATORS if name in _fields("ChangeInput")]
    chosen = [dice.choice(names) for _ in range(dice.randrange(1, 6))]
    changes: list[JSON] = []
    for name in chosen:
        given = GENERATORS[name](pool, dice)
        given.pop("idempotencyKey", None)
        changes.append({name: given})
    return {"changes": changes, "mode": dice.choice(["all_or_nothing", *_enum("ChangeMode")])}


_TYPE_SCHEMA: Final[JSONObject] = {"type": "object", "properties": {"code": {"type": "string", "maxLength": 50}}}


def _register_thing_type(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    number = pool.next() if dice.random() < 0.8 else 1
    return {"name": f"made_{number}", "description": "Made.", "schema": _TYPE_SCHEMA, "filterable": ["code"]}


def _evolve_thing_type(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    name = dice.choice(sorted(pool.thing_types) or ["made_0"])
    more: JSONObject = {
        **_TYPE_SCHEMA,
        "properties": {"code": {"type": "string"}, f"p{pool.next()}": {"type": "number"}},
    }
    given: dict[str, JSON] = {"name": name, "version": pool.thing_types.get(name, 1)}
    return {**given, **dice.choice([{"description": "Evolved."}, {"schema": more}])}


def _register_connection_type(pool: Pool, dice: random.Random) -> dict[str, JSON]:
    return {
        "name": f"joins_{pool.next() if dice.random() < 0.8 else 1}",
        "description": "Made.",
        "sources": ["thing"],
        "targets": ["thing"],
        "directed": dice.random() < 0.5,
        "cardinality": dice.choice(_enum("Cardinality")),
    }


def _with(given: Generator, **more: Callable[[Pool, random.Random], JSON]) -> Generator:
    return lambda pool, dice: {**given(pool, dice), **{name: make(pool, dice) for name, make in more.items()}}


GENERATORS: Final[Mapping[str, Generator]] = {
    "createGroup": _create_group,
    "updateGroup": _with(
        _group, name=lambda _, dice: dice.choice(WORDS), limits=lambda _, dice: {"members": dice.randrange(9)}
    ),
    "moveGroup": _with(_group, parentId=_any_group),
    "archiveGroup": _with(_group, withContents=lambda _, dice: dice.random() < 0.7),
    "restoreGroup": _group,
    "deleteGroup": _group,
    "createThing": _create_thing,
    "uploadFile": lambda pool, dice: {
        "groupId": _any_group(pool, dice),
        "file": Attached.of(dice.choice([b"A", b"B", b"\xff"])),
    },
    "createProduct": _create_product,
    "updateProduct": _update_product,
    "updateThing": _update_thing,
    "archiveThing": _thing,
    "restoreThing": _thing,
    "moveThing": _with(_thing, groupId=_any_group),
    "labelThing": _label,
    "unlabelThing": _label,
    "deleteThing": _thing,
    "addDocument": _with(_describe, text=_text),
    "replaceDocument": _replace_document,
    "addVector": _with(_describe, embedding=_vector),
    "setEmbeddings": _set_embeddings,
    "removeKnowledge": _remove_knowledge,
    "retryEmbeddings": lambda _pool, _dice: {},
    "connect": _connect,
    "updateConnection": _with(_connection, strength=lambda _, dice: dice.choice([None, 0.5, 1])),
    "disconnect": _connection,
    "createServiceAccount": lambda pool, dice: {"groupId": _any_group(pool, dice), "name": dice.choice(WORDS)},
    "updateServiceAccount": _with(_account, name=lambda _, dice: dice.choice(WORDS)),
    "deleteServiceAccount": _account,
    "createWebhook": _create_webhook,
    "updateWebhook": _with(_webhook_version, eventTypes=lambda _, dice: dice.choice([[], ["thing_created"]])),
    "rotateWebhookSecret": _webhook,
    "pauseWebhook": _webhook,
    "resumeWebhook": _webhook,
    "replayWebhook": lambda pool, dice: {**_webhook(pool, dice), "from": "2026-01-01T00:00:00Z"},
    "deleteWebhook": _webhook_version,
    "joinGroup": lambda pool, dice: {"groupId": _any_group(pool, dice)},
    "leaveGroup": lambda pool, dice: {"groupId": _any_group(pool, dice)},
    "grantAccess": lambda pool, dice: {
        "toGroupId": _any_group(pool, dice),
        "onId": _any_group(pool, dice),
        "role": dice.choice(["viewer", "editor", "admin"]),
        "below": dice.random() < 0.5,
    },
    "endSupportAccess": lambda pool, dice: {"supportId": dice.choice(pool.supports or [new_id("con_supports")])},
    "revokeAccess": lambda pool, dice: {"grantId": dice.choice(pool.grants or [new_id("con_granted")])},
    "transferOwnership": lambda pool, dice: {
        "groupId": min(pool.groups),  # of which two humans are members
        **dict(zip(("toPersonId", "fromPersonId"), dice.sample(pool.people[:2], 2), strict=True)),
    },
    "placeOrder": _place_order,
    "cancelOrder": lambda pool, dice: {"orderId": _order(pool, dice, "pending")[0]},
    "recordPayment": _record_payment,
    "fulfilOrder": _fulfil_order,
    "completeOrder": lambda pool, dice: {"orderId": _order(pool, dice, "fulfilled")[0]},
    "requestRefund": _request_refund,
    "approveRefund": _refund,
    "declineRefund": _refund,
    "applyChanges": _apply_changes,
    "registerThingType": _register_thing_type,
    "evolveThingType": _evolve_thing_type,
    "registerConnectionType": _register_connection_type,
}
WEIGHTS: Final[Mapping[str, int]] = {
    **dict.fromkeys(GENERATORS, 4), "createThing": 14, "createGroup": 8, "placeOrder": 8, "connect": 14,
    "updateThing": 8, "archiveGroup": 2, "transferOwnership": 2, "addDocument": 10,
    "registerThingType": 1, "evolveThingType": 1, "registerConnectionType": 1,
}  # fmt: skip


def _fields(input_type: str) -> Mapping[str, object]:
    found: Mapping[str, object] = cast("GraphQLInputObjectType", schema._schema.type_map[input_type]).fields  # noqa: SLF001 - Strawberry has no public way to it
    return found


def _enum(name: str) -> list[str]:
    return list(cast("Mapping[str, object]", schema._schema.type_map[name].values))  # type: ignore[attr-defined] # noqa: SLF001 - of an enum


def mutations() -> Mapping[str, str]:
    """Every mutation with what to select of its success: the ids, the names, the types and the versions in it."""
    root = cast("GraphQLObjectType", schema._schema.mutation_type)  # noqa: SLF001 - Strawberry has no public way to it
    found: dict[str, str] = {}
    for name, each in root.fields.items():
        union = cast("GraphQLUnionType", get_named_type(each.type))
        success = next(member for member in union.types if member.name.endswith("Success"))
        parts = []
        for key, part in success.fields.items():
            inner = getattr(get_named_type(part.type), "fields", None)
            wanted = [column for column in ("id", "name", "type", "version") if inner and column in inner]
            wanted += ["chunks(first: 3) { nodes { id } }"] if inner and "chunks" in inner else []
            wanted += (
                ["state net { amount currency } lines { product { id } }"] if inner and "nextStates" in inner else []
            )
            wanted += ["state order { id state }"] if inner and "refundOf" in inner else []
            leaf = is_leaf_type(get_named_type(part.type))
            parts.append(key if leaf else f"{key} {{ {' '.join(wanted) or '__typename'} }}")
        found[name] = " ".join(parts)
    return found


def corrupted(mutation: str, given: Mapping[str, JSON], dice: random.Random) -> dict[str, JSON]:
    """The input with one value that is right as GraphQL and wrong, most likely, in every other way."""
    fields = _fields(f"{mutation[0].upper()}{mutation[1:]}Input")
    types = {key: str(get_named_type(fields[key].type)) for key in given}  # type: ignore[attr-defined] # of inputs
    wrong: Mapping[str, Sequence[JSON]] = {
        "ID": ("x", "", "a\x00", new_id("grp"), new_id("thg"), new_id("evt"), new_id("con_owns"), "grp_" + "f" * 33),
        "String": NASTY_TEXTS,
        "JSON": NASTY_JSON,
        "Int": NASTY_NUMBERS,
        "Float": (-1, 2, 1e300),
    }
    keys = [key for key, type_ in types.items() if type_ in wrong and not isinstance(given[key], list)]
    if not keys:
        return dict(given)
    key = dice.choice(keys)
    return {**given, key: dice.choice(wrong[types[key]])}
