"""Rules about accounts elsewhere that people sign in with."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from domain.catalogue import Catalogue
from domain.events import Event
from domain.identities import WALLET
from graph.checks import identities
from graph.checks.identities import IDENTITIES, IdentityFacts
from graph.identities import IdentityRow, key_of
from graph.store import Transaction
from services.checks import nodes
from services.checks.rules import Fault, Mend, Section, rule

_ADDRESS: Final = re.compile("0x[0-9a-f]{40}")


@rule("identity_person", "An account elsewhere is of a person that there is.", "One of nobody is forgotten.")
def _of_a_person(found: IdentityFacts, _types: Catalogue) -> Iterator[Fault]:
    if not found["person"]:

        async def apply(transaction: Transaction) -> Sequence[Event]:
            await identities.delete(transaction, found["id"])
            return ()

        yield Fault("its person is not there", Mend("forget it", apply), (str(found["row"]["personId"]),))


@rule(
    "identity_key",
    "The key of an account elsewhere is its provider and its subject.",
    f"{nodes.A_PERSON_DECIDES} Which of them is right decides who can sign in.",
)
def _named(found: IdentityFacts, _types: Catalogue) -> Iterator[Fault]:
    row = found["row"]
    if row["key"] != key_of(str(row["provider"]), str(row["subject"])):
        yield Fault("its key is another one", "Delete it, and have the person link the provider again.")


@rule(
    "identity_wallet",
    "A wallet that somebody signs in with is kept by its address, in lower case.",
    f"{nodes.A_PERSON_DECIDES} Nobody can sign in with it as it is.",
)
def _addressed(found: IdentityFacts, _types: Catalogue) -> Iterator[Fault]:
    row = found["row"]
    if row["provider"] == WALLET and not _ADDRESS.fullmatch(str(row["subject"])):
        yield Fault("its subject is no address", "Delete it, and have the person link the wallet again.")


SECTION: Section[IdentityFacts] = Section(
    IDENTITIES,
    nodes.form("identity", IdentityRow),
    (nodes.no_lock("identity", identities.change), _of_a_person, _named, _addressed),
)
