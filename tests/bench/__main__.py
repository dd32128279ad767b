"""`make bench`: start-up, middleware, verify, building, the bundle, analysis. Ratios of one run; run it on a quiet machine."""

from __future__ import annotations

import sys

from tests.bench import analysing, authorizer, bundle, compiling, kong, middleware, startup, verifying

PARTS = {
    "startup": startup.main, "middleware": middleware.main, "verify": verifying.main, "compile": compiling.main,
    "opa": bundle.main, "kong": kong.main, "aws": authorizer.main, "analysis": analysing.main,
}  # fmt: skip


def main() -> None:
    for asked in sys.argv[1:] or PARTS:
        name, _, target = asked.partition(":")  # `verify:python` asks the engines of one target
        if target:
            verifying.main(target)
        else:
            PARTS[name]()


if __name__ == "__main__":
    main()
