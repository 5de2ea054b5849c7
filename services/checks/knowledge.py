"""Rules about knowledge."""

from collections.abc import Iterator, Sequence
from typing import TypedDict

from domain.catalogue import Catalogue
from domain.consistency import Severity
from domain.events import Event
from domain.ids import NodeKind, kind_of
from graph.checks import knowledge
from graph.checks.knowledge import KNOWLEDGE, KnowledgeFacts
from graph.store import Transaction
from services.checks import nodes
from services.checks.rules import Fault, Mend, Section, rule

KINDS = ("label", "document", "chunk", "vector_only")


class _KnowledgeRow(TypedDict):
    id: str
    type: str
    createdAt: int


@rule(
    "knowledge_id",
    "The id of knowledge is one of knowledge.",
    f"{nodes.A_PERSON_DECIDES} Its id is how others refer to it, and never changes.",
)
def _right_id(found: KnowledgeFacts, _types: Catalogue) -> Iterator[Fault]:
    if kind_of(found["id"]) is not NodeKind.KNOWLEDGE:
        yield Fault("its id is none of knowledge", "Find out how it came to have this id.")


@rule(
    "knowledge_label", "A label, and nothing else, has a label, which is its text too.", "The label becomes its text."
)
def _right_label(found: KnowledgeFacts, _types: Catalogue) -> Iterator[Fault]:
    row = found["row"]
    label, text = row.get("label"), row.get("text")
    if row["type"] == "label" and label is None:
        yield Fault("it has no label", "Say what its label is, or delete it.")
    elif row["type"] == "label" and label != text:
        yield Fault("its text is another one", nodes.set_values(found["id"], {"text": label}, knowledge.change))
    elif row["type"] in KINDS and row["type"] != "label" and label is not None:
        yield Fault("it is no label, and has one", nodes.set_values(found["id"], {"label": None}, knowledge.change))


@rule(
    "knowledge_described",
    "Knowledge _describes something.",
    "It is deleted: nothing leads to it.",
    Severity.WARNING,
)
def _describes(found: KnowledgeFacts, _types: Catalogue) -> Iterator[Fault]:
    if found["described"] == 0:

        async def apply(transaction: Transaction) -> Sequence[Event]:
            await knowledge.delete_orphan(transaction, found["id"])
            return ()

        yield Fault(f"a {found['row']['type']} of nothing", Mend("delete it", apply))


SECTION: Section[KnowledgeFacts] = Section(
    KNOWLEDGE,
    nodes.form("knowledge", _KnowledgeRow),
    (
        nodes.no_lock("knowledge", knowledge.change),
        _right_id,
        nodes.one_of("knowledge", {"type": KINDS}),
        _right_label,
        _describes,
    ),
)
