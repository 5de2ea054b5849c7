"""Orders as files over HTTP: `/exports/orders.csv` and `/exports/orders.jsonl`, narrowed by the parameters of the URL.

Who asks is said as it is at `/graphql`: cookies count in a POST of JSON from a page of an allowed origin alone.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.requests import refusal
from app.subscriptions import within
from domain.access import Caller
from domain.errors import AppError, AuthError, BroadFilterError, ForbiddenError, NetworkError, ValidationError
from domain.order_states import OrderState
from services.order_export import ExportFormat, OrderExport
from services.order_lists import OrderFilter, TotalRange

log = logging.getLogger("one.exports")

_TYPES: Final = MappingProxyType(
    {ExportFormat.CSV: "text/csv; charset=utf-8; header=present", ExportFormat.JSON_LINES: "application/jsonl"}
)
_STATUS: Final = MappingProxyType({AuthError: 401, ForbiddenError: 403, ValidationError: 400, BroadFilterError: 400})
_PARAMETERS: Final = frozenset(
    {
        *("seller", "inSubtreeOf", "customer", "product", "state", "placedFrom", "placedBefore"),
        *("currency", "totalAtLeast", "totalAtMost"),
    }
)


class OrderExportRoutes:
    """Serves exports of orders."""

    def __init__(self, export: OrderExport, caller_of: Callable[[Request], Awaitable[Caller]], patience: float) -> None:
        """A client has so many seconds of patience to take each part before it is cut off."""
        self._export = export
        self._caller_of = caller_of
        self._patience = patience
        self.routes = [Route(f"/exports/orders.{form}", _Endpoint(self, form)) for form in ExportFormat]

    async def answer(self, request: Request, form: ExportFormat) -> Response:
        """The file, or why there is none."""
        try:
            caller = await self._caller_of(request)
            parts = self._export.write(caller, _filter(request), form)
            head = [await anext(parts), await anext(parts, b"")]  # what is refused is refused before the file begins
        except NetworkError as error:
            return refusal(503, error.message, error.code, {"Retry-After": "5"})
        except AppError as error:
            headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, AuthError) else None
            return refusal(_STATUS.get(type(error), 400), error.message, error.code, headers)

        async def file() -> AsyncIterator[bytes]:
            async with aclosing(parts):
                for part in head:
                    yield part
                async for part in parts:
                    yield part

        headers = {
            "Content-Disposition": f'attachment; filename="orders.{form}"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingResponse(file(), headers=headers, media_type=_TYPES[form])

    async def send(self, request: Request, form: ExportFormat, send: Send) -> None:
        """Send it, to somebody who takes it."""
        response = await self.answer(request, form)
        try:
            await response(request.scope, request.receive, within(send, self._patience))
        except (ClientDisconnect, TimeoutError):
            log.warning("a client was cut off that did not take the export that it asked for")


class _Endpoint:
    """One of the files, as an application."""

    def __init__(self, routes: OrderExportRoutes, form: ExportFormat) -> None:
        self._routes = routes
        self._form = form

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        if request.method not in {"GET", "POST"}:
            response = refusal(405, "Exports take GET and POST.", "BAD_REQUEST", {"Allow": "GET, POST"})
            await response(scope, receive, send)
            return
        await self._routes.send(request, self._form, send)


def _filter(request: Request) -> OrderFilter:
    """What the parameters say. ValidationError of one that there is not, as without it everything would be sent."""
    given = request.query_params
    for name in given:
        if name not in _PARAMETERS:
            raise ValidationError(name, f"There is no parameter {name[:60]!r}, but: {', '.join(sorted(_PARAMETERS))}.")
    for name in _PARAMETERS - {"state"}:
        if len(given.getlist(name)) > 1:
            raise ValidationError(name, f"{name} is there more than once.")
    least, most, currency = _amount(request, "totalAtLeast"), _amount(request, "totalAtMost"), given.get("currency")
    if (currency is None) is not (least is None and most is None):
        raise ValidationError("currency", "currency goes with totalAtLeast or totalAtMost.")
    return OrderFilter(
        seller=given.get("seller"),
        in_subtree_of=given.get("inSubtreeOf"),
        customer=given.get("customer"),
        product=given.get("product"),
        states=[_state(each) for each in given.getlist("state")] or None,
        placed_from=_time(request, "placedFrom"),
        placed_before=_time(request, "placedBefore"),
        total=None if currency is None else TotalRange(currency, least, most),
    )


def _state(given: str) -> OrderState:
    try:
        return OrderState(given)
    except ValueError as error:
        raise ValidationError("state", f"state takes one of: {', '.join(OrderState)}.") from error


def _time(request: Request, name: str) -> datetime | None:
    given = request.query_params.get(name)
    try:
        return None if given is None else datetime.fromisoformat(given)
    except ValueError as error:
        raise ValidationError(name, f"{name} takes a time with an offset, such as 2026-01-31T09:30:00Z.") from error


def _amount(request: Request, name: str) -> Decimal | None:
    given = request.query_params.get(name)
    try:
        return None if given is None else Decimal(given)
    except InvalidOperation as error:
        raise ValidationError(name, f"{name} takes an amount in whole units, such as 18.00.") from error
