"""Lambda authorizer of `guide`: API Gateway calls `handler` before every request. Generated."""

from __future__ import annotations

from guide_authorizer.policy import EVENTS, ISSUERS, RULES, UNAUTHORIZED
from guide_authorizer.runtime.gate import Gate

handler = Gate(ISSUERS, RULES, unauthorized=UNAUTHORIZED, events=EVENTS).answer
