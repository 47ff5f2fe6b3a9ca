"""Equal sources make equal bundles; what changes in one place changes only what holds it."""

import hashlib
import json
import os
import shutil
import zipfile

import pytest

from tests.terraform.deployed import Sources


@pytest.fixture
def sources(tmp_path):
    return Sources.copied_to(tmp_path / "checkout")


def test_two_checkouts_give_the_same_bytes(sources, tmp_path):
    elsewhere = Sources.copied_to(tmp_path / "elsewhere/checkout")
    for path in elsewhere.root.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
        path.chmod(0o700)
    first, second = (each.build("send") for each in (sources, elsewhere))
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_a_change_in_one_function_changes_its_bundle_alone(sources):
    before = sources.names()
    append(sources.root / "functions/webhook/main.py")
    after = sources.names()
    assert {folder for folder in before if before[folder] != after[folder]} == {"webhook"}


def test_a_change_of_pins_changes_its_bundle_alone(sources):
    before = sources.names()
    append(sources.root / "functions/send/requirements.txt")
    after = sources.names()
    assert {folder for folder in before if before[folder] != after[folder]} == {"send"}


def test_a_change_in_shared_changes_all(sources):
    before = sources.names()
    append(sources.root / "shared/rules/phone.py")
    after = sources.names()
    assert before.keys() == after.keys()
    assert all(before[folder] != after[folder] for folder in before)


@pytest.mark.parametrize(
    "stray",
    [
        "shared/__pycache__/config.cpython-313.pyc",
        "functions/send/__pycache__/main.cpython-313.pyc",
        "functions/send/.main.py.swp",
        "functions/send/notes.txt",
        "shared/config.py~",
        "shared/.#config.py",
        "shared/.ipynb_checkpoints/config.py",
    ],
)
def test_strays_change_nothing(sources, stray):
    before = sources.build("send")
    path = sources.root / stray
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("stray")
    assert sources.build("send") == before


def test_a_bundle_holds_main_its_pins_and_shared(sources):
    names = zipfile.ZipFile(sources.build("dispatch")).namelist()
    assert names == sorted(names)
    assert {name for name in names if not name.startswith("shared/")} == {
        "main.py",
        "requirements.txt",
    }
    assert {"shared/__init__.py", "shared/rules/meta_errors.py"} <= set(names)


def test_the_name_of_the_only_file_tells_its_content(sources):
    path = sources.build("templates")
    assert path.name == f"templates-{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}.zip"
    assert list(path.parent.iterdir()) == [path]


def test_the_answer_is_the_same_wherever_the_checkout_is(sources):
    """Terraform keeps it: another path in it would replace every object."""
    answer = json.loads(sources.run(query={"folder": "templates"}).stdout)
    assert answer == {"name": sources.build("templates").name}


def test_by_hand_it_prints_the_path(sources):
    assert sources.run("templates").stdout == f"{sources.build('templates')}\n"


@pytest.mark.parametrize("folder", ["sends", "", "../shared", "."])
def test_an_unknown_folder_is_refused(sources, folder):
    completed = sources.run(query={"folder": folder})
    assert completed.returncode != 0
    assert completed.stdout == ""
    assert f"no folder {folder!r}" in completed.stderr
    assert "dispatch, send, templates, webhook" in completed.stderr


def test_a_folder_without_pins_is_refused(sources):
    shutil.move(sources.root / "functions/send/requirements.txt", sources.root)
    assert sources.run(query={"folder": "send"}).returncode != 0
    assert not list((sources.root / "terraform").glob("**/*.zip"))


def append(path):
    path.write_text(path.read_text() + "# changed\n")
