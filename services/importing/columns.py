"""Which columns of the store a mapping decides on."""

from collections.abc import Iterable, Mapping
from typing import Final

from domain.values import JSON
from graph.things import ADDED_UP, FILTER_COLUMNS
from services.importing.mapping import ConnectionStep, Step


def compared_columns(step: Step) -> frozenset[str]:
    """The columns of the store that a step's mapping decides on; what it does not mention stays as it is."""
    columns = _EDGE_COLUMNS if isinstance(step, ConnectionStep) else _NODE_COLUMNS
    return frozenset(column for field in step.fields.model_fields_set for column in columns.get(field, ()))


_NODE_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "slug": ("slug", "nameWords"),
    "name": ("name", "nameWords"),
    "type": ("type",),
    "parent": ("parentId",),
    "description": ("description", "textWords"),
    "visibility": ("visibility",),
    "join_policy": ("joinPolicy",),
    "plan": ("plan",),
    "metadata": ("metadata",),
    "email": ("email",),
    "username": ("username", "usernameKey", "nameWords"),
    "display_name": ("displayName", "nameWords"),
    "role": ("role",),
    "bio": ("bio", "textWords"),
    "avatar_url": ("avatarUrl",),
    "locale": ("locale",),
    "timezone": ("timezone",),
    "settings": ("settings",),
    "group": ("groupId",),
    "status": ("status",),
    "properties": (
        "properties",
        *(*ADDED_UP, "customerId", "orderKey", "expiresAt"),
        *("textWords", *FILTER_COLUMNS),
    ),
}
_EDGE_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "properties": ("properties", "role", "status"),
    "strength": ("strength",),
    "metadata": ("metadata",),
}
_FIELDS: Final[Mapping[str, str]] = {columns[0]: field for field, columns in _NODE_COLUMNS.items()} | {
    "labels": "labels"
}


def changed_fields(columns: Iterable[str]) -> list[JSON]:
    """What a mapping calls the columns of a node that changed."""
    return [field for column, field in _FIELDS.items() if column in columns]
