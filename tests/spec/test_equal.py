"""
Loader and models take the same documents.

One place of a good document is changed, up to three times over, always the same for the same seed.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from seccfg.findings import NOWHERE, Span, SpecError, SpecPath
from seccfg.spec import loader

CHUNKS, PER_CHUNK = 20, 1000
Path = tuple[str | int, ...]

NUMBERS = (
    -1, 0, 1, 2, 64, 65, 99, 100, 399, 400, 599, 600, 301, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64,
    10 ** 9, 10 ** 30, 1.0, 1.5, -0.0, 1e+300,
)  # fmt: skip
TEXTS = (
    "", " ", "x", "X", "none", "GET", "get", "0", "1", "true", "15m", "0s", "1s", "5m", "301s", "300s", "3650d",
    "3651d", "15m ", " 15m", "15 m", "15m\n", "١٥m", "１５m", "015m", "1e3s", "1MiB", "4GiB", "5GiB", "0B",
    "1mib", "api.example.com", "API.example.com", "a..b", "-a", "a-", 'a' * 64, 'a' * 65, 'a' * 501,
    "https://id.example.com", "https://id.example.com/", "https://u:p@id.example.com/",
    "http://id.example.com/", "https://id.example.com:0/", "https://id.example.com:65535/",
    "https://id.example.com:65536/", "https://id.example.com/?q=1", "https://id.example.com/#f",
    "https://[::1]/", "https://[::1:::]/", "https://id.example.com\n", "*", "https://*.example.com",
    "https://*", "10.0.0.0/8", "10.0.0.1/8", "10.0.0.0/33", "010.0.0.0/8", "::/0", "::1/128", "::1/127",
    "1::2::3/64", "::ffff:10.0.0.0/104", "10.0.0.0", "/", "//", "/x", "/x/", "/{a}", "/{a}/{a}", "/{a+}",
    "/{a+}/x", "/./x", "/../x", "/x y", "/%41", "/é", "../keys/x", "/keys/x", "keys\\x", "C:x", "2027-06-30",
    "2027-02-29", "2028-02-29", "2027-6-30", "2027-06-30\n", "0000-01-01", "application/json",
    "Application/JSON", "text/*", "X-Request-Id", "x_y", "X Y", "X:", "nosniff", " nosniff", "a\tb", "a\r\nb",
    "\x00", "\x7f", "\u0085", "\u2028", "\u202e", "\ufeff", "\ud800", "\udfff x", "é", "漢字", "😀", "`",
    "{{ x }}", "${x}", "'; DROP TABLE x; --", "</script>", "principal.tenant", "principal.subject",
    "principal.", "request.time", "principal.tenant == resource.tenant", "principal.tenant ==",
    "principal.tenant == 1", "principal.nobody == 'x'", "has(principal.tenant)",
    "resource.owner == principal.subject", "a in b", '(' * 40, "viewer", "veiwer", "staff", "customers",
    "per-ip", "web", "office", "main", "orders.read", "authenticated", "anonymous", "clear", "bearer", "route",
    "application", "caller", "proxy", "AUTH001", "auth001", "AUTH01", "* /**", "GET /orders", "get /x",
    "* /nowhere", "DELETE /**", "ip", "principal", "token-bucket", "string", "integer", "[a-z]{1,3}", "(?i)x",
    "(", "uuid", "redirect", "modern", "1.3", "Transfer-Encoding", "access.allowed", "invalid_token", "RS256",
    "HS256", "jwt", "oidc", "api_key", "mtls", "introspection",
)  # fmt: skip

CONTROL = (
    "\x00", "\x07", "\x1b[31m", "\x7f", "\u0085", "\u2028", "\u202e", "\ufeff", "\ud800",
)  # fmt: skip
HOSTILE = (
    "a\x00b", "\u202ex", "\ud800", "", "a\r\nX-Evil: 1", "😀é", "`{{ x }}${x}", "'; DROP TABLE x; --",
    "</script>]]>", "../x", 'x' * 5000, "__proto__", "*",
)  # fmt: skip


def places(node: Any, path: Path = ()) -> list[Path]:
    """Every place of a document but its top."""
    found: list[Path] = []
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        found.append((*path, key))
        found += places(value, (*path, key))
    return found


def at(node: Any, path: Path) -> Any:
    for key in path:
        node = node[key]
    return node


def replaced(node: Any, path: Path, change: Any) -> Any:
    """A copy of *node* in which *change* was applied to the container at *path*; the rest is shared."""
    if not path:
        return change(dict(node) if isinstance(node, dict) else list(node))
    fresh: Any = dict(node) if isinstance(node, dict) else list(node)
    fresh[path[0]] = replaced(node[path[0]], path[1:], change)
    return fresh


def mutated(document: Any, where: list[Path], seed: int) -> Any:
    """*document* with one to three changes; *where* are its places."""
    rng = random.Random(seed)
    original = document
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        path = rng.choice(where)
        try:
            document = replaced(document, path[:-1], _change(rng, path[-1], original, where))
        except (KeyError, IndexError, TypeError):  # an earlier change took the place away
            continue
    return document


def _change(rng: random.Random, key: str | int, original: Any, where: list[Path]) -> Any:
    def change(node: Any) -> Any:
        value = node[key]
        match rng.randrange(13):
            case 0:
                del node[key]
            case 1:
                node[key] = rng.choice(TEXTS)
            case 2:
                node[key] = rng.choice(NUMBERS)
            case 3:
                node[key] = rng.choice(
                    (None, True, False, [], {}, [value], {"x": value}, [value, value], "x", {"env": "X"})
                )
            case 4:
                node[key] = _other_form(rng, value)
            case 5:
                node[key] = at(original, rng.choice(where))
            case 6:  # a node that stands under the same key elsewhere
                same = [path for path in where if path[-1] == key]
                node[key] = at(original, rng.choice(same))
            case 7 if isinstance(node, dict):
                node[_typo(rng, str(key))] = node.pop(key)
            case 8 if isinstance(node, dict):
                node[rng.choice(TEXTS)] = node.pop(key)
            case 9 if isinstance(node, dict):
                node[str(rng.choice(rng.choice(where)))] = value
            case 10 if isinstance(node, dict):
                node[rng.choice(("x", "owner", "reason", "cors", "type", "trust", "enforce", "public"))] = rng.choice(
                    TEXTS
                )
            case 11 if isinstance(node, list):
                node.append(rng.choice((value, rng.choice(TEXTS))))
            case _:
                others = list(node) if isinstance(node, dict) else range(len(node))
                other = rng.choice(list(others))
                node[key], node[other] = node[other], node[key]
        return node

    return change


def _other_form(rng: random.Random, value: Any) -> Any:
    """The same value in a form close by."""
    if isinstance(value, bool):
        return rng.choice((not value, str(value).lower(), int(value)))
    if isinstance(value, int):
        return rng.choice((value + 1, value - 1, -value, float(value), str(value), value * 1000))
    if isinstance(value, str):
        return rng.choice(
            (
                value + " ",
                value + "\n",
                value.upper(),
                value.lower(),
                value[:-1],
                value + "x",
                value + "/",
                value * 40,
                f"\u202e{value}",
            )
        )
    if isinstance(value, list):
        return rng.choice(
            (
                value[::-1],
                value[:-1],
                value + value[:1],
                {str(i): v for i, v in enumerate(value)},
                value[0] if value else None,
            )
        )
    if isinstance(value, dict):
        return rng.choice((list(value), [value], dict(list(value.items())[1:]), str(list(value))))
    return value


def _typo(rng: random.Random, word: str) -> str:
    if len(word) < 2:
        return word + "s"
    i = rng.randrange(len(word) - 1)
    return rng.choice(
        (
            word[:i] + word[i + 1 :],
            word[:i] + word[i + 1] + word[i] + word[i + 2 :],
            word + "s",
            word.upper(),
            word.replace("_", "-"),
        )
    )


class Plain:
    """Data without places, as fast as can be."""

    def __init__(self, data: object) -> None:
        self.data = data

    def span(self, path: SpecPath, key: bool = False) -> Span:
        return NOWHERE

    def line(self, path: str, number: int) -> str:
        return ""


def loader_accepts(data: object) -> bool:
    try:
        loader.load(Plain(data))
    except SpecError:
        return False
    return True


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_loader_and_models_take_the_same_documents(language: Any, chunk: int) -> None:
    """A mutated document is a spec to both or to neither, and both outcomes are common."""
    pools = [(language.example, places(language.example)), (language.minimal, places(language.minimal))]
    differ, accepted = [], 0
    for seed in range(chunk * PER_CHUNK, (chunk + 1) * PER_CHUNK):
        document = mutated(*pools[seed % 2], seed)
        loads = loader_accepts(document)
        accepted += loads
        if loads != language.model_accepts(document):
            differ.append(seed)
    assert differ == [], f"seeds of documents only one of them takes: {differ[:10]}"
    assert PER_CHUNK // 10 < accepted < PER_CHUNK // 2


@pytest.mark.parametrize("chunk", range(4))
def test_hostile_text_everywhere(language: Any, chunk: int) -> None:
    """Each hostile text in the place of every text of the example: taken by both or by neither."""
    example = language.example
    texts = [path for path in places(example) if isinstance(at(example, path), str)]
    for path in texts[chunk::4]:
        for text in HOSTILE:
            document = replaced(example, path[:-1], lambda node, key=path[-1], text=text: _set(node, key, text))
            assert loader_accepts(document) == language.model_accepts(document), (path, text)


@pytest.mark.parametrize("text", CONTROL, ids=ascii)
def test_control_characters_stand_nowhere(language: Any, text: str) -> None:
    """No text field of the language takes a control character, a lone surrogate or one that reverses writing."""
    example = language.example
    opaque = ("claims", "environments", "targets", "body", "schema", "enum")
    for path in places(example):
        if isinstance(at(example, path), str) and not (path[0] in ("environments", "targets") or {*path} & {*opaque}):
            document = replaced(example, path[:-1], lambda node, key=path[-1]: _set(node, key, f"x{text}x"))
            assert not loader_accepts(document), path


def _set(node: Any, key: Any, value: Any) -> Any:
    node[key] = value
    return node


def test_json_is_kept_and_checked(language: Any) -> None:
    """JSON inside a spec may nest and hold null, but no half of a surrogate pair and no number that is not finite."""
    for value, fine in (
        ({"a": [None, 1.5, "x"]}, True),
        ({"a": float("nan")}, False),
        ({"a": "\ud800"}, False),
        ({"\udfff": 1}, False),
    ):
        document = {**language.minimal, "targets": {"python": {"x": value}}}
        assert loader_accepts(document) is fine
        assert language.model_accepts(json.loads(json.dumps(document))) is fine
