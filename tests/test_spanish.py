"""Every sentence that a promoter can read is Spanish.

Promoters read: `detail` of a problem; `error_message` of a message, `status_reason` of a job and
`state_reason` of a number, which SQL writes from its own sentences and from ours.
"""

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.schema import schema_files
from shared.errors import BridgeError
from shared.rules import notices, template_refusals
from shared.rules.payloads import PayloadError

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sorted(path for part in ("functions", "shared") for path in (ROOT / part).rglob("*.py"))
# Rights, names of places, words to look for and articles of law are no sentences.
NO_SENTENCES = {
    "00_privileges.sql",
    "zones.sql",
    "content_lexicon.sql",
    "identification_words.sql",
}
SQL = [p for p in schema_files() if p.name not in NO_SENTENCES]

# Small words tell a language; none of these is a word of the other one.
SPANISH = re.compile(
    r"\b(al?|con|debe|del?|el|en|es|es[ae]|est[aáe]|hasta|las?|los?|más|no|para|por|que|requiere|se|sin"
    r"|sus?|una?|y|ya)\b"
)
ENGLISH = re.compile(
    r"\b(abandoned|an|and|answer|approved|are|be|been|by|cancelled|cannot|for|from|is|it|lost|must"
    r"|not|of|or|paused|pending|reached|rejected|restored|such|that|the|this|to|was|were|with)\b"
)
# Read by those who run the bridge, or by Postgres; and a legend in the words of the law.
NOT_FOR_PROMOTERS = {
    "Candidato Independiente",
    "the time zone data of this server are older than 2022g: update them first",
    "wa_audit_log is append-only",
    "wa.content_releases is append-only",
    "% is emptied by delete, which leaves entries",
    "DD/MM/YYYY HH24:MI",
    "job % was not announced: %",
    "nobody may join the channels of jobs: %",
}
COLUMNS = "error_message|status_reason|state_reason"
READ_ELSEWHERE = {"notice", "detail", "details"}  # attributes whose values are looked at themselves


def is_spanish(text: str) -> bool:
    return bool(SPANISH.search(text.lower())) and not ENGLISH.search(text.lower())


def is_read_elsewhere(node: ast.expr) -> bool:
    match node:
        case (
            ast.Attribute(value=ast.Name(id="notices"))
            | ast.Call(func=ast.Attribute(value=ast.Name(id="notices")))
        ):
            return True
        case _:
            return isinstance(node, ast.Attribute) and node.attr in READ_ELSEWHERE


class Sentences(ast.NodeVisitor):
    """Collects what a module hands to errors, attempts and account changes as a text to read."""

    def __init__(self, tree: ast.Module, errors: set[str]) -> None:
        self._errors = errors
        self.found: list[tuple[int, str]] = []
        self._values: dict[str, list[ast.expr]] = {}
        self._caught = {n.name for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                self._remember(node.targets[0], node.value)
            elif isinstance(node, ast.AnnAssign) and node.value:
                self._remember(node.target, node.value)
        self.visit(tree)

    def _remember(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, its_value in zip(target.elts, value.elts, strict=True):
                self._remember(one, its_value)
        elif isinstance(target, ast.Name):
            self._values.setdefault(target.id, []).append(value)

    def visit_Call(self, call: ast.Call) -> None:
        name = ast.unparse(call.func)
        keywords = {keyword.arg: keyword.value for keyword in call.keywords}
        if name in self._errors and call.args and isinstance(call.args[0], ast.Starred):
            self._add_table(call.args[0].value)
        elif name in self._errors:
            self._add(keywords.get("detail") or (call.args[1:2] or [None])[0])
        elif name == "AttemptRecord":
            self._add(keywords.get("error_message"))
        self.generic_visit(call)

    def _add(self, node: ast.expr | None) -> None:
        if node is not None:
            self.found += [(node.lineno, text) for text in self._texts(node)]

    def _add_table(self, node: ast.expr) -> None:
        """Take the sentences of a table of (code, sentence) that an error is raised from."""
        names = [name.id for name in ast.walk(node) if isinstance(name, ast.Name)]
        for value in itertools.chain(*(self._values.get(name, []) for name in names)):
            for row in ast.walk(value):
                if isinstance(row, ast.Tuple):
                    self._add(row.elts[1])

    def _texts(self, node: ast.expr) -> Iterator[str]:
        match node:
            case ast.Constant(value=value):
                yield from [value] if isinstance(value, str) and value else []
            case ast.JoinedStr(values=parts):
                yield "".join(self._part(part) for part in parts)
            case ast.BoolOp(values=values):
                yield from itertools.chain(*map(self._texts, values))
            case ast.IfExp(body=body, orelse=orelse):
                yield from itertools.chain(self._texts(body), self._texts(orelse))
            case ast.Name(id=name):
                yield from itertools.chain(*map(self._texts, self._values.get(name, [])))
            case (
                ast.Subscript(value=ast.Name(id=name))
                | ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="get"))
            ):
                yield from itertools.chain(*map(self._members, self._values.get(name, [])))
            case _ if not is_read_elsewhere(node):
                yield ast.unparse(node)

    def _members(self, table: ast.expr) -> Iterator[str]:
        """Yield the values of a table that a sentence is taken from."""
        for node in ast.walk(table):
            if isinstance(node, ast.Dict):
                yield from itertools.chain(*map(self._texts, node.values))

    def _part(self, part: ast.expr) -> str:
        """Return fixed text as it is, and of what is filled in only the text of an exception."""
        if isinstance(part, ast.Constant):
            return str(part.value)
        value = part.value if isinstance(part, ast.FormattedValue) else part
        return (
            f"[the text of {value.id}]"
            if isinstance(value, ast.Name) and value.id in self._caught
            else "…"
        )


