"""Runs one command with the stand-in offered to Terraform.

python -m tests.terraform.plugin terraform -chdir=terraform test
"""

import os
import subprocess
import sys

from tests.terraform.plugin.server import stand_in

with stand_in() as environment:
    completed = subprocess.run(sys.argv[1:], env=os.environ | environment, check=False)
sys.exit(completed.returncode)
