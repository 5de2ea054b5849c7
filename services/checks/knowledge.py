"""Rules about knowledge."""

from collections.abc import Iterator, Sequence
from typing import Final, NotRequired, TypedDict

from domain.catalogue import Catalogue
from domain.consistency import Severity
from domain.events import Event
from domain.ids import NodeKind, kind_of
from domain.knowledge import GIVEN_ROLES, EmbeddingState, KnowledgeRole, KnowledgeType
from domain.values import now, to_micros
from graph.checks import knowledge
from graph.checks.knowledge import KNOWLEDGE, KnowledgeFacts
from graph.store import Transaction
from services.checks import nodes
from services.checks.rules import Fault, Mend, Section, rule

KINDS: Final = tuple(KnowledgeType)
_ROLES: Final = {
    KnowledgeType.LABEL: (KnowledgeRole.LABEL,),
    KnowledgeType.CHUNK: (KnowledgeRole.CHUNK_OF,),
    KnowledgeType.DOCUMENT: GIVEN_ROLES,
    KnowledgeType.VECTOR_ONLY: GIVEN_ROLES,
}
_NEAR_ONE: Final = 0.01
_NO_EMBEDDING: Final = dict.fromkeys(
    ("embedding", "embeddingState", "embeddingModel", "embeddingDue", "embeddingClaim", "embeddingTries")
)


class _KnowledgeRow(TypedDict):
    id: str
    type: str
    createdAt: int
    text: NotRequired[str]
    documentId: NotRequired[str]
    position: NotRequired[int]
    chunkCount: NotRequired[int]
    version: NotRequired[int]
    embeddingState: NotRequired[str]
    embeddingDue: NotRequired[int]
    embeddingTries: NotRequired[int]


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
    "Knowledge describes something.",
    "It is deleted: nothing leads to it.",
    Severity.WARNING,
)
def _describes(found: KnowledgeFacts, _types: Catalogue) -> Iterator[Fault]:
    if found["described"] == 0:

        async def apply(transaction: Transaction) -> Sequence[Event]:
            await knowledge.delete_orphan(transaction, found["id"])
            return ()

        yield Fault(f"a {found['row']['type']} of nothing", Mend("delete it", apply))


@rule(
    "knowledge_thing",
    "What is no label describes one thing, and all knowledge is to its thing what its type says.",
    f"{nodes.A_PERSON_DECIDES} What it describes is not known to a machine.",
)
def _of_one_thing(found: KnowledgeFacts, _types: Catalogue) -> Iterator[Fault]:
    kind = found["row"]["type"]
    if kind not in KINDS:
        return
    if kind != "label" and found["described"] > 1:
        yield Fault(f"it describes {found['described']} things", "Say which, and delete the other links.")
    wrong = set(found["roles"]) - set(_ROLES[KnowledgeType(str(kind))])
    if wrong:
        yield Fault(f"a {kind} in the role {', '.join(sorted(map(str, wrong)))}", "Say what it is to its thing.")


@rule(
    "knowledge_document",
    "A chunk is a part of a document that is there and describes the same thing.",
    "It is deleted: nobody finds what it is a part of.",
)
def _part_of_a_document(found: KnowledgeFacts, _types: Catalogue) -> Iterator[Fault]:
    if found["row"]["type"] == "chunk" and not found["sibling"]:

        async def apply(transaction: Transaction) -> Sequence[Event]:
            await knowledge.delete_chunk(transaction, found["id"])
            return ()

        yield Fault("a chunk without its document", Mend("delete it", apply))


@rule("knowledge_chunks", "A document says how many chunks it has.", "It is counted anew.")
def _counted(found: KnowledgeFacts, _types: Catalogue) -> Iterator[Fault]:
    row = found["row"]
    if row["type"] == "document" and row.get("chunkCount") != found["chunks"]:
        yield Fault(
            f"it has {found['chunks']} chunks, and says {row.get('chunkCount')}",
            nodes.set_values(found["id"], {"chunkCount": found["chunks"]}, knowledge.change),
        )


@rule(
    "knowledge_embedding",
    "A chunk or a vector whose embedding is done has one, of the store's dimension and of length one. A chunk that "
    "waits for one has none, and a time to be tried. Nothing else has an embedding.",
    f"A chunk waits for another one; from what has none by its type it is removed. {nodes.A_PERSON_DECIDES} about a "
    "vector without a text.",
)
def _right_embedding(found: KnowledgeFacts, _types: Catalogue) -> Iterator[Fault]:
    kind, wrong = found["row"]["type"], _wrong_embedding(found)
    if wrong is None or kind not in KINDS:
        return
    if kind == "vector_only":
        yield Fault(wrong, "Give it its vector anew, or delete it.")
    elif kind == "chunk":
        waiting = {**_NO_EMBEDDING, "embeddingState": EmbeddingState.PENDING, "embeddingDue": to_micros(now())}
        yield Fault(wrong, nodes.set_values(found["id"], waiting, knowledge.change))
    else:
        yield Fault(wrong, nodes.set_values(found["id"], _NO_EMBEDDING, knowledge.change))


def _wrong_embedding(found: KnowledgeFacts) -> str | None:
    row, size = found["row"], found["size"]
    state = row.get("embeddingState")
    if row["type"] not in {"chunk", "vector_only"}:
        return None if state is None and size is None else f"a {row['type']} with an embedding"
    if state == EmbeddingState.DONE:
        return _wrong_vector(found)
    if state not in set(EmbeddingState):
        return f"embeddingState is {str(state)[:60]!r}"
    if size is not None:
        return f"it has an embedding, and says {state}"
    return None if row.get("embeddingDue") is not None else f"it is {state}, and has no time"


def _wrong_vector(found: KnowledgeFacts) -> str | None:
    size, length = found["size"], found["length"]
    if size is None:
        return "it has no embedding, and says that it has"
    if size != found["dimension"]:
        return f"its embedding has {size} numbers, and the store's have {found['dimension']}"
    return None if length is not None and abs(length - 1) < _NEAR_ONE else "its embedding is not of length one"


SECTION: Section[KnowledgeFacts] = Section(
    KNOWLEDGE,
    nodes.form("knowledge", _KnowledgeRow),
    (
        nodes.no_lock("knowledge", knowledge.change),
        _right_id,
        nodes.one_of("knowledge", {"type": KINDS}),
        _right_label,
        _describes,
        _of_one_thing,
        _part_of_a_document,
        _counted,
        _right_embedding,
    ),
)
