"""How `make test` shares the tests out to processes: by file, but the stack's all to one.

Every process has a Postgres of its own, so files disturb each other in nothing but speed. Those of
tests/functions have one stack, and what one of them does to it (an outage, a fault) is undone
before the next begins.
"""

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

# What takes longest begins first: the end comes when the last process has finished. The chaos run
# and the stack wait more than they compute.
FIRST = (
    # The hourly round asks Meta about every number, and each test leaves one behind.
    "tests/functions/test_sync.py",
    "tests/functions/test_open_changes.py",
    "tests/functions/test_rejected_templates.py",
    "tests/functions/test_templates_api.py",
    "tests/functions/",
    "tests/functions/test_promises.py",  # what the others of that stack were answered
    "tests/app/test_browser.py",
    "tests/app/",
    "tests/chaos/test_chaos_short.py",
    "tests/chaos/",
    "tests/terraform/test_plan.py",
    "tests/devstack/test_stack.py",
    "tests/smoke/",
    "tests/security/",
    "tests/terraform/",
    "tests/database/",
    "tests/devstack/",
)


def share_of(nodeid: str) -> str:
    """Return the name of the share that a test belongs to: whatever shares a stack, or its file."""
    file = nodeid.split("::", 1)[0]
    folder = str(PurePosixPath(file).parent)
    return folder if folder in ("tests/functions", "tests/chaos") else file


def place_of(nodeid: str) -> int:
    """Return where a test stands in the order of beginning."""
    matching = [prefix for prefix in FIRST if nodeid.startswith(prefix)]
    return FIRST.index(max(matching, key=len)) if matching else len(FIRST)


class Shares(LoadScopeScheduling):
    """Gives each process one share after another."""

    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)
