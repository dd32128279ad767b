"""Key sets, key records, certificates and schemas: the files a spec names, read into a Policy."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import pairwise

from seccfg.findings import Finding, Span, SpecPath
from seccfg.ir.policy import Jwk, KeyRecord
from seccfg.resolve.values import canonical_json, cidrs
from seccfg.spec import loader, scalars

__all__ = ["FileProblem", "Files", "body_schema", "certificate_authority", "key_records", "key_set", "parse_json"]

_PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
_KEY_TYPES = ("RSA", "EC", "OKP")
_RECORD_KEYS = {"id", "sha256", "subject", "roles", "scopes", "attributes", "not_before", "expires", "addresses"}
_MAX_KEYS = 100
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519"}


class FileProblem(Exception):
    """What is wrong with the content of a file a spec names; becomes a finding at the key that names it."""

    def __init__(self, message: str, help_: str) -> None:
        super().__init__(message)
        self.message = message
        self.help = help_

    def finding(self, rule: str, at: Span, spec_path: SpecPath) -> Finding:
        """The finding of this problem."""
        return Finding(rule, "error", self.message, at, self.help, (), spec_path)


def parse_json(data: bytes, path: str) -> object:
    """The JSON value of a file; duplicate members, NaN and anything but UTF-8 are refused."""

    def members(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise FileProblem(f"`{path}` has an object with the same member twice", "keep one of the two")
        return found

    def constant(text: str) -> object:
        raise FileProblem(f"`{path}` has {text}, which is no JSON", "write a number")

    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=members, parse_constant=constant)
    except UnicodeDecodeError as error:
        raise FileProblem(f"`{path}` is not UTF-8", "save it as UTF-8") from error
    except json.JSONDecodeError as error:
        raise FileProblem(
            f"`{path}` is no JSON: line {error.lineno}, column {error.colno}", "correct it there"
        ) from error
    except RecursionError as error:
        raise FileProblem(f"`{path}` nests too deep", "flatten it") from error


def key_set(data: bytes, path: str, algorithms: tuple[str, ...]) -> tuple[Jwk, ...]:
    """
    The public keys of a JWKS file (RFC 7517).

    Raises:
        FileProblem: no key set, a private key, a key without `kid`, two of one `kid`, or none that fits *algorithms*.
    """
    value = parse_json(data, path)
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list) or not keys:
        raise FileProblem(f"`{path}` is no key set: it has no list `keys`", "download it from the issuer's `jwks_uri`")
    if len(keys) > _MAX_KEYS:
        raise FileProblem(f"`{path}` has more than {_MAX_KEYS} keys", "remove the keys of other issuers")
    found = tuple(_jwk(key, path) for key in keys)
    kids = [key.kid for key in found]
    for kid in kids:
        if kids.count(kid) > 1:
            raise FileProblem(
                f"`{path}` has two keys with kid `{kid}`", "a token names its key by `kid`: make them differ"
            )
    if not any(_usable(key, alg) for key in found for alg in algorithms):
        raise FileProblem(
            f"no key of `{path}` fits {', '.join(algorithms)}",
            "check `algorithms`, or download the issuer's current keys",
        )
    return found


def _jwk(value: object, path: str) -> Jwk:
    if not isinstance(value, dict):
        raise FileProblem(f"`{path}` has a key that is no object", "download it again from the issuer's `jwks_uri`")
    kid = value.get("kid")
    if not isinstance(kid, str) or not kid:
        raise FileProblem(f"`{path}` has a key without `kid`", "tokens name their key by `kid`: ask the issuer for one")
    if any(name in value for name in _PRIVATE):
        raise FileProblem(
            f"key `{kid}` of `{path}` is private", "take the file out of the repository, and the key out of use"
        )
    kty = value.get("kty")
    if kty not in _KEY_TYPES:
        raise FileProblem(f"key `{kid}` of `{path}` is of no type that verifies signatures", "RSA, EC and OKP keys do")
    texts = {name: value.get(name, "") for name in ("alg", "use")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise FileProblem(f"key `{kid}` of `{path}` has an `alg` or `use` that is no text", "download it again")
    return Jwk(kid, str(kty), texts["alg"], texts["use"], canonical_json(value))


def _usable(key: Jwk, alg: str) -> bool:
    kinds = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
    curve = _CURVES.get(alg)
    fits = curve is None or json.loads(key.json).get("crv") == curve
    return fits and kinds[alg[:2]] == key.kty and key.alg in ("", alg) and key.use in ("", "sig")


def key_records(data: bytes, path: str, rotation: loader.Rotation | None) -> tuple[KeyRecord, ...]:
    """
    API key records, sorted by id.

    Raises:
        FileProblem: a record of another shape, an id twice, or records that break *rotation*.
    """
    value = parse_json(data, path)
    if not isinstance(value, list):
        raise FileProblem(f"`{path}` is no list of key records", 'write `[{"id": …, "sha256": …, "subject": …}]`')
    records = tuple(_record(entry, path) for entry in value)
    ids = [record.id for record in records]
    for ident in ids:
        if ids.count(ident) > 1:
            raise FileProblem(
                f"`{path}` has two records with id `{ident}`", "keys are looked up by id: make them differ"
            )
    if rotation is not None:
        _check_rotation(records, path, rotation)
    return tuple(sorted(records, key=lambda r: r.id))


def _record(entry: object, path: str) -> KeyRecord:
    if not isinstance(entry, dict):
        raise FileProblem(
            f"`{path}` has a record that is no object", "each record is an object with id, sha256, subject"
        )
    ident = entry.get("id")
    if not isinstance(ident, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", ident):
        raise FileProblem(
            f"`{path}` has a record without a usable `id`", "ids are letters, digits, `_` and `-`, at most 64"
        )

    def wrong(what: str, fix: str) -> FileProblem:
        return FileProblem(f"record `{ident}` of `{path}` {what}", fix)

    unknown = sorted(entry.keys() - _RECORD_KEYS)
    if unknown:
        raise wrong(f"has an unknown key `{unknown[0]}`", f"the keys are {', '.join(sorted(_RECORD_KEYS))}")
    digest, subject = entry.get("sha256"), entry.get("subject")
    if not isinstance(digest, str) or not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise wrong(
            "has no usable `sha256`", "64 lower-case hex digits: the SHA-256 of the whole key text `<id>.<secret>`"
        )
    if not isinstance(subject, str) or not subject:
        raise wrong("has no `subject`", "say who the key was given to")
    lists: dict[str, tuple[str, ...]] = {}
    for name in ("roles", "scopes", "addresses"):
        items = entry.get(name, [])
        if not isinstance(items, list) or not all(isinstance(item, str) and item for item in items):
            raise wrong(f"has `{name}` that are no list of texts", f'write `"{name}": ["…"]`')
        lists[name] = tuple(items)
    attributes = entry.get("attributes", {})
    if not isinstance(attributes, dict):
        raise wrong("has `attributes` that are no object", 'write `"attributes": {"tenant": "acme"}`')
    try:
        addresses = cidrs([a if "/" in a else f"{a}/{128 if ':' in a else 32}" for a in lists["addresses"]])
    except ValueError as error:
        raise wrong(
            "has an address that does not parse", "write addresses or blocks such as `198.51.100.0/24`"
        ) from error
    times = {name: _moment(entry.get(name), wrong, name) for name in ("not_before", "expires")}
    return KeyRecord(
        ident,
        digest,
        subject,
        lists["roles"],
        lists["scopes"],
        tuple(sorted((name, canonical_json(v)) for name, v in attributes.items())),
        times["not_before"],
        times["expires"],
        addresses,
    )


def _moment(value: object, wrong: Callable[[str, str], FileProblem], name: str) -> int | None:
    if value is None:
        return None
    try:
        if isinstance(value, str) and re.fullmatch(
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(Z|[+-][0-9]{2}:[0-9]{2})", value
        ):
            return int(datetime.datetime.fromisoformat(value).timestamp())
    except ValueError:
        pass
    raise wrong(f"has a `{name}` that is no time", "write `2026-01-30T00:00:00Z`")


def _check_rotation(records: tuple[KeyRecord, ...], path: str, rotation: loader.Rotation) -> None:
    age = scalars.duration_s(rotation.max_age)
    for record in records:
        if record.not_before_s is None or record.expires_s is None:
            raise FileProblem(
                f"record `{record.id}` of `{path}` has no end, and `rotation` asks for one",
                "give it `not_before` and `expires`",
            )
        if record.expires_s - record.not_before_s > age:
            raise FileProblem(
                f"record `{record.id}` of `{path}` lives longer than `rotation.max_age`",
                f"let it expire {rotation.max_age} after it starts",
            )
    if rotation.overlap is None:
        return
    overlap = scalars.duration_s(rotation.overlap)
    by_subject: dict[str, list[tuple[int, int, str]]] = {}
    for record in records:
        by_subject.setdefault(record.subject, []).append((record.not_before_s or 0, record.expires_s or 0, record.id))
    for lives in by_subject.values():
        lives.sort()
        for (_, end, earlier), (start, _, later) in pairwise(lives):
            if end - start > overlap:
                raise FileProblem(
                    f"records `{earlier}` and `{later}` of `{path}` are valid together for longer than `rotation.overlap`",
                    f"let the earlier one expire {rotation.overlap} after the later one starts",
                )


def certificate_authority(data: bytes, path: str) -> str:
    """PEM text of one or more certificates; FileProblem for anything else, private keys above all."""
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as error:
        raise FileProblem(f"`{path}` is no PEM file", "convert it to PEM") from error
    if "PRIVATE KEY" in text:
        raise FileProblem(
            f"`{path}` holds a private key", "take the file out of the repository, and the key out of use"
        )
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificates(data)
    except ValueError as error:
        raise FileProblem(
            f"`{path}` holds no certificate that can be read", "write PEM certificates into it"
        ) from error
    for certificate in found:
        try:
            constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        except x509.ExtensionNotFound:
            constraints = None
        if constraints is None or not constraints.ca:
            raise FileProblem(
                f"`{path}` holds a certificate that is no authority", "name the certificate that signs the clients'"
            )
    return text


def body_schema(value: object, path: str) -> str:
    """Canonical text of a JSON Schema (draft 2020-12); FileProblem when it is none, or names other documents."""
    if not isinstance(value, (dict, bool)):
        raise FileProblem(f"`{path}` is no JSON Schema", "a schema is an object")
    text = canonical_json(value)
    place = _wrong_at(text)
    if place is not None:
        raise FileProblem(f"`{path}` is no JSON Schema of draft 2020-12: wrong at {place}", "correct it there")
    for reference in _references(value):
        if not reference.startswith("#"):
            raise FileProblem(f"`{path}` refers to another document, `{reference}`", "copy what it names under `$defs`")
    return text


@lru_cache(maxsize=1024)
def _wrong_at(text: str) -> str | None:
    """Where a JSON value breaks the draft's metaschema; one answer for the many routes that share a schema."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(json.loads(text))
    except SchemaError as error:
        return "/".join(str(part) for part in error.absolute_path) or "the top"
    return None


def _references(value: object) -> tuple[str, ...]:
    if isinstance(value, dict):
        own = tuple(v for k, v in value.items() if k in ("$ref", "$dynamicRef") and isinstance(v, str))
        return own + tuple(ref for v in value.values() for ref in _references(v))
    if isinstance(value, list):
        return tuple(ref for item in value for ref in _references(item))
    return ()


Files = Mapping[str, bytes]
"""Content of each referenced file, by the path the spec names it with."""
