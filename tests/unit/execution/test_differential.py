"""Documents and data made at random: compiled execution answers what graphql-core does.

Each run is told by its number: `Documents(Random(number))` is its document, and so are its variables and its data.
"""

import asyncio
import os
from contextlib import suppress
from random import Random

import pytest
from graphql import GraphQLError, parse, validate
from graphql.validation import NoUnusedFragmentsRule, NoUnusedVariablesRule, specified_rules

from tests.unit.execution.documents import CORE, Documents, variables
from tests.unit.execution.people import made
from tests.unit.execution.runs import (
    Cancelling,
    Compiled,
    compare,
    forget,
    leaves_coroutines_behind,
    run,
    run_stock,
)

EACH = 20  # runs of one document
SOME = 30  # documents in the normal run
MANY = 5_000 if os.environ.get("TESTS_NIGHTLY") else 100  # documents in the long one
RULES = [rule for rule in specified_rules if rule not in {NoUnusedFragmentsRule, NoUnusedVariablesRule}]


async def runs_alike(number: int) -> None:
    document = parse(Documents(Random(number)).made())
    shielded = number % 2 == 1
    for again in range(EACH):
        seed = number * EACH + again
        given, wild = variables(Random(seed)), 0.02 * (again % 5)
        stock = None
        # graphql-core's bug (see test_awaiting) raises this or waits for ever, where futures are not shielded.
        with suppress(asyncio.CancelledError, TimeoutError):
            stock = await run_stock(
                CORE, document, context=made(Random(seed), wild, shielded=shielded), variables=given
            )
        compiled = await run(
            Cancelling if shielded else Compiled,
            CORE,
            document,
            context=made(Random(seed), wild, shielded=shielded),
            variables=given,
        )
        if stock is not None:
            try:
                compare(stock, compiled)
            except AssertionError as error:
                text = document.loc.source.body if document.loc else ""
                raise AssertionError(f"document {number}, run {again}: {text}") from error


@pytest.mark.slow
@pytest.mark.timeout(180)
@leaves_coroutines_behind
async def test_answers_what_graphql_core_does() -> None:
    for number in range(SOME):
        await runs_alike(number)
    forget()


@pytest.mark.slow
@pytest.mark.timeout(36_000)
@leaves_coroutines_behind
async def test_answers_what_graphql_core_does_at_length() -> None:
    for number in range(SOME, SOME + MANY):
        await runs_alike(number)
    forget()


def test_the_documents_are_valid() -> None:
    found: list[GraphQLError] = []
    for number in range(30):
        found += validate(CORE, parse(Documents(Random(number)).made()), RULES)
    assert found == []
