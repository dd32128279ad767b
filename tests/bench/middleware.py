"""What the emitted middleware adds to a request, beside one RS256 check and a stack wired by hand, in the same run."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import jwt as pyjwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc import jwt as jose
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.middleware.cors import CORSMiddleware

from seccfg import api
from seccfg.analyse.credentials import Persona, token
from seccfg.analyse.exchange import KeyRing, exchange
from seccfg.targetapi.registry import load_target
from tests.bench.specs import spec_of

ROOT = Path(__file__).resolve().parents[2]
App = Callable[..., Awaitable[None]]
REQUESTS = 3_000


async def bare(scope: dict[str, object], receive: App, send: App) -> None:
    """A service that answers 200 without a body."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def receive() -> dict[str, object]:
    return {"type": "http.request", "body": b"", "more_body": False}


def scope_of(text: str) -> dict[str, object]:
    """A GET of the first route with *text* as its token, as a server would hand it over."""
    return {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": "GET",
        "scheme": "https",
        "path": "/v1/things0", "raw_path": b"/v1/things0", "query_string": b"", "root_path": "", "client": ("198.51.100.7", 41000),
        "server": ("127.0.0.1", 8443), "state": {}, "extensions": {},
        "headers": [
            (b"host", b"api.example.com"), (b"user-agent", b"bench/1"), (b"accept", b"*/*"), (b"accept-encoding", b"gzip"),
            (b"authorization", b"Bearer " + text.encode()),
        ],
    }  # fmt: skip


def cpu_us(app: App, texts: Sequence[str], rounds: int = 3) -> float:
    """CPU microseconds a request of *app*, the server's making of its scope included; best of *rounds* over *texts*."""
    refused: list[int] = []

    async def send(message: dict[str, object]) -> None:
        if message.get("status", 200) != 200:
            refused.append(int(str(message["status"])))

    async def run() -> float:
        best = float("inf")
        for _ in range(rounds):
            started = time.process_time()
            for text in texts:
                await app(scope_of(text), receive, send)
            best = min(best, time.process_time() - started)
        return best

    total = asyncio.run(run())
    if refused:
        raise SystemExit(f"the bench expects 200 and got {sorted(set(refused))}")
    return total / len(texts) * 1e6


def by_hand(public: object) -> App:
    """What people write themselves: CORS middleware, a token check and a limit; no roles, no routes, no audit."""
    limiter, limit = FixedWindowRateLimiter(MemoryStorage()), parse("1000000/15 minutes")

    async def guarded(scope: dict[str, object], receive: App, send: App) -> None:
        if scope["type"] == "http":
            headers = dict(scope["headers"])  # type: ignore[call-overload]
            text = headers[b"authorization"].decode().partition(" ")[2]
            claims = pyjwt.decode(
                text,
                public,
                algorithms=["RS256"],
                audience="https://api.example.com",
                issuer="https://id.example.com/",  # type: ignore[arg-type]
            )
            if not limiter.hit(limit, str(scope["client"][0])) or not limiter.hit(limit, claims["sub"]):  # type: ignore[index]
                raise SystemExit("limited")
        await bare(scope, receive, send)

    return CORSMiddleware(guarded, allow_origins=["https://app.example.com"], allow_credentials=True)  # type: ignore[arg-type, return-value]


def built(routes: int, folder: Path) -> tuple[App, KeyRing]:
    """The middleware of a spec with *routes* routes around `bare`."""
    (folder / "keys").mkdir(parents=True)
    (folder / "keys" / "users.jwks.json").write_bytes((ROOT / "examples/guide/keys/users.jwks.json").read_bytes())
    (folder / "seccfg.yaml").write_text(spec_of(routes))
    policy = api.policy(api.load(str(folder / "seccfg.yaml")))
    now = int(time.time())
    ring = exchange(policy, now)
    package = f"bench_{routes}"
    for file in load_target("python").compile(ring.build, {"package": json.dumps(package)}).files:
        path = folder / "out" / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    sys.path.insert(0, str(folder / "out"))
    module = importlib.import_module(package)
    return module.SecurityMiddleware(bare), ring


def main() -> None:
    """Added CPU a request, token cached and not, at three sizes."""
    print("middleware, CPU added to a bare ASGI app by one request")
    with tempfile.TemporaryDirectory() as name:
        hand = None
        plain = cpu_us(bare, ["x"] * REQUESTS)
        for routes in (10, 100, 1_000):
            app, ring = built(routes, Path(name) / str(routes))
            now = int(time.time())
            persona = Persona("users", roles=("viewer",))
            same = token(ring, persona, now)
            different = [token(ring, persona, now, claims={"jti": str(n)}) for n in range(REQUESTS)]
            signer = ring.signers["users"][0]
            check, decode = baselines(signer, same)  # beside what is measured with them: the machine's speed changes
            if hand is None:
                hand = cpu_us(by_hand(signer.key.public_key), [same] * REQUESTS) - plain
                print(f"  one RS256 check: {check:.1f} us; joserfc decode: {decode:.1f} us; bare app: {plain:.1f} us")
                print(f"  CORSMiddleware + PyJWT + limits by hand: {hand:.1f} us")
            cached = cpu_us(app, [same] * REQUESTS) - plain
            fresh = cpu_us(app, different, 1) - plain
            print(
                f"  {routes:>5} routes: cached {cached:.1f} us = {cached / check:.2f} RS256 checks; "
                f"uncached {fresh:.1f} us = {fresh / decode:.2f} joserfc decodes"
            )


def baselines(signer: object, text: str) -> tuple[float, float]:
    """CPU microseconds of one RS256 signature check, and of the JOSE library's decode."""
    key = signer.key  # type: ignore[attr-defined]
    message, _, signature = text.rpartition(".")
    raw = pyjwt.utils.base64url_decode(signature)
    public = key.public_key
    return (
        best_us(lambda: public.verify(raw, message.encode(), padding.PKCS1v15(), hashes.SHA256())),
        best_us(lambda: jose.decode(text, key, algorithms=["RS256"])),
    )


def best_us(work: Callable[[], object], rounds: int = 3) -> float:
    """CPU microseconds of *work*; best of *rounds* as for the middleware."""
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        for _ in range(REQUESTS):
            work()
        best = min(best, time.process_time() - started)
    return best / REQUESTS * 1e6
