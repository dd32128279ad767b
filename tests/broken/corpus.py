"""
Broken input, for every layer that reads: each case makes files in an empty folder and names the spec to read.

Not a test module. A test loads it by path, which needs no package:
`runpy.run_path(".../tests/broken/corpus.py")["cases"]()`.
"""

from __future__ import annotations

import os
import runpy
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Case(NamedTuple):
    """One broken input."""

    name: str
    write: Callable[[str], str]
    """Make the files below a folder; gives the path of the spec. The folder is a project root of its own."""
    refused_by: str
    """
    What refuses it at the latest: `read`, it is no Document (SourceError or InputError); `configuration`, the project's
    own; `spec`, it may be a Document and says no correct spec; `policy`, a spec that names a file that is not there.
    """
    env: str = ""


# The last line is one a spec cannot do without, so that every cut is an error.
SPEC = """\
service:
  name: notes
  hosts: [notes.example.com, "b.example.com"]
upstreams: {main: {url: http://127.0.0.1:8000}}
auth:
  users:
    type: jwt
    issuer: https://id.example.com/
    audiences:
      - notes
    algorithms: [RS256]
    jwks: {file: keys/users.json}
    clock_skew: 30s
    claims: {subject: sub, roles: [realm, 'roles']}
roles:
  viewer: {permissions: [notes.read]}
  editor: {inherits: [viewer], permissions: [notes.write]}
attributes:
  principal: {team: {type: string, optional: true}}
  resource: {team: {type: string, from: {path: team}}}
conditions:
  own-team: principal.team == resource.team
rate_limits: {per-ip: {limit: 100, window: 15m, by: ip}}
defaults: {auth: [users], rate_limits: [per-ip]}
routes:
  /health: {get: {public: true, reason: "load balancer probe"}}
  /teams/{team}/notes:
    get: {allow: [{roles: [viewer], if: [own-team]}]}
    post:
      allow:
        - permissions: [notes.write]
      body: {max: 64KiB}
seccfg: 1
"""


def cases() -> list[Case]:
    """Every case; names are unique."""
    found = [
        *_cut(), *_tabs(), *_syntax(), *_traps(), *_bytes(), *_limits(), *_json(), *_file_system(), *_includes(),
        *_environments(), *_configuration(), *_no_specs(), *_named_files(),
    ]  # fmt: skip
    if len({case.name for case in found}) != len(found):
        raise ValueError("two cases have one name")
    return found


def _text(name: str, text: str | bytes, refused_by: str = "read", file: str = "seccfg.yaml", env: str = "") -> Case:
    content = text.encode() if isinstance(text, str) else text

    def write(folder: str) -> str:
        return _put(folder, file, content)

    return Case(name, write, refused_by, env)


def _put(folder: str, name: str, content: bytes) -> str:
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
    return path


# ----------------------------------------------------------------- text that is no document


def _cut() -> Iterator[Case]:
    for end in range(0, len(SPEC) - 3, 23):
        yield _text(f"cut-after-{end}-characters", SPEC[:end], "spec")
    for kind, text in (("quote", '"'), ("bracket", "["), ("brace", "{")):
        at = SPEC.index(text) + 1
        yield _text(f"cut-in-{kind}", SPEC[:at])


def _tabs() -> Iterator[Case]:
    lines = SPEC.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.startswith(" ") and number % 4 == 1:
            tabbed = "\t" + line.lstrip(" ")
            yield _text(f"tab-on-line-{number + 1}", "".join([*lines[:number], tabbed, *lines[number + 1 :]]))
    yield _text("tab-everywhere", SPEC.replace("  ", "\t"))
    yield _text("tab-before-first-key", "\t" + SPEC)


