"""A plugin for pytest that puts compiled execution in the place of graphql-core's executors."""

from importlib import import_module

from graphql.execution import Executor

from execution.cache import Bounds, Plans
from execution.executor import CompiledExecution

module = import_module("graphql.execution.execute")  # which a function of the same name hides


def compiled(base: type[Executor[None]]) -> type[Executor[None]]:
    return type(
        base.__name__, (CompiledExecution, base), {"plans": Plans(Bounds(sights=1, burst=1_000_000)), "cancels": True}
    )


for name in ("IncrementalExecutor", "ExecutorThrowingOnIncremental"):
    setattr(module, name, compiled(getattr(module, name)))
