"""Invoices and receipts over HTTP: `/orders/<id>/invoice.pdf` and `/orders/<id>/receipt.pdf`.

Who asks is said as it is at `/graphql`: cookies count in a POST of JSON from a page of an allowed origin alone.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.requests import refusal
from domain.access import Caller
from domain.errors import AppError, AuthError, ForbiddenError, NetworkError, NotFoundError
from services.order_papers import Paper
from services.order_printing import OrderPrinting

_STATUS: Final = {AuthError: 401, ForbiddenError: 403, NotFoundError: 404, NetworkError: 503}


class OrderPaperRoutes:
    """Serves papers of orders."""

    def __init__(self, printing: OrderPrinting, caller_of: Callable[[Request], Awaitable[Caller]]) -> None:
        self._printing = printing
        self._caller_of = caller_of
        self.routes = [
            Route("/orders/{id}/invoice.pdf", self._invoice, methods=["GET", "POST"]),
            Route("/orders/{id}/receipt.pdf", self._receipt, methods=["GET", "POST"]),
        ]

    async def _invoice(self, request: Request) -> Response:
        return await self._answer(request, Paper.INVOICE)

    async def _receipt(self, request: Request) -> Response:
        return await self._answer(request, Paper.RECEIPT)

    async def _answer(self, request: Request, paper: Paper) -> Response:
        order_id = str(request.path_params["id"])
        try:
            printed = await self._printing.print(await self._caller_of(request), order_id, paper)
        except AppError as error:
            headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, AuthError) else None
            headers = {"Retry-After": "5"} if isinstance(error, NetworkError) else headers
            return refusal(_STATUS.get(type(error), 400), error.message, error.code, headers)
        headers = {
            "Content-Disposition": f'inline; filename="{paper}-{order_id}.pdf"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(printed, media_type="application/pdf", headers=headers)
