"""The outbox in the store: `(:Mail)` nodes, written in the transaction of what they tell, and claimed to be sent.

A claim is a lease: it makes the mail due again for when whoever claimed it should long be done, or is dead.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypedDict

from domain.mail import Mail, MailStatus, MailTemplate
from domain.mail_delivery import MailDelivery
from domain.values import from_micros, to_micros
from graph.store import Statement, Store, Transaction, lock_what_stays
from graph.values import from_json, optional_time, to_json


class MailRow(TypedDict):
    """A mail as the store keeps it; `values` is a JSON object, and empty once the mail was sent."""

    id: str
    personId: str
    address: str
    template: str
    values: str
    status: str
    attempts: int
    dueAt: int
    error: str | None
    createdAt: int
    sentAt: int | None
    delivery: str | None
    deliveryReason: str | None
    locale: str | None


def from_row(row: MailRow) -> Mail:
    """The mail that a row holds."""
    return Mail(
        id=row["id"],
        person_id=row["personId"],
        address=row["address"],
        template=MailTemplate(row["template"]),
        values=from_json(row["values"]),
        status=MailStatus(row["status"]),
        attempts=row["attempts"],
        error=row["error"],
        created_at=from_micros(row["createdAt"]),
        sent_at=optional_time(row["sentAt"]),
        delivery=None if row["delivery"] is None else MailDelivery(row["delivery"]),
        locale=row["locale"],
    )


def to_row(mail: Mail) -> MailRow:
    """The row that holds a mail, which is due at once."""
    return {
        "id": mail.id,
        "personId": mail.person_id,
        "address": mail.address,
        "template": mail.template,
        "values": to_json(mail.values),
        "status": mail.status,
        "attempts": mail.attempts,
        "dueAt": to_micros(mail.created_at),
        "error": mail.error,
        "createdAt": to_micros(mail.created_at),
        "sentAt": None,
        "delivery": None,
        "deliveryReason": None,
        "locale": mail.locale,
    }


MAIL: Final = f"mail {{{', '.join(f'.{column}' for column in MailRow.__annotations__)}}}"

ADD_MAILS: Statement[int] = Statement(
    "add_mails", "UNWIND $rows AS row CREATE (mail:Mail) SET mail = row RETURN count(mail) AS row"
)
CLAIM_MAILS: Statement[MailRow] = Statement(
    "claim_mails",
    f"""
    MATCH (mail:Mail) WHERE mail.status = 'pending' AND mail.dueAt <= $at
    WITH mail ORDER BY mail.status, mail.dueAt LIMIT $limit
    {lock_what_stays("mail")} AND mail.status = 'pending' AND mail.dueAt <= $at
    SET mail.dueAt = $leasedUntil, mail.attempts = mail.attempts + 1
    RETURN {MAIL} AS row ORDER BY row.createdAt, row.id""",
    meant="Eager: all that are due are found before the first of them is claimed.",
)
SETTLE_MAIL: Statement[bool] = Statement(
    "settle_mail",
    f"""
    MATCH (mail:Mail {{id: $id}})
    {lock_what_stays("mail")} AND mail.status = 'pending' AND mail.attempts = $attempts
    SET mail += $properties
    RETURN true AS row""",
    meant="Eager on 5.26: of the one mail that it finds.",
)
FETCH_DEAD_MAILS: Statement[MailRow] = Statement(
    "fetch_dead_mails",
    f"""
    MATCH (mail:Mail) WHERE mail.status = 'dead' AND mail.dueAt > $after
    RETURN {MAIL} AS row ORDER BY mail.status, mail.dueAt LIMIT $limit""",
)
REPLAY_MAIL: Statement[MailRow] = Statement(
    "replay_mail",
    f"""
    MATCH (mail:Mail {{id: $id}})
    {lock_what_stays("mail")} AND mail.status = 'dead'
    SET mail.status = 'pending', mail.dueAt = $at, mail.attempts = 0, mail.error = null
    RETURN {MAIL} AS row""",
    meant="Eager on 5.26: of the one mail that it finds.",
)
FORGET_MAILS: Statement[int] = Statement(
    "forget_mails",
    """
    MATCH (mail:Mail) WHERE mail.status = 'sent' AND mail.dueAt < $before
    WITH mail LIMIT $limit
    DELETE mail
    RETURN count(*) AS row""",
)


async def add(transaction: Transaction, mails: Sequence[Mail]) -> None:
    """Have mails sent if the transaction commits: some or none, by the same statement."""
    await transaction.run(ADD_MAILS, {"rows": [to_row(mail) for mail in mails]})


async def claim(store: Store, at: datetime, leased_until: datetime, limit: int) -> list[Mail]:
    """Some mails that are due, which nobody else gets until the lease is over."""

    async def work(transaction: Transaction) -> list[Mail]:
        given = {"at": to_micros(at), "leasedUntil": to_micros(leased_until), "limit": limit}
        return [from_row(row) for row in await transaction.run(CLAIM_MAILS, given)]

    return await store.write(work)


async def sent(transaction: Transaction, mail: Mail, at: datetime) -> bool:
    """Note that a claimed mail was sent, and forget what was in it; False where somebody else has claimed it since."""
    now = to_micros(at)
    properties = {"status": MailStatus.SENT.value, "sentAt": now, "dueAt": now, "values": "{}", "error": None}
    given = {"id": mail.id, "attempts": mail.attempts, "properties": properties}
    return bool(await transaction.run(SETTLE_MAIL, given))


async def failed(transaction: Transaction, mail: Mail, status: MailStatus, due_at: datetime, error: str) -> bool:
    """Note that a claimed mail was not sent, and until when it rests; False where another has claimed it since."""
    properties = {"status": status.value, "dueAt": to_micros(due_at), "error": error}
    given = {"id": mail.id, "attempts": mail.attempts, "properties": properties}
    return bool(await transaction.run(SETTLE_MAIL, given))


async def fetch_dead(store: Store, limit: int) -> list[Mail]:
    """The first mails that were given up, the earliest first."""
    return [from_row(row) for row in await store.read(FETCH_DEAD_MAILS, {"after": 0, "limit": limit})]


async def replay(transaction: Transaction, identifier: str, at: datetime) -> Mail | None:
    """Make a dead mail due again; None where there is no such one."""
    rows = await transaction.run(REPLAY_MAIL, {"id": identifier, "at": to_micros(at)})
    return from_row(rows[0]) if rows else None


async def forget(store: Store, before: datetime, limit: int) -> None:
    """Erase some of the mails that were sent before that."""

    async def work(transaction: Transaction) -> None:
        await transaction.run(FORGET_MAILS, {"before": to_micros(before), "limit": limit})

    await store.write(work)
