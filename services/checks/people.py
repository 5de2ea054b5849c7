"""Rules about people."""

from collections.abc import Iterator
from typing import cast

from domain.catalogue import Catalogue
from domain.ids import PERSON_PREFIX, NodeKind, kind_of
from domain.people import PersonStatus, PlatformRole
from graph.checks.people import PEOPLE, PersonFacts
from graph.people import PersonRow
from services import validation
from services.checks import nodes, service_accounts
from services.checks.rules import Fault, Section, rule


@rule(
    "person_id",
    f"The id of a person begins with {PERSON_PREFIX}_ and is well-formed.",
    f"{nodes.A_PERSON_DECIDES} Their id is how others refer to them, and never changes.",
)
def _right_id(found: PersonFacts, _types: Catalogue) -> Iterator[Fault]:
    if kind_of(found["id"]) is not NodeKind.PERSON:
        yield Fault("their id is none of a person", "Find out how they came to have this id.")


@rule("person_labels", "A person has the labels Entity and Person.", "They get these and no others.")
def _right_labels(found: PersonFacts, _types: Catalogue) -> Iterator[Fault]:
    if kind_of(found["id"]) is NodeKind.PERSON:
        yield from nodes.labelled(found, ("Entity", "Person"))


@rule(
    "person_role",
    f"The role of a person is one of {', '.join(PlatformRole)}.",
    f"It becomes {PlatformRole.CUSTOMER}, which may do the least.",
)
def _right_role(found: PersonFacts, _types: Catalogue) -> Iterator[Fault]:
    role = str(found["row"]["role"])
    if role not in set(PlatformRole):
        yield Fault(f"role is {role[:60]!r}", nodes.set_values(found["id"], {"role": PlatformRole.CUSTOMER.value}))


@rule(
    "person_username_key",
    "The name by which a person is found in spite of case follows from their username.",
    "It is made anew.",
)
def _right_key(found: PersonFacts, _types: Catalogue) -> Iterator[Fault]:
    key = str(found["row"]["username"]).casefold()
    if found["row"]["usernameKey"] != key:
        yield Fault("usernameKey is another one", nodes.set_values(found["id"], {"usernameKey": key}))


@rule(
    "person_wallets",
    "Each wallet of a person has a time at which it was verified, or says that it was not.",
    "Those without one count as not verified.",
)
def _right_wallets(found: PersonFacts, _types: Catalogue) -> Iterator[Fault]:
    addresses, times = (cast("list[object]", found["row"][name]) for name in ("wallets", "walletsVerifiedAt"))
    if len(addresses) != len(times):
        verified = [*times, *(-1 for _ in addresses)][: len(addresses)]
        yield Fault(
            f"{len(addresses)} wallets, {len(times)} times",
            nodes.set_values(found["id"], {"walletsVerifiedAt": verified}),
        )


SECTION: Section[PersonFacts] = Section(
    PEOPLE,
    nodes.form("person", PersonRow),
    (
        nodes.no_lock("person"),
        _right_id,
        _right_labels,
        _right_role,
        nodes.one_of("person", {"status": list(PersonStatus)}),
        _right_key,
        nodes.texts(
            "person",
            {"email": validation.address, "username": validation.username, "displayName": validation.name},
        ),
        nodes.search_words("person", ("displayName", "username"), "bio"),
        nodes.objects("person", "settings"),
        _right_wallets,
        service_accounts.right_kind,
        service_accounts.managed,
        service_accounts.signs_in_nowhere,
        service_accounts.owns_nothing,
        nodes.sort_keys("person"),
        nodes.times("person"),
        nodes.versions("person"),
    ),
)
