"""What goes wrong with calls that are no messages: changes of templates, questions, uploads."""

from collections import defaultdict, deque

from devstack.meta.error_codes import RefusedError
from devstack.meta.faults import ACCEPTING, Fault

OPERATIONS = frozenset(
    {"create", "edit", "delete", "list", "node", "start_upload", "upload", "upload_state", "media"}
)
# Half of the bytes arrive, then the connection breaks.
INTERRUPTED = "interrupted"


class CallFaults:
    """For each operation the faults of its next calls: a Fault, a code, or "code/subcode"."""

    def __init__(self) -> None:
        self._next: defaultdict[str, deque[str]] = defaultdict(deque)

    def order(self, operation: str, fault: str, times: int = 1) -> None:
        """Let the next calls of an operation fail.

        Raises:
            ValueError: the operation or the fault is unknown.
        """
        if operation not in OPERATIONS:
            raise ValueError(f"operation is one of {', '.join(sorted(OPERATIONS))}")
        if not fault.replace("/", "", 1).isdecimal() and (operation, fault) != (
            "upload",
            INTERRUPTED,
        ):
            Fault(fault)
        self._next[operation].extend([fault] * times)

    def clear(self) -> None:
        """Let everything go well again."""
        self._next.clear()

    def take(self, operation: str) -> str | None:
        """The fault of this call, which is over with it."""
        waiting = self._next[operation]
        return waiting.popleft() if waiting else None


def refuse_if_code(fault: str | None) -> None:
    """Raise the refusal that a fault stands for, if it is a code."""
    code, _, subcode = (fault or "").partition("/")
    if code.isdecimal():
        people = ("Simulated refusal", "The simulator was told to refuse this call.")
        raise RefusedError(int(code), subcode=int(subcode or 0), for_people=people)


def takes_effect(fault: str | None) -> bool:
    """Whether the call does what it says, whatever is answered."""
    return fault is None or fault in ACCEPTING
