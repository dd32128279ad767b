"""Lambda authorizer of `tictactoe`: API Gateway calls `handler` before every request, `preflight` for OPTIONS. Generated."""

from __future__ import annotations

from tictactoe_authorizer.policy import POLICY
from tictactoe_authorizer.runtime.authorizer import Authorizer

_authorizer = Authorizer(POLICY)
handler = _authorizer.answer
preflight = _authorizer.preflight
