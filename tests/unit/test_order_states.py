"""The table of the states of orders: it is what the page about orders prints, and nothing in it leads nowhere."""

from pathlib import Path

import pytest

from domain.errors import ConflictError
from domain.order_states import TRANSITIONS, OrderState, as_table, check_transition, next_states

PAGE = Path(__file__).parents[2] / "docs" / "orders.md"


def test_the_page_about_orders_prints_the_table() -> None:
    assert f"\n\n{as_table()}\n\n" in PAGE.read_text(encoding="utf-8"), f"docs/orders.md should hold\n{as_table()}"


def test_every_state_is_reached_from_the_first_one() -> None:
    reached = {OrderState.PENDING}
    while more := {each.target for each in TRANSITIONS if each.source in reached} - reached:
        reached |= more
    assert reached == set(OrderState)
    assert len({(each.source, each.target) for each in TRANSITIONS}) == len(TRANSITIONS)


@pytest.mark.parametrize("state", list(OrderState))
def test_a_step_is_refused_exactly_where_it_is_not_in_the_table(state: OrderState) -> None:
    for target in OrderState:
        if target in next_states(state):
            check_transition(state, target)
        else:
            with pytest.raises(ConflictError, match=state):
                check_transition(state, target)
