"""Compiles every pin file from pyproject.toml: `make lock`.

One resolution (dev.txt) constrains all others, so that tests run the versions that bundles deploy.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FUNCTIONS = ("send", "templates", "webhook", "dispatch")
HEADER = "# Pins with hashes, compiled from pyproject.toml by `make lock`. Do not edit.\n"


def compile_pins(output: str, *selection: str) -> None:
    """Resolve `selection` of pyproject.toml for Python 3.11 and later into `output`."""
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal"),
        *("--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate"),
        *("--no-emit-index-url", "--no-emit-find-links", "--output-file", output),
        *selection,
        *(argument for argument in sys.argv[1:] if output == "requirements/dev.txt"),
    ]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - arguments are the literals above
    target = ROOT / output
    pins = target.read_text().removeprefix(HEADER)
    target.write_text(HEADER + pins)


def main() -> None:
    """Pin development first, then each bundle and the benchmark within those versions."""
    extras = [argument for name in FUNCTIONS for argument in ("--extra", name)]
    compile_pins("requirements/dev.txt", "pyproject.toml", "--group", "dev", *extras)
    within_dev = ("--constraints", "requirements/dev.txt")
    for name in FUNCTIONS:
        output = f"functions/{name}/requirements.txt"
        compile_pins(output, "pyproject.toml", "--extra", name, *within_dev)
    compile_pins("requirements/bench.txt", "--group", "bench", *within_dev)


if __name__ == "__main__":
    main()
