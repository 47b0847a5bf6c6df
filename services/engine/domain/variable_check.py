"""Whether every variable of a definition names something that is there when it is read."""

from collections.abc import Collection, Mapping

from services.engine.domain.definition_graph import Upstream
from services.engine.domain.findings import Findings, Place, Reference, nearest
from services.engine.domain.secret_names import written
from services.engine.domain.steps import ERROR, TIMEOUT, Shape

_OUTPUT = "output"
_SIZE = "size"
"""What Liquid knows of every object."""
_UNKNOWN = Shape()
_ERROR_SHAPE = Shape(members=frozenset({"code", "message", "node", "details"}))


def check_variables(findings: Findings, shapes: Mapping[str, Shape], upstream: Upstream) -> None:
    """Note the variables that name no node, a node that is not upstream, or what its output does not have."""
    for reference in findings.references:
        if Place(findings).is_full:
            return
        fault = _judge(reference, shapes, upstream)
        if fault is not None:
            code, message, suggestion, params = fault
            Place(findings, reference.pointer).fault(code, message, suggestion, **params)


def check_secrets(findings: Findings, known: Collection[str]) -> None:
    """Note the secrets that nobody has set."""
    for found in findings.secrets:
        if found.name not in known:
            near = nearest(found.name, known)
            Place(findings, found.pointer).fault(
                "unknown-secret",
                f"There is no secret `{found.name}`; an administrator sets it under Settings.",
                written(near) if near else None,
                name=found.name,
            )


_Judgement = tuple[str, str, str | None, dict[str, str]] | None


def _judge(reference: Reference, shapes: Mapping[str, Shape], upstream: Upstream) -> _Judgement:
    root, *rest = reference.path or ("",)
    name = ".".join(reference.path)
    if root not in shapes:
        near = nearest(root, upstream.all_before(reference.node))
        return (
            "unknown-variable",
            f"`{name}` names no node.",
            ".".join((near, *rest)) if near else None,
            {"reason": "no_node", "name": name},
        )
    if not upstream.leads(root, reference.node):
        text = f"`{root}` does not come before this node."
        return "variable-not-upstream", text, None, {"name": root}
    return _judge_member(root, rest, shapes[root], name, guarded=reference.guarded)


def _judge_member(
    root: str, rest: list[str], shape: Shape, name: str, *, guarded: bool
) -> _Judgement:
    if not rest:
        return None
    member, *deeper = rest
    if member == ERROR and (shape.ports is None or {ERROR, TIMEOUT} & set(shape.ports)):
        return None if guarded else _judge_inside((root, ERROR), deeper, _ERROR_SHAPE)
    if member != _OUTPUT:
        return (
            "unknown-variable",
            f"`{name}` is not there; a node has `output`.",
            ".".join((root, _OUTPUT, *rest))
            if nearest(member, [_OUTPUT]) is None
            else ".".join((root, _OUTPUT, *deeper)),
            {"reason": "no_output", "name": name},
        )
    return None if guarded else _judge_inside((root, _OUTPUT), deeper, shape)


def _judge_inside(path: tuple[str, ...], rest: list[str], shape: Shape) -> _Judgement:
    """Follow a path as far as shapes are known."""
    for place, member in enumerate(rest):
        if shape.members is None or (place and member == _SIZE):
            return None
        if member not in shape.members:
            near = nearest(member, shape.members)
            return (
                "unknown-variable",
                _has_none(path, member),
                ".".join((*path, near, *rest[place + 1 :])) if near else None,
                {"reason": "no_member", "name": ".".join(path), "member": member},
            )
        path, shape = (*path, member), shape.inner.get(member, _UNKNOWN)
    return None


def _has_none(path: tuple[str, ...], member: str) -> str:
    root, part, *deeper = path
    whole = f"The {part} of `{root}`" if not deeper else f"`{'.'.join(path)}`"
    return f"{whole} has no `{member}`."