def _syntax() -> Iterator[Case]:
    for name, text in {
        "empty": "",
        "blank": "\n  \n",
        "comment-only": "# nothing\n",
        "document-mark-only": "---\n",
        "null": "null\n",
        "number": "1\n",
        "text": "hello\n",
        "list": "- a\n- b\n",
        "quoted": '"x"\n',
        "unclosed-double-quote": SPEC + 'x: "open\n',
        "unclosed-single-quote": SPEC + "x: 'open\n",
        "unclosed-list": SPEC + "x: [1, 2\n",
        "unclosed-map": SPEC + "x: {a: 1\n",
        "wrong-bracket": SPEC + "x: [1}\n",
        "stray-bracket": SPEC + "]\n",
        "stray-brace": SPEC + "x: }\n",
        "two-colons": SPEC + "x: y: z\n",
        "no-colon": SPEC + "x\n",
        "over-indented": SPEC + "x: 1\n   y: 2\n",
        "under-indented": "a:\n    b: 1\n  c: 2\n" + SPEC,
        "list-beside-map": SPEC + "x:\n  - 1\n  y: 2\n",
        "map-beside-list": SPEC + "x:\n  y: 2\n  - 1\n",
        "at-sign": SPEC + "x: @y\n",
        "backtick": SPEC + "x: `y`\n",
        "percent": SPEC + "x: %y\n",
        "block-header": SPEC + "x: |q\n  y\n",
        "block-indent-0": SPEC + "x: |0\n  y\n",
        "unknown-escape": SPEC + 'x: "\\q"\n',
        "cut-escape": SPEC + 'x: "\\u12"\n',
        "alias-without-name": SPEC + "x: *\n",
        "anchor-without-name": SPEC + "x: & y\n",
        "unknown-alias": SPEC + "x: *nobody\n",
        "alias-in-own-anchor": SPEC + "x: &x [*x]\n",
        "alias-in-own-map": SPEC + "x: &x {y: {z: *x}}\n",
        "anchor-twice": SPEC + "x: &x 1\ny: &x 2\n",
        "second-document": SPEC + "---\n" + SPEC,
        "after-document-end": SPEC + "...\nx: 1\n",
        "directive-tag": "%TAG ! tag:example.com,2000:\n---\n" + SPEC,
        "directive-version": "%YAML 1.1\n---\n" + SPEC,
        "directive-unknown": "%NOPE x\n--- !a\n" + SPEC,
        "toml": '[service]\nname = "notes"\n',
        "ini": "[service]\nname=notes\n",
        "xml": "<spec><service name='notes'/></spec>\n",
        "shell": "#!/bin/sh\necho hello: world: again\n",
        "template": "service: {{ service }}\n" + SPEC,
        "merge-conflict": SPEC.replace("roles:\n", "<<<<<<< ours\nroles:\n=======\nroles:\n>>>>>>> theirs\n"),
        "commas-only": ",,,\n",
        "question-marks": "? ? ?\n",
        "dashes": "- - - - -\n",
    }.items():
        yield _text(f"syntax-{name}", text)


def _traps() -> Iterator[Case]:
    for name, value in {
        "yes": "yes", "no": "No", "on": "ON", "off": "off", "octal": "0777", "octal-0o": "0o17", "binary": "0b1",
        "underscore": "1_000", "signed-hex": "-0x1", "base-60": "15:00", "base-60-long": "1:30:00", "inf": ".inf",
        "minus-inf": "-.Inf", "nan": ".NaN", "overflow": "1e400", "huge": "9007199254740992", "huger": "9" * 300,
        "enormous": "9" * 100_000, "minus-huge": "-9007199254740993", "tag": "!!int 1",
        "tag-python": "!!python/name:os.system",
        "tag-own": "!secret x", "tag-empty": "! x", "tag-uri": "!<tag:yaml.org,2002:str> x", "tag-map": "!x {a: 1}",
        "tag-undeclared": "!e!x 1", "surrogate": '"\\ud800"', "surrogate-pair": '"\\ud83d\\ude00"',
        "escaped-nul": '"\\0"',
        "key-number": "{1: x}", "key-boolean": "{true: x}", "key-null": "{null: x}", "key-empty": "{~: x}",
        "key-list": "{[a]: x}", "key-map": "{{a: b}: x}", "key-float": "{1.5: x}", "key-on": "{on: x}",
        "merge": "{<<: {a: 1}}",
        "duplicate": "{a: 1, a: 2}", "duplicate-quoted": "{a: 1, 'a': 2}", "duplicate-nested": "{a: {b: 1, b: 1}}",
    }.items():  # fmt: skip
        yield _text(f"trap-{name}", f"{SPEC}x: {value}\n")
    yield _text("trap-duplicate-section", SPEC + "routes: {}\n")
    yield _text(
        "trap-duplicate-route", SPEC.replace("routes:\n", "routes:\n  /health: {get: {allow: authenticated}}\n")
    )
    yield _text("trap-every-line", "".join(f"k{n}: yes\n" for n in range(5000)))


