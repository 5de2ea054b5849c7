"""Logs: one JSON object a line for programs, readable lines for people, and in each who asked for what."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, Literal

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

REQUEST: Final[ContextVar[str | None]] = ContextVar("request", default=None)
"""The id of the request that is being answered."""


@contextmanager
def logging_request(identifier: str) -> Iterator[None]:
    """Have each line that is logged meanwhile say of which request it is."""
    token = REQUEST.set(identifier)
    try:
        yield
    finally:
        REQUEST.reset(token)


def configure_logs(form: Literal["auto", "json", "text"], level: str) -> None:
    """Send everything that is logged, by us or by a library, to standard error in one form."""
    text = form == "text" or (form == "auto" and sys.stderr.isatty())
    # What no line has need not be found out for each: https://docs.python.org/3/howto/logging.html#optimization .
    logging._srcfile = None  # noqa: SLF001 - as is said there
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_text_lines() if text else _JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("one").setLevel(level.upper())


_PLAIN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
"""What every record has, which is not what somebody says of it."""


class _JsonLines(logging.Formatter):
    """One object a line: there is one for each request, so that it is made straight away."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = {"event": record.getMessage()}
        identifier = REQUEST.get()
        if identifier is not None:
            fields["request_id"] = identifier
        fields["level"] = record.levelname.lower()
        fields["logger"] = record.name
        fields.update({name: value for name, value in vars(record).items() if name not in _PLAIN})
        fields["timestamp"] = datetime.fromtimestamp(record.created, UTC)
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(fields, repr, orjson.OPT_UTC_Z).decode()
        except TypeError:  # a number of more than 64 bits, or half of a character
            return json.dumps(fields, default=repr)


def _text_lines() -> logging.Formatter:
    """A readable line each."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            _add_request_id,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            # Its own choice of a traceback would print local variables, and secrets with them.
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ],
    )


def _add_request_id(_logger: WrappedLogger, _name: str, fields: EventDict) -> EventDict:
    identifier = REQUEST.get()
    if identifier is not None:
        fields["request_id"] = identifier
    return fields
