"""Lines of JSON: one for each record, of which nothing is lost, whatever it holds."""

import json
import logging

import pytest

from app.logs import _JsonLines, logging_request


def line(message: str, **extra: object) -> dict[str, object]:
    record = logging.makeLogRecord({"name": "one.test", "levelname": "INFO", "msg": message, **extra})
    told = json.loads(_JsonLines().format(record))
    assert isinstance(told, dict)
    return told


def test_it_says_what_was_logged_of_which_request_and_when() -> None:
    with logging_request("req_1"):
        told = line("request", status=200)
    at = str(told.pop("timestamp"))
    assert told == {"event": "request", "request_id": "req_1", "level": "info", "logger": "one.test", "status": 200}
    assert at.endswith("Z")
    assert "request_id" not in line("another")


@pytest.mark.parametrize("odd", ["half \ud800 of a character", 2**70])
def test_a_value_that_is_odd_loses_no_line(odd: object) -> None:
    assert line("odd", value=odd)["value"] == odd


def test_what_has_no_json_is_told_as_python_shows_it() -> None:
    assert line("odd", value={1, 2}.__class__)["value"] == "<class 'set'>"


def test_an_exception_is_told_with_its_traceback() -> None:
    with pytest.raises(ValueError, match="invalid") as raised:
        int("no")
    told = str(line("failed", exc_info=(raised.type, raised.value, raised.tb))["exception"])
    assert "Traceback" in told
    assert "ValueError: invalid literal" in told
