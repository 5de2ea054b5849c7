"""Rules about second factors. What is named is the person whose second factor it is."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, cast

from domain.catalogue import Catalogue
from domain.events import Event
from domain.second_factors import RECOVERY_CODES
from graph.checks import second_factors
from graph.checks.second_factors import SECOND_FACTORS, SecondFactorFacts
from graph.second_factors import SecondFactorRow
from graph.store import Transaction
from services.checks import nodes
from services.checks.rules import Fault, Mend, Section, rule
from services.sealing import key_id_of

_HASH: Final = re.compile(r"[0-9a-f]{64}")


@rule("second_factor_person", "A second factor is of a person that there is.", "One of nobody is forgotten.")
def _of_a_person(found: SecondFactorFacts, _types: Catalogue) -> Iterator[Fault]:
    if not found["person"]:

        async def apply(transaction: Transaction) -> Sequence[Event]:
            await second_factors.delete(transaction, found["id"])
            return ()

        yield Fault("its person is not there", Mend("forget it", apply))


@rule(
    "second_factor_secret",
    "The secret of a second factor is encrypted, and names the key that it is under as its keyId does.",
    f"{nodes.A_PERSON_DECIDES} What is stored instead may be a secret.",
)
def _encrypted(found: SecondFactorFacts, _types: Catalogue) -> Iterator[Fault]:
    secret, key_id = found["row"].get("secret"), found["row"].get("keyId")
    if (secret is not None or key_id is not None) and key_id_of(str(secret)) != key_id:
        yield Fault("its secret is not encrypted under its keyId", "Reset the second factor of the person.")


@rule(
    "second_factor_proof",
    "A second factor has the secret of an app, or is on and its person has a passkey.",
    f"{nodes.A_PERSON_DECIDES} Until then its person gets in by recovery codes alone.",
)
def _provable(found: SecondFactorFacts, _types: Catalogue) -> Iterator[Fault]:
    row = found["row"]
    if row.get("secret") is None and (row.get("enabledAt") is None or not found["passkey"]):
        yield Fault("nothing proves it", "Reset the second factor of the person.")


@rule(
    "second_factor_recovery_codes",
    f"Of recovery codes there are only hashes, at most {RECOVERY_CODES}, and none while a second factor is not on.",
    f"{nodes.A_PERSON_DECIDES} What is stored instead may be a secret, or let somebody in.",
)
def _hashed(found: SecondFactorFacts, _types: Catalogue) -> Iterator[Fault]:
    hashes = cast("Sequence[object]", found["row"]["recoveryHashes"])
    if not all(isinstance(each, str) and _HASH.fullmatch(each) for each in hashes):
        yield Fault("recoveryHashes has something else", "Have the person take other recovery codes.")
    most = RECOVERY_CODES if found["row"].get("enabledAt") is not None else 0
    if len(hashes) > most:
        yield Fault(f"recoveryHashes has {len(hashes)}", "Have the person take other recovery codes.")


SECTION: Section[SecondFactorFacts] = Section(
    SECOND_FACTORS,
    nodes.form("second_factor", SecondFactorRow),
    (
        nodes.no_lock("second_factor", second_factors.change, key="personId"),
        _of_a_person,
        _encrypted,
        _provable,
        _hashed,
    ),
)
