"""What docs/operations.md has operators type gives the Edge Function secrets that it takes."""

import json
import os
import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import deno
import pytest

from devstack.iam.tokens import service_account

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/operations.md").read_text()
URLS = {"send": "https://send.a.run.app", "templates": "https://templates.a.run.app"}
READ = """
import { readSettings } from "%s";
const settings = readSettings((name) => Deno.env.get(name));
console.log(JSON.stringify(settings));
"""


def commands(heading: str) -> str:
    section = GUIDE.split(f"# {heading}\n")[1].split("\n## ")[0]
    return textwrap.dedent(re.findall(r"```sh\n(.*?)```", section, re.DOTALL)[0])


@pytest.fixture
def desk(tmp_path):
    """An operator's folder; the tools of Google, HashiCorp and Supabase do what they are told."""
    missing = [tool for tool in ("bash", "jq", "shred") if not shutil.which(tool)]
    if missing:
        pytest.skip(f"no {missing} here")
    key = service_account("https://oauth2.googleapis.com/token")
    (tmp_path / "given.json").write_text(json.dumps(key, indent=2))
    tools = {
        "gcloud": 'case "$*" in *" create edge-key.json"*) cp given.json edge-key.json;; esac',
        "terraform": f"""case "$*" in
          *function_urls*) echo '{json.dumps(URLS)}';;
          *edge_service_account*) echo edge@example.iam.gserviceaccount.com;; esac""",
        "supabase": 'case "$*" in "secrets set --env-file edge.env") cp edge.env set.env;; esac',
        "sleep": "true",
    }
    for name, does in tools.items():
        tool = tmp_path / "bin" / name
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(f"#!/bin/sh\n{does}\n")
        tool.chmod(0o755)
    return tmp_path


def typed(desk: Path, script: str) -> dict[str, object]:
    """Type it; return the settings that the Edge Function reads afterwards."""
    path = f"{desk / 'bin'}:{os.environ['PATH']}"
    subprocess.run(["bash", "-euc", script], cwd=desk, env={"PATH": path}, check=True)
    reader = desk / "read.ts"
    reader.write_text(READ % (ROOT / "supabase/functions/messaging/settings.ts"))
    command = ("run", "--no-config", "--allow-env", f"--env-file={desk / 'set.env'}", str(reader))
    given = {"SUPABASE_URL": "https://a.supabase.co", "SUPABASE_ANON_KEY": "a"}
    done = subprocess.run(
        [deno.find_deno_bin(), *command],
        env=given | {"BRIDGE_SEND_URL": URLS["send"], "BRIDGE_TEMPLATES_URL": URLS["templates"]},
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def test_first_deployment_sets_secrets_that_the_function_takes_and_leaves_no_key_behind(desk):
    settings = typed(desk, commands("Deploying the Edge Function"))
    key = json.loads((desk / "given.json").read_text())
    assert settings["bridge"] == URLS
    assert settings["origins"] == ["https://app.example.org"]
    assert settings["account"]["private_key"] == key["private_key"]
    assert not (desk / "edge-key.json").exists()
    assert not (desk / "edge.env").exists()


def test_rotation_sets_another_key_and_nothing_else(desk):
    settings = typed(desk, commands("Rotating the key of the Edge Function"))
    key = json.loads((desk / "given.json").read_text())
    assert settings["account"]["private_key"] == key["private_key"]
    lines = (desk / "set.env").read_text().splitlines()
    assert [line.split("=")[0] for line in lines] == ["GOOGLE_SERVICE_ACCOUNT_KEY"]
    assert not (desk / "edge-key.json").exists()
