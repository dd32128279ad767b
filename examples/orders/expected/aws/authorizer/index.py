"""Lambda authorizer of `orders`: API Gateway calls `handler` before every request, `preflight` for OPTIONS. Generated."""

from __future__ import annotations

from orders_authorizer.policy import POLICY
from orders_authorizer.runtime.authorizer import Authorizer

_authorizer = Authorizer(POLICY)
handler = _authorizer.answer
preflight = _authorizer.preflight
