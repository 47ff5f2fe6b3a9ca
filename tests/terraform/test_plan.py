"""Terraform accepts the configuration and its own tests pass; broken configurations do neither."""

import json
import re
from dataclasses import dataclass

import pytest

from shared import config
from tests.terraform.configuration import TERRAFORM, deployables, settings_of


@dataclass(frozen=True, kw_only=True)
class Break:
    """One thing done wrong: what is written instead of what (a pattern), and who finds it."""

    file: str
    right: str
    wrong: str
    check: tuple[str, ...]
    said: str


def own_tests(subject):
    return ("test", f"-filter=tests/{subject}.tftest.hcl")


DEAD_LETTERS = 'resource "google_pubsub_subscription" "dead" {\n  for_each = '
BREAKS = {
    "a public dispatch": Break(
        file="deployables.tf",
        right=r'invokers( +)= \["tasks"\]',
        wrong=r'invokers\1= ["tasks", "public"]',
        check=own_tests("access"),
        said="only_the_webhook_is_public",
    ),
    "a missing secret": Break(
        file="deployables.tf",
        right=r'META_APP_SECRET += "meta_app_secret"\n',
        wrong="",
        check=own_tests("access"),
        said="secrets_are_read_by_who_needs_them",
    ),
    "a token of another function": Break(
        file="deployables.tf",
        right=r"supabase_token_\$\{name\}",
        wrong="supabase_token_sweep",
        check=own_tests("access"),
        said="secrets_are_read_by_who_needs_them",
    ),
    "a rate above the number's": Break(
        file="variables.tf",
        right=r"rate( +)= optional\(number, 70\)",
        wrong=r"rate\1= optional(number, 90)",
        check=own_tests("queues"),
        said="each_sender_has_its_queue",
    ),
    "messages kept anywhere": Break(
        file="topics.tf",
        right=r"var\.message_regions, \[var\.region\]",
        wrong='var.message_regions, ["europe-west1"]',
        check=own_tests("data"),
        said="everything_is_kept_in_the_region",
    ),
    "a builder that reads every bucket": Break(
        file="service-accounts.tf",
        right=r'resource\.name == \\"projects/_/buckets/\$\{bucket\}\\"',
        wrong="true",
        check=own_tests("access"),
        said="the_builder_can_build",
    ),
    "heads that any function may write": Break(
        file="audit.tf",
        right=r'service_name=\\"wa-sweep',
        wrong=r'service_name=~\\"wa-',
        check=own_tests("data"),
        said="heads_of_the_audit_log_are_kept_outside",
    ),
    "an unknown argument": Break(
        file="queues.tf",
        right="    max_dispatches_per_second",
        wrong="    burst = 100\n    max_dispatches_per_second",
        check=("validate",),
        said='An argument named "burst" is not expected here',
    ),
    "pushes in the scheduler's name": Break(
        file="topics.tf",
        right=r'invoker\["pubsub"\]',
        wrong='invoker["scheduler"]',
        check=own_tests("messages"),
        said="pub_sub_calls_the_run_app_url",
    ),
    "dead letters that nobody keeps": Break(
        file="topics.tf",
        right=f"{DEAD_LETTERS}google_pubsub_topic.dead",
        wrong=f"{DEAD_LETTERS}{{}}",
        check=own_tests("messages"),
        said="dead_letters_are_kept",
    ),
}


@pytest.fixture(scope="session")
def sound(terraform):
    return terraform.copy("sound")


def test_it_is_formatted(terraform):
    completed = terraform.run(TERRAFORM, "fmt", "-check", "-recursive")
    assert completed.returncode == 0, completed.stdout


def test_it_is_valid(terraform, sound):
    completed = terraform.run(sound, "validate")
    assert completed.returncode == 0, completed.stdout


def test_its_own_tests_pass(terraform, sound):
    completed = terraform.run(sound, "test")
    assert completed.returncode == 0, completed.stdout
    assert "Success! " in completed.stdout
    assert "Success! 0 passed" not in completed.stdout


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_wrong_is_found(terraform, name):
    broken = BREAKS[name]
    folder = terraform.copy(name.replace(" ", "-"))
    path = folder / broken.file
    text, places = re.subn(broken.right, broken.wrong, path.read_text())
    assert places == 1
    path.write_text(text)
    completed = terraform.run(folder, *broken.check)
    assert completed.returncode != 0
    assert broken.said in completed.stdout


def test_functions_are_planned_with_the_settings_that_are_written(terraform, sound):
    """What the other tests read from the files is what Terraform makes of them."""
    planned = planned_settings(terraform, sound)
    assert planned.keys() >= config.READERS.keys()
    for entry_point in deployables():
        written = settings_of(entry_point)
        assert planned[entry_point] == {kind: set(names) for kind, names in written.items()}


def planned_settings(terraform, folder):
    """Return the names of the variables and secrets of each function in one plan."""
    completed = terraform.run(folder, *own_tests("access"), "-json", "-verbose")
    messages = [json.loads(line) for line in completed.stdout.splitlines()]
    plan = next(message["test_plan"] for message in messages if message["type"] == "test_plan")
    services = [
        change["change"]["after"]
        for change in plan["resource_changes"]
        if change["type"] == "google_cloudfunctions2_function"
    ]
    return {
        function["build_config"][0]["entry_point"]: names(function["service_config"][0])
        for function in services
    }


def names(service):
    return {
        "environment": set(service["environment_variables"]),
        "secrets": {secret["key"] for secret in service["secret_environment_variables"]},
    }