def _bytes() -> Iterator[Case]:
    data = SPEC.encode()
    for name, content in {
        "nul-first": b"\x00" + data,
        "nul-middle": data.replace(b"notes", b"no\x00tes", 1),
        "nul-last": data + b"\x00",
        "nul-only": b"\x00" * 1000,
        "bell": data.replace(b"notes", b"no\x07tes", 1),
        "escape": data.replace(b"notes", b"no\x1b[31mtes", 1),
        "delete": data.replace(b"notes", b"no\x7ftes", 1),
        "form-feed": data + b"\x0c",
        "vertical-tab": data + b"\x0b",
        "next-line": data.replace(b"name: ", b"name: \xc2\x85", 1),
        "line-separator": data.replace(b"name: ", b"name: \xe2\x80\xa8", 1),
        "right-to-left": data.replace(b"notes", b"no\xe2\x80\xaetes", 1),
        "isolate": data.replace(b"notes", b"no\xe2\x81\xa6tes", 1),
        "bom-inside": data.replace(b"notes", b"no\xef\xbb\xbftes", 1),
        "bom-only": b"\xef\xbb\xbf",
        "bom-twice": b"\xef\xbb\xbf" * 2 + data,
        "utf-16": SPEC.encode("utf-16"),
        "utf-16-le": SPEC.encode("utf-16-le"),
        "utf-16-be": SPEC.encode("utf-16-be"),
        "utf-32": SPEC.encode("utf-32"),
        "latin-1": SPEC.replace("probe", "prob\u00e9").encode("latin-1"),
        "lone-continuation": data + b"x: \x80\n",
        "cut-character": data + b"x: \xe2\x82",
        "overlong-slash": data + b"x: \xc0\xaf\n",
        "encoded-surrogate": data + b"x: \xed\xa0\x80\n",
        "beyond-unicode": data + b"x: \xf5\x80\x80\x80\n",
        "ff-fe-inside": data + b"x: \xff\xfe\n",
        "all-bytes": bytes(range(256)) * 4,
        "gzip": b"\x1f\x8b\x08\x00" + b"\x9c" * 100,
        "elf": b"\x7fELF\x02\x01\x01" + b"\x00" * 100,
        "high-bytes": b"\xff" * 10_000,
    }.items():
        yield _text(f"bytes-{name}", content)


