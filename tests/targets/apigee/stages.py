"""`python tests/targets/apigee/stages.py NAME...`: stages of the kit that take minutes; prints what is wrong."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from conformance import CONFORMANCE

from seccfg.targetapi.kit import STAGES
from seccfg_apigee import TARGET

if __name__ == "__main__":
    for name in sys.argv[1:]:
        wrong = list(STAGES[name](TARGET, CONFORMANCE))
        print(name, *wrong or ["holds"], sep="\n  ")
