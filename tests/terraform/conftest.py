"""Terraform with a plugin, and functions with their packages, as far as both are to be had here.

The plugin is the real one where TERRAFORM_PLUGIN_DIR names it, else the stand-in. What had to be
left out is told when the tests are over.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.terraform.configuration import TERRAFORM
from tests.terraform.deployed import Deployed, Sources, UnreachableError
from tests.terraform.plugin.server import stand_in

GOOGLE = "hashicorp/google"
NO_PLUGIN = (
    "terraform: checked against a schema of the google provider, not with the provider; "
    "its own checks of values and of plans were left out (make terraform-provider)"
)
NO_PACKAGES = (
    "terraform: the packages of functions/*/requirements.txt cannot be fetched; "
    "that functions start from their bundles was left out (it needs a network)"
)
left_out = pytest.StashKey[set[str]]()


@dataclass(frozen=True, kw_only=True)
class Terraform:
    """Runs Terraform with plugins that need no registry, on copies of the configuration."""

    environment: Mapping[str, str]
    home: Path

    def copy(self, name: str) -> Path:
        """Copy the configuration, and let Terraform find its modules in the copy."""
        folder = self.home / name
        without = shutil.ignore_patterns(".terraform*", ".bundles", "*.tfvars", "*.tfstate*")
        shutil.copytree(TERRAFORM, folder, ignore=without)
        completed = self.run(folder, "get")
        assert completed.returncode == 0, completed.stdout
        return folder

    def run(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess:
        """Run Terraform in a folder; what it says is in `stdout`."""
        return subprocess.run(
            ["terraform", *arguments, *(["-no-color"] if arguments[0] != "fmt" else [])],
            cwd=folder,
            env={**without_settings_of_terraform(), **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


def without_settings_of_terraform():
    """Return this process's variables but TF_VAR_..., TF_CLI_ARGS and the like."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TF_")}


@pytest.fixture(scope="session")
def terraform(tmp_path_factory, request):
    """Terraform with its plugins, or a skip that says what is left out."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on the PATH: fmt, validate and test are left out")
    home = tmp_path_factory.mktemp("terraform")
    configuration = home / "cli.tfrc"
    plugins = os.environ.get("TERRAFORM_PLUGIN_DIR", "")
    override = f'dev_overrides {{\n"hashicorp/google" = {json.dumps(plugins)}\n}}\n'
    configuration.write_text(
        f"provider_installation {{\n{override if plugins else ''}direct {{}}\n}}\n"
    )
    with stand_in(except_for={GOOGLE} if plugins else set()) as offered:
        if not plugins:
            request.config.stash[left_out].add(NO_PLUGIN)
        settings = {"TF_CLI_CONFIG_FILE": str(configuration), "CHECKPOINT_DISABLE": "1"}
        yield Terraform(environment={**settings, **offered}, home=home)


@pytest.fixture(scope="session")
def deployments(tmp_path_factory, request):
    """Return a function that deploys a folder, once; without a network it skips, but not in CI."""
    sources = Sources.copied_to(tmp_path_factory.mktemp("checkout") / "project")
    made, missing = {}, request.config.stash[left_out]

    def deployed(folder) -> Deployed:
        if folder not in made and NO_PACKAGES not in missing:
            try:
                home = tmp_path_factory.mktemp(folder)
                made[folder] = Deployed.unpack(sources.build(folder), home)
            except UnreachableError:
                if os.environ.get("CI"):
                    raise
                missing.add(NO_PACKAGES)
        return made[folder] if folder in made else pytest.skip(NO_PACKAGES)

    return deployed


def pytest_configure(config):
    config.stash[left_out] = set()


def pytest_terminal_summary(terminalreporter, config):
    for line in sorted(config.stash[left_out]):
        terminalreporter.write_line(line, yellow=True)
