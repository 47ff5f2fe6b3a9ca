"""TypeScript types of openapi.yaml, for the Edge Function and for the app."""

import subprocess
from pathlib import Path
from typing import Final

import deno

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
CONTRACT: Final = ROOT / "openapi.yaml"
# A function and a screen are deployed as folders of their own: each carries its copy.
TYPES: Final = (ROOT / "supabase/functions/messaging/api.d.ts", ROOT / "app/src/api/openapi.d.ts")
HEAD: Final = """\
// Made of openapi.yaml by `make types`: change that, not this.
// deno-lint-ignore-file
/* eslint-disable */
"""


def types() -> str:
    """Return the types of the contract as it is.

    Raises:
        CalledProcessError: it is no OpenAPI document, or its packages, pinned in deno.lock, were
            never fetched and cannot be now.
    """
    # The packages look at their own files and at settings of colours; at no network.
    run = ("run", "--no-prompt", "--allow-read", "--allow-env", "--frozen")
    script = (f"--config={HERE / 'deno.json'}", HERE / "generate.ts")
    made = _deno(*run, *script, given=CONTRACT.read_text())
    return _deno("fmt", "--no-config", "--line-width=100", "--ext=ts", "-", given=HEAD + made)


def write_types() -> None:
    """Make the types anew."""
    made = types()
    for path in TYPES:
        path.write_text(made)


def _deno(*arguments: str | Path, given: str) -> str:
    command = [deno.find_deno_bin(), *arguments]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    return done.stdout
