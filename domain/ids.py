"""Ids: a short prefix that tells the kind, and a UUID; unique across the store and opaque to clients.

New ids carry a UUIDv7 (RFC 9562), so that ids of one prefix sort by time of creation. Imported ones carry a UUIDv5
of their source key, so that importing the same row again finds the same node.
"""

import re
from enum import StrEnum

import uuid_utils

_IDENTIFIER = re.compile(r"(?P<prefix>[a-z]{3}|con_[a-z][a-z0-9_]{0,59})_(?P<uuid>[0-9a-f]{32})", re.ASCII)
_IMPORT_NAMESPACE = uuid_utils.UUID("6f6e652d-6f6e-746f-6c6f-67792d696d70")


class NodeKind(StrEnum):
    """The kinds of object that an id can name."""

    GROUP = "group"
    PERSON = "person"
    THING = "thing"
    CONNECTION = "connection"
    EVENT = "event"
    KNOWLEDGE = "knowledge"


ENTITIES = (NodeKind.PERSON, NodeKind.GROUP, NodeKind.THING)
"""The kinds of what a connection can join."""

GROUP_PREFIX = "grp"
PERSON_PREFIX = "per"
EVENT_PREFIX = "evt"
SESSION_PREFIX = "ses"
MAIL_PREFIX = "mal"
WEBHOOK_DELIVERY_PREFIX = "dlv"
IDENTITY_PREFIX = "idn"
PASSKEY_PREFIX = "psk"
KNOWLEDGE_PREFIX = "kno"
GENERIC_THING_PREFIX = "thg"
THING_PREFIXES = {
    "creator": "cre",
    "product": "prd",
    "order": "ord",
    "payment": "pay",
    "cart": "crt",
    "subscription": "sub",
    "invitation": "inv",
    "api_key": "key",
    "webhook": "whk",
    "file": "fil",
}

_KINDS = {
    GROUP_PREFIX: NodeKind.GROUP,
    PERSON_PREFIX: NodeKind.PERSON,
    EVENT_PREFIX: NodeKind.EVENT,
    KNOWLEDGE_PREFIX: NodeKind.KNOWLEDGE,
    GENERIC_THING_PREFIX: NodeKind.THING,
    **dict.fromkeys(THING_PREFIXES.values(), NodeKind.THING),
}


def thing_prefix(thing_type: str) -> str:
    """The id prefix of things of that type."""
    return THING_PREFIXES.get(thing_type, GENERIC_THING_PREFIX)


def connection_prefix(connection_type: str) -> str:
    """The id prefix of connections of that type: the type is in it, so that one index seek finds the connection."""
    return f"con_{connection_type}"


def new_id(prefix: str) -> str:
    """A fresh id with that prefix."""
    return f"{prefix}_{uuid_utils.uuid7().hex}"


def imported_id(prefix: str, source: str, key: str) -> str:
    """The id that the row `key` of the import source `source` always gets."""
    name = f"{source}\x00{prefix}\x00{key}"
    return f"{prefix}_{uuid_utils.uuid5(_IMPORT_NAMESPACE, name).hex}"


def kind_of(identifier: str) -> NodeKind | None:
    """The kind of object that an id names, or None where it is not an id of ours."""
    match = _IDENTIFIER.fullmatch(identifier)
    if match is None:
        return None
    prefix = match["prefix"]
    return NodeKind.CONNECTION if prefix.startswith("con_") else _KINDS.get(prefix)


def connection_type_of(identifier: str) -> str | None:
    """The connection type that a connection's id names, or None for any other id."""
    match = _IDENTIFIER.fullmatch(identifier)
    prefix = match["prefix"] if match else ""
    return prefix.removeprefix("con_") if prefix.startswith("con_") else None
