#!/usr/bin/env bash
# Chromium and its driver, Debian's packages, and axe-core, Deque's rules of accessibility: what the report page is tried in.
set -euo pipefail
AXE=4.14.1
if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
  if [ "$(id -u)" != 0 ]; then
    echo "chromium: not installed; as root: apt-get install chromium chromium-driver fonts-dejavu-core" >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  install=(apt-get install -y -qq --no-install-recommends chromium chromium-driver fonts-dejavu-core)
  "${install[@]}" >/dev/null 2>&1 || { apt-get update -qq >/dev/null && "${install[@]}" >/dev/null; }
fi
grep -qs "\"version\": \"$AXE\"" .engines/axe/node_modules/axe-core/package.json && exit 0
command -v npm >/dev/null || { echo "axe-core: npm is not installed" >&2; exit 1; }
npm install --silent --no-audit --no-fund --prefix .engines/axe "axe-core@$AXE" >/dev/null
