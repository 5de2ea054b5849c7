"""Rules about links and codes that went out by mail."""

from collections.abc import Iterator, Sequence

from domain.catalogue import Catalogue
from domain.events import Event
from graph.checks import one_time_tokens
from graph.checks.one_time_tokens import ONE_TIME_TOKENS, OneTimeTokenFacts
from graph.one_time_tokens import OneTimeTokenRow
from graph.store import Transaction
from services.checks import nodes
from services.checks.rules import Fault, Mend, Section, rule


@rule(
    "one_time_token_person",
    "A link is of a person that there is, and its key names its kind and them.",
    "Another one is deleted: whoever needs it asks for the next one.",
)
def _of_a_person(found: OneTimeTokenFacts, _types: Catalogue) -> Iterator[Fault]:
    row = found["row"]
    if not found["person"] or found["id"] != f"{row['kind']} {row['personId']}":

        async def apply(transaction: Transaction) -> Sequence[Event]:
            await one_time_tokens.delete(transaction, found["id"])
            return ()

        yield Fault("it is of nobody", Mend("delete it", apply), (str(row["personId"]),))


SECTION: Section[OneTimeTokenFacts] = Section(
    ONE_TIME_TOKENS,
    nodes.form("one_time_token", OneTimeTokenRow),
    (nodes.no_lock("one_time_token", one_time_tokens.change, key="key"), _of_a_person),
)
