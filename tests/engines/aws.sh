#!/usr/bin/env bash
# AWS's own template linter and a stand-in of its services on loopback, in an environment of their own: both bring boto3.
set -euo pipefail
CFN_LINT=1.58.0 MINISTACK=1.5.33
PLACE=.engines/aws
[ -x "$PLACE/bin/cfn-lint" ] && [ -x "$PLACE/bin/ministack" ] && exit 0
"${PYTHON:-python3}" -m venv "$PLACE"
"$PLACE/bin/python" -m pip install --quiet --disable-pip-version-check "cfn-lint==$CFN_LINT" "ministack==$MINISTACK" boto3 hypercorn