def _limits() -> Iterator[Case]:
    for name, text in {
        "list-100000": "x: " + "[" * 100_000,
        "list-65": "x: " + "[" * 65 + "]" * 65,
        "map-65": "x: " + "{a: " * 65 + "1" + "}" * 65,
        "map-100000": "x: " + "{a: " * 100_000,
        "block-list": "x:\n  " + "- " * 1000,
        "block-map": "".join(" " * n + "k:\n" for n in range(100)),
        "question": "? " * 5000,
        "brackets-without-colon": "[" * 20_000,
        "closing": "]" * 20_000,
        "bomb": _bomb(),
        "bomb-maps": _bomb(open_="{p: ", between=", q: ", close="}", count=2, levels=20),
        "many-aliases": "a: &a [1]\nb: [" + "*a, " * 6000 + "1]\n",
        "deep-aliases": "a0: &a0 [1]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 200)),
        "long-line": "x: " + "a" * 1_000_000 + ": b\n",
        "long-key": "a" * 1_000_000 + "\n",
        "quotes": '"' * 100_000,
        "colons": ":" * 100_000,
        "commas": "[" + "," * 100_000,
        "anchors": "x: " + "&a " * 10_000,
        "percents": "%" * 10_000,
        "duplicates": "k: 1\n" * 20_000,
    }.items():
        yield _text(f"limit-{name}", text)

    def oversized(folder: str) -> str:
        path = _put(folder, "seccfg.yaml", SPEC.encode())
        os.truncate(path, 16 * 1024 * 1024 + 1)
        return path

    def gigantic(folder: str) -> str:
        path = _put(folder, "seccfg.yaml", SPEC.encode())
        os.truncate(path, 1 << 40)  # holes take no room on the disk
        return path

    yield Case("limit-file-size", oversized, "read")
    yield Case("limit-file-size-gigantic", gigantic, "read")


def _bomb(open_: str = "[", between: str = ", ", close: str = "]", count: int = 9, levels: int = 9) -> str:
    lines = [f"a0: &a0 {open_}1{between}2{close}\n"]
    for level in range(1, levels):
        uses = between.join([f"*a{level - 1} "] * count) if count == 2 else ", ".join([f"*a{level - 1}"] * count)
        lines.append(f"a{level}: &a{level} {open_}{uses}{close}\n")
    return "".join(lines)


def _json() -> Iterator[Case]:
    good = '{"seccfg": 1, "service": {"name": "notes"}'
    for name, text in {
        "empty": "", "blank": " \n", "cut": good, "cut-string": good[:-3], "single-quotes": "{'seccfg': 1}",
        "bare-key": "{seccfg: 1}", "trailing-comma": good + ",}", "trailing-garbage": good + "} x",
        "two-values": good + "}{}",
        "comment": good + "} // done", "nan": good + ', "x": NaN}', "infinity": good + ', "x": -Infinity}',
        "overflow": good + ', "x": 1e400}', "huge": good + ', "x": 9007199254740992}',
        "leading-zero": good + ', "x": 01}',
        "duplicate": good + ', "seccfg": 1}', "duplicate-escaped": good + ', "secc\\u0066g": 1}',
        "surrogate": good + ', "x": "\\ud800"}',
        "nul": good + ', "x": "\\u0000"}', "raw-newline": good + ', "x": "a\nb"}',
        "wrong-escape": good + ', "x": "\\x41"}',
        "true-python": good + ', "x": True}', "list": "[]", "number": "1", "yaml": SPEC, "deep": '{"a":' * 100_000,
        "deep-lists": good + ', "x": ' + "[" * 65 + "]" * 65 + "}",
        "long-number": good + ', "x": ' + "1" * 100_000 + "}",
    }.items():  # fmt: skip
        yield _text(f"json-{name}", text, file="seccfg.json")
    yield _text("json-not-utf-8", good.encode() + b', "x": "\xff"}', file="seccfg.json")
    yield _text("json-utf-16", (good + "}").encode("utf-16"), file="seccfg.json")


# ----------------------------------------------------------------- files


