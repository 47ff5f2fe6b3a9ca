"""Builds what one folder of functions/ deploys: main.py, its pins, and shared/ beside them.

Terraform runs it as an external program, with {"folder": "send"} on standard input, and reads
{"name": "send-<hash>.zip"} from its output; the file is in terraform/.bundles. By hand:

    python3 terraform/bundle.py send

Equal sources give equal bytes wherever they are built, and another archive only ever has another
name: an apply uploads exactly what its plan showed, and redeploys what changed.
"""

import hashlib
import io
import json
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

TERRAFORM = Path(__file__).resolve().parent
ROOT = TERRAFORM.parent
OUTPUT = TERRAFORM / ".bundles"
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip can hold
UNIX, READABLE_FILE = 3, 0o100644


def folders() -> list[str]:
    """Return the folders that can be deployed."""
    return sorted(path.parent.name for path in (ROOT / "functions").glob("*/main.py"))


def sources(folder: str) -> dict[str, Path]:
    """Return the files of a bundle by their names in it, sorted.

    Only Python files of shared/ belong: caches and what editors leave beside them do not.
    """
    own = {name: ROOT / "functions" / folder / name for name in ("main.py", "requirements.txt")}
    return dict(sorted({**own, **dict(_shared())}.items()))


def _shared() -> Iterator[tuple[str, Path]]:
    for path in (ROOT / "shared").rglob("*.py"):
        name = path.relative_to(ROOT).as_posix()
        if path.is_file() and not any(part.startswith(".") for part in name.split("/")):
            yield name, path


def archive(files: dict[str, Path]) -> bytes:
    """Return a zip whose bytes depend on nothing but the files' names and contents.

    Uncompressed: what deflate makes of the same bytes differs between releases of zlib, and a few
    hundred kilobytes are not worth a redeployment of everything from another machine.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as bundle:
        for name, path in files.items():
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.create_system, entry.external_attr = UNIX, READABLE_FILE << 16
            bundle.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def build(folder: str) -> Path:
    """Write a folder's bundle and return where it is; its name holds its hash.

    Raises:
        ValueError: there is no such folder.
    """
    if folder not in folders():
        raise ValueError(f"no folder {folder!r} in functions/, only {', '.join(folders())}")
    content = archive(sources(folder))
    path = OUTPUT / f"{folder}-{hashlib.sha256(content).hexdigest()[:16]}.zip"
    OUTPUT.mkdir(exist_ok=True)
    # Whole or not at all: a second plan may read while this one writes.
    with tempfile.NamedTemporaryFile(dir=OUTPUT, delete=False) as unfinished:
        unfinished.write(content)
    Path(unfinished.name).replace(path)
    return path


def main() -> None:
    """Answer Terraform, or print where the bundle is."""
    asked_by_hand = sys.argv[1:]
    folder = asked_by_hand[0] if asked_by_hand else json.load(sys.stdin)["folder"]
    try:
        built = build(folder)
    except ValueError as error:
        sys.exit(f"bundle.py: {error}")
    sys.stdout.write(f"{built if asked_by_hand else json.dumps({'name': built.name})}\n")


if __name__ == "__main__":
    main()
