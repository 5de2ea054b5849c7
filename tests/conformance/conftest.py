"""A real server, and the npm packages that put it to the test."""

import pytest

from tests.conformance.programs import node_with_packages
from tests.e2e.conftest import served

__all__ = ["served"]


@pytest.fixture(scope="session")
async def node() -> str:
    """A Node.js that finds the packages of this folder."""
    return await node_with_packages()
