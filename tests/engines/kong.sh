#!/usr/bin/env bash
# LuaJIT and PCRE2 for the model of a Kong node, from the Python packages; nginx with http-lua, Redis and its client for
# requests on the wire.
set -euo pipefail
"${PYTHON_OF_VENV:-.venv/bin/python}" -c "from lupa import luajit21; import pcre2" 2>/dev/null \
  || .venv/bin/python -m pip install --quiet --disable-pip-version-check 'lupa>=2.2' 'pcre2>=0.5'
if ! nginx -v >/dev/null 2>&1 || [ ! -e /usr/lib/nginx/modules/ngx_http_lua_module.so ] \
  || ! command -v redis-server >/dev/null || [ ! -e /usr/share/lua/5.1/nginx/redis.lua ]; then
  if [ "$(id -u)" != 0 ]; then
    echo "kong: needs the Debian packages nginx-light, libnginx-mod-http-lua, redis-server and lua-nginx-redis (apt-get install as root)" >&2
    exit 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    nginx-light libnginx-mod-http-lua redis-server lua-nginx-redis >/dev/null
fi
