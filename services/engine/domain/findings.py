"""Where validation writes down what it finds: every fault, by the JSON pointer of its place."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from contracts.workflow import Fault
from services.engine.domain.cel import CelExpression, CelFault, parse_expression
from services.engine.domain.secret_names import ROOT as SECRETS
from services.engine.domain.template import Template
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


@dataclass(frozen=True, slots=True)
class SecretReference:
    """A secret that the configuration uses at `pointer`."""

    pointer: str
    name: str


SECRETS_ALLOWED = (
    "Secrets may be used in `url`, `headers`, `query`, `body` and `auth` of `http_request`,"
    " and as `secret` of `webhook_trigger`."
)


@dataclass(frozen=True, slots=True)
class Callee:
    """A workflow that the configuration at `pointer` calls, by its id or its exact name."""

    pointer: str
    workflow: str


@dataclass(slots=True)
class Findings:
    faults: list[Fault] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    callees: list[Callee] = field(default_factory=list)
    secrets: list[SecretReference] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a definition; `node` is the key of the node that it belongs to.

    `request` is the pointer of the configuration whose texts go into a request of the same shape, where a worker can
    put secrets in; elsewhere secrets are a fault. `own_names` are variables that only this place has.
    """

    findings: Findings
    pointer: str = ""
    node: str = ""
    request: str | None = None
    own_names: frozenset[str] = frozenset()

    def at(self, *parts: str | int) -> "Place":
        """Return a place inside."""
        return replace(self, pointer=self.pointer + "".join(map(_escape, parts)))

    def of(self, node: str) -> "Place":
        """Return the same place, as part of a node."""
        return replace(self, node=node)

    def allowing_secrets(self) -> "Place":
        """Return the same place, whose texts become a request of a worker."""
        return replace(self, request=self.pointer)

    def with_names(self, *names: str) -> "Place":
        """Return the same place, where variables of these names are there too."""
        return replace(self, own_names=frozenset(names))

    def fault(
        self,
        code: str,
        message: str,
        suggestion: str | None = None,
        /,
        **params: str | float,
    ) -> None:
        """Note what is wrong here; `params` are what else the message tells beside its code."""
        if not self.is_full:
            self.findings.faults.append(
                Fault(
                    path=self.pointer,
                    code=code,
                    message=message,
                    suggestion=suggestion,
                    params=params,
                )
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
            self.fault(fault.code, fault.message, fault.suggestion, **fault.params)
            return Template("", ("",))
        for variable, guarded in template.variables():
            self._refer(variable.known_path(), guarded=guarded)
        return self._with_secrets(template) if template.secret else template

    def _with_secrets(self, template: Template) -> Template:
        if self.request is None:
            self.fault("secret-not-allowed", SECRETS_ALLOWED, reason="place")
            return template
        for name in template.secrets():
            self.secret(name)
        return template.pointing(self.pointer.removeprefix(self.request))

    def secret(self, name: str) -> None:
        """Note that a secret is used here."""
        self.findings.secrets.append(SecretReference(self.pointer, name))

    def optional_template(self, source: str | None) -> Template | None:
        """Return the compiled text, or None where none was given."""
        return None if source is None else self.template(source)

    def expression(self, source: str) -> CelExpression | None:
        """Return the compiled CEL expression, or None after noting its fault."""
        try:
            expression = parse_expression(source)
        except CelFault as fault:
            self.fault(fault.code, fault.message, fault.suggestion, **fault.params)
            return None
        if any(path[:1] == (SECRETS,) for path in expression.paths()):
            self.fault("secret-not-allowed", SECRETS_ALLOWED, reason="place")
            return None
        for path in expression.paths():
            self._refer(path, guarded=expression.may_miss)
        return expression

    def calls(self, workflow: str) -> None:
        """Note that another workflow is called here."""
        self.findings.callees.append(Callee(self.pointer, workflow))

    def _refer(self, path: tuple[str, ...], *, guarded: bool) -> None:
        if path and path[0] in self.own_names:
            return
        self.findings.references.append(Reference(self.pointer, self.node, path, guarded))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant."""
    candidates = list(known)
    for other in candidates[:COMPARED_MAX]:
        if other.casefold() == word.casefold():
            return other
    if len(candidates) > COMPARED_MAX:
        candidates = [other for other in candidates if other[:1] == word[:1]][:COMPARED_MAX]
    near = difflib.get_close_matches(word, candidates, n=1, cutoff=0.6)
    return near[0] if near else None


def _escape(part: str | int) -> str:
    return "/" + str(part).replace("~", "~0").replace("/", "~1")
