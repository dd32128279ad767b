#!/usr/bin/env bash
# Mono's C# compiler and runtime, from Debian's packages: policy expressions are compiled and run by them.
set -euo pipefail
PACKAGES=(mono-mcs mono-runtime libmono-system-core4.0-cil libnewtonsoft-json5.0-cil)
library() { compgen -G "/usr/lib/mono/gac/Newtonsoft.Json/*/Newtonsoft.Json.dll" >/dev/null; }
command -v mcs >/dev/null && command -v mono >/dev/null && library && exit 0
if [ "$(id -u)" != 0 ]; then
  echo "azure: mono is missing; apt-get install ${PACKAGES[*]}" >&2
  exit 1
fi
apt-get -o DPkg::Lock::Timeout=300 update -qq
DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${PACKAGES[@]}" >/dev/null
