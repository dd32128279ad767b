"""TLS005."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="TLS005",
    name="weak-cipher",
    severity="error",
    why=(
        "The suite can be broken, or does not keep recorded traffic secret once the server's key is known: no "
        "ephemeral key exchange, CBC with a MAC beside it, RC4, 3DES, MD5, export grade, or no encryption or "
        "authentication at all."
    ),
    fix="Use `ciphers: intermediate` or `modern`, or list only ECDHE or DHE suites with GCM, CCM or CHACHA20.",
    refs=("RFC9325:4.1", "CWE-327", "PCI-DSS-4.0.1:4.2.1"),
    needs=("tls.ciphers",),
    bad="tls: {ciphers: [ECDHE-RSA-AES128-GCM-SHA256, AES128-SHA]}",
    good="tls: {ciphers: [ECDHE-RSA-AES128-GCM-SHA256, TLS_AES_128_GCM_SHA256]}",
)

_BROKEN = r"(?:^|[_-])(?:NULL|EXPORT|EXP|anon|ADH|AECDH|RC4|RC2|DES|3DES|MD5|IDEA|SEED|PSK|SRP)(?:[_-]|$)|CBC"
_SOUND = r"GCM|CCM|CHACHA20"
_EPHEMERAL = r"^(?:TLS_)?(?:ECDHE|DHE|EDH)|^TLS_(?:AES|CHACHA20)"


@RULE.check
def suites_are_sound(spec: Spec) -> Iterator[Hit]:
    ciphers = spec.tls.ciphers if spec.tls is not None else ()
    for index, suite in enumerate(ciphers if not isinstance(ciphers, str) else ()):
        problem = _problem(suite)
        if problem:
            yield Hit(("tls", "ciphers", index), f"`{suite}` {problem}")


def _problem(suite: str) -> str:
    """What is wrong with a suite, named as OpenSSL or the IANA do; empty when nothing is."""
    if re.search(_BROKEN, suite):
        return "uses a cipher or hash that is broken"
    if not re.search(_EPHEMERAL, suite):
        return "has no ephemeral key exchange"
    return "" if re.search(_SOUND, suite) else "has no authenticated encryption"
