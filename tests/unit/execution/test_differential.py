"""Documents and data made at random: compiled execution answers what graphql-core does.

Each run is told by its number: `Documents(Random(number))` is its document, and so are its variables and its data.
"""

import asyncio
import os
from random import Random

import pytest
from graphql import GraphQLError, parse, validate
from graphql.validation import NoUnusedFragmentsRule, NoUnusedVariablesRule, specified_rules

from tests.unit.execution.documents import CORE, Documents, variables
from tests.unit.execution.people import made
from tests.unit.execution.runs import Cancelling, Compiled, compare, run, run_stock

EACH = 10  # runs of one document
SOME = 200  # documents in the normal run
MANY = int(os.environ.get("TESTS_DIFFERENTIAL", "1000"))  # documents in the long one: 10,000 of them nightly
LEFT_BEHIND = (  # by graphql-core, which forgets coroutines when its bug strikes
    "ignore:coroutine:RuntimeWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
RULES = [rule for rule in specified_rules if rule not in {NoUnusedFragmentsRule, NoUnusedVariablesRule}]


async def runs_alike(number: int) -> None:
    document = parse(Documents(Random(number)).made())
    for again in range(EACH):
        seed = number * EACH + again
        given, wild = variables(Random(seed)), 0.02 * (again % 5)
        try:
            stock = await run_stock(CORE, document, context=made(Random(seed), wild), variables=given)
        except asyncio.CancelledError:  # graphql-core's bug: see test_cancelling
            stock = None
        executor = Cancelling if number % 2 else Compiled
        compiled = await run(executor, CORE, document, context=made(Random(seed), wild), variables=given)
        if stock is not None:
            try:
                compare(stock, compiled)
            except AssertionError as error:
                raise AssertionError(
                    f"document {number}, run {again}: {document.loc and document.loc.source.body}"
                ) from error


@pytest.mark.filterwarnings(*LEFT_BEHIND)
async def test_answers_what_graphql_core_does() -> None:
    for number in range(SOME):
        await runs_alike(number)


@pytest.mark.slow
@pytest.mark.timeout(36_000)
@pytest.mark.filterwarnings(*LEFT_BEHIND)
async def test_answers_what_graphql_core_does_at_length() -> None:
    for number in range(SOME, SOME + MANY):
        await runs_alike(number)


def test_the_documents_are_valid() -> None:
    found: list[GraphQLError] = []
    for number in range(30):
        found += validate(CORE, parse(Documents(Random(number)).made()), RULES)
    assert found == []
