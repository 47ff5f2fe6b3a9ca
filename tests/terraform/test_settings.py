"""What Terraform gives each function is what its code reads: no variable too few, none too many."""

import re

import pytest

from shared import config
from shared.bodies import LARGEST_BODY
from tests.terraform.configuration import ROOT, deployables, entry_points, read_by, settings_of

SECRET = {"SUPABASE_TOKEN", "META_ACCESS_TOKEN", "META_APP_SECRET", "META_VERIFY_TOKEN"}
FRAMEWORK = {"THREADS"}  # read by functions-framework itself, in every function

each_entry_point = pytest.mark.parametrize("entry_point", config.READERS)


def given(entry_point):
    settings = settings_of(entry_point)
    return {*settings["environment"], *settings["secrets"]}


def test_every_entry_point_is_deployed_from_its_folder():
    assert {name: row["folder"] for name, row in deployables().items()} == entry_points()


def test_every_entry_point_has_its_settings():
    assert set(config.READERS) == set(entry_points())


def test_sizes_of_bodies_name_entry_points():
    """shared/, which is deployed without the list, keeps names of its own."""
    assert set(LARGEST_BODY) <= set(deployables())


@each_entry_point
def test_everything_that_is_required_is_set(entry_point):
    _, required = read_by(entry_point)
    assert required - given(entry_point) == set()


@each_entry_point
def test_nothing_is_set_that_nobody_reads(entry_point):
    read, _ = read_by(entry_point)
    assert given(entry_point) - read - FRAMEWORK == set()


@each_entry_point
def test_secrets_come_from_secret_manager_and_nothing_else_does(entry_point):
    settings = settings_of(entry_point)
    assert set(settings["secrets"]) <= SECRET
    assert SECRET.isdisjoint(settings["environment"])


def test_every_setting_is_documented():
    rows = [line.split("|") for line in operations().splitlines() if line.startswith("| `")]
    documented = {name for row in rows for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", row[1])}
    assert {name for entry_point in deployables() for name in given(entry_point)} <= documented


def operations():
    return (ROOT / "docs/operations.md").read_text()
