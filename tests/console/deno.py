"""deno, which runs the console's modules in tests without a browser.

Attributes:
    ROOT: the checkout.
    DENO: the program.
    SETTINGS: of its environment; what it keeps for itself stays in `.cache`.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DENO = Path(sys.executable).with_name("deno")
SETTINGS = {
    "DENO_DIR": str(ROOT / ".cache" / "deno"),
    "DENO_NO_UPDATE_CHECK": "1",
    "NO_COLOR": "1",
}
