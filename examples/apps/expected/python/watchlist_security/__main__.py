"""`python -m watchlist_security`: the policy of `watchlist` as a reverse proxy in front of its upstreams."""

from __future__ import annotations

from .policy import POLICY
from .runtime.main import main

if __name__ == "__main__":
    raise SystemExit(main(POLICY))
