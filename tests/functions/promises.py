"""Holds every answer that the tests of this folder get to openapi.yaml, and keeps count of them."""

from typing import Any

import requests

from tests import openapi

# The entry points that the contract is about.
SPOKEN_OF = {"send", "templates", "webhook"}


class Promises:
    """What the contract promises, and what of it was seen to be kept."""

    def __init__(self) -> None:
        self._kept: set[openapi.Promise] = set()

    def hold(self, target: str, method: str, path: str, answer: requests.Response) -> None:
        """Fail for an answer that the contract does not know."""
        if target not in SPOKEN_OF:
            return
        address = openapi.WEBHOOK if target == "webhook" else path.split("?", maxsplit=1)[0]
        known = openapi.path_of(address)
        code = _code_of(answer)
        if known is None or not openapi.is_documented(method, known):
            assert (answer.status_code, code) in openapi.ANYWHERE, (method, path, answer.text)
            return
        assert openapi.complaints(method, known, answer) == []
        self._kept |= openapi.kept(method, known, answer.status_code, code)

    def broken(self) -> set[openapi.Promise]:
        """Return the documented answers that nobody got."""
        return openapi.promises() - self._kept


def _code_of(answer: requests.Response) -> str:
    is_problem = answer.headers.get("Content-Type", "").startswith(openapi.PROBLEM)
    value: Any = answer.json() if is_problem else {}
    return str(value.get("code", ""))