def in_python() -> Iterator[tuple[str, str]]:
    errors = {kind.__name__ for kind in descendants(BridgeError)} | {"FormProblem"}
    for path in PYTHON:
        tree = ast.parse(path.read_text())
        # __init__ of another class takes no sentence.
        known = errors if path.name != "errors.py" else errors | {"super().__init__"}
        for line, text in Sentences(tree, known).found:
            yield f"{path.relative_to(ROOT)}:{line}", text


def in_notices() -> Iterator[tuple[str, str]]:
    for name, notice in vars(notices).items():
        if name.isupper():
            yield f"notices.{name}", notice
    for kind in descendants(PayloadError):
        yield f"notice of {kind.__name__}", kind.notice
    refusals = (*template_refusals.REFUSALS.items(), *template_refusals.REFUSALS_BY_CODE.items())
    for code, (notice, _) in refusals:
        yield f"refusal {code}", notice
    for _, notice, field in template_refusals.PARTS:
        yield f"refusal of {field}", notice
    for reason, notice in template_refusals.REJECTIONS.items():
        yield f"rejection {reason}", notice


def in_sql() -> Iterator[tuple[str, str]]:
    """Yield every literal of two words, and whatever a column for promoters is set to."""
    for path in SQL:
        whole = re.sub(r"'\n *'", "", path.read_text())  # literals that SQL joins over a newline
        code = re.sub(r"(?m)^comment on [^']*'(?:[^']|'')*';", "", whole)
        for match in re.finditer(r"--[^\n]*|\"[^\"\n]*\"|(\w+ = )?'((?:[^']|'')*)'", code):
            text = match[2] or ""
            is_column = re.fullmatch(f"({COLUMNS}) = ", match[1] or "") and text
            if is_column or re.search(r"[^\W\d_]{2,} +[^\W\d_]{2,}", text):
                yield path.name, text


def descendants(kind: type) -> set[type]:
    return {kind}.union(*(descendants(child) for child in kind.__subclasses__()))


FOUND = sorted(
    {
        (where, text)
        for where, text in (*in_python(), *in_notices(), *in_sql())
        if text not in NOT_FOR_PROMOTERS
    }
)


@pytest.mark.parametrize(("where", "text"), FOUND)
def test_what_promoters_read_is_spanish(where, text):
    assert is_spanish(text), where


@pytest.mark.parametrize(
    "text",
    [
        "Meta's answer was lost",
        "Meta cannot be reached",
        "claim abandoned",
        "restored",
        "RESTRICTED_BIZ_INITIATED_MESSAGING",
        "str(event)",
        "…: [the text of error]",
        "El envío ya no admite esa acción (estado: cancelled).",
    ],
)
def test_english_is_told_apart(text):
    assert not is_spanish(text)


def test_sentences_are_found_wherever_they_are_written():
    texts = {text for _, text in FOUND}
    assert {
        "Debe ser un objeto JSON.",  # an error's second argument
        "A lo más … valores.",  # with something filled in
        "El servicio no está disponible; intenta de nuevo en unos segundos.",  # an error's own
        "La sesión expiró; vuelve a iniciarla.",  # from a table
        "No se pudo entregar el mensaje después de varios intentos de WhatsApp.",  # a notice
        "La plantilla no usa {{%s}}.",  # SQL, formatted
        "El encabezado admite una sola variable.",  # SQL, in a table of values
        PayloadError.notice,
        "Escribe el texto del mensaje.",  # a problem of a template's form
        "El mensaje tiene … caracteres y WhatsApp admite …; acórtalo.",
        "La plantilla admite un solo botón de llamada; quita los demás.",  # from a table
        "Meta considera que el texto parece una estafa; cámbialo.",  # a review's reason
    } <= texts


def test_an_exceptions_own_text_is_no_sentence():
    source = """
try:
    pass
except ValueError as error:
    AttemptRecord(fate=Fate.FAILED, error_message=f"{error.code}: {error}")
"""
    [(_, text)] = Sentences(ast.parse(source), set()).found
    assert not is_spanish(text)
