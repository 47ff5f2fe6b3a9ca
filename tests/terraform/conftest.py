"""Terraform with a plugin, and functions with their packages, as far as both are to be had here.

The plugins are the registry's where `terraform init` reaches it, else the stand-in. Which it was,
and what had to be left out, is told when the tests are over.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.terraform.configuration import TERRAFORM
from tests.terraform.deployed import Deployed, Sources, UnreachableError
from tests.terraform.plugin.server import stand_in

REGISTRY = "terraform: checked with the providers of the registry"
STAND_IN = (
    "terraform: the registry is out of reach: checked against a schema of the google provider; "
    "the provider's own checks of values and of plans were left out"
)
# Seconds: until the registry counts as out of reach, and for the download of its plugins (100 MB).
CONNECT, DOWNLOAD = "5", 240
NO_PACKAGES = (
    "terraform: the packages of functions/*/requirements.txt cannot be fetched; "
    "that functions start from their bundles was left out (it needs a network)"
)
to_tell = pytest.StashKey[set[str]]()


@dataclass(frozen=True, kw_only=True)
class Terraform:
    """Runs Terraform on copies of the configuration, with the same plugins for all of them."""

    environment: Mapping[str, str]
    home: Path

    def copy(self, name: str) -> Path:
        """Copy the configuration, with the versions of the plugins if they are locked."""
        return shutil.copytree(self.home / "origin", self.home / name)

    def run(
        self, folder: Path, *arguments: str, seconds: float | None = None
    ) -> subprocess.CompletedProcess:
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
            timeout=seconds,
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
    settings = {"TF_DATA_DIR": str(home / "data"), "CHECKPOINT_DISABLE": "1"}
    without = shutil.ignore_patterns(".terraform", ".bundles", "*.tfvars", "*.tfstate*")
    origin = shutil.copytree(TERRAFORM, home / "origin", ignore=without)
    ready = Terraform(environment=settings, home=home)
    with ExitStack() as stack:
        reached = reaches_registry(ready, origin)
        request.config.stash[to_tell].add(REGISTRY if reached else STAND_IN)
        if not reached:
            # Without this machine's own settings: a mirror named there would be asked instead.
            configuration = home / "cli.tfrc"
            configuration.write_text("provider_installation {\ndirect {}\n}\n")
            offered = stack.enter_context(stand_in())
            ready = replace(
                ready,
                environment={**settings, **offered, "TF_CLI_CONFIG_FILE": str(configuration)},
            )
            found = ready.run(origin, "get")
            assert found.returncode == 0, found.stdout
        yield ready


def reaches_registry(terraform, origin):
    """Fetch the plugins with `terraform init`, and tell whether that worked."""
    hurried = {"TF_REGISTRY_CLIENT_TIMEOUT": CONNECT, "TF_REGISTRY_DISCOVERY_RETRY": "0"}
    trying = replace(terraform, environment={**terraform.environment, **hurried})
    try:
        completed = trying.run(origin, "init", "-backend=false", "-input=false", seconds=DOWNLOAD)
    except subprocess.TimeoutExpired:
        return False
    return completed.returncode == 0


@pytest.fixture(scope="session")
def deployments(tmp_path_factory, request):
    """Return a function that deploys a folder, once; without a network it skips, but not in CI."""
    sources = Sources.copied_to(tmp_path_factory.mktemp("checkout") / "project")
    made, missing = {}, request.config.stash[to_tell]

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
    config.stash[to_tell] = set()


def pytest_terminal_summary(terminalreporter, config):
    for line in sorted(config.stash[to_tell]):
        terminalreporter.write_line(line, yellow=True)
