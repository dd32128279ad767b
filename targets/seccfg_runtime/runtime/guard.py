"""The guard: a policy made ready to judge requests. `steps.py` is the table of what happens to each."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from math import floor

from .addresses import Address, TrustedProxies
from .arrival import NEVER_SERVED, find_peer
from .attributes import declared_attributes
from .audit import AuditSink, LineWriter
from .authenticate import Judge
from .certificates import CertificateJudge
from .exchange import START_OF_TIME, Exchange, Lookup, Steps, Waiting
from .interface import (
    Answer,
    Forwarding,
    GuardSettings,
    LimitStore,
    PolicyError,
    RequestHead,
    RevocationStore,
    StoreUnavailable,
)
from .jwks import KeysUnavailable
from .keys import KeyJudge
from .memo import Memo
from .model import CertVerifier, JwtVerifier, KeyVerifier, Policy, Reason
from .paths import query_pairs, segments, split
from .places import PlaceReader
from .plan import EdgePlan, RoutePlan, SharedParts
from .router import Router, path_values
from .steps import steps
from .stores import MemoryLimits, MemoryRevocations
from .tokens import Keys, TokenJudge

Arrival = tuple[str, Address, bool, bool]
"""What steps 2 to 4 found: host, client, whether encrypted, whether the peer is a trusted proxy."""
_REMEMBERED_TARGETS = 4096
_LONGEST_REMEMBERED = 512
_HOST = re.compile(r"(.*?)(?::[0-9]*)?", re.DOTALL)
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


class Guard:
    """
    Judges requests by one policy.

    Args:
        policy: What holds.
        keys: Verifier name to the key source of its issuer, one for every `JwtVerifier`.
        settings: What the deployment says.
        limits: Counters; default: in this process.
        revocations: What was revoked; default: what this process was told.
        clock: Seconds since the Unix epoch.
        audit: Where audit events go; default: standard error.
    Raises:
        PolicyError: Something needed is missing or cannot be used.
    """

    def __init__(
        self,
        policy: Policy,
        keys: Mapping[str, Keys],
        settings: GuardSettings | None = None,
        *,
        limits: LimitStore | None = None,
        revocations: RevocationStore | None = None,
        clock: Callable[[], float] = time.time,
        audit: AuditSink | None = None,
    ) -> None:
        settings = GuardSettings() if settings is None else settings
        if settings.behind_gateway and not policy.trusted_proxies:
            raise PolicyError("behind a gateway the policy must name the gateway in `trusted_proxies`")
        self.policy = policy
        self.limits: LimitStore = MemoryLimits() if limits is None else limits
        self.revocations: RevocationStore = MemoryRevocations() if revocations is None else revocations
        self.audit: AuditSink = LineWriter() if audit is None else audit
        self.proxies = TrustedProxies(policy.trusted_proxies)
        self._clock = clock
        self._steps = steps
        if settings.behind_gateway:
            from .gateway import gateway_steps

            self._steps = gateway_steps
        self._hosts = frozenset(policy.hosts)
        self._known_hosts: Memo[bytes, str] = Memo(256)
        self.arrivals: Memo[tuple[EdgePlan, bytes, str, str], Arrival] = Memo(_REMEMBERED_TARGETS)
        self._targets: Memo[bytes, Lookup] = Memo(_REMEMBERED_TARGETS)
        self._key_methods = frozenset(v.name for v in policy.verifiers if isinstance(v, KeyVerifier))
        shared = SharedParts(policy, settings, _judges(policy, keys, settings))
        self._places = tuple(PlaceReader(place) for place in shared.places)
        self._edge = shared.edge()
        self._router: Router[RoutePlan] = Router()
        for number, route in enumerate(policy.routes):
            self._router.add(route.method, route.path, RoutePlan(route, number, shared))

    def begin(self, head: RequestHead) -> Answer | Forwarding | Waiting:
        """What happens to a request, or what must be fetched before that can be said."""
        return self.judge(
            head.method, head.target, head.headers, head.peer, head.scheme, head.certificate, head.http_version
        )

    def judge(
        self, method: str, target: bytes, headers: Sequence[tuple[bytes, bytes]], peer: str, scheme: str,
        certificate: bytes | None, http_version: str,
    ) -> Answer | Forwarding | Waiting:  # fmt: skip
        """`begin` for servers that need no record of the request: the fields of a `RequestHead` in their order."""
        lookup = self._targets.new.get(target) or self._look_up(target)
        x = Exchange(self, self._edge, lookup, method, headers, peer, scheme, certificate, http_version)
        try:
            template = lookup.template
            if template is not None:
                plan = template.methods.get(method)
                if plan is not None:
                    x.plan = plan
                if method == "OPTIONS":
                    self._find_preflight(x)
            strange = x.plan.table.scan(headers, x.seen, x.headers)
            x.look_closer = strange or not lookup.well_formed or method in NEVER_SERVED
            now = self._clock()
            x.now_s = floor(now)
            x.now = now
            running = self._steps(self, x)
            for need in running:
                return Waiting(x, running, need)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the request is refused
            return self.broken(x, error)
        return x if x.passed else self._outcome(x)

    def advance(self, x: Exchange, running: Steps, value: object) -> Answer | Forwarding | Waiting:
        """Go on with *value*, which a step waited for."""
        try:
            return Waiting(x, running, running.send(value))
        except StopIteration:
            pass
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the request is refused
            return self.broken(x, error)
        return x if x.passed else self._outcome(x)

    def _outcome(self, x: Exchange) -> Answer:
        """What the steps came to that let nothing pass."""
        return x.outcome or self.broken(x, RuntimeError("the steps ended without an outcome"))

    def broken(self, x: Exchange, error: Exception) -> Answer:
        """The refusal when a check could not be carried out. Nothing of *error* but its kind and place is told."""
        if x.outcome is not None:
            return x.outcome
        if x.address is None:
            find_peer(x)
        if x.now == START_OF_TIME:
            x.now = time.time()
        place, at = "", error.__traceback__
        while at is not None:  # the last frame alone: `traceback` takes as long to load as all of this
            place, at = f" in {at.tb_frame.f_code.co_name}, line {at.tb_lineno}", at.tb_next
        reason: Reason = "unavailable" if isinstance(error, (StoreUnavailable, KeysUnavailable)) else "internal"
        return x.answer("check.failed", reason, f"{type(error).__name__}{place}")

    def fail(self, head: RequestHead) -> Answer:
        """The refusal of a request the server could not hand over as it arrived."""
        lookup = Lookup(head.target, head.target, b"", None, "", None, {})
        x = Exchange(
            self, self._edge, lookup, head.method, head.headers, head.peer, head.scheme, head.certificate, head.http_version
        )
        return self.broken(x, RuntimeError())

    # --------------------------------------------------------------------------------------------------- look-ups
    def _look_up(self, raw: bytes) -> Lookup:
        found = self._targets.recall(raw)
        if found is None:
            found = self._read_target(raw)
            if len(raw) <= _LONGEST_REMEMBERED:
                self._targets.store(raw, found)
        return found

    def _read_target(self, raw: bytes) -> Lookup:
        target = split(raw)
        pieces = segments(target.path)
        origin_form = target.path + raw.partition(target.path)[2] if target.authority is not None else raw
        if isinstance(pieces, str):
            return Lookup(origin_form, target.path, target.query, target.authority, target.problem or pieces, None, {})
        template = self._router.find(pieces)
        params: dict[str, str] = {}
        if template is not None:
            params = path_values(next(iter(template.methods.values())).route.path, pieces)
        return Lookup(origin_form, target.path, target.query, target.authority, target.problem, template, params)

    def _find_preflight(self, x: Exchange) -> None:
        """A preflight is judged on the route of the method it asks about."""
        origins = [value for name, value in x.sent if name.lower() == b"origin"]
        asked = [value for name, value in x.sent if name.lower() == b"access-control-request-method"]
        if len(origins) != 1 or b"," in origins[0] or len(asked) != 1 or x.lookup.template is None:
            return  # a comma: two lines that some server joined
        plan = x.lookup.template.methods.get(asked[0].strip(b" \t").decode("latin-1"))
        if plan is not None and plan.cors is not None:
            x.plan = plan
            x.preflight = True

    def host(self, sent: bytes) -> str:
        """*sent* as `service.hosts` writes it; empty when it is none of them."""
        found = self._known_hosts.new.get(sent)
        if found is None:
            match = _HOST.fullmatch(sent.strip(b" \t").decode("latin-1"))
            name = "" if match is None else match[1].translate(_LOWER)
            if name not in self._hosts:
                return ""
            found = name
            if len(sent) <= _LONGEST_REMEMBERED:
                self._known_hosts.store(sent, found)
        return found

    def carries_credential(self, x: Exchange) -> bool:
        """Anything stands in a place some method of the policy owns, or in `Authorization`."""
        if b"authorization" in x.seen:
            return True
        query = query_pairs(x.lookup.query)
        return any(place.presented(x.seen, query) for place in self._places)

    def is_key(self, method: str) -> bool:
        """*method* judges API keys."""
        return method in self._key_methods


def _judges(policy: Policy, keys: Mapping[str, Keys], settings: GuardSettings) -> dict[str, Judge]:
    """What judges the credentials of each verifier."""
    roles = dict(policy.roles)
    attributes = {name: found for (side, name), found in declared_attributes(policy).items() if side == "principal"}
    revocable = any(route.revocation is not None for route in policy.routes)
    judges: dict[str, Judge] = {}
    for verifier in policy.verifiers:
        if verifier.name in judges:
            raise PolicyError(f"two methods are called `{verifier.name}`")
        match verifier:
            case JwtVerifier():
                source = keys.get(verifier.name)
                if source is None:
                    raise PolicyError(f"method `{verifier.name}` has no key source")
                judges[verifier.name] = TokenJudge(verifier, source, roles, revocable=revocable)
            case KeyVerifier():
                records = verifier.records or settings.key_records.get(verifier.name, ())
                judges[verifier.name] = KeyJudge(verifier, records, roles)
            case CertVerifier():
                judges[verifier.name] = CertificateJudge(verifier, attributes, roles)
    named = {name for route in policy.routes for names in route.authenticate.alternatives for name in names}
    unknown = named - judges.keys()
    if unknown:
        raise PolicyError(f"a route names the unknown method `{sorted(unknown)[0]}`")
    return judges
