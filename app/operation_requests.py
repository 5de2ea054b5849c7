"""What a request asks, over HTTP or a WebSocket: a text, or what stands for one, and the values that go with it.

`documentId` is that of GraphQL over HTTP, https://graphql.github.io/graphql-over-http/draft/#sec-Persisted-Documents ,
and for the hash see services/operation_texts.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, overload

from cross_web import AsyncHTTPRequestAdapter, HTTPException
from graphql import GraphQLError, OperationType, get_operation_ast, parse
from starlette.datastructures import Headers
from starlette.requests import Request
from strawberry.http.parse_content_type import parse_content_type

from app.uploads import FORM
from domain.trusted_documents import NO_REFERENCE, Reference
from resolvers.operations import WRONG_DOCUMENTS
from schema.context import Context

if TYPE_CHECKING:
    from app.graphql_view import GraphQLView

_JSON: Final = frozenset({"application/json", "application/json; charset=utf-8", "application/json;charset=utf-8"})

OPERATION: Final = ("query", "documentId", "extensions")
"""What a request has one of at least where it is an operation."""


class _Headers(Headers):
    """Headers of which many are asked for: each of them is found at once, in whichever case it is asked for."""

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        super().__init__(raw=raw)
        self._first = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(raw)}

    def __getitem__(self, key: str) -> str:
        return self._first[key.lower()]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in self._first

    @overload  # type: ignore[override] # of a mapping the default may be anything
    def get(self, key: str, default: None = None, /) -> str | None: ...

    @overload
    def get(self, key: str, default: str, /) -> str: ...

    def get(self, key: str, default: str | None = None, /) -> str | None:
        """The first of a name."""
        return self._first.get(key.lower(), default)


class OperationRequest(Request):
    """A request that may be an operation."""

    @cached_property
    def headers(self) -> Headers:
        """Its headers."""
        return _Headers(list(self.scope["headers"]))


@dataclass(frozen=True, slots=True)
class Asked:
    """What one operation is made of."""

    text: str | None
    variables: dict[str, object] | None
    operation_name: str | None
    extensions: dict[str, object] | None
    reference: Reference

    @classmethod
    def of(cls, given: object) -> "Asked":
        """What some JSON asks. HTTPException where it is no object, or a part of it is not of the type it has to be."""
        if not isinstance(given, dict):
            raise HTTPException(400, "Batching is not enabled")
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


def is_ordinary(request: Request) -> bool:
    """Whether it is JSON that is posted, and nothing else about it matters."""
    return request.method == "POST" and request.headers.get("content-type") in _JSON


async def asked_by(request: AsyncHTTPRequestAdapter, view: "GraphQLView") -> Asked:
    """What a request asks by its parameters, its JSON or its form. HTTPException where it is none of these."""
    if request.method == "GET":
        return Asked.of(view.parse_query_params(request.query_params))
    content_type, _ = parse_content_type(request.content_type or "")
    if "application/json" in content_type:
        return Asked.of(view.parse_json(await request.get_body()))
    if content_type == FORM:
        return Asked.of(await view.parse_multipart(request))
    raise HTTPException(400, "Unsupported content type")


async def is_subscription(asked: Asked, context: Context) -> bool:
    """Whether the operation is one; not where it has more tokens, or nobody can say which one it is."""
    try:
        text = (await context.services.operation_texts.find(asked.text, asked.reference)).text
    except WRONG_DOCUMENTS:  # as is told where it would run
        context.reference = replace(asked.reference, in_vain=True)
        return False
    if text is None or "subscription" not in text:  # as of nearly all, which need not be parsed for it
        return False
    try:
        operation = get_operation_ast(parse(text, max_tokens=context.limits.tokens), asked.operation_name)
    except (GraphQLError, RecursionError):
        return False
    return operation is not None and operation.operation is OperationType.SUBSCRIPTION


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
