"""The end of every way to sign in, whatever somebody proved who they are with."""

from datetime import datetime

from domain.access import Caller
from domain.sessions import SignedIn
from graph.store import Transaction
from services.sessions import begin


async def finish(transaction: Transaction, caller: Caller, person_id: str, at: datetime) -> SignedIn:
    """Let a person in who proved who they are, and whom the caller has locked and found fit to be let in.

    Nothing else begins a session, so that what else has to be proved is asked for here.
    """
    return await begin(transaction, caller, person_id, at)
