"""What goes on beside a server logs what failed: in one line where something is away, and else with where it was."""

import logging

import pytest

from app.workers import note_failure
from domain.errors import NetworkError

log = logging.getLogger("one.tests")


@pytest.mark.parametrize(
    ("error", "level", "traced"),
    [(NetworkError("The store is away."), "WARNING", False), (ValueError("The store is away."), "ERROR", True)],
)
def test_what_is_away_takes_a_line_and_a_fault_a_traceback(
    caplog: pytest.LogCaptureFixture, error: Exception, level: str, traced: bool
) -> None:
    note_failure(log, error, "the webhook %s could not be told: %s", "whk_1")
    [record] = caplog.records
    assert record.getMessage() == "the webhook whk_1 could not be told: The store is away."
    assert (record.levelname, bool(record.exc_info)) == (level, traced)
