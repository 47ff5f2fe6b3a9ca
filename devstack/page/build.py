"""The web page that is made of app/."""

import fcntl
import itertools
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from devstack.node import command, environment
from devstack.stack.processes import ROOT, StartError

APP = ROOT / "app"
PAGE = APP / "dist"
PARTS = ("App.tsx", "index.ts", "app.json", "package-lock.json", "tsconfig.json", "src")


def build_page() -> Path:
    """Return the folder with the page, made anew if any of its sources has changed since.

    Raises:
        StartError: it cannot be made; the message ends with why.
    """
    (APP / ".expo").mkdir(exist_ok=True)
    with (APP / ".expo/page.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until it is closed: one makes it, others wait
        _build_if_stale()
    return PAGE


def _build_if_stale() -> None:
    began = time.time()
    if _made_at() < max(path.stat().st_mtime for path in _sources()):
        export(["web"], PAGE)
        # What is changed while it is made is not in it.
        os.utime(PAGE / "index.html", (began, began))


def export(platforms: Sequence[str], folder: Path) -> None:
    """Let Expo make the app for `web`, `android` or `ios`, in the folder.

    Raises:
        StartError: it cannot; the message ends with why.
    """
    # Metro keeps its cache in the temporary folder, which others may share.
    cache = APP / ".expo/tmp"
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
        made = Path(unfinished) / "made"
        asked = itertools.chain.from_iterable(("--platform", name) for name in platforms)
        arguments = ("export", *asked, "--output-dir", str(made))
        done = subprocess.run(
            command(APP, "expo", *arguments),
            cwd=APP,
            env={**environment(), "TMPDIR": str(cache), "NODE_ENV": "production"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise StartError(
                f"the app was not made for {', '.join(platforms)}: {done.stderr[-1500:]}"
            )
        _replace(folder, made)


def _replace(folder: Path, made: Path) -> None:
    if folder.exists():
        folder.rename(made.parent / "before")  # goes with the temporary folder
    made.rename(folder)


def _made_at() -> float:
    page = PAGE / "index.html"
    return page.stat().st_mtime if page.exists() else 0.0


def _sources() -> Iterator[Path]:
    for part in PARTS:
        path = APP / part
        yield from (
            (each for each in path.rglob("*") if each.is_file()) if path.is_dir() else (path,)
        )
