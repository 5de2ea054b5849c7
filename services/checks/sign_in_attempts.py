"""Rules about sign-ins at a provider that have begun. What is named is the hash of the state."""

from collections.abc import Iterator, Sequence

from domain.catalogue import Catalogue
from domain.events import Event
from graph.checks import sign_in_attempts
from graph.checks.sign_in_attempts import SIGN_IN_ATTEMPTS, SignInAttemptFacts
from graph.sign_in_attempts import SignInAttemptRow
from graph.store import Transaction
from services.checks import nodes
from services.checks.rules import Fault, Mend, Section, rule


@rule(
    "sign_in_attempt_person",
    "Who began to link a provider is a person that there is.",
    "What nobody can end is deleted.",
)
def _of_a_person(found: SignInAttemptFacts, _types: Catalogue) -> Iterator[Fault]:
    if not found["person"]:

        async def apply(transaction: Transaction) -> Sequence[Event]:
            await sign_in_attempts.delete(transaction, found["id"])
            return ()

        yield Fault("its person is not there", Mend("delete it", apply), (str(found["row"]["personId"]),))


SECTION: Section[SignInAttemptFacts] = Section(
    SIGN_IN_ATTEMPTS,
    nodes.form("sign_in_attempt", SignInAttemptRow),
    (nodes.no_lock("sign_in_attempt", sign_in_attempts.change, key="stateHash"), _of_a_person),
)
