"""The Edge Function under Deno, and what Google puts between it and the private functions."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from devstack.iam.tokens import service_account
from devstack.stack.deployment import PRIVATE, Addresses, Secrets
from devstack.stack.processes import ROOT, Processes

FOLDER = ROOT / "supabase/functions/messaging"
AS_IT_IS: Mapping[str, str] = MappingProxyType({})
# What Supabase gives a function; its two seconds of CPU time are not counted here.
MEMORY = "--v8-flags=--max-old-space-size=256"


def start_edge(
    processes: Processes,
    at: Addresses,
    secrets: Secrets,
    folder: Path,
    changes: Mapping[str, str] = AS_IT_IS,
) -> None:
    """Start token endpoint, doors and Edge Function; the account's key is kept in `folder`.

    Args:
        processes: Whose children they become.
        at: Where they listen.
        secrets: The project's keys.
        folder: Of the stack.
        changes: Settings of the Edge Function that differ from an undisturbed stack's.

    Raises:
        StartError: one of them did not start.
    """
    account = json.dumps(service_account(f"http://127.0.0.1:{at.id_tokens}/token"))
    key_file = folder / "service-account.json"
    with os.fdopen(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(account)
    start_iam(processes, at, key_file)
    serve = ("deno", "run", "--no-prompt", "--allow-net=127.0.0.1", "--allow-env", MEMORY)
    config = f"--config={FOLDER / 'deno.json'}"
    environment = {
        "DENO_SERVE_ADDRESS": f"tcp:127.0.0.1:{at.edge}",
        "SUPABASE_URL": at.supabase_url,
        "SUPABASE_PUBLISHABLE_KEYS": json.dumps({"default": secrets.keys.publishable}),
        "BRIDGE_SEND_URL": at.door_url("send"),
        "BRIDGE_TEMPLATES_URL": at.door_url("templates"),
        "GOOGLE_SERVICE_ACCOUNT_KEY": account,
        "ALLOWED_ORIGINS": "*",
    }
    start = [*serve, config, str(FOLDER / "index.ts")]
    processes.start("edge", start, environment | dict(changes))
    processes.wait_for("edge", f"http://127.0.0.1:{at.edge}/messaging")


def start_iam(processes: Processes, at: Addresses, key_file: Path) -> None:
    """Start token endpoint and doors; whoever starts them anew has them forget their key."""
    pairs = [("--door", str(at.doors[target]), str(at.functions[target])) for target in PRIVATE]
    doors = [argument for pair in pairs for argument in pair]
    known = ("--port", str(at.id_tokens), "--account-file", str(key_file))
    processes.start("iam", ["devstack.iam", *known, *doors], {})
    processes.wait_for("iam", f"http://127.0.0.1:{at.id_tokens}")
