"""`python -m PACKAGE`: the policy in front of its upstreams, from the command line. No option weakens a check."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import ssl
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from .deployment import Deployment
from .interface import PolicyError
from .keyset import KeySetError
from .model import CertVerifier, Forward, Policy
from .proxy import Proxy
from .settings import SettingsError, read_settings
from .tls import TlsError, server_context
from .upstream import Upstream, UpstreamUrlError


class StartError(Exception):
    """The proxy cannot start; the message says why, one line for each problem."""


@dataclass(frozen=True, slots=True)
class Options:
    """The command line, taken apart."""

    listen: tuple[str, int] | None
    listen_http: tuple[str, int] | None
    tls_cert: str
    tls_key: str
    client_ca: str
    upstreams: tuple[tuple[str, str], ...]
    """(name, empty for the only one; URL)."""


def main(policy: Policy, argv: Sequence[str] | None = None) -> int:
    """Run the proxy until SIGTERM or SIGINT; the exit code: 0 ended, 2 could not start."""
    package = __name__.rpartition(".runtime.")[0].rpartition(".")[2]
    options = _options(policy, package, argv)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        asyncio.run(_run(policy, options))
    except StartError as error:
        for line in str(error).splitlines():
            sys.stderr.write(f"{package}: {line}\n")
        return 2
    return 0


async def _run(policy: Policy, options: Options) -> None:
    tls = listener_context(policy, options)
    upstreams = open_upstreams(policy, options.upstreams)
    try:
        deployment = Deployment(policy, settings=read_settings(policy))
    except (SettingsError, KeySetError, PolicyError) as error:
        raise StartError(str(error)) from error
    await asyncio.to_thread(deployment.load_keys)
    proxy = Proxy(deployment, upstreams)
    deployment.start()
    places = []
    for place, context in ((options.listen, tls), (options.listen_http, None)):
        if place is None:
            continue
        try:
            host, port = await proxy.listen(*place, context)
        except OSError as error:
            await proxy.close()
            raise StartError(f"cannot listen on {_shown(*place)}: {error.strerror or error}") from error
        places.append(f"{'http' if context is None else 'https'}://{_shown(host, port)}")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    sys.stdout.write(f"{policy.name} listens on {' and '.join(places)}\n")
    sys.stdout.flush()
    await stop.wait()
    await proxy.close()
    deployment.close()


def listener_context(policy: Policy, options: Options) -> ssl.SSLContext | None:
    """
    The TLS listener's context, None without `--listen`.

    `--client-ca` says which certificates the handshake takes; the guard asks for the policy's authorities all the same.
    """
    authorities = [verifier.ca_pem for verifier in policy.verifiers if isinstance(verifier, CertVerifier)]
    if options.client_ca and not authorities:
        raise StartError("--client-ca: the policy takes no client certificates; leave it out")
    if options.listen is None:
        return None
    try:
        return server_context(
            certificate=options.tls_cert,
            key=options.tls_key,
            min_version=policy.tls.min_version,
            ciphers=policy.tls.ciphers,
            client_ca_pem=_read_text("--client-ca", options.client_ca) if options.client_ca else "\n".join(authorities),
        )
    except TlsError as error:
        raise StartError(str(error)) from error


def open_upstreams(policy: Policy, given: Sequence[tuple[str, str]]) -> dict[str, Upstream]:
    """The policy's upstreams by name, URLs of `--upstream` in place of its own; StartError lists every problem."""
    plans: dict[str, Forward] = {route.forward.upstream: route.forward for route in policy.routes}
    urls = {name: plan.url for name, plan in plans.items()}
    problems = []
    for name, url in given:
        if not name and len(plans) == 1:
            urls[next(iter(plans))] = url
        elif name in plans:
            urls[name] = url
        else:
            known = ", ".join(sorted(plans))
            problems.append(f"--upstream: write NAME=URL, NAME one of {known}" if not name else
                            f"--upstream: the policy has no upstream `{name}`; it has {known}")  # fmt: skip
    found = {}
    for name, plan in plans.items():
        try:
            found[name] = Upstream(urls[name], verify_tls=plan.verify_tls, timeout_s=plan.timeout_s)
        except UpstreamUrlError as error:
            problems.append(f"upstream `{name}`: {error}")
    if problems:
        raise StartError("\n".join(problems))
    return found


def _options(policy: Policy, package: str, argv: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(
        prog=f"python -m {package}", allow_abbrev=False, description=f"The policy of `{policy.name}`, enforced."
    )
    add = parser.add_argument
    add("--upstream", action="append", default=[], metavar="[NAME=]URL", help="instead of the URL the policy names")
    add("--listen", metavar="HOST:PORT", help="serve https here; needs --tls-cert and --tls-key")
    add("--listen-http", metavar="HOST:PORT", help="serve plain http here, redirected or refused as the policy says")
    add("--tls-cert", default="", metavar="FILE", help="certificate chain, PEM, leaf first")
    add("--tls-key", default="", metavar="FILE", help="its key, PEM, not encrypted")
    add("--client-ca", default="", metavar="FILE", help="authorities the handshake takes client certificates of")
    given = parser.parse_args(argv)
    if given.listen is None and given.listen_http is None:
        parser.error("give --listen HOST:PORT, --listen-http HOST:PORT or both")
    if given.listen is not None and not (given.tls_cert and given.tls_key):
        parser.error("--listen serves https: give --tls-cert FILE and --tls-key FILE")
    places = []
    for option, text in (("--listen", given.listen), ("--listen-http", given.listen_http)):
        place = None if text is None else _place(text)
        if text is not None and place is None:
            parser.error(f"{option}: `{text}` is no HOST:PORT")
        places.append(place)
    return Options(
        places[0], places[1], given.tls_cert, given.tls_key, given.client_ca, tuple(map(_named, given.upstream))
    )


def _named(text: str) -> tuple[str, str]:
    """`main=http://...` or `http://...`; a URL holds no `=` before its `://`."""
    name, mark, url = text.partition("=")
    return (name, url) if mark and "://" not in name else ("", text)


def _place(text: str) -> tuple[str, int] | None:
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        return None
    return host, int(port)


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _read_text(option: str, path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no PEM file"
        raise StartError(f"{option}: `{path}` cannot be read ({reason})") from error
