"""Patterns: what is read, how it is printed for each host, what matches, and what is refused for being slow."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import get_args

import pytest

from seccfg.expr.regex import (
    MAX_SUBJECT,
    Chars,
    Choice,
    Regex,
    RegexError,
    RegexNode,
    Repeat,
    Sequence,
    counterexamples,
    examples,
    full_matches,
    parse_regex,
    regex_matches,
)
from seccfg.expr.regex_automaton import slowness
from seccfg.expr.regex_print import Dialect, print_regex


@pytest.mark.parametrize("pattern, python, js", [
    ("^[a-z]+$", r"^[a-z]+\Z", "^[a-z]+$"),
    ("abc", "abc", "abc"),
    (r"\d{2,}\s\w", r"[0-9]{2,}[\t\n\f\r ][0-9A-Z_a-z]", r"[0-9]{2,}[\t\n\f\r ][0-9A-Z_a-z]"),
    (r"\D", "[^0-9]", "[^0-9]"),
    ("a|b|", "a|b|", "a|b|"),
    ("^(a|b)$", r"^(?:a|b)\Z", "^(?:a|b)$"),
    ("x(a|b)y", "x(?:a|b)y", "x(?:a|b)y"),
    (r"(?:ab){3}c?d*", "(?:ab){3}c?d*", "(?:ab){3}c?d*"),
    (r"[\]\[\^\-\&a-c]", r"[\x26\-\[\]\^a-c]", r"[\x26\-\[\]\^a-c]"),
    ("[-a]", r"[\-a]", r"[\-a]"),
    ("[a-]", r"[\-a]", r"[\-a]"),
    ("[|~]", r"[\x7c\x7e]", r"[\x7c\x7e]"),
    (r"\x41\x01\/\.\$", r"A\x01/\.\$", r"A\x01/\.\$"),
    ("[^/]+", "[^/]+", "[^/]+"),
    (r"[\x01-\x7f]", r"[\x01-\x7f]", r"[\x01-\x7f]"),
    ("", "", ""),
    ("^$", r"^\Z", "^$"),
    ('"#% \'`', '"#% \'`', '"#% \'`'),
])
def test_printing(pattern: str, python: str, js: str) -> None:
    """One tree, one spelling for each host."""
    assert print_regex(parse_regex(pattern), "python") == python
    assert print_regex(parse_regex(pattern), "js") == js


def test_the_end_is_the_end_everywhere() -> None:
    """No dialect gets a `$` that would match before a final newline."""
    regex = parse_regex("a$")
    assert {d: print_regex(regex, d) for d in get_args(Dialect)} == {
        "python": r"a\Z", "re2": r"a\z", "pcre": r"a\z", "js": "a$", "dotnet": r"a\z", "java": r"a\z"}


@pytest.mark.parametrize("pattern, offset, message", [
    (".", 0, "`.` means something else on each host"),
    ("a.*", 1, "`.` means something else on each host"),
    (r"\bfoo", 0, "word borders are not supported"),
    (r"\p{L}", 0, "Unicode classes are not supported"),
    (r"(a)\1", 3, "back references are not supported"),
    (r"\Aa", 0, r"`\A` is not supported"),
    (r"a\z", 1, r"`\z` is not supported"),
    (r"\u0041", 0, "unknown escape"),
    (r"\Qa\E", 0, "unknown escape"),
    (r"\x00", 0, r"`\x` takes two digits, 01 to 7f"),
    (r"\xe9", 0, r"`\x` takes two digits, 01 to 7f"),
    ("a\\", 1, "unknown escape"),
    ("(?i)a", 2, "only plain groups are supported"),
    ("(?=a)", 2, "only plain groups are supported"),
    ("(?P<n>a)", 2, "only plain groups are supported"),
    ("(?>a)", 2, "only plain groups are supported"),
    ("a*?", 2, "`?` after a repetition"),
    ("a++", 2, "`+` after a repetition"),
    ("a{2}{3}", 4, "`{` after a repetition"),
    ("*a", 0, "`*` repeats nothing"),
    ("a|+", 2, "`+` repeats nothing"),
    ("a{,3}", 2, "`{` starts a count: {n}, {n,} or {n,m}"),
    ("a{", 2, "`{` starts a count: {n}, {n,} or {n,m}"),
    ("a{3,2}", 2, "counts go from 1 to 255, the smaller first"),
    ("a{256}", 2, "counts go from 1 to 255, the smaller first"),
    ("a{0}", 2, "counts go from 1 to 255, the smaller first"),
    ("{a", 0, "bare `{`"),
    ("a}", 1, "bare `}`"),
    ("a]", 1, "bare `]`"),
    ("[]a]", 0, "the class holds no character"),
    ("[^\\x01-\\x7f]", 0, "the class holds no character"),
    ("[a", 0, "the class is not closed"),
    ("[a&&b]", 2, "bare `&` inside a class"),
    ("[a-z-[b]]", 4, "`-` inside a class"),
    ("[a[b]]", 2, "bare `[` inside a class"),
    ("[[:alpha:]]", 1, "bare `[` inside a class"),
    (r"[a-\d]", 5, "a class as the end of a range"),
    (r"[\d-z]", 3, "a class as the end of a range"),
    ("[z-a]", 4, "the range runs backwards"),
    ("a^", 1, "`^` after the start of the pattern"),
    ("a$b", 1, "`$` before the end of the pattern"),
    ("^a|b$", 0, "`^` and `$` beside a bare `|` tie one alternative only"),
    ("(a", 0, "the group is not closed or holds a `$`"),
    ("a)", 1, "unbalanced `)`"),
    ("é", 0, "`é` in a pattern"),
    ("a\n", 1, "U+000A in a pattern"),
    ("(a*)*", 5, "what is repeated without limit can be empty"),
    ("(a|b?)+", 7, "what is repeated without limit can be empty"),
    ("(a{255}){255}", 0, "the pattern is too large once its counts are written out"),
    ("(" * 21 + "a" + ")" * 21, 21, "groups nested more than 20 deep"),
])
def test_refusals(pattern: str, offset: int, message: str) -> None:
    """What differs between hosts, or costs too much, is refused at its place."""
    with pytest.raises(RegexError) as caught:
        parse_regex(pattern)
    assert (caught.value.message, caught.value.offset) == (message, offset)


@pytest.mark.parametrize("pattern, slow", [
    ("^[a-z]+(-[a-z]+)*$", False), (r"^(\d{1,3}\.){3}\d{1,3}$", False), (r"^[\w.]+@[\w.]+\.[a-z]+$", False), ("abc", False),
    ("^/v[0-9]+/orders/[^/]+$", False), ("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", False),
    ("a*b", False), ("^(ab|cd)*$", False),
    ("^(a|b|ab)*$", True), ("(a+)+$", True), ("^(a|a)*$", True), ("^([a-z]+)*$", True), ("^(a+b?)*$", True),
    ("^(a{1,20}){1,20}$", True),
    ("^a*a*a*$", True), ("a*a*b", True), ("^a*a*b$", False), ("[^/]*x[^/]*y", True),
    ("(" + "|".join(f"{a}+{b}?" for a in "abcdefghij" for b in "klmnopqrst") + ")+", True),
])
def test_slow_patterns(pattern: str, slow: bool) -> None:
    """Exponential and cubic patterns are told; separators that no repetition takes keep one harmless."""
    assert bool(slowness(parse_regex(pattern))) is slow


ALPHABET = "abAB01-\n ]^\\&|~["


class RandomPatterns:
    def __init__(self, source: random.Random) -> None:
        self._random = source

    def regex(self) -> Regex:
        r = self._random
        return Regex(self.node(3), r.random() < 0.4, r.random() < 0.4)

    def node(self, depth: int) -> RegexNode:
        r = self._random
        kind = r.randrange(6) if depth else 0
        if kind <= 2:
            single = 1 << ord(r.choice(ALPHABET))
            return Chars(r.choice([single, (1 << ord("c")) - (1 << ord("a")), r.getrandbits(128) & ~1 | 2]))
        if kind == 3:
            return Sequence(tuple(self.node(depth - 1) for _ in range(r.choice((0, 2, 3)))))
        if kind == 4:
            return Choice(tuple(self.node(depth - 1) for _ in range(2)))
        inner = self.node(depth - 1)
        low = r.randrange(3)
        return Repeat(inner, low, r.choice((low + 1, low + 2, None)) if isinstance(inner, Chars) else low + 1)


def test_own_matcher_agrees_with_python() -> None:
    """The reference's automaton and Python's engine on the printed pattern say the same, 20,000 times."""
    source = random.Random(11)
    make = RandomPatterns(source)
    outcomes = {True: 0, False: 0}
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Python warns of what it may read otherwise in future
        for _ in range(1_000):
            regex = make.regex()
            compiled = re.compile(print_regex(regex, "python"))
            for _ in range(20):
                subject = "".join(source.choice(ALPHABET) for _ in range(source.randrange(7)))
                found = regex_matches(regex, subject)
                assert found is (compiled.search(subject) is not None), (print_regex(regex, "python"), subject)
                outcomes[bool(found)] += 1
    assert min(outcomes.values()) > 4_000


def test_own_matcher_agrees_with_re2() -> None:
    """RE2 on its own spelling, where it is installed (it comes with one of the CEL engines)."""
    re2 = pytest.importorskip("re2")
    source = random.Random(12)
    make = RandomPatterns(source)
    for _ in range(500):
        regex = make.regex()
        compiled = re2.compile(print_regex(regex, "re2"))
        for _ in range(10):
            subject = "".join(source.choice(ALPHABET) for _ in range(source.randrange(7)))
            assert regex_matches(regex, subject) is (compiled.search(subject) is not None)


RUNNERS: dict[Dialect, tuple[str, str, str]] = {
    "js": ("node", "run.js", """
