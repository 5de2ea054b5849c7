"""Rules about passwords. What is named is the person whose password it is."""

from collections.abc import Iterator, Sequence

from domain.catalogue import Catalogue
from domain.events import Event
from graph.checks import credentials
from graph.checks.credentials import CREDENTIALS, CredentialFacts
from graph.credentials import CredentialRow
from graph.store import Transaction
from services.checks import nodes
from services.checks.rules import Fault, Mend, Section, rule


@rule("credential_person", "A password is of a person that there is.", "A password of nobody is forgotten.")
def _of_a_person(found: CredentialFacts, _types: Catalogue) -> Iterator[Fault]:
    if not found["person"]:

        async def apply(transaction: Transaction) -> Sequence[Event]:
            await credentials.delete(transaction, found["id"])
            return ()

        yield Fault("its person is not there", Mend("forget it", apply))


@rule(
    "credential_hash",
    "Of a password there is only a hash, made with argon2id.",
    f"{nodes.A_PERSON_DECIDES} What is stored instead may be a secret.",
)
def _hashed(found: CredentialFacts, _types: Catalogue) -> Iterator[Fault]:
    if not str(found["row"]["passwordHash"]).startswith("$argon2id$"):
        yield Fault("it is not hashed with argon2id", "Delete it, and have the person reset their password.")


SECTION: Section[CredentialFacts] = Section(
    CREDENTIALS,
    nodes.form("credential", CredentialRow),
    (nodes.no_lock("credential", credentials.change, key="personId"), _of_a_person, _hashed),
)
