"""Mutated documents: one place of a good document is changed, a few times over, always the same for the same seed."""

from __future__ import annotations

import random
from typing import Any

Path = tuple[str | int, ...]

NUMBERS = (-1, 0, 1, 2, 64, 65, 99, 100, 399, 400, 599, 600, 301, 2**31, 2**53 - 1, 2**53, 2**63, 2**64, 10**9, 10**30, 1.0, 1.5, -0.0, 1e300)
TEXTS = (
    "", " ", "x", "X", "none", "GET", "get", "0", "1", "true", "15m", "0s", "1s", "5m", "301s", "300s", "3650d", "3651d", "15m ", " 15m", "15 m", "15m\n",
    "١٥m", "１５m", "015m", "1e3s", "1MiB", "4GiB", "5GiB", "0B", "1mib", "api.example.com", "API.example.com", "a..b", "-a", "a-", "a" * 64,
    "a" * 65, "a" * 501, "https://id.example.com", "https://id.example.com/", "https://u:p@id.example.com/", "http://id.example.com/",
    "https://id.example.com:0/", "https://id.example.com:65535/", "https://id.example.com:65536/", "https://id.example.com/?q=1",
    "https://id.example.com/#f", "https://[::1]/", "https://[::1:::]/", "https://id.example.com\n", "*", "https://*.example.com", "https://*",
    "10.0.0.0/8", "10.0.0.1/8", "10.0.0.0/33", "010.0.0.0/8", "::/0", "::1/128", "::1/127", "1::2::3/64", "::ffff:10.0.0.0/104", "10.0.0.0",
    "/", "//", "/x", "/x/", "/{a}", "/{a}/{a}", "/{a+}", "/{a+}/x", "/./x", "/../x", "/x y", "/%41", "/é", "../keys/x", "/keys/x", "keys\\x", "C:x",
    "2027-06-30", "2027-02-29", "2028-02-29", "2027-6-30", "2027-06-30\n", "0000-01-01", "application/json", "Application/JSON", "text/*",
    "X-Request-Id", "x_y", "X Y", "X:", "nosniff", " nosniff", "a\tb", "a\r\nb", "\x00", "\x7f", "\u0085", "\u2028", "\u202e", "\ufeff", "\ud800", "\udfff x",
    "é", "漢字", "😀", "`", "{{ x }}", "${x}", "'; DROP TABLE x; --", "</script>", "principal.tenant", "principal.subject", "principal.", "request.time",
    "principal.tenant == resource.tenant", "principal.tenant ==", "principal.tenant == 1", "principal.nobody == 'x'", "has(principal.tenant)",
    "resource.owner == principal.subject", "a in b", "(" * 40, "viewer", "veiwer", "staff", "customers", "per-ip", "web", "office", "main", "orders.read",
    "authenticated", "anonymous", "clear", "bearer", "route", "application", "caller", "proxy", "AUTH001", "auth001", "AUTH01", "* /**", "GET /orders", "get /x",
    "* /nowhere", "DELETE /**", "ip", "principal", "token-bucket", "string", "integer", "[a-z]{1,3}", "(?i)x", "(", "uuid", "redirect", "modern", "1.3",
    "Transfer-Encoding", "access.allowed", "invalid_token", "RS256", "HS256", "jwt", "oidc", "api_key", "mtls", "introspection",
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
        fresh = dict(node) if isinstance(node, dict) else list(node)
        return change(fresh)
    fresh = dict(node) if isinstance(node, dict) else list(node)
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
                node[key] = rng.choice((None, True, False, [], {}, [value], {"x": value}, [value, value], "x", {"env": "X"}))
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
                node[rng.choice(("x", "owner", "reason", "cors", "type", "trust", "enforce", "public"))] = rng.choice(TEXTS)
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
        return rng.choice((value + " ", value + "\n", value.upper(), value.lower(), value[:-1], value + "x", value + "/", value * 40, f"\u202e{value}"))
    if isinstance(value, list):
        return rng.choice((value[::-1], value[:-1], value + value[:1], {str(i): v for i, v in enumerate(value)}, value[0] if value else None))
    if isinstance(value, dict):
        return rng.choice((list(value), [value], {k: v for k, v in list(value.items())[1:]}, str(list(value))))
    return value


def _typo(rng: random.Random, word: str) -> str:
    if len(word) < 2:
        return word + "s"
    i = rng.randrange(len(word) - 1)
    return rng.choice((word[:i] + word[i + 1 :], word[:i] + word[i + 1] + word[i] + word[i + 2 :], word + "s", word.upper(), word.replace("_", "-")))
