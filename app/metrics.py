"""What a server does, in numbers that Prometheus collects.

Each is read when somebody asks for it, so that requests take nothing more. For the form of the answer see
https://prometheus.io/docs/instrumenting/exposition_formats .
"""

from collections.abc import Iterator
from typing import Protocol

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.kept_answers import KeptAnswers


class Busy(Protocol):
    """What knows how much is under way."""

    @property
    def operations(self) -> int:
        """How many operations run."""


class Metrics(Collector):
    """The numbers of one server, and where they are asked for."""

    def __init__(self, answers: KeptAnswers, busy: Busy) -> None:
        self._answers = answers
        self._busy = busy
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        self.route = Route("/metrics", self._tell)

    def collect(self) -> Iterator[Metric]:
        """All of them, as they are now."""
        answers = self._answers
        looked_up = CounterMetricFamily(
            "one_kept_answers",
            "How often an answer was looked for among those that are kept: given, outdated as something had changed, "
            "or unknown.",
            labels=["result"],
        )
        for result, times in (
            ("given", answers.given),
            ("outdated", answers.outdated),
            ("unknown", answers.unknown),
        ):
            looked_up.add_metric([result], times)
        yield looked_up
        yield GaugeMetricFamily(
            "one_kept_answers_bytes", "How many bytes the answers that are kept take.", answers.size
        )
        yield GaugeMetricFamily("one_operations", "How many operations are under way.", self._busy.operations)

    async def _tell(self, _request: Request) -> Response:
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)
