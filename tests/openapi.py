"""openapi.yaml as the tests read it: what a request may be answered with, and what an answer is."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

CONTRACT = Path(__file__).parents[1] / "openapi.yaml"
PROBLEM = "application/problem+json"
# Of every address: docs/api.md and the contract's description tell them once.
ANYWHERE = {(404, "path_not_found"), (405, "method_not_allowed")}
METHODS = ("get", "put", "post", "patch", "delete")
WEBHOOK = "/webhook"  # in production it has an address of its own


@cache
def contract() -> dict[str, Any]:
    return yaml.load(CONTRACT.read_text(), Loader=yaml.CSafeLoader)


def at(reference: str) -> Any:
    """Return what a local $ref leads to."""
    found: Any = contract()
    for name in reference.removeprefix("#/").split("/"):
        found = found[name.replace("~1", "/").replace("~0", "~")]
    return found


def is_documented(method: str, path: str) -> bool:
    return method.lower() in contract()["paths"][path]


def resolved(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return at(value["$ref"]) if "$ref" in value else value


def operations() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in contract()["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    names = sorted(contract()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(name))), name) for name in names]


def path_of(address: str) -> str | None:
    """Return the contract's path of an address without its query string."""
    return next((name for pattern, name in _patterns() if pattern.fullmatch(address)), None)


@cache
def _validator(reference: str) -> Draft202012Validator:
    registry = Registry().with_resource(
        "urn:contract", Resource(contents=contract(), specification=DRAFT202012)
    )
    schema = {"$ref": f"urn:contract{reference}"}
    checker = validator_for(schema, default=Draft202012Validator).FORMAT_CHECKER
    return Draft202012Validator(schema, registry=registry, format_checker=checker)


def complaints(method: str, path: str, answer: Any) -> list[str]:
    """Say what in an answer (of requests) the contract does not know."""
    response = _documented(method, path, answer.status_code)
    if response is None:
        return [f"{method} {path}: status {answer.status_code} is not documented"]
    reference, documented = response
    missing = [
        f"{method} {path} {answer.status_code}: the header {name} is missing"
        for name, header in documented.get("headers", {}).items()
        if resolved(header).get("required") and name not in answer.headers
    ]
    media = answer.headers.get("Content-Type", "").split(";")[0]
    if media not in documented["content"]:
        return [*missing, f"{method} {path} {answer.status_code}: {media} is not documented"]
    if not media.endswith("json") or media == "application/x-ndjson":
        return missing
    name = media.replace("/", "~1")
    errors = _validator(f"{reference}/content/{name}/schema").iter_errors(answer.json())
    return missing + [
        f"{method} {path} {answer.status_code} {error.json_path}: {error.message[:300]}"
        for error in errors
    ]


def _documented(method: str, path: str, status: int) -> tuple[str, Mapping[str, Any]] | None:
    name = path.replace("/", "~1")
    reference = f"#/paths/{name}/{method.lower()}/responses/{status}"
    responses = contract()["paths"][path].get(method.lower(), {}).get("responses", {})
    if str(status) not in responses:
        return None
    response = responses[str(status)]
    return response.get("$ref", reference), resolved(response)


@dataclass(frozen=True, order=True)
class Promise:
    """An answer that the contract promises.

    `place` is the operation that alone lists it, or what several refer to: who refers to something
    shared promises that it may come, and it is enough that it comes to one of them.
    """

    place: str
    status: int
    code: str = ""

    def __str__(self) -> str:
        return f"{self.place} {self.status} {self.code}".strip()


def promises() -> set[Promise]:
    return {
        promise
        for method, path, operation in operations()
        for status in operation["responses"]
        for promise in promises_of(method, path, int(status))
    }


@cache
def promises_of(method: str, path: str, status: int) -> frozenset[Promise]:
    response = contract()["paths"][path][method.lower()]["responses"][str(status)]
    schema = resolved(response)["content"].get(PROBLEM, {}).get("schema")
    if schema is None:
        return frozenset({Promise(f"{method} {path}", status)})
    place = response.get("$ref", f"{method} {path}").removeprefix("#/components/")
    return frozenset(Promise(where, status, code) for where, code in _codes(schema, place))


def _codes(schema: Any, place: str) -> Iterator[tuple[str, str]]:
    """Return the codes that a problem's schema lists, each with where it is listed."""
    if isinstance(schema, list):
        for each in schema:
            yield from _codes(each, place)
    elif "$ref" in schema:
        if not schema["$ref"].endswith("/Problem"):
            yield from _codes(at(schema["$ref"]), schema["$ref"].removeprefix("#/components/"))
    else:
        yield from ((place, code) for code in schema.get("enum", ()))
        for part in (
            schema.get("allOf"),
            schema.get("anyOf"),
            schema.get("properties", {}).get("code"),
        ):
            if part:
                yield from _codes(part, place)


def kept(method: str, path: str, status: int, code: str) -> set[Promise]:
    """Return the promises that an answer keeps."""
    return {promise for promise in promises_of(method, path, status) if promise.code == code}
