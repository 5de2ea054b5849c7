"""Figures as a table, and the machine that they were measured on."""

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    what: str
    value: str
    beside: str = ""


def milliseconds(seconds: Sequence[float]) -> str:
    """The median and the 95th percentile."""
    ordered = sorted(seconds)
    return f"p50 {statistics.median(ordered) * 1000:.1f} ms, p95 {ordered[int(len(ordered) * 0.95)] * 1000:.1f} ms"


def mebibytes(size: int) -> str:
    """A number of bytes."""
    return f"{size / 2**20:,.0f} MiB"


def machine() -> str:
    """One line about this machine."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}; load before the start {os.getloadavg()[0]:.1f}"
    )


def show(*figures: Figure) -> None:
    """Print lines of the table, in Markdown."""
    for each in figures:
        print(f"| {each.what} | {each.value} | {each.beside} |", flush=True)


def show_head() -> None:
    """Print the machine, and the head of the table."""
    print(f"{machine()}\n\n| what | figure | beside |\n| --- | --- | --- |", flush=True)
