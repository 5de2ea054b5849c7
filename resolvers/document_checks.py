"""Whether documents may run on this server, told before any of them is registered."""

from collections.abc import Iterator, Sequence

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, parse, specified_rules
from strawberry import Schema
from strawberry.schema.schema import validate_document

from domain.trusted_documents import CheckedDocument, NewDocument
from resolvers.failures import TOO_MUCH
from resolvers.limits import excesses, more_rules, parse_options
from schema.limits import Limits


def check(documents: Sequence[NewDocument], limits: Limits, schema: Schema) -> tuple[list[CheckedDocument], list[str]]:
    """The documents that are valid and within the limits, and what is wrong with others, a line each."""
    right: list[CheckedDocument] = []
    wrong: list[str] = []
    for each in documents:
        try:
            document = parse(each.text, max_tokens=parse_options(limits)["max_tokens"])
            found = [error.message for error in _problems(document, limits, schema)]
        except GraphQLError as error:
            wrong.append(f"{each.id}: {error.message}")
            continue
        except (ValueError, RecursionError):  # as in resolvers/failures.py
            wrong.append(f"{each.id}: {TOO_MUCH}")
            continue
        name = ", ".join(_names(document))
        wrong += [f"{each.id}{f' ({name})' if name else ''}: {message}" for message in found]
        if not found:
            right.append(CheckedDocument(each.id, each.text, name))
    return right, wrong


def _problems(document: DocumentNode, limits: Limits, schema: Schema) -> Sequence[GraphQLError]:
    if not _operations(document):
        return [GraphQLError("There is no operation in it.")]
    # Validation takes more than linear time, so that what is too large does not come to it.
    found = list(excesses(document, limits))
    core = schema._schema  # noqa: SLF001 - Strawberry has no public way to it
    return found or validate_document(core, document, (*specified_rules, *more_rules(limits)))


def _operations(document: DocumentNode) -> list[OperationDefinitionNode]:
    return [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]


def _names(document: DocumentNode) -> Iterator[str]:
    return (each.name.value for each in _operations(document) if each.name)