const lines = require("fs").readFileSync(0, "utf8").trim().split("\\n").map(JSON.parse);
for (const [p, s] of lines) console.log(new RegExp(p).test(s) && new RegExp(p, "u").test(s) ? 1
  : new RegExp(p).test(s) || new RegExp(p, "u").test(s) ? 2 : 0);
"""),
    "pcre": ("perl", "run.pl", """
use strict; use JSON::PP;
while (my $line = <STDIN>) { my ($p, $s) = @{decode_json($line)}; print $s =~ /$p/ ? 1 : 0, "\\n"; }
"""),
    "java": ("java", "Run.java", """
import java.util.*; import java.util.regex.*;
public class Run { public static void main(String[] a) { Scanner in = new Scanner(System.in);
  while (in.hasNextLine()) { String[] f = in.nextLine().split(" ", -1);
    System.out.println(Pattern.compile(text(f[0])).matcher(text(f[1])).find() ? 1 : 0); } }
  static String text(String hex) { StringBuilder b = new StringBuilder();
    for (int i = 0; i < hex.length(); i += 2) b.append((char) Integer.parseInt(hex.substring(i, i + 2), 16));
    return b.toString(); } }
"""),
}


@pytest.mark.parametrize("dialect", RUNNERS)
def test_own_matcher_agrees_with_other_hosts(dialect: Dialect, tmp_path: Path) -> None:
    """The spelling for each host, run there: JavaScript with and without the flag `u`, Perl's engine for PCRE, Java."""
    program, name, source_text = RUNNERS[dialect]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    (tmp_path / name).write_text(source_text, "utf-8")
    source = random.Random(14)
    make = RandomPatterns(source)
    asked = [(make.regex(), "".join(source.choice(ALPHABET) for _ in range(source.randrange(7)))) for _ in range(3_000)]
    lines = [json.dumps([print_regex(r, dialect), s]) if dialect != "java" else
             f"{print_regex(r, dialect).encode().hex()} {s.encode().hex()}" for r, s in asked]
    done = subprocess.run(
        [program, str(tmp_path / name)], input="\n".join(lines) + "\n", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers = [{"1": True, "0": False}.get(line, "differs by flag") for line in done.stdout.split()]
    assert answers == [regex_matches(regex, subject) for regex, subject in asked]


def test_what_is_printed_reads_back() -> None:
    """A printed pattern means the same when it is read as one of ours (but for `\\Z`)."""
    source = random.Random(13)
    make = RandomPatterns(source)
    read = 0
    for _ in range(500):
        regex = make.regex()
        printed = print_regex(regex, "js")
        try:
            again = parse_regex(printed)
        except RegexError:
            continue  # an empty repetition, a bare choice
        read += 1
        for _ in range(10):
            subject = "".join(source.choice("abAB01-\n ") for _ in range(source.randrange(6)))
            assert regex_matches(again, subject) == regex_matches(regex, subject)
    assert read > 250


@pytest.mark.parametrize("pattern", [
    "^[a-z]+$", "abc", "^(a|bc)$", "^[^/]{2,4}$", r"\d{3}", "^$", "^a?$", r"^\w+-\d*$", "", "^spiffe://[a-z]+/ns/[a-z]+$",
])
def test_examples_and_counterexamples(pattern: str) -> None:
    """Examples match, counterexamples do not, and both exist wherever they can."""
    regex = parse_regex(pattern)
    good, bad = list(examples(regex)), list(counterexamples(regex))
    assert good
    assert all(regex_matches(regex, text) for text in good)
    assert all(regex_matches(regex, text) is False for text in bad)
    assert bool(bad) is (pattern != "")
    if pattern.endswith("$") and "^/" not in pattern:  # [^/] takes the line end
        assert any(text == good[0] + "\n" for text in bad)


def test_subjects_that_are_errors() -> None:
    """Not ASCII, NUL, too long: neither a match nor a mismatch."""
    regex = parse_regex("")
    assert [regex_matches(regex, s) for s in ("é", "\0", "a" * (MAX_SUBJECT + 1), "a" * MAX_SUBJECT)] == [None, None, None, True]


def test_full_match() -> None:
    """As used for schema patterns: the whole text or nothing."""
    assert full_matches(parse_regex("b"), "abc") is False
    assert full_matches(parse_regex("a|abc"), "abc") is True
