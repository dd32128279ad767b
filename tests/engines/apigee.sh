#!/usr/bin/env bash
# Rhino and a Java compiler for the apigee target's interpreter, and the vendor's own linter for its tests.
set -euo pipefail
APIGEELINT=2.85.1
has() { command -v "$1" >/dev/null 2>&1; }
jar() { ls /usr/share/java/js.jar /usr/share/java/rhino.jar "${SECCFG_RHINO_JAR:-/nowhere}" 2>/dev/null | head -n 1; }
if ! has javac || [ -z "$(jar)" ]; then
  if [ "$(id -u)" != 0 ] || ! has apt-get; then
    echo "apigee: needs Rhino and a JDK: apt install librhino-java default-jdk-headless" >&2
    exit 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends librhino-java default-jdk-headless >/dev/null
fi
if has npm; then
  [ -x .engines/apigee/node_modules/.bin/apigeelint ] && exit 0
  mkdir -p .engines/apigee
  npm install --silent --no-audit --no-fund --prefix .engines/apigee "apigeelint@$APIGEELINT" >/dev/null
elif [ "$(id -u)" = 0 ] && has apt-get; then
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null
  mkdir -p .engines/apigee
  npm install --silent --no-audit --no-fund --prefix .engines/apigee "apigeelint@$APIGEELINT" >/dev/null
else
  echo "apigee: apigeelint needs npm; its tests are skipped" >&2
fi
