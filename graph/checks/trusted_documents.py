"""What a check has to know of a trusted document."""

from typing import Final, TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject


class TrustedDocumentFacts(TypedDict):
    """A trusted document."""

    id: str
    row: StoredRow


TRUSTED_DOCUMENTS: Final[Subject[TrustedDocumentFacts]] = subject(
    "trusted_documents", "(node:TrustedDocument)", "node", "{id: node.id, row: properties(node)}"
)
