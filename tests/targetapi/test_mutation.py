"""Mutants: each is one small change, and every operator has some."""

from __future__ import annotations

import ast
import json
from typing import get_args
from xml.etree import ElementTree

from seccfg.targetapi.kit.mutation import Mutant, Operator, mutants
from seccfg.targetapi.kit.noticing import Survivor

PYTHON = b'''"""Doc with 1 and True."""

from x import A, B


def holds(p: object) -> bool:
    """TRUE: 3."""
    return p is not None and found(r"^a\\Z", p) and p >= 3


LIMIT = A(name="x", limit=10, on=True, blocks=("10.0.0.0/8", "::1/128"), roles=frozenset({"a", "b"}))
SCHEMA = B(text='{"type":"string","maxLength":3}', keys='{"keys": [{"kid": "1"}]}')
'''


def changed(path: str, content: bytes) -> list[Mutant]:
    return list(mutants({path: content}))


def test_python_mutants_are_python_and_differ() -> None:
    """Every mutant parses, and says something else than the file did."""
    before = ast.dump(ast.parse(PYTHON))
    found = changed("a.py", PYTHON)
    assert {mutant.operator for mutant in found} == set(get_args(Operator)) - {"change word"}
    for mutant in found:
        assert ast.dump(ast.parse(mutant.content)) != before, mutant.what


def test_mutants_say_what_they_change() -> None:
    """Where a change is made is named by constructor and argument, or by function."""
    said = {(m.operator, m.where, m.what) for m in changed("a.py", PYTHON)}
    assert {
        ("change number", "A.limit", "10 -> 11"),
        ("flip boolean", "A.on", "True -> False"),
        ("delete element", "A.limit", "without limit=10"),
        ("drop item", "A.roles", 'without "a"'),
        ("swap order", "A.blocks", '"::1/128" before "10.0.0.0/8"'),
        ("widen pattern", "A.blocks", "\"10.0.0.0/8\" -> '10.0.0.0/7'"),
        ("widen pattern", "A.blocks", "\"::1/128\" -> '::/127'"),
        ("delete element", "holds", "without p >= 3"),
        ("widen pattern", "holds", "r\"^a\\Z\" -> 'a'"),
        ("change number", "holds", "3 -> 4"),
    } <= said


def test_texts_that_hold_json_are_changed_inside_but_keys_are_not() -> None:
    """A schema is data; a key set is key material, which verify exchanges."""
    texts = {m.content for m in changed("a.py", PYTHON) if m.where == "B.text"}
    assert any(b'"maxLength":4' in content for content in texts)
    assert not any(m.where == "B.keys" and m.operator != "delete element" for m in changed("a.py", PYTHON))


def test_json_mutants() -> None:
    """The same operators on values."""
    before = {"a": [1, 2, {"b": True}], "c": "10.0.0.0/8"}
    found = changed("a.json", json.dumps(before).encode())
    values = [json.loads(m.content) for m in found]
    assert before not in values
    for expected in ({"a": [1, 2, {"b": False}], "c": "10.0.0.0/8"}, {"a": [2, 1, {"b": True}], "c": "10.0.0.0/8"}):
        assert expected in values
    assert {m.operator for m in found} == set(get_args(Operator)) - {"change word"}


def test_only_wanted_files_are_changed() -> None:
    """Other files and other kinds of files are left alone."""
    files = {"a.py": PYTHON, "b.py": PYTHON, "c.md": b"1 True"}
    assert {m.path for m in mutants(files, lambda path: path != "a.py")} == {"b.py"}


def test_a_reason_covers_what_it_names_and_no_more() -> None:
    """Operator, place and text must all fit."""
    mutant = next(m for m in changed("a.py", PYTHON) if m.what == "10 -> 11")
    assert Survivor("change number", r"A\.\w+", "why").covers(mutant)
    assert Survivor("", r"A\.limit", "why", what="11$").covers(mutant)
    assert not Survivor("swap order", r"A\.\w+", "why").covers(mutant)
    assert not Survivor("", r"A", "why").covers(mutant)
    assert not Survivor("", r"A\.limit", "why", what="12").covers(mutant)


