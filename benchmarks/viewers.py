"""People who ask in a benchmark."""

from domain.access import Caller, KeyScope
from domain.people import MemberRole, PlatformRole
from graph.store import Store
from services.keys import Keys
from services.people import NewPerson
from services.registration import register


async def add_viewer(store: Store, name: str, role: PlatformRole, group: str, scope: KeyScope = KeyScope.READ) -> str:
    """Add a person of that role, who views the group of that slug; their API key."""
    await register(store, NewPerson(f"{name}@bench.example", name, name, role), group, MemberRole.VIEWER)
    return (await Keys(store).create(Caller(None), f"{name}@bench.example", scope)).secret
