"""Where validation writes down what it finds: every fault, by the JSON pointer of its place."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from contracts.workflow import Fault
from services.engine.domain.cel import CelExpression, CelFault, parse_expression
from services.engine.domain.template import Template, Variable
from services.engine.domain.template_parser import TemplateFault, parse_template

FAULTS_MAX = 200
"""More do not help anybody; the first ones are shown."""

COMPARED_MAX = 100
"""Words that one misspelt word is compared with; beyond, only those that begin alike."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A variable that the configuration of `node` reads at `pointer`; a guarded one may be missing."""

    pointer: str
    node: str
    path: tuple[str, ...]
    guarded: bool


@dataclass(slots=True)
class Findings:
    faults: list[Fault] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a definition; `node` is the key of the node that it belongs to."""

    findings: Findings
    pointer: str = ""
    node: str = ""

    def at(self, *parts: str | int) -> "Place":
        """Return a place inside."""
        return Place(self.findings, self.pointer + "".join(map(_escape, parts)), self.node)

    def of(self, node: str) -> "Place":
        """Return the same place, as part of a node."""
        return Place(self.findings, self.pointer, node)

    def fault(self, code: str, message: str, suggestion: str | None = None) -> None:
        if not self.is_full:
            self.findings.faults.append(
                Fault(path=self.pointer, code=code, message=message, suggestion=suggestion)
            )

    @property
    def is_full(self) -> bool:
        """So many faults have been found that further ones are not even looked into."""
        return len(self.findings.faults) >= FAULTS_MAX

    def template(self, source: str) -> Template:
        """Return the compiled text, or an empty one after noting its fault."""
        try:
            template = parse_template(source)
        except TemplateFault as fault:
            self.fault(fault.code, fault.message, fault.suggestion)
            return Template("", ("",))
        for variable, guarded in template.variables():
            self._refer(tuple(_names(variable)), guarded=guarded)
        return template

    def optional_template(self, source: str | None) -> Template | None:
        """Return the compiled text, or None where none was given."""
        return None if source is None else self.template(source)

    def expression(self, source: str) -> CelExpression | None:
        """Return the compiled CEL expression, or None after noting its fault."""
        try:
            expression = parse_expression(source)
        except CelFault as fault:
            self.fault(fault.code, fault.message, fault.suggestion)
            return None
        for path in expression.paths():
            self._refer(path, guarded=expression.may_miss)
        return expression

    def _refer(self, path: tuple[str, ...], *, guarded: bool) -> None:
        self.findings.references.append(Reference(self.pointer, self.node, path, guarded))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant."""
    candidates = list(known)
    if len(candidates) > COMPARED_MAX:
        candidates = [other for other in candidates if other[:1] == word[:1]][:COMPARED_MAX]
    near = difflib.get_close_matches(word, candidates, n=1, cutoff=0.6)
    return near[0] if near else None


def _escape(part: str | int) -> str:
    return "/" + str(part).replace("~", "~0").replace("/", "~1")


def _names(variable: Variable) -> Iterator[str]:
    """Yield the leading part of a path that is known without data."""
    for part in variable.path:
        if not isinstance(part, str):
            return
        yield part
