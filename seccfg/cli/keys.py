"""`seccfg keys`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from seccfg import api
from seccfg.cli import exits
from seccfg.cli.console import ColorChoice, Console
from seccfg.cli.options import color_option, env_option
from seccfg.findings import InputError
from seccfg.source.files import read, show
from seccfg.source.suggest import did_you_mean

if TYPE_CHECKING:
    from seccfg.importer.jwks import Pinned
    from seccfg.spec.loader import Jwt, Oidc


@click.group("keys", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Keep the key sets that specs name."""
    if ctx.invoked_subcommand is None:
        raise click.UsageError("which command? `seccfg keys --help` lists them", ctx)


@command.command("pin")
@click.argument("spec")
@click.argument("auth")
@click.option("--from", "source", metavar="URL|FILE", help="Where the keys are.  [default: as the spec says]")
@click.option("--ca", metavar="FILE", help="Certificates (PEM) to trust instead of the system's.")
@click.option("--check", is_flag=True, help="Write nothing; exit 4 when the file would change.")
@env_option
@color_option
def pin(
    spec: str, auth: str, source: str | None, ca: str | None, check: bool, env: str | None, color: ColorChoice
) -> int:
    """Write the key set file that the auth method AUTH of SPEC names.

    The keys come from --from, else from the method's `jwks.url`, else from discovery at its issuer. Only `https` is
    asked, redirects are not followed, and only public keys that fit the method's algorithms are written. Commit the
    file: builds read nothing else.
    """
    from seccfg.importer.jwks import pin as pinned_from

    console = Console(color)
    loaded = api.load(spec, env)
    method = _method(loaded, auth)
    path = _path(loaded, auth, method)
    data, where = _published(method, auth, source, ca, console)
    before = read(path) if os.path.lexists(path) else None
    pinned = pinned_from(data, where, method.algorithms, before)
    changes = pinned.content != before
    if changes and not check:
        from seccfg.write import replace_file

        replace_file(path, pinned.content)
    console.out(_as_text(pinned, path, where, console, changes=changes, written=changes and not check))
    return exits.DIFFERS if check and changes else exits.FINE


def _method(loaded: api.Loaded, auth: str) -> Jwt | Oidc:
    methods = loaded.spec.auth or {}
    found = methods.get(auth)
    if found is None:
        raise InputError(f"{show(loaded.path)}: no auth method `{show(auth)}`{did_you_mean(auth, methods)}")
    if found.type not in ("jwt", "oidc"):
        raise InputError(f"{show(loaded.path)}: `{show(auth)}` is of the type {found.type}, which has no key set")
    return found


def _path(loaded: api.Loaded, auth: str, method: Jwt | Oidc) -> str:
    """Where the key set goes: inside the project, through no symbolic link that leads out of it."""
    name = method.jwks.file if method.jwks is not None else None
    if name is None:
        raise InputError(
            f"{show(loaded.path)}: `{show(auth)}` names no key set file; add `jwks: {{file: keys/{show(auth)}.jwks.json}}`"
        )
    path = os.path.join(os.path.dirname(loaded.path), name)
    root = os.path.realpath(loaded.document.root)
    real = os.path.realpath(path)
    if os.path.commonpath((root, real)) != root or real == root:
        raise InputError(f"{show(name)}: outside the project root {show(loaded.document.root)}")
    return real if os.path.islink(path) else os.path.normpath(path)


def _published(
    method: Jwt | Oidc, auth: str, source: str | None, ca: str | None, console: Console
) -> tuple[bytes, str]:
    """The key set, and where it comes from."""
    from seccfg.importer.fetch import fetch
    from seccfg.importer.jwks import MAX_BYTES, issuer_keys_url

    if source is not None and "://" not in source:
        return read(source, MAX_BYTES), source
    url = source or (method.jwks.url if method.jwks is not None else None)
    if url is None:
        if method.type != "oidc":
            raise InputError(f"`{show(auth)}` names no `jwks.url` and is not oidc; say where its keys are with --from")
        discovery = method.issuer.removesuffix("/") + "/.well-known/openid-configuration"
        console.progress(f"asking {discovery}")
        url = issuer_keys_url(fetch(discovery, MAX_BYTES, ca), discovery, method.issuer)
    console.progress(f"asking {url}")
    return fetch(url, MAX_BYTES, ca), url


def _as_text(
    pinned: Pinned, path: str, where: str, console: Console, *, changes: bool, written: bool
) -> str:
    number = len(pinned.added) + len(pinned.changed) + len(pinned.kept)
    shown = show(os.path.relpath(path) if os.path.isabs(path) else path)
    state = "written" if written else "would change" if changes else "up to date"
    lines = [f"{shown}: {number} key{'' if number == 1 else 's'} from {show(where)}, {state}"]
    lines += [console.style("good", f"  + {show(kid)}") for kid in pinned.added]
    lines += [console.style("warning", f"  ~ {show(kid)}: another key under the same id") for kid in pinned.changed]
    lines += [console.style("error", f"  - {show(kid)}") for kid in pinned.removed]
    lines += [f"    {show(kid)}" for kid in pinned.kept]
    lines += [console.style("dim", f"  left out: {show(out.kid)}: {out.why}") for out in pinned.left_out]
    return "".join(f"{line}\n" for line in lines)
