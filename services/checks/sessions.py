"""Rules about sessions."""

from collections.abc import Iterator, Sequence

from domain.catalogue import Catalogue
from domain.events import Event
from graph.checks import sessions
from graph.checks.sessions import SESSIONS, SessionFacts
from graph.sessions import SessionRow
from graph.store import Transaction
from services.checks import nodes
from services.checks.rules import Fault, Mend, Section, rule


@rule("session_person", "A session is of a person that there is.", "A session of nobody ends.")
def _of_a_person(found: SessionFacts, _types: Catalogue) -> Iterator[Fault]:
    if not found["person"]:

        async def apply(transaction: Transaction) -> Sequence[Event]:
            await sessions.delete(transaction, found["id"])
            return ()

        yield Fault("its person is not there", Mend("end it", apply), (str(found["row"]["personId"]),))


SECTION: Section[SessionFacts] = Section(
    SESSIONS, nodes.form("session", SessionRow), (nodes.no_lock("session", sessions.change), _of_a_person)
)
