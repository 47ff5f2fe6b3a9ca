"""What can be said of the configuration without Terraform and without any plugin."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.terraform.configuration import (
    REFERENCE,
    TERRAFORM,
    Module,
    called_module,
    module,
    unresolved,
)
from tests.terraform.plugin.extract import only_written, words

SCHEMAS = json.loads((Path(__file__).parent / "plugin/schemas.json").read_text())
META = {"count", "depends_on", "for_each", "lifecycle", "provider"}
FOLDERS = sorted(
    {path.parent for path in TERRAFORM.rglob("*.tf") if ".terraform" not in path.parts}
)
KINDS = {"resource": "resource_schemas", "data": "data_source_schemas"}

each_folder = pytest.mark.parametrize(
    "folder", FOLDERS, ids=lambda path: str(path.relative_to(TERRAFORM.parent))
)


def schema(kind, type_name):
    provider = type_name.split("_")[0]
    address = f"hashicorp/{provider}"
    return SCHEMAS["provider_schemas"][address][KINDS[kind]][type_name]["block"]


def complaints(body, block):
    """Say what is wrong with a block, by the names alone: unknown, read-only, or missing."""
    attributes, nested = block["attributes"], block.get("block_types", {})
    dynamic = {name: part for entry in body.get("dynamic", []) for name, part in entry.items()}
    inner = {name: body[name] for name in nested.keys() & body.keys()}
    inner |= {name: part["content"] for name, part in dynamic.items() if name in nested}
    settable = {name for name, of in attributes.items() if of.keys() & {"required", "optional"}}
    yield from sorted({*body, *dynamic} - settable - nested.keys() - META - {"dynamic"})
    yield from sorted(
        name for name, of in attributes.items() if "required" in of and name not in body
    )
    yield from sorted(
        name for name, of in nested.items() if of.get("min_items") and name not in inner
    )
    for name, parts in inner.items():
        for part in parts:
            yield from (f"{name}.{wrong}" for wrong in complaints(part, nested[name]["block"]))


@each_folder
def test_references_resolve(folder):
    assert unresolved(module(folder)) == []


@each_folder
def test_arguments_are_known_and_none_is_missing(folder):
    wrong = {
        f"{type_name}.{name}": list(complaints(body, schema(kind, type_name)))
        for kind, type_name, name, body in module(folder).resources()
    }
    assert {name: said for name, said in wrong.items() if said} == {}


def test_the_schema_holds_nothing_that_nobody_writes():
    """What is missing from it, the test before this one and Terraform itself say by name."""
    assert only_written(SCHEMAS, words()) == SCHEMAS


@each_folder
def test_a_called_module_is_given_its_variables(folder):
    for name, body in module(folder).kind("module").items():
        variables = called_module(module(folder), name).kind("variable")
        required = {variable for variable, of in variables.items() if "default" not in of}
        assert required <= set(body) - META - {"source"} <= set(variables)


@each_folder
def test_every_variable_and_local_is_used(folder):
    read = module(folder)
    names = {("var", name) for name in read.kind("variable")} | {("local", n) for n in read.locals}
    assert names - {match.group(1, 2) for match in REFERENCE.finditer(read.expressions())} == set()


def test_no_apply_deletes_a_queue():
    queue = module().kind("resource")["google_cloud_tasks_queue", "sender"]
    assert queue["lifecycle"] == [{"prevent_destroy": True}]


def test_versions_that_were_locked_can_be_committed():
    """Git does not hide the lock file that the operator makes (terraform/README.md)."""
    ignored = ["git", "check-ignore", "--quiet", "--no-index", ".terraform.lock.hcl"]
    assert subprocess.run(ignored, cwd=TERRAFORM, check=False).returncode == 1


def test_a_reference_that_leads_nowhere_is_found():
    blocks = {
        "variable": {"known": {}},
        "resource": {("google_pubsub_topic", "topic"): {"name": "${var.known}"}},
        "output": {
            "a": {"value": "${var.unknown}"},
            "b": {"value": "${google_pubsub_topic.other.name}"},
            "c": {"value": "${google_pubsub_topic.topic.name}"},
            "d": {"value": "${local.unknown + module.unknown.uri}"},
        },
    }
    assert unresolved(Module(folder=TERRAFORM, blocks=blocks)) == [
        "var.unknown",
        "google_pubsub_topic.other",
        "local.unknown",
        "module.unknown.uri",
    ]


def test_a_wrong_argument_is_found():
    queue = {"name": "q", "burst": 5, "rate_limits": [{"max_burst_size": 1}]}
    assert list(complaints(queue, schema("resource", "google_cloud_tasks_queue"))) == [
        "burst",
        "location",
        "rate_limits.max_burst_size",
    ]
