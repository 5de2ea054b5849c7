"""Rules about passkeys."""

from collections.abc import Iterator, Sequence

from webauthn.helpers import base64url_to_bytes, decode_credential_public_key

from domain.catalogue import Catalogue
from domain.events import Event
from graph.checks import passkeys
from graph.checks.passkeys import PASSKEYS, PasskeyFacts
from graph.passkeys import PasskeyRow
from graph.store import Transaction
from services.checks import nodes
from services.checks.rules import Fault, Mend, Section, rule


@rule("passkey_person", "A passkey is of a person that there is.", "One of nobody is forgotten.")
def _of_a_person(found: PasskeyFacts, _types: Catalogue) -> Iterator[Fault]:
    if not found["person"]:

        async def apply(transaction: Transaction) -> Sequence[Event]:
            await passkeys.delete(transaction, found["id"])
            return ()

        yield Fault("its person is not there", Mend("forget it", apply), (str(found["row"]["personId"]),))


@rule(
    "passkey_key",
    "The public key of a passkey is one.",
    f"{nodes.A_PERSON_DECIDES} Nobody can sign in with it, or somebody else can.",
)
def _with_a_key(found: PasskeyFacts, _types: Catalogue) -> Iterator[Fault]:
    try:
        decode_credential_public_key(base64url_to_bytes(str(found["row"]["publicKey"])))
    except Exception:  # noqa: BLE001 - the library raises what it happens upon in what is no key
        yield Fault("publicKey is none", "Have the person remove it, and make another one.")


SECTION: Section[PasskeyFacts] = Section(
    PASSKEYS,
    nodes.form("passkey", PasskeyRow),
    (
        nodes.no_lock("passkey", passkeys.change),
        _of_a_person,
        _with_a_key,
    ),
)
