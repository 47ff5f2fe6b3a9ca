"""How the SQL is laid out: narrow, and one clause a line where a query takes more than one line."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from devstack.schema import SUPABASE, schema_files

WIDEST = 100
TOKENS = re.compile(
    r"--[^\n]*|'(?:[^']|'')*'|\"[^\"]*\"|\$\w*\$|[();,]|\n"
    r"|\b(?:is\s+(?:not\s+)?distinct\s+from|(?:delete|insert|merge)\s+(?:from|into)|group\s+by|order\s+by"
    r"|on\s+conflict|do\s+update\s+set|partition\s+by|with\s+ordinality|security\s+definer|\w+)\b",
    re.IGNORECASE,
)
CLAUSES = {
    *("select", "from", "where", "group by", "having", "order by", "set", "values", "returning"),
    *("insert into", "delete from", "update", "on conflict", "join", "do update set"),
}
SETS = {"set", "do update set"}
ENDS = {")", ";", "begin", "then", "else", "loop", "declare", "exception"}
BEFORE_LOCK = {"for", "key", "before", "after", "or", "insert"}
NOT_QUERIES = {"create", "alter", "grant", "revoke", "comment", "notify"}


@dataclass
class Query:
    """What stands between two semicolons, or in one pair of brackets."""

    first_word: str = ""
    clauses: list[tuple[int, str]] = field(default_factory=list)
    commas: list[int] = field(default_factory=list)  # between assignments: their lines
    last_line: int = 0

    def crowded(self) -> set[int]:
        """Return the lines that hold more than one clause or assignment of a longer query."""
        lines = [line for line, _ in self.clauses]
        if (
            self.first_word in NOT_QUERIES
            or len(lines) == 1
            or self.last_line == min(lines, default=0)
        ):
            return set()
        return {line for line in lines if lines.count(line) > 1} | set(self.commas)

    def note(self, word: str, line: int, *, locks: bool) -> None:
        """Take in one word; `locks`: it belongs to "for update" or to a trigger's head."""
        self.first_word = self.first_word or word
        if word in CLAUSES and not (word == "update" and locks):
            self.clauses.append((line, word))

    def note_comma(self, line: int, following: str) -> None:
        """Take in a comma; between assignments the line has to end with it."""
        if self.clauses and self.clauses[-1][1] in SETS and not following.startswith(("\n", "--")):
            self.commas.append(line)


def crowded_lines(text: str) -> list[int]:
    """Return the numbers of lines on which a query crowds its clauses."""
    line, open_queries, crowded = 1, [Query()], set[int]()
    tokens = list(TOKENS.finditer(text))
    for n, token in enumerate(tokens):
        word, here = re.sub(r"\s+", " ", token[0].lower()), line
        line += token[0].count("\n")
        if token[0] == "\n" or word.startswith("--"):
            continue
        open_queries[-1].last_line = here
        if word == "(":
            open_queries.append(Query(last_line=here))
        elif word in ENDS or word.startswith("$"):
            crowded |= open_queries.pop().crowded()
            if word != ")" or not open_queries:
                open_queries.append(Query())
            open_queries[-1].last_line = here
        elif word == ",":
            open_queries[-1].note_comma(here, tokens[n + 1][0])
        else:
            before = tokens[n - 1][0].lower()
            open_queries[-1].note(word, here, locks=before in BEFORE_LOCK)
    return sorted(crowded.union(*(query.crowded() for query in open_queries)))


def files() -> list[Path]:
    return schema_files()


def named(path: Path) -> str:
    return str(path.relative_to(SUPABASE / "schemas"))


@pytest.mark.parametrize("path", files(), ids=named)
def test_lines_are_narrow(path):
    lines = path.read_text().splitlines()
    assert [n for n, line in enumerate(lines, 1) if len(line) > WIDEST] == []


@pytest.mark.parametrize("path", files(), ids=named)
def test_query_of_more_than_one_line_has_one_clause_a_line(path):
    assert crowded_lines(path.read_text()) == []


CROWDED = {
    "select a from t where b;": [],
    "select a from t\nwhere b;": [1],
    "select a\nfrom t\nwhere b;": [],
    "select a\nfrom t where b;": [2],
    "update t\nset a = 1, b = 2\nwhere c;": [2],
    "update t\nset a = 1,\n  b = 2\nwhere c;": [],
    "update t set a = 1, b = 2 where c;": [],
    "select f(\n  a)\nfrom (select b from u) v\nwhere c;": [],
    "select a\nfrom (\n  select b from u\n  where c) v;": [3],
    "insert into t (a) values (1)\non conflict do nothing;": [1],
    "insert into t (a)\nvalues (1)\non conflict (a) do update set b = 1,\n  c = 2;": [3],
    "if a is distinct from b\n  and c then\n  perform f();\nend if;": [],
    "select a\nfrom t\norder by b limit 1 for update skip locked;": [],
}


@pytest.mark.parametrize(("text", "lines"), CROWDED.items())
def test_crowded_lines_are_found(text, lines):
    assert crowded_lines(text) == lines
