"""
Runs the emitted authorizer inside a model of API Gateway's REST API. Reads emitted files only.

`gateway` is the model: which requests reach the function, with which event, and what becomes of what it answers. The function
is the emitted package itself, called with that event; its table is a model of DynamoDB (`engine_table`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

from seccfg.ir.policy import Event
from seccfg.ir.request import Decision, Request, Surroundings
from seccfg.targetapi.base import Engine, EngineInfo
from seccfg.targetapi.emitted import EmittedPackage, NoPackage
from seccfg.targetapi.observe import EngineFailed, observe
from seccfg_aws.engine_table import Table
from seccfg_aws.gateway import Gateway, NotAsked
from seccfg_aws.stack_check import check_template
from seccfg_aws.stack_role import table_actions

__all__ = ["ModelEngine", "engines", "make"]

_EVENTS: Final[tuple[str, ...]] = tuple(sorted(get_args(Event)))
_FOLDER: Final = "authorizer/"


def engines() -> tuple[EngineInfo, ...]:
    """Every engine of the target."""
    return (EngineInfo("aws-model", "", ""),)


def make(name: str) -> Engine:
    """A fresh engine; KeyError for an unknown name."""
    return {"aws-model": ModelEngine}[name]()


class ModelEngine:
    """The emitted stack: API Gateway modelled, the function run."""

    name = "aws-model"

    def __init__(self, *, checks: bool = True) -> None:
        """`checks` False: a stack that is told again from what runs, which need not be one CloudFormation would make."""
        self._checks = checks
        self._package: EmittedPackage | None = None
        self._table = Table()
        self._surroundings = Surroundings()
        self._now_s = 0
        self._stale_after_s = 0
        self._lines: list[str] = []

    def start(self, files: Mapping[str, bytes], environment: Mapping[str, str]) -> None:
        """Read the template and import the function; EngineFailed when either cannot be used."""
        try:
            template = json.loads(files["template.json"] if "template.json" in files else files["main.tf.json"])
            if self._checks and "resource" not in template:
                check_template(template)
                self._table.grant(table_actions(template["Resources"]))
            self._gateway = Gateway(template, files.get("truststore.pem", b""), environment)
        except (KeyError, ValueError, TypeError) as error:
            raise EngineFailed(f"the template cannot be read: {type(error).__name__}: {error}") from error
        code = {path.removeprefix(_FOLDER): content for path, content in files.items() if path.startswith(_FOLDER)}
        try:
            self._package = EmittedPackage(code)
            if any(path.endswith("/runtime/gate.py") for path in code):
                self._start_rules(self._package)
                return
            policy = self._package.module("policy").POLICY
            replace = self._package.module("runtime.structs").replace
            runtime = self._package.module("runtime.authorizer")
            stores = self._package.module("runtime.dynamodb")
            stored = any(route.limits or route.revocation is not None for route in policy.routes)
            if stored and not self._gateway.environment.get("AUTHORIZER_TABLE"):
                raise EngineFailed("the function is not told its table")
            self._authorizer = runtime.Authorizer(
                _telling_all(policy, replace),
                environ=self._gateway.environment,
                limits=stores.TableLimits(self._table, "table"),
                revocations=stores.TableRevocations(self._table, "table"),
                keys=self._keys(policy),
                audit=self,
                clock=lambda: self._now_s,
            )
        except NoPackage as error:
            raise EngineFailed(str(error)) from error
        except EngineFailed:
            raise
        except Exception as error:  # whatever emitted code raises, it is the emitted files that fail
            raise EngineFailed(f"the function does not start: {type(error).__name__}: {error}") from error
        self.reset(Surroundings())

    def _start_rules(self, package: EmittedPackage) -> None:
        """A function that is a table of rules."""
        rules = package.module("policy")
        self._authorizer = package.module("runtime.gate").Gate(
            rules.ISSUERS, rules.RULES, unauthorized=rules.UNAUTHORIZED, events=rules.EVENTS,
            now=lambda: self._now_s, log=self._lines.append,
        )  # fmt: skip
        self.reset(Surroundings())

    def reset(self, surroundings: Surroundings) -> None:
        """An empty table but for what *surroundings* say was revoked."""
        self._surroundings = surroundings
        self._table.empty(down=surroundings.store == "down")
        for value in surroundings.denied:
            self._table.seed(f"deny#{value}", {})
        principals: dict[str, dict[str, int]] = {}
        for principal, version in surroundings.versions:
            principals.setdefault(principal, {})["version"] = version
        for principal, seconds in surroundings.not_before:
            principals.setdefault(principal, {})["not_before"] = seconds
        for principal, numbers in principals.items():
            self._table.seed(f"principal#{principal}", numbers)
        self._gateway.forget()

    def answer(self, request: Request) -> Decision:
        """What the stack decides."""
        self._now_s = request.now_s
        self._lines.clear()
        try:
            exchange = self._gateway.handle(request, self._authorizer.answer, getattr(self._authorizer, "preflight", _no_preflight))
        except NotAsked as refusal:
            return refusal.decision
        told = json.loads(self._lines[-1])["reason"] if self._lines else exchange.reason
        reason = exchange.reason or ("" if told == "pass" else told)
        return observe(exchange.response, exchange.received, exchange.identity, reason=reason)

    def close(self) -> None:
        """Forget the function."""
        if self._package is not None:
            self._package.close()
            self._package = None

    def write(self, line: str) -> bool:
        """The function's log."""
        self._lines.append(line)
        return True

    # --------------------------------------------------------------------------------------------------------- keys
    def _keys(self, policy: Any) -> dict[str, Any]:
        """The package's own key sources, read from nowhere but the package."""
        if self._package is None:
            raise EngineFailed("not started")
        model, jwks = self._package.module("runtime.model"), self._package.module("runtime.jwks")
        found: dict[str, Any] = {}
        for verifier in policy.verifiers:
            if not isinstance(verifier, model.JwtVerifier):
                continue
            if not verifier.algorithms:
                found[verifier.name] = self._package.module("runtime.authorizer").NoKeys()
                continue
            keys = verifier.keys
            self._stale_after_s = max(self._stale_after_s, keys.max_stale_s)
            found[verifier.name] = jwks.KeySource(
                verifier.name, algorithms=verifier.algorithms, embedded=keys.document.encode(),
                read=_out_of_reach if keys.url else None, refresh_s=keys.refresh_s, max_stale_s=keys.max_stale_s,
                monotonic=self._monotonic,
            )  # fmt: skip
        return found

    def _monotonic(self) -> float:
        """The clock of key freshness: far past every set's end when keys are stale."""
        return float(self._stale_after_s + 1) if self._surroundings.keys == "stale" else 0.0


def _no_preflight(event: Mapping[str, object]) -> Mapping[str, Any]:
    raise EngineFailed(f"nothing of the function answers {event['httpMethod']}")


def _telling_all(policy: Any, replace: Callable[..., Any]) -> Any:
    """The policy with every event told of: some answers have no body, and their reason stands in the event alone."""

    def told(part: Any) -> Any:
        return replace(part, audit=replace(part.audit, events=_EVENTS))

    return replace(policy, edge=told(policy.edge), routes=tuple(map(told, policy.routes)))


def _out_of_reach() -> bytes:
    raise OSError("no network here")
