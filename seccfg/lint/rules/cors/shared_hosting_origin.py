"""CORS003."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.addresses import host_of
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="CORS003",
    name="shared-hosting-origin",
    severity="warning",
    why="Anybody can register a name below this suffix in a minute, so the wildcard stands for pages of strangers.",
    fix="List the exact origin of your own pages.",
    refs=("OWASP-API-2023:API8", "CWE-942", "https://publicsuffix.org/"),
    needs=("cors",),
    bad=("cors: {web: {origins: ['https://*.github.io']}}\ndefaults: {cors: web}"),
    good=("cors: {web: {origins: [https://notes.github.io]}}\ndefaults: {cors: web}"),
)

_SHARED = frozenset({
    "amplifyapp.com", "appspot.com", "azurestaticapps.net", "azurewebsites.net", "blogspot.com", "cloudfront.net",
    "firebaseapp.com", "fly.dev", "github.io", "gitlab.io", "glitch.me", "herokuapp.com", "netlify.app", "ngrok.app",
    "ngrok.io", "onrender.com", "pages.dev", "s3.amazonaws.com", "surge.sh", "up.railway.app", "vercel.app", "web.app",
    "workers.dev",
})  # fmt: skip
"""Suffixes below which strangers get names, from the private part of the Public Suffix List; the ones in wide use."""


@RULE.check
def wildcards_are_of_own_domains(spec: Spec) -> Iterator[Hit]:
    for name, profile in (spec.cors or {}).items():
        for index, origin in enumerate(profile.origins):
            suffix = host_of(origin).removeprefix("*.")
            if "://*." in origin and (suffix in _SHARED or "." not in suffix):
                yield Hit(("cors", name, "origins", index), f"anybody can have an origin below `{suffix}`")
