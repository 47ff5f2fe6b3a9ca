"""Try a deployed system: `make smoke URL=https://<ref>.supabase.co` (docs/operations.md).

Reads PUBLISHABLE_KEY, CAMPAIGN, EMAIL and PASSWORD (or ACCESS_TOKEN) from the environment, never
from arguments, which every user of a machine can read; prints none of them.
Ends with 0 if all is well, 1 if a check failed, 2 if nothing could be tried.
"""

import argparse
import os
import sys
import time

from smoke.calls import Caller
from smoke.report import as_json, is_well, row, total
from smoke.run import run
from smoke.settings import SettingsError, read_settings


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m smoke", description=__doc__)
    parser.add_argument("--url", required=True, help="the project's, https://<ref>.supabase.co")
    parser.add_argument("--json", action="store_true", help="for programs")
    arguments = parser.parse_args()
    try:
        settings = read_settings(arguments.url, os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    lines = []
    for line in run(Caller(settings=settings, clock=time.time)):
        lines.append(line)
        if not arguments.json:
            print(row(line), flush=True)
    print(as_json(settings.url, lines) if arguments.json else total(lines))
    return 0 if is_well(lines) else 1


if __name__ == "__main__":
    sys.exit(main())
