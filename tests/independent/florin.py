"""Florin's programs, for the checks beside this file."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The binary that is checked.
FLORIN = os.environ.get("FLORIN", str(ROOT / "target/debug/florin"))


def example(crate, name, *arguments, **options):
    """Runs an example of a crate: the one in the folder $FLORIN_TEST_EXAMPLES, else with cargo, which builds what is missing."""
    built = os.environ.get("FLORIN_TEST_EXAMPLES")
    cargo = ["cargo", "run", "--quiet", "--locked", "-p", crate, "--example", name, "--"]
    command = [str(Path(built, name))] if built else cargo
    return subprocess.run([*command, *arguments], cwd=ROOT, check=True, **options)
