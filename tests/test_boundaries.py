"""The shape of the code: who imports whom, how large things are, what is kept apart."""

import ast
import re
from itertools import chain
from pathlib import Path

import pytest

from devstack.schema import schema_files

ROOT = Path(__file__).parents[1]
PARTS = ("functions", "shared", "devstack", "bench", "smoke", "terraform", "tests")
FILES = [path for part in PARTS for path in sorted((ROOT / part).rglob("*.py"))]
OURS = [path for path in FILES if path.is_relative_to(ROOT / "shared")]
PRODUCT = [*OURS, *(path for path in FILES if path.is_relative_to(ROOT / "functions"))]
CODE = [path for path in FILES if not path.is_relative_to(ROOT / "tests")]

# What each layer may import of ours; within itself always. `bootstrap` wires and may see all.
WORDS = {"model", "fates", "messages", "errors", "template_changes"}
MAY_IMPORT = {
    "functions": {"bootstrap"},
    "services": {"adapters", "rules", "http", "config", *WORDS},
    "adapters": {"rules", "config", *WORDS},
    "rules": WORDS,
    "model": {"fates"},
    "messages": {"fates"},
    "routes": {"services", "rules", "http", "bodies", "errors"},
    "routes_consents": {"services", "rules", "http", "bodies"},
    "routes_audit": {"services", "rules", "http"},
    "audit": {"rules"},
    "routes_privacy": {"services", "rules", "http"},
    "routes_approval": {"services", "rules", "http", "bodies"},
    "http": {"rules", "bodies", "errors"},
    "bodies": {"waits", "errors"},
    "config": {"environment", "rules"},
    "environment": {"errors"},
    "logs": {"rules"},
    "wiring": {"services", "adapters", "config", "logs"},
    "bootstrap_send": {
        *{"services", "adapters", "routes", "routes_consents", "routes_audit"},
        *{"routes_approval", "routes_privacy"},
        *{"http", "config", "logs", "wiring"},
    },
    "bootstrap_templates": {
        *{"services", "adapters", "routes", "http", "config", "logs", "wiring"},
    },
    "bootstrap": {
        *{"services", "adapters", "rules", "routes", "http"},
        *{"bodies", "waits", "config", "logs", "wiring"},
        *{"bootstrap_send", "bootstrap_templates"},
    },
}
# Who alone knows each outside system.
KNOWN_BY = {
    "adapters/cloud_tasks.py": {"google", "grpc"},
    "adapters/postgrest.py": {"supabase", "postgrest", "httpx"},
    "adapters/public_files.py": {"certifi"},
    "adapters/pubsub.py": {"google", "grpc"},
    "adapters/supabase_auth.py": {"httpx", "jwt"},
    "adapters/whatsapp.py": {"requests"},
    "adapters/whatsapp_accounts.py": {"requests"},
    "adapters/whatsapp_calls.py": {"requests"},
    "adapters/whatsapp_health.py": {"requests"},
    "http.py": {"werkzeug"},
}
# The rules compute: no clock, no chance, no disk, no network, no environment, no log.
PURE = {"collections", "dataclasses", "datetime", "enum", "types", "typing", "uuid"}
PURE |= {"base64", "csv", "hashlib", "hmac", "ipaddress", "json", "math", "re", "unicodedata"}
# Of packages that also do other things.
PURE_MODULES = ("urllib.parse.", "io.BytesIO", "io.TextIOWrapper")
SPANNING = re.MULTILINE | re.DOTALL


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    """Return the full name of everything that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"relative import in {path}"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def layer(path: Path) -> str:
    within = path.relative_to(ROOT)
    return within.parts[0] if within.parts[0] == "functions" else within.with_suffix("").parts[1]


def named(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: str(path.relative_to(ROOT)))


@named([path for path in PRODUCT if path.name != "__init__.py"])
def test_imports_point_one_way(path):
    seen = {name.split(".")[1] for name in imports(path) if name.startswith("shared.")}
    assert seen <= MAY_IMPORT.get(layer(path), set()) | {layer(path)}


@named(PRODUCT)
def test_product_does_not_know_its_scaffolding(path):
    assert packages(path).isdisjoint({"devstack", "bench", "smoke", "tests"})


@named([path for path in CODE if path.is_relative_to(ROOT / "smoke")])
def test_whoever_tries_the_system_knows_it_from_outside_alone(path):
    assert packages(path).isdisjoint({"shared", "functions", "devstack", "bench", "tests"})


@named(OURS)
def test_each_outside_system_is_known_to_one_module(path):
    outside = packages(path) & set().union(*KNOWN_BY.values())
    assert outside <= KNOWN_BY.get(str(path.relative_to(ROOT / "shared")), set())


@named([path for path in OURS if layer(path) == "rules"])
def test_rules_are_pure(path):
    names = {name for name in imports(path) if not name.startswith(PURE_MODULES)}
    assert {name.split(".")[0] for name in names} <= PURE | {"shared"}
    attributes = {node.attr for node in ast.walk(parsed(path)) if isinstance(node, ast.Attribute)}
    assert attributes.isdisjoint({"now", "today", "utcnow"})


@named([path for path in OURS if layer(path) == "services"])
def test_services_are_given_their_adapters(path):
    adapters = {n.rpartition(".")[2] for n in imports(path) if n.startswith("shared.adapters")}
    calls = [node.func for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)]
    assert adapters.isdisjoint(func.id for func in calls if isinstance(func, ast.Name))


@named([path for path in PRODUCT if path.name != "config.py"])
def test_environment_is_read_in_one_place(path):
    assert packages(path).isdisjoint({"os", "dotenv"})


@named(CODE)
def test_files_and_functions_stay_small(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= (60 if path.name == "main.py" else 250)
    functions = [
        n for n in ast.walk(parsed(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [f.name for f in functions if f.end_lineno - f.lineno >= 40] == []


@named(schema_files())
def test_sql_functions_stay_small(path):
    statements = path.read_text(encoding="utf-8").split("\ncreate ")
    functions = [s for s in statements if s.startswith(("function", "or replace function"))]
    bodies = {
        s.split("(")[0]: re.search(r"\$(\w*)\$\n(.*?)^[^\n]*\$\1\$", s, SPANNING) for s in functions
    }
    lines = {name: body[2].count("\n") for name, body in bodies.items() if body}
    assert {name: n for name, n in lines.items() if n > 40} == {}


@named([path for path in FILES if path.is_relative_to(ROOT / "tests")])
def test_tests_replace_nothing_behind_the_codes_back(path):
    names = set(chain(*(name.split(".") for name in imports(path))))
    assert names.isdisjoint({"mock", "patch", "pytest_mock"})


@named(FILES)
def test_no_file_is_named_after_nothing(path):
    words = set(path.stem.split("_")) | set(path.relative_to(ROOT).parts)
    assert words.isdisjoint({"util", "utils", "helper", "helpers", "common", "manager", "misc"})
