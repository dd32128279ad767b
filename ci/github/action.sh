#!/usr/bin/env bash
# What action.yml runs. Every input arrives in the environment and is passed on as one word, paths as one word each.
set -euo pipefail
case $SECCFG_MODE in
  lint | diff) ;;
  *) echo "::error::seccfg: no mode \`$SECCFG_MODE\`; there are lint and diff" >&2; exit 2 ;;
esac
if [ -z "${SECCFG_COMMAND:-}" ]; then
  python3 -m venv "${RUNNER_TEMP:?}/seccfg"
  wanted=${SECCFG_VERSION:+seccfg==$SECCFG_VERSION}
  "$RUNNER_TEMP/seccfg/bin/python" -m pip install --quiet --disable-pip-version-check "${wanted:-$SECCFG_ACTION}"
  SECCFG_COMMAND="$RUNNER_TEMP/seccfg/bin/seccfg"
fi
if [ "$SECCFG_MODE" = diff ]; then
  . "$SECCFG_ACTION/ci/github/diff.sh"
  exit "$status"
fi
options=()
[ -z "$SECCFG_FAIL_LEVEL" ] || options+=(--fail-level "$SECCFG_FAIL_LEVEL")
[ -z "$SECCFG_BASELINE" ] || options+=(--baseline "$SECCFG_BASELINE")
set -f  # a path is a path, not a pattern
# shellcheck disable=SC2206 # split on purpose
paths=($SECCFG_PATHS)
if [ -n "$SECCFG_SARIF_FILE" ]; then
  # Findings are no failure here: the run below says whether the job fails.
  "$SECCFG_COMMAND" lint --format sarif "${options[@]}" -- "${paths[@]}" > "$SECCFG_SARIF_FILE" || [ $? -le 2 ]
  printf 'sarif-file=%s\n' "${SECCFG_SARIF_FILE//[$'\r\n']/}" >> "$GITHUB_OUTPUT"
fi
exec "$SECCFG_COMMAND" lint --format "$SECCFG_FORMAT" "${options[@]}" -- "${paths[@]}"