def _file_system() -> Iterator[Case]:
    def missing(folder: str) -> str:
        return os.path.join(folder, "seccfg.yaml")

    def missing_folder(folder: str) -> str:
        return os.path.join(folder, "nowhere", "seccfg.yaml")

    def directory(folder: str) -> str:
        os.mkdir(path := os.path.join(folder, "seccfg.yaml"))
        return path

    def fifo(folder: str) -> str:
        os.mkfifo(path := os.path.join(folder, "seccfg.yaml"))
        return path

    def dangling(folder: str) -> str:
        os.symlink("nowhere", path := os.path.join(folder, "seccfg.yaml"))
        return path

    def loop(folder: str) -> str:
        os.symlink("seccfg.yaml", path := os.path.join(folder, "seccfg.yaml"))
        return path

    def below_file(folder: str) -> str:
        return os.path.join(_put(folder, "file", b""), "seccfg.yaml")

    def device(folder: str) -> str:
        os.symlink("/dev/null", path := os.path.join(folder, "seccfg.yaml"))
        return path

    def long_name(folder: str) -> str:
        return os.path.join(folder, "x" * 300 + ".yaml")

    def odd_name(folder: str) -> str:
        return _put(folder, "sec\ncfg\x1b[31m.yaml", b"\x00")

    def not_utf8_name(folder: str) -> str:
        return _put(folder, os.fsdecode(b"sec\xffcfg.yaml"), b"\x00")

    def no_permission(folder: str) -> str:
        path = _put(folder, "seccfg.yaml", SPEC.encode())
        os.chmod(path, 0)
        return path

    for make in (
        missing, missing_folder, directory, fifo, dangling, loop, below_file, device, long_name, odd_name,
        not_utf8_name,
    ):  # fmt: skip
        yield Case(f"file-{make.__name__.replace('_', '-')}", make, "read")
    if os.geteuid() != 0:  # root may read anything
        yield Case("file-no-permission", no_permission, "read")


def _includes() -> Iterator[Case]:
    shared = {
        "roles.yaml": b"roles: {auditor: {}}\n",
        "same.yaml": b"roles: {viewer: {}}\n",
        "same-section.yaml": b"rate_limits: {per-ip: {limit: 1, window: 1s, by: ip}}\n",
        "broken.yaml": b"roles: [\n",
        "empty.yaml": b"",
        "list.yaml": b"- roles\n",
        "routes.yaml": b"routes: {}\n",
        "environments.yaml": b"environments: {}\n",
        "nested.yaml": b"include: [roles.yaml]\n",
        "nul.yaml": b"roles: \x00\n",
        "broken.json": b"{'roles': {}}",
        "not-a-map.yaml": b"roles: [viewer]\n",
    }

    def make(name: str, value: str, prepare: Callable[[str], None] | None = None) -> Case:
        def write(folder: str) -> str:
            for file, content in shared.items():
                _put(folder, file, content)
            if prepare:
                prepare(folder)
            return _put(folder, "seccfg.yaml", f"include: {value}\n{SPEC}".encode())

        return Case(f"include-{name}", write, "read")

    for name, value in {
        "missing": "[nowhere.yaml]", "text": "roles.yaml", "map": "{a: roles.yaml}", "number": "[1]", "null": "",
        "nested-list": "[[a]]",
        "itself": "[seccfg.yaml]", "twice": "[roles.yaml, roles.yaml]", "parent": "[../roles.yaml]",
        "absolute": "[/etc/hostname]",
        "up-and-down": "[a/../../roles.yaml]", "folder": "[.]", "no-name": "['']",
        "url": "['https://example.com/a.yaml']",
        "backslash": "['..\\roles.yaml']", "nul-name": '["a\\u0001.yaml"]', "same-name": "[same.yaml]",
        "same-in-section": "[same-section.yaml]",
        "broken": "[broken.yaml]", "empty": "[empty.yaml]", "list-file": "[list.yaml]", "routes": "[routes.yaml]",
        "environments": "[environments.yaml]", "nested": "[nested.yaml]", "nul": "[nul.yaml]", "json": "[broken.json]",
        "section-type": "[not-a-map.yaml]", "glob": "['*.yaml']", "variable": "[$HOME/roles.yaml]",
        "home": "[~/roles.yaml]",
    }.items():  # fmt: skip
        yield make(name, value)

    def link_out(folder: str) -> None:
        os.symlink("/etc/hostname", os.path.join(folder, "out.yaml"))

    def folder_out(folder: str) -> None:
        os.symlink("/etc", os.path.join(folder, "etc"))

    def fifo(folder: str) -> None:
        os.mkfifo(os.path.join(folder, "fifo.yaml"))

    def loop(folder: str) -> None:
        os.symlink("loop.yaml", os.path.join(folder, "loop.yaml"))

    yield make("link-out", "[out.yaml]", link_out)
    yield make("folder-link-out", "[etc/hostname]", folder_out)
    yield make("fifo", "[fifo.yaml]", fifo)
    yield make("link-loop", "[loop.yaml]", loop)


