"""The Terraform configuration as it is written, read without any plugin and without Terraform."""

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import hcl2

from shared import config
from shared.environment import Environment
from shared.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
TERRAFORM = ROOT / "terraform"
# What a module's own expressions may name: kind, name, and an attribute of a module's outputs.
REFERENCE = re.compile(
    r"(?<![\w.])(?:(var|local)\.(\w+)|module\.(\w+)(?:\[[^\]]*\])?(?:\.(\w+))?|"
    r"data\.(\w+)\.(\w+)|(google_\w+)\.(\w+))"
)
NOT_TOLD = re.compile(r"(\w+) is not set")


@dataclass(frozen=True, kw_only=True)
class Module:
    """All files of one folder; blocks of two labels are keyed `(type, name)`, others by name."""

    folder: Path
    blocks: dict[str, dict[Any, dict]] = field(default_factory=dict)
    locals: dict[str, Any] = field(default_factory=dict)

    def kind(self, kind: str) -> dict[Any, dict]:
        """Return the blocks of one kind: resource, data, module, variable, output, provider."""
        return self.blocks.get(kind, {})

    def resources(self):
        """Yield (kind, type, name, body) of every resource and data source."""
        for kind in ("resource", "data"):
            for (type_name, name), body in self.kind(kind).items():
                yield kind, type_name, name, body

    def expressions(self) -> str:
        """Return everything that is written, one value a line."""
        return "\n".join(_texts([self.blocks, self.locals]))


@cache
def module(folder: Path = TERRAFORM) -> Module:
    """Read one folder's *.tf files."""
    read = Module(folder=folder)
    for path in sorted(folder.glob("*.tf")):
        for kind, entries in _plain(hcl2.loads(path.read_text())).items():
            for entry in entries:
                if kind == "locals":
                    read.locals.update(entry)
                else:
                    read.blocks.setdefault(kind, {}).update(_labelled(kind, entry))
    return read


def _labelled(kind: str, entry: dict) -> dict:
    if kind in ("resource", "data"):
        return {(one, two): body for one, named in entry.items() for two, body in named.items()}
    return entry if kind != "terraform" else {"terraform": entry}


def _plain(value: Any) -> Any:
    """Drop the parser's own marks, and the quotes that it leaves around literals."""
    if isinstance(value, dict):
        marks = {"__is_block__", "__comments__", "__inline_comments__"}
        return {_plain(key): _plain(inner) for key, inner in value.items() if key not in marks}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value[1:-1] if isinstance(value, str) and value.startswith('"') else value


def _texts(value: Any):
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    else:
        yield str(value)


def unresolved(read: Module) -> list[str]:
    """Name each reference of a module that leads nowhere."""
    known = {
        "var": read.kind("variable"),
        "local": read.locals,
        "module": read.kind("module"),
        "data": read.kind("data"),
        "resource": read.kind("resource"),
    }
    wrong = []
    for match in REFERENCE.finditer(read.expressions()):
        kind, name, called, output, data, data_name, resource, resource_name = match.groups()
        if called:
            found = called in known["module"] and (not output or output in outputs(read, called))
        elif kind:
            found = name in known[kind]
        elif data:
            found = (data, data_name) in known["data"]
        else:
            found = (resource, resource_name) in known["resource"]
        wrong += [] if found else [match[0]]
    return wrong


def called_module(read: Module, name: str) -> Module:
    """Return the module that a `module` block calls."""
    return module((read.folder / read.kind("module")[name]["source"]).resolve())


def outputs(read: Module, called: str) -> dict:
    """Return the outputs of a called module."""
    return called_module(read, called).kind("output")


def deployables() -> dict[str, dict]:
    """Return the map of entry points, merged as deployables.tf merges it."""
    listed = json.loads((TERRAFORM / "deployables.json").read_text())
    deployed = module().locals["only_deployed"]
    assert listed.keys() == deployed.keys()
    return {
        name: row
        | deployed[name]
        | {"secrets": {"SUPABASE_TOKEN": f"supabase_token_{name}"} if row["has_token"] else {}}
        for name, row in listed.items()
    }


def settings_of(entry_point: str) -> dict[str, dict[str, Any]]:
    """Return what one function is given: `environment` and `secrets`, each by variable."""
    row, root = deployables()[entry_point], module()
    groups = [root.locals["settings"][group] for group in row["settings"]]
    environment, secrets = dict(row.get("environment", {})), dict(row.get("secrets", {}))
    for group in groups:
        environment |= group["environment"]
        secrets |= group["secrets"]
    # Two blocks call the module; the one for functions that create tasks adds where tasks go.
    block = root.kind("module")["task_creator" if "tasks" in row["settings"] else "function"]
    function = called_module(root, "function").kind("resource")
    service = function["google_cloudfunctions2_function", "function"]["service_config"][0]
    for merged in (block["environment"], service["environment_variables"]):
        environment |= dict(re.findall(r"([A-Z][A-Z0-9_]+) = ([^,}]+)", merged))
    return {"environment": environment, "secrets": secrets}


class _Recorder(dict):
    """No variable is set, and every question is remembered."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, name, default=None):
        self.asked.add(name)
        return default


def read_by(entry_point: str) -> tuple[set[str], set[str]]:
    """Return the variables that an entry point reads, and those it cannot do without."""
    recorder = _Recorder()
    environment = Environment(recorder)
    for read in config.READERS[entry_point]:
        read(environment)
    try:
        environment.raise_problems()
    except ConfigError as error:
        return recorder.asked, set(NOT_TOLD.findall(str(error)))
    return recorder.asked, set()


def entry_points() -> dict[str, str]:
    """Return the folder of each function that functions/*/main.py serves."""
    return {
        name: path.parent.name
        for path in (ROOT / "functions").glob("*/main.py")
        for name in re.findall(r"@functions_framework\.http\ndef (\w+)\(", path.read_text())
    }
