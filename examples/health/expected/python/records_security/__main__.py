"""`python -m records_security`: the policy of `records` as a reverse proxy in front of its upstreams."""

from __future__ import annotations

from .policy import POLICY
from .runtime.main import main

if __name__ == "__main__":
    raise SystemExit(main(POLICY))
