"""Rules about trusted documents. Whether a text fits the schema is found out by the server that is to run it."""

from graph.checks.trusted_documents import TRUSTED_DOCUMENTS, TrustedDocumentFacts
from graph.trusted_documents import TrustedDocumentRow
from services.checks import nodes
from services.checks.rules import Section

SECTION: Section[TrustedDocumentFacts] = Section(
    TRUSTED_DOCUMENTS, nodes.form("trusted_document", TrustedDocumentRow), ()
)
