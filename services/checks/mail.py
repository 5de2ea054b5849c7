"""Rules about mails."""

from collections.abc import Iterator, Sequence

from domain.catalogue import Catalogue
from domain.events import Event
from domain.mail import MailStatus, MailTemplate
from domain.mail_delivery import DeliveryReason, MailDelivery
from graph.checks import mail
from graph.checks.mail import MAILS, MailFacts
from graph.mail import MailRow
from graph.store import Transaction
from services.checks import nodes
from services.checks.rules import Fault, Mend, Section, rule


@rule("mail_person", "A mail is to a person that there is.", "A mail to nobody is deleted.")
def _to_a_person(found: MailFacts, _types: Catalogue) -> Iterator[Fault]:
    if not found["person"]:

        async def apply(transaction: Transaction) -> Sequence[Event]:
            await mail.delete(transaction, found["id"])
            return ()

        yield Fault("its person is not there", Mend("delete it", apply), (str(found["row"]["personId"]),))


@rule("mail_values", "What was in a mail is forgotten once it was sent.", "It is forgotten.")
def _forgotten(found: MailFacts, _types: Catalogue) -> Iterator[Fault]:
    if found["row"]["status"] == MailStatus.SENT and found["row"]["values"] != "{}":
        yield Fault("it was sent, and holds values", nodes.set_values(found["id"], {"values": "{}"}, mail.change))


_STATES, _REASONS = ", ".join(MailDelivery), ", ".join(DeliveryReason)


@rule(
    "mail_delivery",
    f"What became of a mail is one of {_STATES}, if anything, for one of {_REASONS}, if any.",
    f"{nodes.A_PERSON_DECIDES} The right value is not known to a machine.",
)
def _delivered(found: MailFacts, _types: Catalogue) -> Iterator[Fault]:
    for name, known in (("delivery", set(MailDelivery)), ("deliveryReason", set(DeliveryReason))):
        value = found["row"].get(name)
        if value is not None and value not in known:
            yield Fault(f"{name} is {str(value)[:60]!r}", f"Choose one of {', '.join(sorted(known))}, or none.")


SECTION: Section[MailFacts] = Section(
    MAILS,
    nodes.form("mail", MailRow),
    (
        nodes.no_lock("mail", mail.change),
        nodes.one_of("mail", {"status": list(MailStatus), "template": list(MailTemplate)}),
        nodes.objects("mail", "values"),
        _to_a_person,
        _forgotten,
        _delivered,
    ),
)
