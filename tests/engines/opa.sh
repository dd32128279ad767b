#!/usr/bin/env bash
# The real Open Policy Agent, built from its Go module.
set -euo pipefail
VERSION=1.20.2
[ -x .engines/opa ] && exit 0
GOBIN="$PWD/.engines" "${GO:-go}" install "github.com/open-policy-agent/opa@v$VERSION"
