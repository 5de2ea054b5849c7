"""The catalogue of thing types, each with the JSON Schema (2020-12) of its properties.

Money in `properties` is `{"amount": integer minor units, "currency": "USD"}`; times are RFC 3339; exact fractions are
decimal strings. A built-in type has fields of its own in the GraphQL schema and a closed set of properties; the others
take any properties.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from domain import product_details
from domain.ids import THING_PREFIXES
from domain.order_states import OrderState, PaymentState
from domain.references import REFERENCE
from domain.slugs import MAX_SLUG, PATTERN
from domain.values import JSON, JSONObject

PRODUCT_CATEGORIES = tuple(product_details.DETAILS)
ORDER_STATES = tuple(each.value for each in OrderState)
PAYMENT_STATES = tuple(each.value for each in PaymentState)
SUBSCRIPTION_STATES = ("trial", "active", "past_due", "ended")
INVITATION_STATES = ("pending", "accepted", "declined", "revoked", "expired")
API_KEY_SCOPES = ("read", "write")

# Beyond 2^53 a number is no longer the same in every client.
_MAX_SAFE = 9_007_199_254_740_991
# What GraphQL's Int holds.
_MAX_INT = 2_147_483_647


def _closed(properties: Mapping[str, JSON], *required: str, **more: JSON) -> JSONObject:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
        **more,
    }


def _id_of(thing_type: str) -> JSONObject:
    return {"type": "string", "format": REFERENCE, "pattern": f"^{THING_PREFIXES[thing_type]}_[0-9a-f]{{32}}$"}


_TEXT: JSONObject = {"type": "string", "maxLength": 10_000}
_NAME: JSONObject = {"type": "string", "minLength": 1, "maxLength": 200}
_ID: JSONObject = {"type": "string", "format": REFERENCE, "pattern": "^[a-z0-9_]+_[0-9a-f]{32}$"}
# Without RFC 3339's leap seconds, its lower case and its digits beyond microseconds, which not every program reads.
_TIME: JSONObject = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^[0-9-]{10}T[0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$",
}
_URI: JSONObject = {"type": "string", "format": "uri", "maxLength": 2_000}
_COUNT: JSONObject = {"type": "integer", "minimum": 0, "maximum": _MAX_SAFE}
_SMALL_COUNT: JSONObject = {"type": "integer", "minimum": 0, "maximum": _MAX_INT}
_CURRENCY: JSONObject = {"type": "string", "pattern": "^[A-Z]{3,5}$"}
_FRACTION: JSONObject = {"type": "string", "pattern": "^(0(\\.[0-9]{1,4})?|1)$"}
_MONEY = _closed({"amount": _COUNT, "currency": _CURRENCY}, "amount", "currency")
_POSTAL = _closed(
    dict.fromkeys(("name", "street", "city", "region", "postalCode", "country"), _TEXT),
)


def _receipt(kind: str, fields: Mapping[str, JSON], *required: str) -> JSONObject:
    return _closed({"kind": {"enum": [kind]}, "issuedAt": _TIME, **fields}, "kind", "issuedAt", *required)


_RECEIPT: JSONObject = {
    "anyOf": [
        _receipt("download", {"url": _URI, "expiresAt": _TIME}, "url", "expiresAt"),
        _receipt("licence_key", {"key": {"type": "string", "minLength": 1, "maxLength": 1_000}}, "key"),
        _receipt("shipment", {"carrier": _NAME, "tracking": _NAME}, "carrier", "tracking"),
        _receipt("appointment", {"at": _TIME, "place": _TEXT}, "at"),
    ]
}
_ORDER_LINE = _closed(
    {
        "productId": _id_of("product"),
        "name": _NAME,
        "sellerId": _ID,
        "unitPrice": {**_COUNT, "description": "In minor units of the order's currency."},
        "quantity": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
        "discount": _FRACTION,
        "feeShare": {**_FRACTION, "description": "The part of the line's net that the platform keeps."},
        "stocked": {"type": "boolean", "description": "Whether the line was taken from a stock that is counted."},
        "receipt": _RECEIPT,
    },
    "productId",
    "name",
    "unitPrice",
    "quantity",
)

_BUILT_IN: Mapping[str, tuple[str, JSONObject]] = {
    "creator": (
        "Somebody who makes and publishes.",
        _closed({"bio": _TEXT, "niche": _NAME, "websiteUrl": _URI, "followers": _SMALL_COUNT}),
    ),
    "product": (
        "Something that can be bought.",
        _closed(
            {
                "category": {"enum": PRODUCT_CATEGORIES},
                "description": _TEXT,
                "sku": _NAME,
                "price": _MONEY,
                "salePrice": _MONEY,
                "stock": {
                    **_SMALL_COUNT,
                    "description": "How many there are with those that were sold since; absent where it is unlimited.",
                },
                "unit": _NAME,
                "reorderLevel": _SMALL_COUNT,
                "slug": {"type": "string", "pattern": PATTERN, "maxLength": MAX_SLUG},
                "images": {
                    "type": "array",
                    "items": _closed({"fileId": _id_of("file"), "alt": {"type": "string", "maxLength": 500}}, "fileId"),
                    "maxItems": 20,
                },
                "files": {
                    "type": "array",
                    "items": _id_of("file"),
                    "maxItems": 20,
                    "uniqueItems": True,
                    "description": "What a buyer gets.",
                },
                "details": {"type": "object", "description": "What can be said of its category alone."},
            },
            "category",
            "price",
            allOf=product_details.rules(),
        ),
    ),
    "order": (
        "A purchase: its lines keep the name, the price and the seller as they were.",
        _closed(
            {
                "number": _NAME,
                "state": {"enum": ORDER_STATES},
                "currency": _CURRENCY,
                "lines": {"type": "array", "items": _ORDER_LINE, "minItems": 1, "maxItems": 1_000},
                "freight": _COUNT,
                "placedAt": _TIME,
                "requiredAt": _TIME,
                "shippedAt": _TIME,
                "shipTo": _POSTAL,
                "shipper": _NAME,
                "customerId": _ID,
                "serial": {
                    **_COUNT,
                    "minimum": 1,
                    "description": "Its place among those that its group took orders for.",
                },
                "expiresAt": _TIME,
                "paidAt": _TIME,
                "fulfilledAt": _TIME,
                "completedAt": _TIME,
                "endedAt": _TIME,
                "refunded": {**_COUNT, "description": "What was given back, in minor units of its currency."},
            },
            "number",
            "state",
            "currency",
            "lines",
            "placedAt",
        ),
    ),
    "payment": (
        "Money that moved, or is about to, for an order.",
        _closed(
            {
                "orderId": _id_of("order"),
                "amount": _MONEY,
                "state": {"enum": PAYMENT_STATES},
                "method": _NAME,
                "reference": _TEXT,
                "refundOf": _id_of("payment"),
                "customerId": _ID,
                "reason": _TEXT,
            },
            "amount",
            "state",
        ),
    ),
    "cart": (
        "What somebody means to buy.",
        _closed(
            {
                "lines": {
                    "type": "array",
                    "items": _closed(
                        {"productId": _id_of("product"), "quantity": _SMALL_COUNT}, "productId", "quantity"
                    ),
                    "maxItems": 1_000,
                },
                "expiresAt": _TIME,
            },
            "lines",
        ),
    ),
    "subscription": (
        "A product that is paid for again and again.",
        _closed(
            {
                "productId": _id_of("product"),
                "state": {"enum": SUBSCRIPTION_STATES},
                "price": _MONEY,
                "interval": {"enum": ("month", "year")},
                "startedAt": _TIME,
                "endsAt": _TIME,
            },
            "state",
        ),
    ),
    "invitation": (
        "An offer to join a group.",
        _closed(
            {
                "role": {"enum": ("owner", "admin", "editor", "viewer")},
                "state": {"enum": INVITATION_STATES},
                "invitedBy": _ID,
                "expiresAt": _TIME,
            },
            "role",
            "state",
        ),
    ),
    "api_key": (
        "A key that a program uses in a person's name. The secret itself is not kept, only its hash.",
        _closed(
            {
                "scope": {"enum": API_KEY_SCOPES},
                "hint": _NAME,
                "expiresAt": _TIME,
                # No references: a group is deleted although a key names it, which reaches that much less then.
                "groupIds": {"type": "array", "items": _NAME, "maxItems": 100},
                "actions": {"type": "array", "items": _NAME, "maxItems": 100},
            },
            "scope",
            "hint",
        ),
    ),
    "webhook": (
        "An address of a partner that events are sent to.",
        _closed({"url": _URI, "eventTypes": {"type": "array", "items": _NAME, "maxItems": 100}}, "url"),
    ),
    "file": (
        "An uploaded file.",
        _closed(
            {
                "fileName": _NAME,
                "contentType": _NAME,
                "size": _COUNT,
                "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                "stored": {
                    "type": "boolean",
                    "description": "Whether this server keeps its bytes.",
                },
                "url": _URI,
            },
            "fileName",
            "contentType",
            "size",
        ),
    ),
}

_FILTERABLE: Mapping[str, tuple[str, ...]] = {
    "creator": ("niche", "followers"),
    "product": ("category", "sku", "price.amount", "price.currency", "stock", "salePrice.amount"),
    "order": ("number", "state", "currency", "placedAt", "customerId"),
    "payment": ("orderId", "state", "amount.amount"),
    "cart": ("expiresAt",),
    "subscription": ("productId", "state", "endsAt"),
    "invitation": ("state", "role", "invitedBy", "expiresAt"),
    "file": ("sha256", "contentType", "size"),
}

_AGENT_FIELDS = "strategy research marketing sales service design engineering finance legal intelligence".split()
_GENERIC = (
    *"ai_clone audience_member organization".split(),
    *(f"{field}_agent" for field in _AGENT_FIELDS),
    *"blog_post video podcast social_post email lesson".split(),
    *"community conversation message token token_contract".split(),
    *"website landing_page livestream recording media_asset".split(),
    *"invoice metric insight prediction report".split(),
    *"notification email_campaign announcement referral campaign lead".split(),
    *"external_agent external_workflow external_connection mandate".split(),
)


MAX_FILTERABLE = 8
"""How many properties of a type may be filterable: the store has so many columns for them."""


@dataclass(frozen=True, slots=True)
class ThingType:
    """A type of thing. `built_in` types have their own GraphQL object type; `creatable` ones a client may create.

    `filterable` are paths of properties, such as `price.amount`, by which things can be found. The store keeps the
    value at the first in the column `filter1` and so on, so that a name never moves; `filters_ready` says how many of
    them hold the values of all things by now. `version` goes up when a `registered` type changes. While it is being
    found out whether all things fit another schema, that one is `pending`, and what is written has to fit it too.
    """

    name: str
    description: str
    schema: JSONObject
    built_in: bool
    creatable: bool
    filterable: tuple[str, ...] = ()
    filters_ready: int = 0
    registered: bool = False
    version: int = 1
    pending: JSONObject | None = None


NEVER_PUBLIC: Final = frozenset(
    {
        *"api_key cart file invitation order payment subscription webhook".split(),
        *"audience_member conversation invoice lead mandate message notification".split(),
    }
)
"""Types whose things are between those whom they are about, and public in no group and no status."""

SOLD: Final = frozenset({"order", "payment"})
"""Types whose things are made and changed by mutations of their own, and by what an operator imports."""

THING_TYPES: Mapping[str, ThingType] = MappingProxyType(
    {
        # These are only ever made together with a secret, which is not a property.
        name: ThingType(
            name,
            description,
            schema,
            built_in=True,
            creatable=name not in SOLD | {"api_key", "webhook"},
            filterable=_FILTERABLE.get(name, ()),
            filters_ready=len(_FILTERABLE.get(name, ())),
        )
        for name, (description, schema) in _BUILT_IN.items()
    }
    | {
        name: ThingType(
            name,
            f"{name.replace('_', ' ').capitalize()}.",
            {"type": "object", "maxProperties": 200},
            built_in=False,
            creatable=True,
        )
        for name in _GENERIC
    }
)

if set(_BUILT_IN) != set(THING_PREFIXES):
    raise AssertionError("every built-in thing type has an id prefix of its own, and no other type has")
