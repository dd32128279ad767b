"""One security scheme of a description as an auth method, with what it lacks. What lacks lets nobody in."""

from __future__ import annotations

from seccfg.findings import SpecPath
from seccfg.importer.description import NotCarried, quoted
from seccfg.importer.outcome import Edit
from seccfg.importer.print_yaml import Plain
from seccfg.record import Record
from seccfg.source.document import DataMap
from seccfg.spec import scalars

__all__ = ["Scheme", "read_scheme"]

_DISCOVERY = "/.well-known/openid-configuration"
_NO_AUDIENCE = "audience.invalid"
_CARRIED_FLOWS = ("authorizationCode", "clientCredentials", "deviceAuthorization")


class Scheme(Record):
    """A scheme and its auth method."""

    ident: str
    """Its name in the description."""
    name: str
    kind: str
    """`token`, `key` or `certificate`."""
    place: str
    """Where its credential stands, in words that are equal for equal places."""
    issuer: str
    """What tells its tokens from others in the same place; empty for what is no token."""
    method: dict[str, Plain]
    edits: tuple[Edit, ...]
    data: DataMap
    at: SpecPath

    @property
    def has_scopes(self) -> bool:
        """Whether `security` lists scopes for it; for other schemes it lists names of roles."""
        return self.data.get("type") in ("oauth2", "openIdConnect")


def read_scheme(ident: str, name: str, value: DataMap, at: SpecPath) -> Scheme:
    """
    The auth method called *name* for the scheme *ident*.

    Raises:
        NotCarried: there is no such method in a spec, or none that is safe.
    """
    kind = value.get("type")
    what = quoted(ident)
    match kind:
        case "apiKey":
            return _api_key(ident, name, value, at)
        case "http":
            return _http(ident, name, value, at)
        case "oauth2":
            _check_flows(what, value, at)
            return _token(ident, name, value, at, _placeholder(name))
        case "openIdConnect":
            return _open_id(ident, name, value, at)
        case "mutualTLS":
            return _certificate(ident, name, value, at)
        case _:
            raise NotCarried(f"{what} is of the type {quoted(str(kind))}, which no spec knows", "choose another", at)


def _api_key(ident: str, name: str, value: DataMap, at: SpecPath) -> Scheme:
    where, header, what = value.get("in"), value.get("name"), quoted(ident)
    if where == "query":
        raise NotCarried(
            f"{what} carries an API key in the query, and URLs end up in logs", "carry the key in a header", at
        )
    if where == "cookie":
        raise NotCarried(
            f"{what} carries an API key in a cookie, which browsers send unasked",
            "carry the key in a header, or say `in: {cookie: …}` on a method for tokens, with `sessions.csrf`",
            at,
        )
    if where != "header" or not isinstance(header, str):
        raise NotCarried(f"{what} does not say which header carries it", "add `in: header` and `name`", at)
    try:
        scalars.parse_header_name(header)
        if header.lower() in ("host", "cookie", "connection", "content-length", "transfer-encoding", "upgrade"):
            raise ValueError("belongs to the protocol")
    except ValueError as error:
        raise NotCarried(f"{what} stands in the header {quoted(header)}, which {error}", "use another header", at) from error
    path = f"keys/{name}.json"
    edit = Edit(
        "key-records",
        ("auth", name, "keys", "file"),
        f"put the records of the keys you give out into {path}: a list of objects with `id`, `sha256` (of the whole key "
        "`<id>.<secret>`) and `subject`; keys of another form are not accepted",
        path=path,
    )
    method: dict[str, Plain] = {"type": "api_key", "in": {"header": header}, "keys": {"file": path}}
    place = "Authorization header" if header.lower() == "authorization" else f"header `{header.lower()}`"
    return Scheme(ident, name, "key", place, "", method, (edit,), value, at)


def _http(ident: str, name: str, value: DataMap, at: SpecPath) -> Scheme:
    scheme = value.get("scheme")
    text = scheme.lower() if isinstance(scheme, str) else ""
    if text == "bearer":
        return _token(ident, name, value, at, _placeholder(name))
    if text == "basic":
        raise NotCarried(
            f"{quoted(ident)} is HTTP basic, a password in every request",
            "give its users API keys, or tokens of an issuer",
            at,
        )
    raise NotCarried(f"{quoted(ident)} is the HTTP scheme {quoted(text)}", "use bearer tokens or API keys", at)


def _open_id(ident: str, name: str, value: DataMap, at: SpecPath) -> Scheme:
    url = value.get("openIdConnectUrl")
    issuer = url.removesuffix(_DISCOVERY) if isinstance(url, str) else ""
    try:
        scalars.parse_issuer_url(issuer)
        if issuer == url:
            raise ValueError("does not end in the well-known path")
    except ValueError:
        return _token(ident, name, value, at, _placeholder(name), kind="oidc")
    return _token(ident, name, value, at, issuer, kind="oidc")


def _placeholder(name: str) -> str:
    """An issuer that no token can have (RFC 6761 keeps `.invalid` free), another for each method."""
    label = "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-") or "x"
    return f"https://{label[:60].rstrip('-')}.issuer.invalid/"


def _token(
    ident: str, name: str, value: DataMap, at: SpecPath, issuer: str, kind: str = "jwt"
) -> Scheme:
    path = f"keys/{name}.jwks.json"
    here: SpecPath = ("auth", name)
    known = not issuer.endswith(".issuer.invalid/")
    method: dict[str, Plain] = {
        "type": kind,
        "issuer": issuer,
        "audiences": [_NO_AUDIENCE],
        "algorithms": ["RS256"],
        "jwks": {"file": path},
    }
    said = "compare it with `iss` of a token, a `/` at its end included" if known else "write `iss` of its tokens"
    edits = (
        Edit("value", (*here, "issuer"), said, value=issuer),
        Edit("value", (*here, "audiences", 0), "write `aud` of its tokens", value=_NO_AUDIENCE),
        Edit("value", (*here, "algorithms", 0), "check which algorithms its tokens are signed with", value="RS256"),
        Edit(
            "key-set",
            (*here, "jwks", "file"),
            f"put the issuer's keys into {path}: `seccfg keys pin SPEC {name} --from URL` does",
            path=path,
        ),
    )
    return Scheme(ident, name, "token", "Authorization header", issuer, method, edits, value, at)


def _certificate(ident: str, name: str, value: DataMap, at: SpecPath) -> Scheme:
    path, san = f"keys/{name}-ca.pem", "spiffe://client.invalid/*"
    here: SpecPath = ("auth", name)
    edits = (
        Edit("certificates", (*here, "ca", "file"), f"put the certificates that sign clients' into {path}", path=path),
        Edit("value", (*here, "san", "uri"), "write which URI a client's certificate must hold", value=san),
    )
    method: dict[str, Plain] = {"type": "mtls", "ca": {"file": path}, "san": {"uri": san}}
    return Scheme(ident, name, "certificate", "client certificate", "", method, edits, value, at)


def _check_flows(what: str, value: DataMap, at: SpecPath) -> None:
    flows = value.get("flows")
    names = [name for name in flows if not name.startswith("x-")] if isinstance(flows, dict) else []
    if any(name in _CARRIED_FLOWS for name in names):
        return
    listed = " and ".join(quoted(name) for name in names) or "none"
    raise NotCarried(
        f"{what} offers the flows {listed}, which hand tokens or passwords to whoever is in between",
        "offer `authorizationCode` with PKCE, or `clientCredentials`",
        at,
    )
