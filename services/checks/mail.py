"""Rules about mails."""

from collections.abc import Iterator, Sequence

from domain.catalogue import Catalogue
from domain.events import Event
from domain.mail import MailStatus, MailTemplate
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


SECTION: Section[MailFacts] = Section(
    MAILS,
    nodes.form("mail", MailRow),
    (
        nodes.no_lock("mail", mail.change),
        nodes.one_of("mail", {"status": list(MailStatus), "template": list(MailTemplate)}),
        nodes.objects("mail", "values"),
        _to_a_person,
        _forgotten,
    ),
)
