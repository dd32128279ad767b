# What action.sh runs for mode diff: one comment on the pull request, made once and kept up to date; sets `status`.
base=${SECCFG_BASE:-${GITHUB_BASE_REF:+origin/$GITHUB_BASE_REF}}
[ -n "$base" ] || { echo "::error::seccfg: nothing to compare with: this is no pull request, and no \`base\` is given" >&2; exit 2; }
[ "${base#-}" = "$base" ] || { echo "::error::seccfg: \`base\` is no revision" >&2; exit 2; }
mark='<!-- seccfg diff -->'
comment="${RUNNER_TEMP:?}/seccfg-diff.md"
{ printf '%s\n' "$mark"; "$SECCFG_COMMAND" diff --format markdown "$base"; } > "$comment"
cat "$comment" >> "${GITHUB_STEP_SUMMARY:-/dev/null}"
number=
[ ! -f "${GITHUB_EVENT_PATH:-}" ] ||
  number=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1])).get("pull_request", {}).get("number", ""))' "$GITHUB_EVENT_PATH")
if [ -n "${GH_TOKEN:-}" ] && [ -n "$number" ]; then
  comments="repos/${GITHUB_REPOSITORY:?}/issues/$number/comments"
  known=$(gh api --paginate "$comments" --jq ".[] | select(.body | startswith(\"$mark\")) | .id" | head -n 1)
  if [ -n "$known" ]; then
    gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$known" -F "body=@$comment"
  else
    gh api --silent --method POST "$comments" -F "body=@$comment"
  fi
fi
status=0
"$SECCFG_COMMAND" diff ${SECCFG_FAIL_ON:+--fail-on "$SECCFG_FAIL_ON"} "$base" || status=$?
