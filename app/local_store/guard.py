"""Run one command for as long as standard input stays open: the store must not outlive the server, not even a kill -9.

Run as a script and the leader of a session of its own, `guard.py LOCK GRACE COMMAND…`, with nothing but the standard
library, so that it starts at once. It takes the lock file first and lets the command inherit it: whoever comes later
waits until the last process of an earlier run has let go. SIGTERM asks the command to end in its own time.
"""

import ctypes
import fcntl
import os
import select
import signal
import subprocess
import sys
import threading

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.05


def main(lock: str, grace_seconds: float, command: list[str]) -> int:
    """Run the command, end it when standard input ends, and return its exit status."""
    held = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    if not _taken(held):
        print("waiting for an earlier Neo4j to end", flush=True)  # noqa: T201 - into the log beside Java's own words
    while not _taken(held):
        if select.select([0], [], [], POLL_SECONDS)[0]:
            return 0
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def die_with_guard() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    child = subprocess.Popen(  # noqa: S603 - the owner's own command line
        command,
        stdin=subprocess.DEVNULL,
        pass_fds=[held],
        preexec_fn=die_with_guard,  # noqa: PLW1509 - no thread is running yet
    )
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())

    def end_with_owner() -> None:
        while os.read(0, 1024):
            pass
        child.terminate()
        try:
            child.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            # The whole session, since Java has a child of its own while it writes an AOT cache.
            os.killpg(0, signal.SIGKILL)

    threading.Thread(target=end_with_owner, daemon=True).start()
    return child.wait()


def _taken(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2]), sys.argv[3:]) & 0xFF)
