"""Terraform with a plugin: the real one where TERRAFORM_PLUGIN_DIR names it, else the stand-in."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.terraform.configuration import TERRAFORM
from tests.terraform.plugin.server import stand_in

GOOGLE = "registry.terraform.io/hashicorp/google"
LEFT_OUT = (
    "terraform: checked against a schema of the google provider, not with the provider; "
    "its own checks of values and of plans were left out (make terraform-provider)"
)
stood_in = pytest.StashKey[bool]()


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
        request.config.stash[stood_in] = not plugins
        settings = {"TF_CLI_CONFIG_FILE": str(configuration), "CHECKPOINT_DISABLE": "1"}
        yield Terraform(environment={**settings, **offered}, home=home)


def pytest_terminal_summary(terminalreporter, config):
    if config.stash.get(stood_in, False):
        terminalreporter.write_line(LEFT_OUT, yellow=True)
