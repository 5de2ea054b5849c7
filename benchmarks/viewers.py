"""People who ask in a benchmark."""

from domain.access import Caller, KeyScope
from domain.people import MemberRole, PlatformRole
from graph.store import Store
from services.keys import Keys
from services.people import NewPerson
from services.registration import register


async def add_viewer(
    store: Store,
    name: str,
    role: PlatformRole,
    group: str,
    scope: KeyScope = KeyScope.READ,
    *,
    member: MemberRole = MemberRole.VIEWER,
) -> str:
    """Add a person of that role, who is in the group of that slug as such a member; their API key."""
    await register(store, NewPerson(f"{name}@bench.example", name, name, role), group, member)
    return (await Keys(store).create(Caller(None), f"{name}@bench.example", scope)).secret