def _environments() -> Iterator[Case]:
    for name, section, env in (
        ("list", "[staging]", ""),
        ("text", "staging", ""),
        ("null", "", ""),
        ("overlay-text", "{staging: text}", ""),
        ("overlay-null", "{staging: }", ""),
        ("overlay-list", "{staging: [1]}", "staging"),
        ("name-with-slash", "{a/b: {}}", ""),
        ("include", "{staging: {include: [x.yaml]}}", "staging"),
        ("nested", "{staging: {environments: {}}}", "staging"),
        ("new-route", "{staging: {routes: {/new: {get: {allow: authenticated}}}}}", "staging"),
        ("new-method", "{staging: {routes: {/health: {post: {allow: authenticated}}}}}", "staging"),
        ("removes-section", "{staging: {auth: null}}", "staging"),
        ("removes-key", "{staging: {auth: {users: {issuer: ~}}}}", "staging"),
        ("unknown", "{staging: {}}", "production"),
        ("unknown-close", "{staging: {}}", "stagign"),
    ):
        yield _text(f"environment-{name}", f"environments: {section}\n{SPEC}", env=env)
    yield _text("environment-none-there", SPEC, env="staging")
    for name, section in {
        "wrong-type": "{staging: {service: {hosts: 1}}}",
        "unknown-key": "{staging: {service: {hots: [a.example]}}}",
        "section-to-list": "{staging: {routes: []}}",
        "section-to-text": "{staging: {auth: none}}",
        "route-to-text": "{staging: {routes: {/health: off-line}}}",
    }.items():
        yield _text(f"environment-{name}", f"environments: {section}\n{SPEC}", "spec", env="staging")


def _configuration() -> Iterator[Case]:
    def make(name: str, text: bytes, file: str = "seccfg.toml") -> Case:
        def write(folder: str) -> str:
            _put(folder, file, text)
            return _put(folder, "seccfg.yaml", SPEC.encode())

        return Case(f"configuration-{name}", write, "configuration")

    for name, text in {
        "syntax": b"select = [", "unknown-key": b"selct = []\n", "wrong-type": b"select = 1\n",
        "bad-level": b'fail_level = "fatal"\n',
        "bad-format": b'format = "xml"\n', "output-outside": b'output = "../x"\n', "not-utf-8": b"\xff", "nul": b"\x00",
        "deep": b"a = " + b"[" * 50_000, "duplicate": b"select = []\nselect = []\n",
    }.items():  # fmt: skip
        yield make(name, text)
    yield make("shared-syntax", b"[tool.seccfg]\nselect = [\n", "pyproject.toml")
    yield make("shared-unknown-key", b"[tool.seccfg]\nselct = []\n", "pyproject.toml")
    yield make("shared-no-table", b"[tool]\nseccfg = 1\n", "pyproject.toml")


# ----------------------------------------------------------------- documents that are no spec


def _no_specs() -> Iterator[Case]:
    texts = runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)), "no_specs.py"))["texts"]
    for name, text in texts(SPEC):
        yield _text(name, text, "spec")


def _named_files() -> Iterator[Case]:
    for name, file in {
        "outside": "../../../etc/passwd",
        "missing": "keys/nobody.json",
        "folder": ".",
        "absolute": "/etc/passwd",
    }.items():
        yield _text(f"value-key-file-{name}", SPEC.replace("keys/users.json", file), "policy")
