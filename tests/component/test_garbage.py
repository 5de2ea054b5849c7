"""What requests leave behind goes with each of them: nothing of ours waits for a collection of garbage but errors.

A collection holds the event loop for as long as there is much to collect, which many requests at once would leave.
"""

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.accounts import Accounts
from tests.client import Api
from tests.worlds import World, new_group

pytestmark = [pytest.mark.slow, pytest.mark.once]

HOUSES = {
    "app",
    "domain",
    "services",
    "graph",
    "schema",
    "resolvers",
    "execution",
    "graphql",
    "strawberry",
    "starlette",
}
TIMES = 5


@contextmanager
def collected() -> Iterator[Counter[str]]:
    """What only a collection of garbage takes away of what is made meanwhile: the types of ours and their numbers."""
    found: Counter[str] = Counter()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield found
        gc.collect()
        types = [type(each) for each in gc.garbage]
        found.update(
            f"{each.__module__}.{each.__qualname__}" for each in types if each.__module__.split(".")[0] in HOUSES
        )
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


async def keeps_nothing(api: Api, query: str, status: int = 200) -> None:
    for _ in range(3):  # the first parse, validate and compile, which is kept
        assert (await api.ask(query)).status == status
    with collected() as found:
        for _ in range(TIMES):
            await api.ask(query)
    assert {name: number for name, number in found.items() if number >= TIMES} == {}


@pytest.mark.parametrize(
    "query",
    [
        "{ viewer { scope person { username } } }",
        "{ groups(first: 5) { totalCount edges { node { slug parent { slug } things(first: 2) { nodes { id } } } } } }",
        '{ a: node(id: "grp_00000000000000000000000000000000") { id } }',
    ],
)
async def test_an_operation_leaves_nothing_behind(world: World, query: str) -> None:
    made = await world.make(club=new_group("club"))
    await world.make(team=new_group("team", made["club"]))
    await keeps_nothing(world.api, query)


async def test_a_sign_in_leaves_nothing_behind(accounts: Accounts) -> None:
    await accounts.join("ann")
    for password in ("violet anchor 94 meadow", "another one"):
        given = f'email: "ann@one.example", password: "{password}"'
        await keeps_nothing(accounts.api, f"mutation {{ signIn(input: {{ {given} }}) {{ __typename }} }}")


async def test_what_is_refused_leaves_nothing_behind(accounts: Accounts) -> None:
    await keeps_nothing(accounts.api.as_holder_of("ones_x"), "{ viewer { scope } }", 401)
