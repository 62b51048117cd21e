"""`python -m bench`, from the root of the checkout."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "hack"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from bench.cli import main

main()
