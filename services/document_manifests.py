"""Manifests of documents, in the two forms that the tools of front ends write.

A map of ids to texts, as of Relay's compiler and the client preset of GraphQL Code Generator:
https://relay.dev/docs/guides/persisted-queries/ , https://the-guild.dev/graphql/codegen/plugins/presets/preset-client ;
and Apollo's list of operations: https://www.apollographql.com/docs/graphos/platform/security/persisted-queries .
"""

from collections.abc import Iterator, Mapping
from typing import Final

import orjson

from domain.errors import ValidationError
from domain.trusted_documents import MAX_ID, MAX_PUSHED, MAX_TEXT, NewDocument
from services.trusted_documents import is_id

APOLLO: Final = "apollo-persisted-query-manifest"

_FORMS: Final = f'A manifest is a JSON object of ids and texts, or one with "format": "{APOLLO}" and "version": 1.'


def read_manifest(content: bytes) -> list[NewDocument]:
    """The documents of a manifest in its order. ValidationError, which names the document where one is wrong."""
    try:
        manifest: object = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise ValidationError("manifest", f"This is not JSON: {error}. {_FORMS}") from error
    if not isinstance(manifest, dict):
        raise ValidationError("manifest", _FORMS)
    found: dict[str, NewDocument] = {}
    for document in _operations(manifest) if "format" in manifest else _entries(manifest):
        if found.setdefault(document.id, document) != document:
            raise ValidationError(document.id, f"The document {document.id!r} is there twice, with different texts.")
    if not 0 < len(found) <= MAX_PUSHED:
        raise ValidationError("manifest", f"A manifest has 1 to {MAX_PUSHED:,} documents; this has {len(found):,}.")
    return list(found.values())


def _entries(manifest: Mapping[str, object]) -> Iterator[NewDocument]:
    for identifier, text in manifest.items():
        yield _document(identifier, text)


def _operations(manifest: Mapping[str, object]) -> Iterator[NewDocument]:
    operations = manifest.get("operations")
    if manifest["format"] != APOLLO or manifest.get("version") != 1 or not isinstance(operations, list):
        raise ValidationError("manifest", _FORMS)
    for number, operation in enumerate(operations):
        if not isinstance(operation, dict) or not isinstance(operation.get("id"), str):
            raise ValidationError(f"operations.{number}", f"operations[{number}] is no object with an id and a body.")
        yield _document(operation["id"], operation.get("body"))


def _document(identifier: str, text: object) -> NewDocument:
    if not is_id(identifier):
        message = f"The id {identifier[:MAX_ID]!r} is not 1 to {MAX_ID} visible ASCII characters without a space."
        raise ValidationError("id", message)
    if not isinstance(text, str) or not 0 < len(text) <= MAX_TEXT:
        raise ValidationError(identifier, f"The document {identifier!r} is no text of 1 to {MAX_TEXT:,} characters.")
    return NewDocument(identifier, text)
