"""Calls of functions: `/rpc/<name>` as one statement."""

# ruff: noqa: S608 - identifiers are quoted, values are parameters

from dataclasses import dataclass

from devstack.gateway.catalogue import EXPOSED, Catalogue, Function, Shape
from devstack.gateway.errors import ProblemError, refusal
from devstack.gateway.query import (
    Query,
    is_filter,
    order_clause,
    page_clause,
    select_list,
    where_clause,
)
from devstack.gateway.statement import Parameters, Source, Statement, aggregate, quoted

_CALL = "pgrst_call"


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request for a function.

    `body` is the JSON object of a POST, with the names it holds; a GET has its arguments among
    the query's filters.
    """

    name: str
    query: Query
    names: frozenset[str]
    body: str | None
    count: bool
    max_rows: int

    @property
    def read_only(self) -> bool:
        """GET and HEAD may not write."""
        return self.body is None


def resolve(call: Call, catalogue: Catalogue) -> Function | None:
    """Return the overload the arguments fit, or None.

    Raises:
        ProblemError: PGRST203, they fit several.
    """
    fitting = [f for f in catalogue.functions.get(call.name, ()) if _fits(f, call)]
    if len(fitting) > 1:
        choices = ", ".join(_signature(f) for f in fitting)
        raise refusal(
            300,
            "PGRST203",
            f"Could not choose the best candidate function between: {choices}",
            hint="Try renaming the parameters or the function itself in the database so function "
            "overloading can be resolved",
        )
    return fitting[0] if fitting else None


def not_found(call: Call) -> ProblemError:
    """Return the error for a call that fits no function."""
    given = ", ".join(sorted(_given(call)))
    return refusal(
        404,
        "PGRST202",
        f"Could not find the function {EXPOSED}.{call.name}({given}) in the schema cache",
        details=f"Searched for the function {EXPOSED}.{call.name} "
        f"{f'with parameters {given}' if given else 'without parameters'}, "
        "but no matches were found in the schema cache.",
    )


def call_statement(call: Call, function: Function) -> Statement:
    """Return the statement that calls the function once and shapes its result."""
    parameters = Parameters()
    source = f"with pgrst_source as materialized ({_invocation(call, function, parameters)})"
    final = _result(call, function, parameters)
    return Statement(
        sql=f"{source} {final}",
        values=parameters.values,
        read_only=call.read_only or not function.volatile,
        statement_timeout=function.statement_timeout,
    )


def _given(call: Call) -> frozenset[str]:
    if call.body is not None:
        return call.names
    return frozenset(name for name, value in call.query.filters if not is_filter(value))


def _fits(function: Function, call: Call) -> bool:
    known = frozenset(function.arguments)
    offered = call.names
    if call.body is None:
        offered = _given(call) | (known & {name for name, _ in call.query.filters})
    return function.required <= offered <= known


def _signature(function: Function) -> str:
    arguments = ", ".join(f"{name} => {kind}" for name, kind in function.arguments.items())
    return f"{EXPOSED}.{function.name}({arguments})"


def _invocation(call: Call, function: Function, parameters: Parameters) -> str:
    if call.body is None:
        values = dict(call.query.filters)
        passed = [
            f"{quoted(name)} := {parameters.add(values[name], kind)}"
            for name, kind in function.arguments.items()
            if name in values
        ]
        return f"select {_CALL}.* from {_invoked(function, passed)}"
    used = {n: k for n, k in function.arguments.items() if n in call.names}
    if not used:
        return f"select {_CALL}.* from {_invoked(function, [])}"
    typed = ", ".join(f"{quoted(name)} {kind}" for name, kind in used.items())
    passed = [f"{quoted(name)} := pgrst_args.{quoted(name)}" for name in used]
    return (
        f"select {_CALL}.* from json_to_record({parameters.add(call.body, 'json')}) "
        f"as pgrst_args({typed}), lateral {_invoked(function, passed)}"
    )


def _invoked(function: Function, passed: list[str]) -> str:
    invoked = f"{quoted(EXPOSED)}.{quoted(function.name)}({', '.join(passed)})"
    if function.shape in (Shape.ROW, Shape.ROWS):
        return f"{invoked} as {_CALL}"
    return f"(select {invoked} as pgrst_value) as {_CALL}"


def _result(call: Call, function: Function, parameters: Parameters) -> str:
    match function.shape:
        case Shape.VOID:
            return f"{aggregate('null')} from pgrst_source"
        case Shape.SCALAR:
            value = "coalesce(json_agg(pgrst_source.pgrst_value)->0, 'null')"
            return f"{aggregate(value, '1')} from pgrst_source"
        case Shape.SCALARS:
            values = "coalesce(json_agg(pgrst_page.pgrst_value), '[]')"
            page = f"select * from pgrst_source{page_clause(call.query, parameters, call.max_rows)}"
            total = "(select count(*) from pgrst_source)" if call.count else "null"
            return f"{aggregate(values, total=total)} from ({page}) pgrst_page"
        case Shape.ROW | Shape.ROWS:
            return _rows(call, function, parameters)


def _rows(call: Call, function: Function, parameters: Parameters) -> str:
    own = call.query.without(function.arguments) if call.body is None else call.query
    source = Source(reference="pgrst_source", columns=function.columns)
    filtered = f"pgrst_source{where_clause(own, source, parameters)}"
    page = (
        f"select {select_list(own, source, parameters)} from {filtered}"
        f"{order_clause(own, source, parameters)}{page_clause(own, parameters, call.max_rows)}"
    )
    total = f"(select count(*) from {filtered})" if call.count else "null"
    rows = "json_agg(pgrst_page)"
    body = (
        f"coalesce({rows}->0, 'null')" if function.shape is Shape.ROW else f"coalesce({rows}, '[]')"
    )
    return f"{aggregate(body, total=total)} from ({page}) pgrst_page"
