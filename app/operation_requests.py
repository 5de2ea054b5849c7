"""What a request asks, over HTTP or a WebSocket: a text, or what stands for one, and the values that go with it.

`documentId` is that of GraphQL over HTTP, https://graphql.github.io/graphql-over-http/draft/#sec-Persisted-Documents ,
and for the hash see services/operation_texts.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cross_web import HTTPException

from domain.trusted_documents import NO_REFERENCE, Reference

OPERATION: Final = ("query", "documentId", "extensions")
"""What a request has one of at least where it is an operation."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one operation is made of."""

    text: str | None
    variables: dict[str, object] | None
    operation_name: str | None
    extensions: dict[str, object] | None
    reference: Reference

    @classmethod
    def of(cls, given: Mapping[str, object]) -> "Asked":
        """What some JSON asks. HTTPException where a part of it is of another type than it has to be."""
        extensions = _object(given, "extensions")
        reference = Reference(_string(given, "documentId"), _hash(extensions or {}))
        return cls(
            _string(given, "query") or None,
            _object(given, "variables"),
            _string(given, "operationName"),
            extensions,
            reference,
        )

    @property
    def is_something(self) -> bool:
        """Whether it says at all what to run."""
        return self.text is not None or self.reference != NO_REFERENCE


def _string(given: Mapping[str, object], name: str) -> str | None:
    value = given.get(name)
    if not isinstance(value, str | None):
        raise HTTPException(400, f"The operation's `{name}` must be a string or null, if provided.")
    return value


def _object(given: Mapping[str, object], name: str) -> dict[str, object] | None:
    value = given.get(name)
    if not isinstance(value, dict | None):
        raise HTTPException(400, f"The operation's `{name}` must be an object or null, if provided.")
    return value


def _hash(extensions: Mapping[str, object]) -> str | None:
    """The hash that Apollo's clients send for a text."""
    persisted = extensions.get("persistedQuery")
    if persisted is None:
        return None
    found = persisted.get("sha256Hash") if isinstance(persisted, dict) and persisted.get("version") == 1 else None
    if not isinstance(found, str):
        raise HTTPException(400, "`extensions.persistedQuery` must be an object of version 1 with a `sha256Hash`.")
    return found
