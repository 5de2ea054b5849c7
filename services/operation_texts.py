"""What a request asks to run: its text, a trusted document that it refers to, or a text that its hash stands for.

The hashes are Apollo's protocol of automatic persisted queries, whose clients switch on its codes and messages:
https://github.com/apollographql/apollo-link-persisted-queries#protocol .
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from domain.errors import (
    DocumentRequiredError,
    DocumentUnknownError,
    PersistedQueryNotFoundError,
    PersistedQueryNotSupportedError,
    ValidationError,
)
from domain.trusted_documents import DocumentPolicy, Reference
from services.kept_texts import KeptTexts
from services.trusted_documents import TrustedDocuments

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class OperationText:
    """The text to run; None where the request has none. `trusted` is one that an operator registered."""

    text: str | None
    trusted: bool = False


class OperationTexts:
    """Decides what a request runs."""

    def __init__(self, documents: TrustedDocuments, policy: DocumentPolicy, hashed: KeptTexts | None = None) -> None:
        """`hashed` keeps what clients register by its hash, in this process alone."""
        self._documents = documents
        self._policy = policy
        self._hashed = hashed or KeptTexts(most=1_000, characters=1_000_000)

    async def find(self, text: str | None, reference: Reference) -> OperationText:
        """What to run for a text and a reference, either of which may be missing.

        DocumentUnknownError, DocumentRequiredError, PersistedQueryNotFoundError, PersistedQueryNotSupportedError, and
        ValidationError where the two contradict each other.
        """
        text = text or None
        if reference.document_id is not None:
            if text is not None:
                raise ValidationError("documentId", "Send the text of an operation or the id of a document, not both.")
            return await self._trusted(reference.document_id, reference)
        if self._policy.only_trusted and (text is not None or reference.sha256 is None):
            raise DocumentRequiredError
        if reference.sha256 is None:
            return OperationText(text)
        if text is None:
            return await self._by_hash(reference.sha256, reference)
        if self._policy.automatic:
            self._register(reference.sha256, text)
        return OperationText(text)

    async def _trusted(self, identifier: str, reference: Reference) -> OperationText:
        text = None if reference.in_vain else await self._documents.text(identifier)
        if text is None:
            raise DocumentUnknownError
        return OperationText(text, trusted=True)

    async def _by_hash(self, sha256: str, reference: Reference) -> OperationText:
        """What a hash stands for: Apollo's clients send the id of a trusted document as one too."""
        automatic = self._policy.automatic and not self._policy.only_trusted
        text = self._hashed.get(sha256) if automatic else None
        if text is not None:
            return OperationText(text)
        try:
            return await self._trusted(sha256, reference)
        except DocumentUnknownError as error:
            if self._policy.only_trusted:
                raise
            raise (PersistedQueryNotFoundError if automatic else PersistedQueryNotSupportedError) from error

    def _register(self, sha256: str, text: str) -> None:
        if not _SHA256.fullmatch(sha256) or hashlib.sha256(text.encode()).hexdigest() != sha256:
            raise ValidationError(
                "extensions.persistedQuery.sha256Hash", "This is not the SHA-256 hash of the text, in lower-case hex."
            )
        self._hashed.put(sha256, text)
