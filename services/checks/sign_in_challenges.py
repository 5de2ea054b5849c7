"""Rules about challenges to be signed. What is named is the hash of one."""

from collections.abc import Iterator, Sequence

from domain.catalogue import Catalogue
from domain.events import Event
from graph.checks import sign_in_challenges
from graph.checks.sign_in_challenges import SIGN_IN_CHALLENGES, SignInChallengeFacts
from graph.sign_in_challenges import SignInChallengeRow
from graph.store import Transaction
from services.checks import nodes
from services.checks.rules import Fault, Mend, Section, rule


@rule(
    "sign_in_challenge_person",
    "Whom a challenge is for is a person that there is.",
    "What nobody can answer is deleted.",
)
def _of_a_person(found: SignInChallengeFacts, _types: Catalogue) -> Iterator[Fault]:
    if not found["person"]:

        async def apply(transaction: Transaction) -> Sequence[Event]:
            await sign_in_challenges.delete(transaction, found["id"])
            return ()

        yield Fault("its person is not there", Mend("delete it", apply), (str(found["row"]["personId"]),))


SECTION: Section[SignInChallengeFacts] = Section(
    SIGN_IN_CHALLENGES,
    nodes.form("sign_in_challenge", SignInChallengeRow),
    (nodes.no_lock("sign_in_challenge", sign_in_challenges.change, key="hash"), _of_a_person),
)