POLICY = b"""<policies><inbound><base /><set-header name="X-Role" exists-action="override"><value>a</value></set-header>
<limit calls="10" strict="true" /></inbound></policies>"""


def test_xml_is_changed_by_element_attribute_and_text() -> None:
    """Gone, behind the next, flipped, one more and one less, another word, another name."""
    found = [(m.operator, m.where, m.what) for m in changed("a.xml", POLICY)]
    assert {
        ("delete element", "inbound/base", "<base />"),
        ("swap order", "inbound/base", "<base />"),
        ("delete element", "set-header@exists-action", "without exists-action"),
        ("change word", "set-header@exists-action", "override -> skip"),
        ("change word", "set-header@name", "X-Role -> X-Rolex"),
        ("change number", "limit@calls", "10 -> 11"),
        ("change number", "limit@calls", "10 -> 9"),
        ("flip boolean", "limit@strict", "true -> false"),
    } <= set(found)
    assert len({m.content for m in changed("a.xml", POLICY)}) == len(found)


def test_documents_in_json_are_changed_inside() -> None:
    """What a template holds of XML is changed as if it stood alone, and nothing else with it."""
    template = {"resources": [{"name": "x", "properties": {"format": "xml", "value": POLICY.decode()}}]}
    found = changed("t.json", json.dumps(template).encode())
    alone = {m.content for m in changed("a.xml", POLICY)}
    inside = [json.loads(m.content)["resources"][0]["properties"]["value"] for m in found if m.where.startswith("set-header")]
    assert inside
    assert {text.encode() for text in inside} <= alone


LUA = '''return function()
-- generated from here
local T = {}
T[1] = { ["a-b"] = true }
S[1] = { run = function(q)
  if not (forms.at_most(q.size, 3)) then
    return R[1]
  end
end }
end
'''


def test_mutants_of_lua_say_what_is_defined_there() -> None:
    """A number alone says nothing: the definition it stands in and the words around it do."""
    found = changed("a.yaml", json.dumps({"code": LUA}).encode())
    said = {(m.operator, m.where, m.what) for m in found}
    assert ("flip boolean", "lua a-b", 'true -> false in T[1]: T[1] = { ["a-b"] = true }') in said
    assert ("change number", "lua R", "1 -> 2 in S[1]: return R[1]") in said
    assert any(m.what.startswith("without if not (forms.at_most(q.size, 3)) then in S[1]: ") for m in found)


EXPRESSION = r"""@{ string[] known = new string[] { "a", "b" }; bool good = false; /* && true */
    if (path != null && Regex.IsMatch(path, "\\A[0-9]{1,3}\\z") && n <= 10) { good = known.Contains(path); }
    if (method == "GET" || n < 3) { result["x"] = good; }
    return !good ? "no" : "yes"; }"""


def test_expressions_in_xml_are_changed_by_token_and_by_operand() -> None:
    """Comparisons, operands, items, numbers, patterns, statements and conditions; nothing in comments."""
    document = ElementTree.tostring(ElementTree.Element("set-variable", {"name": "v", "value": EXPRESSION}))
    found = {(m.operator, m.what) for m in changed("a.xml", document) if m.where.startswith("set-variable c#")}
    assert {
        ("drop item", 'without "a"'),
        ("swap order", '"b" before "a"'),
        ("flip boolean", "false -> true"),
        ("delete element", "without path != null"),
        ("delete element", "without n <= 10"),
        ("delete element", 'without method == "GET"'),
        ("change word", "!= -> =="),
        ("change word", "<= -> <"),
        ("change word", "< -> <="),
        ("change word", '"GET" -> "GETx"'),
        ("change word", "! -> "),
        ("change number", "10 -> 11"),
        ("change number", "10 -> 9"),
        ("widen pattern", r'"\\A[0-9]{1,3}\\z" -> "[0-9]{1,3}"'),
        ("delete element", "without good = known.Contains(path);"),
        ("delete element", 'without result["x"] = good;'),
        ("flip boolean", 'method == "GET" || n < 3 -> true'),
    } <= found
    assert not any(what == "true -> false" for _, what in found)
