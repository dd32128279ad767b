"""Items of the Program as C# statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from seccfg.ir.policy import ByAddress
from seccfg.program.model import (
    Always,
    Answer,
    Cases,
    Charge,
    Check,
    Choose,
    Compare,
    Form,
    Header,
    Item,
    Known,
    Program,
    Refuse,
    Slot,
    Step,
)
from seccfg_azure.csharp import indented, policy_string, texts
from seccfg_azure.forms import FormPrinter
from seccfg_azure.slots import BlockSlots

__all__ = ["StepPrinter"]


class StepPrinter:
    """Prints the steps of one block; equal steps of many branches are one."""

    def __init__(self, program: Program, slots: BlockSlots) -> None:
        self._program = program
        self._slots = slots
        self._forms = FormPrinter(program, slots)
        self._numbers = {method.name: number for number, method in enumerate(program.methods)}
        self._steps: dict[tuple[Step, tuple[tuple[str, ...], ...]], int] = {}
        self._headers: dict[tuple[Header, ...], int] = {}

    def number(self, step: Step, alternatives: tuple[tuple[str, ...], ...]) -> int:
        """Number of *step* on a route with these alternatives."""
        key = (step, alternatives if step.name == "authenticate" else ())
        return self._steps.setdefault(key, len(self._steps))

    def cases(self, wanted: Callable[[Step], bool]) -> list[str]:
        """`case` sections of the steps *wanted* names."""
        lines: list[str] = []
        for (step, alternatives), number in self._steps.items():
            if wanted(step):
                body = self.items(step.items, alternatives)
                group = self.header_group(step.headers)
                lines += [f"case {number}:", *indented([f"sent = {group};", *body, "break;"])]
        return lines

    def header_group(self, headers: tuple[Header, ...]) -> int:
        """Number of the headers a step answers with."""
        return self._headers.setdefault(headers, len(self._headers))

    def header_cases(self) -> list[str]:
        """`case` sections of the headers steps answer with."""
        lines: list[str] = []
        for headers, number in self._headers.items():
            lines += [f"case {number}:", *indented([*self.headers(headers), "break;"])]
        return lines

    def form(self, form: Form) -> str:
        return self._forms.form(form)

    # ---------------------------------------------------------------------------------------------------- statements
    def items(self, items: Sequence[Item], alternatives: tuple[tuple[str, ...], ...]) -> list[str]:
        """*items* one after the other, until one of them ends it."""
        lines: list[str] = []
        chain: list[str] = []
        for item in items:
            if isinstance(item, Check) and not _by_the_host(item):
                test = self._negated(item.holds)
                chain += [f"{'} else ' if chain else ''}if ({test}) {{", *indented(self._refuse(item.otherwise))]
                continue
            if chain:
                lines += self._guarded([*chain, "}"], lines)
                chain = []
            lines += self._guarded(self._other(item, alternatives), lines)
        if chain:
            lines += self._guarded([*chain, "}"], lines)
        return lines

    def _guarded(self, statements: list[str], before: list[str]) -> list[str]:
        """*statements*, unless something *before* them ended the request."""
        if not before or not statements:
            return statements
        return ["if (reason == null) {", *indented(statements), "}"]

    def _negated(self, form: Form) -> str:
        if isinstance(form, Known):
            return self.form(Known(form.slot, not form.expect))
        text = self.form(form)
        return f"!({text})"

    def _other(self, item: Item, alternatives: tuple[tuple[str, ...], ...]) -> list[str]:
        match item:
            case Check():
                return self._counted(item)
            case Refuse():
                return self._refuse(item)
            case Answer(headers):
                return ['reason = "preflight";', "status = 204;", "sent = -1;", *self.headers(headers)]
            case Choose(alternative):
                return [f'chosen = "{alternative}";', f"who = {self._numbers[alternatives[alternative][0]]};"]
            case Charge(limits):
                return [f"charged.Add({number});" for number in limits]
            case Cases(cases, otherwise):
                lines: list[str] = []
                for case in cases:
                    word = "} else if" if lines else "if"
                    lines += [f"{word} ({self.form(case.when)}) {{", *indented(self.items(case.items, alternatives))]
                last = self.items(otherwise, alternatives)
                return [*lines, *(["} else {", *indented(last)] if last else []), "}"]

    def _refuse(self, refuse: Refuse) -> list[str]:
        return [
            f'reason = "{refuse.reason}";', f"status = {refuse.status};", f'happened = "{refuse.event}";',
            *self.headers(refuse.headers),
        ]  # fmt: skip

    def headers(self, headers: Sequence[Header]) -> list[str]:
        """Statements that add the headers whose form holds."""
        lines: list[str] = []
        for header in headers:
            value = " + ".join(policy_string(p) if isinstance(p, str) else self._slots.text(p) for p in header.value)
            put = f"headers[{policy_string(header.name)}] = {value};"
            lines.append(put if header.when == Always(True) else f"if ({self.form(header.when)}) {{ {put} }}")
        return lines

    # -------------------------------------------------------------------------------------------------------- limits
    def _counted(self, check: Check) -> list[str]:
        """A check of a counter: the host counts, here the limit is only named."""
        if not isinstance(check.holds, Compare) or not isinstance(check.holds.left, Slot):
            return []  # the store is the host's own
        number = int(check.holds.left.key)
        key = self._slots.text(Slot("limit_key", str(number)))
        return [f'counted["{number}"] = "k" + {key};', f"limitedStatus = {check.otherwise.status};", *self._tiers(number)]

    def _tiers(self, number: int) -> list[str]:
        """Which tiers of the limit the principal has, by number."""
        limit = self._program.limits[number]
        tiers = limit.tiers
        if not tiers or isinstance(limit.key, ByAddress):
            return []
        held = ", ".join(f"roles != null && roles.Intersect({texts(names)}).Any() ? {n} : -1" for n, (names, _) in enumerate(tiers))
        numbers = f"new int[] {{ {held} }}.Where(each => each >= 0).Select(each => each.ToString())"
        return [f'raised["{number}"] = " " + string.Join(" ", {numbers}) + " ";']


def _by_the_host(check: Check) -> bool:
    """The check asks the host's counter, which its own policies do."""
    form = check.holds
    if isinstance(form, Compare):
        return isinstance(form.left, Slot) and form.left.name == "wait"
    return getattr(getattr(form, "slot", None), "name", "") == "limit_store"
