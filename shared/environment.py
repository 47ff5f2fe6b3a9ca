"""Reads settings from a mapping of variables and remembers everything that is wrong with them."""

import json
import math
import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from shared.errors import ConfigError

KEY = re.compile(r"[!-~]+")  # what an HTTP header can carry
# Projects, locations, topics, accounts and versions, as Google and Meta name them.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~+:@-]*")


class Environment:
    """Reads variables and remembers everything that is wrong with them."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._problems: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        """Return the variable; without a default it must be set and not empty."""
        value = self._variables.get(name, "").strip() or default
        if value is None:
            self._problems.append(f"{name} is not set")
            return ""
        return value

    def url(self, name: str, default: str | None = None) -> str:
        """Return an https URL without its trailing slash; http only to this machine itself."""
        value = self.text(name, default)
        if value and not _is_safe(value):
            self._problems.append(f"{name} must be an https URL")
        return value.rstrip("/")

    def name(self, name: str, default: str | None = None) -> str:
        """Return a name that becomes one part of an address: it must not lead to another one."""
        value = self.text(name, default)
        if value and not NAME.fullmatch(value):
            self._problems.append(f"{name} must be one name, without spaces, slashes or the like")
        return value

    def digits(self, name: str) -> str:
        """Return an id of Meta's."""
        value = self.text(name)
        if value and not (value.isascii() and value.isdigit()):
            self._problems.append(f"{name} must be digits alone")
        return value

    def key(self, name: str) -> str:
        """Return a key that an HTTP header can carry."""
        value = self.text(name)
        if value and not KEY.fullmatch(value):
            self._problems.append(f"{name} must be one word of ASCII characters")
        return value

    def token(self, name: str, problem_of: Callable[[str], str]) -> str:
        """Return a key in which `problem_of` finds nothing wrong."""
        value = self.key(name)
        if value and (problem := problem_of(value)):
            self._problems.append(f"{name} {problem}")
        return value

    def keys(self, name: str) -> tuple[str, ...]:
        """Return one or more keys, separated by commas."""
        text = self.text(name)
        values = tuple(key.strip() for key in text.split(",") if key.strip())
        if text and not values:
            self._problems.append(f"{name} holds no key")
        return values

    def number(self, name: str, default: float) -> float:
        """Return a number above zero."""
        try:
            value = float(self.text(name, str(default)))
        except ValueError:
            value = 0.0
        if not 0 < value < math.inf:
            self._problems.append(f"{name} must be a number above zero")
            return default
        return value

    def named_keys(self, name: str) -> dict[str, str]:
        """Return keys by name from a JSON object; a plain key is the one named "default"."""
        if not self.text(name).startswith("{"):
            return {"default": self.key(name)}
        try:
            keys = json.loads(self.text(name))
        except ValueError:
            keys = {}
        if not keys or not all(KEY.fullmatch(str(key)) for key in keys.values()):
            self._problems.append(f"{name} must be one key, or a JSON object of keys by name")
        return dict(keys)

    def whole_number(self, name: str, default: int) -> int:
        """Return a whole number above zero."""
        value = self.number(name, default)
        if value != int(value):
            self._problems.append(f"{name} must be a whole number")
        return int(value)

    def raise_problems(self) -> None:
        """Raise one ConfigError that names every problem found so far."""
        if self._problems:
            raise ConfigError("Wrong settings: " + "; ".join(dict.fromkeys(self._problems)))


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:  # not an address, or not a port
        return False
    encrypted = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts))
    return encrypted and bool(parts.hostname) and port_fits and "@" not in parts.netloc


def _is_loopback(parts: SplitResult) -> bool:
    try:
        return parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
