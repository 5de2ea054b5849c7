"""Rules about service accounts, which are people of their own kind."""

from collections.abc import Iterator, Sequence

from domain.catalogue import Catalogue
from domain.events import Event
from domain.ids import NodeKind, kind_of
from domain.people import SERVICE_DOMAIN, PersonKind, PersonStatus, PlatformRole
from graph import accounts
from graph.checks.people import PersonFacts
from graph.store import Transaction
from services.checks import nodes
from services.checks.rules import Fault, Mend, rule
from services.one_time_tokens import TokenKind


@rule(
    "person_service",
    f"A person is a human, or a service account, whose role is {PlatformRole.ORG_USER} and whose address ends in "
    f"@{SERVICE_DOMAIN}.",
    f"{nodes.A_PERSON_DECIDES} What it is decides who looks after it.",
)
def right_kind(found: PersonFacts, _types: Catalogue) -> Iterator[Fault]:
    """Find people who are something between a human and a service account."""
    row = found["row"]
    kind, at_service = row.get("kind"), str(row["email"]).endswith(f"@{SERVICE_DOMAIN}")
    if kind not in {None, PersonKind.SERVICE.value}:
        yield Fault(f"kind is {str(kind)[:60]!r}", "Remove its kind, or make it a service account again.")
    elif kind is None:
        if at_service or row.get("managedBy") is not None:
            yield Fault("it is a human and has what a service account has", "Find out what it is.")
    elif not at_service or row["role"] != PlatformRole.ORG_USER:
        yield Fault("it is a service account and has what a human has", "Find out what it is.")


@rule(
    "person_service_group",
    "A service account that was not deleted is managed by a group, of which it is a member.",
    f"{nodes.A_PERSON_DECIDES} who looks after it.",
)
def managed(found: PersonFacts, _types: Catalogue) -> Iterator[Fault]:
    """Find service accounts that nobody looks after."""
    row = found["row"]
    if row.get("kind") and row["status"] != PersonStatus.DELETED and not found["managers"]:
        named = str(row.get("managedBy"))
        others = (named,) if kind_of(named) is NodeKind.GROUP else ()
        yield Fault("it is no member of the group that manages it", "Make it a member there, or delete it.", others)


@rule(
    "person_service_ways",
    "A service account has nothing to sign in with: no password, no account elsewhere, no passkey, no session.",
    "What it could sign in with is erased, and so are its sessions. Its API keys stay.",
)
def signs_in_nowhere(found: PersonFacts, _types: Catalogue) -> Iterator[Fault]:
    """Find service accounts that somebody could sign in to."""
    if found["ways"]:

        async def apply(transaction: Transaction) -> Sequence[Event]:
            await accounts.erase(transaction, found["id"], list(TokenKind))
            return ()

        yield Fault(f"it has {found['ways']} ways to sign in", Mend("erase them", apply))


@rule(
    "person_service_owner",
    "A service account owns no group.",
    f"{nodes.A_PERSON_DECIDES} who owns it: a machine gives nobody rights, and takes none.",
)
def owns_nothing(found: PersonFacts, _types: Catalogue) -> Iterator[Fault]:
    """Find service accounts that own a group."""
    if found["owned"]:
        others = tuple(sorted(set(found["owned"])))
        yield Fault(f"it owns {len(others)} groups", "Make it an admin there, and a human the owner.", others)
