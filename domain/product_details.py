"""What can be said of a product beyond what can be said of all: the properties of each category.

Each has a JSON Schema of its own, which is part of that of the type, and some are needed before it is published.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from domain.values import JSON, JSONObject


class ProductCategory(StrEnum):
    """What sort of product it is."""

    COURSE = "course"
    TEMPLATE = "template"
    MEMBERSHIP = "membership"
    CONSULTATION = "consultation"
    NFT = "nft"
    API_ACCESS = "api_access"
    SERVICE = "service"
    PHYSICAL = "physical"


class CourseLevel(StrEnum):
    """Whom a course is for."""

    BEGINNER = "beginner"
    INTERMEDIATE = "intermediate"
    ADVANCED = "advanced"


class BillingInterval(StrEnum):
    """How often something is paid for again."""

    MONTH = "month"
    YEAR = "year"


_MAX_INT: Final = 2_147_483_647  # what GraphQL's Int holds
_TEXT: Final[JSONObject] = {"type": "string", "minLength": 1, "maxLength": 200}
_COUNT: Final[JSONObject] = {"type": "integer", "minimum": 0, "maximum": _MAX_INT}
_SOME: Final[JSONObject] = {"type": "integer", "minimum": 1, "maximum": _MAX_INT}
_BOOLEAN: Final[JSONObject] = {"type": "boolean"}
_LEVEL: Final[JSONObject] = {"enum": [each.value for each in CourseLevel]}
_INTERVAL: Final[JSONObject] = {"enum": [each.value for each in BillingInterval]}

DETAILS: Final[Mapping[str, Mapping[str, JSON]]] = MappingProxyType(
    {
        "course": {
            "lessons": _SOME,
            "durationMinutes": _SOME,
            "level": _LEVEL,
            "language": _TEXT,
        },
        "template": {"format": _TEXT, "pages": _SOME, "licence": _TEXT},
        "membership": {
            "interval": _INTERVAL,
            "trialDays": _COUNT,
            "benefits": {"type": "array", "items": _TEXT, "maxItems": 20},
        },
        "consultation": {"durationMinutes": _SOME, "online": _BOOLEAN, "place": _TEXT},
        "nft": {
            "chainId": {"type": "integer", "minimum": 1, "maximum": _MAX_INT},
            "contract": {"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"},
            "tokenId": {"type": "string", "pattern": "^(0|[1-9][0-9]{0,77})$"},
        },
        "api_access": {"callsPerMonth": _SOME, "callsPerMinute": _SOME},
        "service": {"durationMinutes": _SOME, "deliveryDays": _SOME, "online": _BOOLEAN},
        "physical": {
            "weightGrams": _SOME,
            "widthMillimetres": _SOME,
            "heightMillimetres": _SOME,
            "depthMillimetres": _SOME,
        },
    }
)
"""The properties of each category, each with its JSON Schema."""

NEEDED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "membership": ("interval",),
        "consultation": ("durationMinutes",),
        "nft": ("chainId", "contract", "tokenId"),
        "api_access": ("callsPerMonth",),
    }
)
"""Those without which nobody knows what they would buy: no product is published without them."""


def rules() -> list[JSONObject]:
    """The parts of a schema of products by which `details` are those of the category."""
    return [
        {
            "if": {"properties": {"category": {"const": category}}},
            "then": {"properties": {"details": {"properties": fields, "additionalProperties": False}}},
        }
        for category, fields in DETAILS.items()
    ]
