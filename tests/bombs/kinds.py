"""The bombs: each kind of small input, by name, and others of their kinds by a seed."""

import io
import json
import random
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from workbooks import workbook

from .bomb import MAPPING, Bomb, Content

OTHER = {"id": "s2", "code": "P002", "name": "Other Person", "x": "fine"}
USERS = "[]"
VALIDATE = (("validate", "m.yaml"),)


def expression(name: str, text: str, data: Any = None, says: str = "", **more: Any) -> Bomb:
    """Return an expression of a mapping, evaluated on two people, one of whom has the data."""
    quoted = json.dumps(text)
    people = [{"id": "s1", "code": "P001", "name": "Bomb", "x": data}, OTHER]
    files = {
        "m.yaml": MAPPING.replace("NAME", quoted),
        "people.json": json.dumps(people, ensure_ascii=False),
        "users.json": USERS,
    }
    return Bomb(name, files, says=says, **more)


def people(name: str, text: Content, says: str = "", *, file: str = "people.json") -> Bomb:
    """Return a source file that is not what it should be."""
    mapping = MAPPING.replace("NAME", "name").replace("people.json", file)
    return Bomb(name, {"m.yaml": mapping, file: text, "users.json": USERS}, says=says)


def document(name: str, text: str, says: str = "") -> Bomb:
    """Return a mapping that is hardly one."""
    return Bomb(name, {"m.yaml": text}, VALIDATE, says)


def pattern(name: str, text: str, value: str, says: str = "") -> Bomb:
    """Return a record schema's pattern, and a value that it does not fit."""
    record = {"type": "object", "additionalProperties": True}
    schema = {**record, "properties": {"text": {"type": "string", "pattern": text}}}
    target = f"resource: users.json, record: {json.dumps(schema)}"
    mapping = MAPPING.replace("NAME", "x").replace("resource: users.json", target)
    rows = [{"id": "s1", "code": "P001", "name": "Bomb", "x": value}, {**OTHER, "x": None}]
    files = {"m.yaml": mapping, "people.json": json.dumps(rows), "users.json": USERS}
    return Bomb(name, files, says=says)


def answered(name: str, kind: str, says: str = "", limits: str = "", others: bool = False) -> Bomb:
    """Return a system that answers badly."""
    mapping = MAPPING.replace("NAME", "name").replace(
        "source: {connector: file, resource: people.json}",
        "source: {connector: ./acme.yaml, resource: people}",
    )
    paging = "pagination: {type: page, param: page, start: 1}"
    manifest = f"""\
oneway_connector: 1
name: acme
title: Acme
kind: rest
base_url: URL
auth: {{type: none}}
retry: {{attempts: 1}}
{limits}
resources:
  people:
    id: id
    list: {{path: /people, records: data, {paging}}}
    record: {{type: object, additionalProperties: true, properties: {{id: {{type: string}}}}}}
"""
    files = {"m.yaml": mapping, "acme.yaml": manifest, "users.json": USERS}
    return Bomb(name, files, (("plan", "m.yaml"),), says, others, server=kind)


def aliases(number: int) -> str:
    return ", ".join([f"*d{number - 1}"] * 9) if number else "x"


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


def row(**more: object) -> str:
    return json.dumps({"id": "s1", "code": "P001", "name": "Bomb", **more})


ITEMS: list[object] = [{"k": number} for number in range(20_000)]
PIPED = "|".join
BROKEN = '{"a": "' + "x" * 480 + '", x}'
NAMED = [
    # The four that the issue names: 240 characters, a pattern, one line, one record.
    expression("doubling without end", PIPED(["[@, @]"] * 34), {}, "10,000 times"),
    expression("doubling and flattening", PIPED(["[@, @][]"] * 27), {}, "times as large"),
    expression("quoting the quoted", PIPED(["to_string([@])"] * 60), {}, "characters"),
    pattern("(a+)+$", "(a+)+$", "a" * 40 + "b", "shape"),
    people("a line of broken items", "[" + ", ".join(["{x"] * 150_000) + "]"),
    people("a line of items that are none", "[" + ",".join([BROKEN] * 15_000) + "]"),
    people("a record nested 400 deep",
           f'[{row(x=1)[:-1]}, "d": {deep(400)}}}, {json.dumps(OTHER)}]', "nested deeper than 100"),
    # Expressions
    expression("a million steps", "map(&map(&to_string(@), @), x)", [[*range(3000)]] * 99,
               "250,000 steps"),
    expression("a map in a map in a map",
               "map(&map(&map(&map(&@, `[1,2,3,4,5,6,7,8,9]`), `[1,2,3,4,5,6,7,8,9]`), "
               "`[1,2,3,4,5,6,7,8,9,10]`), `[1,2,3,4,5,6,7,8,9]`) | to_string(@)", {}),
    expression("gaps of every item", "x[?missing].missing || x[*].[a,b,c] | [0][0]", ITEMS),
    expression("a list of slices", PIPED(["x"] + ["[0:]"] * 400) + " | [0].k", ITEMS),
    expression("a join of long glue", "join(x, split(x, ','))", "ab," * 30_000, "in error (1)"),
    expression("texts that grow", "replace(replace(x, 'a', 'bbbbbbbb'), 'b', 'cccccccc')",
               "a" * 90_000, "in error (1)"),
    expression("marks without end", "strip_diacritics(x)", "a" + "\u0323\u0301" * 100_000),
    expression("marks in a name", "title_case(lower(x))", "a" + "\u0323\u0301" * 40_000),
    expression("splitting", "split(x, ',') | [0]", "," * 3_000_000, "in error (1)"),
    expression("comparing lists", "x[?$x == @] || x[?@ == x] | [0].k", ITEMS),
    expression("patterns in a text", "regex_replace(left(x, `10000`), '(x*)*y?', 'yyyyyyyy')",
               "x" * 100_000),
    expression("a pattern of patterns", "regex_match(x, '((a{100}){100}){100}')", "a"),
    expression("names side by side", "a " * 4_900, {}),
    expression("a long name", "a" * 9_900 + "+", {}),
    expression("brackets", "[" * 5_000, {}),
    expression("quotes", "'" * 9_999, {}),
    expression("escaped quotes", '"' + '\\"' * 4_900, {}),
    expression("literals", "`" + json.dumps([0] * 3_000) + "` | [0]", {}),
    expression("a deep literal", "`" + deep(2_000) + "`", {}),
    expression("a large number", "`1e999`", {}),
    expression("a number of digits", "`" + "9" * 9_000 + "`", {}),
    expression("not of not", "!" * 5_000 + "x", {}),
    expression("dates", "parse_date(x, 'd M yyyy', 'dMyyyy', 'MMMM d yyyy')", "1" * 100_000),
    expression("unique lists", "unique(x)[0].k", [[n] * 20 for n in range(9_000)]),
    expression("a key of dots", "x", {"a" + ".a" * 5_000: 1}),
    # Patterns
    *(pattern(f"pattern {text}", text, value) for text, value in {
        "^(a|a)*$": "a" * 50 + "b", "^(.*)*x$": "a" * 5_000, "(x+x+)+y": "x" * 5_000,
        "^([a-z]+)*\\d$": "a" * 5_000, "(a{500}){500}": "a", "((((a*)*)*)*)*b": "a" * 3_000,
        "\\p{L}" * 300 + "$": "é" * 3_000, "(?=a)(a)\\1": "a", "[^]" * 900: "a",
    }.items()),
    # YAML
    document("aliases of aliases", "a0: &a0 [x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))),
    document("aliases in a mapping", MAPPING.replace("NAME", "x") + "settings:\n" + "".join(
        f"  s{n}: {{type: string, default: &d{n} [{aliases(n)}]}}\n" for n in range(20))),
    document("flow without end", "[" * 100_000),
    document("block without end", "".join("- " * n + "\n" for n in range(1, 400))),
    document("keys without end", "".join(f"k{n}: 1\n" for n in range(120_000))),
    document("question marks", "? " * 20_000),
    document("a scalar without end", "oneway: '" + "x" * 4_000_000),
    document("line breaks", "\n" * 1_000_000),
    document("an object in a key", "{" * 2_000 + "}" * 2_000 + ": 1"),
    document("anchors", "".join(f"- &a{n} x\n" for n in range(40_000))),
    document("a path without end", MAPPING.replace("  text: NAME", "  a" + ".a" * 20_000 + ": x")),
    document("fields without end", MAPPING.replace(
        "  text: NAME\n", "".join(f"  f{n}: name\n" for n in range(3_000)))),
    document("rules of one id", MAPPING.replace("NAME", "x") + "eligible:\n"
             + "  - {id: a, when: x, otherwise: no}\n" * 3_000),
    document("one list, the same item", MAPPING.replace("NAME", "x") + "joiners: {unless_taken: ["
             + ", ".join(["name"] * 20_000) + "]}\n"),
    document("lookalike keys", "oneway: 1\n" + "".join(f"onewayy{n}: 1\n" for n in range(2_000))),
    # Files
    people("an array that never closes", "[" * 200_000),
    people("an object that never closes", '[{"a":' * 50_000),
    people("one quote", '["' + '\\"' * 500_000),
    people("keys twice", "[" + ",".join(['{"a":1,"a":2}'] * 50_000) + "]"),
    people("digits", '[{"id": ' + "9" * 1_000_000 + "}]"),
    people("escapes", '[{"id": "' + "\\u0000" * 200_000 + '"}]'),
    people("nothing but commas", "[" + "," * 1_000_000 + "]"),
    people("deep lines", (f'{{"id": 1, "d": {deep(50_000)}}}\n' * 5), file="people.jsonl"),
    people("one long line", '{"id": "' + "x" * 20_000_000, "16,000,000", file="people.jsonl"),
    people("many broken lines", '{"id": \n' * 60_000, file="people.jsonl"),
    people("quotes in CSV", "id,code,name\n" + '1,"a"b,c\n' * 60_000, file="people.csv"),
    people("an open quote", 'id,code,name\n1,"' + "x,\n" * 500_000, file="people.csv"),
    people("columns", "id," + ",".join(f"c{n}" for n in range(40_000)) + "\n1\n" * 3,
           file="people.csv"),
    people("a deep heading", "id,code,name,a" + ".a" * 200_000 + "\n1,2,3,4\n", "nested deeper",
           file="people.csv"),
    people("one heading", "x" * 17_000_000, "16,000,000", file="people.csv"),
    people("cells", "id\n" + "," * 8_000_000 + "\n", file="people.csv"),
    people("line ends in CSV", "id,code,name\n" + "\r" * 500_000, file="people.csv"),
    # Answers
    answered("a deep record", "deep", "nested deeper than 100", others=True),
    answered("an answer without end", "endless", "longer than"),
    answered("an answer of values", "values", "1,000,000 values"),
    answered("an answer that unpacks", "gzip", "longer than"),
    answered("pages without end", "pages", "bytes in all", "limits: {read_bytes: 3000000}"),
    answered("an answer in emoji", "emoji"),
    answered("an answer of brackets", "brackets"),
    # Plans
    *(Bomb(f"plan: {name}", {"plan.json": text}, (("validate", "plan.json"), ("show", "plan.json")))
      for name, text in {
          "deep": '{"oneway_plan": 3, "x": ' + deep(100_000) + "}",
          "wide": '{"oneway_plan": 3, "outcomes": [' + "{}," * 100_000 + "{}]}",
          "keys": "{" + ",".join(f'"k{n}":1' for n in range(100_000)) + ',"oneway_plan": 3}',
          "one key": "{" + '"oneway_plan": 3,' * 100_000 + '"a": 1}',
          "digits": '{"oneway_plan": ' + "1" * 1_000_000 + "}",
          "breaks": "{" + "\n" * 1_000_000 + '"oneway_plan"',
      }.items()),
]  # fmt: skip


def spreadsheet(name: str, rows: Callable[[], str], says: str = "") -> Bomb:
    """Return a workbook with rows as they stand in the XML of its sheet."""
    return people(name, partial(_spreadsheet, rows), says, file="people.xlsx")


def _spreadsheet(rows: Callable[[], str]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        whole = zipfile.ZipFile(workbook(Path(folder, "a.xlsx"), {"A": []}))
        book = io.BytesIO()
        with whole, zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as packed:
            for part in whole.namelist():
                data = whole.read(part)
                if part.endswith("sheet1.xml"):
                    data = data.replace(b"<sheetData>", b"<sheetData>" + rows().encode())
                packed.writestr(part, data)
    return book.getvalue()


FAR = '<row r="{0}"><c r="{1}{0}" t="str"><v>{2}</v></c></row>'
NAMED += [
    spreadsheet(
        "a cell far away", lambda: FAR.format(1, "A", "id") + FAR.format(1048576, "XFD", "x")
    ),
    spreadsheet("a sheet that unpacks", lambda: FAR.format(1, "A", "x" * 300_000_000)),
]


def generated(seed: int) -> Bomb:
    """Return a bomb that a seed draws: parts that are harmless alone, put together at random."""
    draw = random.Random(seed)
    name = f"generated {seed}"
    match draw.randrange(6):
        case 0 | 1:
            return expression(name, _expression(draw), _data(draw))
        case 2:
            return pattern(name, _pattern(draw), draw.choice("ab") * draw.randrange(9_000) + "!")
        case 3:
            return document(name, _yaml(draw))
        case 4:
            return people(name, _json(draw))
        case _:
            return people(name, _csv(draw), file="people.csv")


def _expression(draw: random.Random) -> str:
    steps = ["[@, @]", "[@, @][]", "to_string(@)", "[*]", "[]", "map(&[@, @], to_array(@))",
             "[?@]", "{a: @, b: @}", "values(@)", "[@][]", "sort_by(to_array(@), &to_string(@))",
             "map(&to_string(@), to_array(@))", "to_string([@])", "concat(to_string(@), 'xyz')",
             "replace(to_string(@), '\"', '\"\"\"\"')", "unique(to_array(@))", "split(@, ',')",
             "regex_replace(to_string(@), 'a*', 'bb')", "merge({a: @}, {b: @})", "reverse(@)",
             "join(to_string(@), ['a','b','c'])", "group(to_string(@), `1`, '------')",
             "[?contains(@, @)]", "title_case(to_string(@))", "x", "*", "[0:]"]  # fmt: skip
    chosen = draw.sample(steps, draw.randrange(1, 5))
    return " | ".join(["x", *chosen * draw.randrange(1, 40)])[:9_000]


def _data(draw: random.Random) -> Any:
    size = draw.choice([10, 1_000, 50_000])
    kinds: list[Any] = ["a," * size, [size] * size, {str(n): n for n in range(size)}]
    kinds += [[["a"] * 10] * (size // 10), "a" + "\u0301\u0323" * size, None, [{"x": "é"}] * size]
    return draw.choice(kinds)


def _pattern(draw: random.Random) -> str:
    parts = ["(a*)*", "(a|a)+", "(a|b|ab)*", ".*", "[ab]+", "(?:a?){20}", "(a+b?)+", "\\w*\\w*",
             "(.*a){9}", "a{0,900}", "(?=a)", "(b)\\1", "\\p{L}*", "[^b]*"]  # fmt: skip
    return "^" + "".join(draw.choice(parts) for _ in range(draw.randrange(1, 40))) + "$"


def _yaml(draw: random.Random) -> str:
    parts = ["[", "{", "- ", "? ", "&a ", "*a ", "a: ", "\n", "  ", "'", '"', "|\n", "!t ", "]",
             "}", ",", "#", "<<: ", "\u2028", "---\n", "%TAG ", "&a [*a", "k: |2\n"]  # fmt: skip
    chosen = [draw.choice(parts) for _ in range(draw.randrange(1, 9))]
    start = draw.choice(["", "oneway: 1\n", MAPPING.replace("NAME", "x")])
    return start + "".join(chosen) * draw.choice([1, 100, 20_000])


def _json(draw: random.Random) -> str:
    parts = ["[", "{", '"a":', '"', "\\", ",", "1", "1e9", "]", "}", "null", '{"id": 1}', "\n",
             " ", "\ufeff", '{"id": "', "\\u0000", "-", "[[]]"]  # fmt: skip
    chosen = "".join(draw.choice(parts) for _ in range(draw.randrange(1, 9)))
    return "[" * draw.randrange(2) + chosen * draw.choice([1, 1_000, 60_000])


def _csv(draw: random.Random) -> str:
    parts = [",", '"', "\r", "\n", "a", "a.b", ";", "\t", '""', "\ufeff", "é", "=1+1", "\x00"]
    chosen = "".join(draw.choice(parts) for _ in range(draw.randrange(1, 9)))
    start = draw.choice(["", "id,code,name\n", "sep=;\n", "id,a.b,a.c\n"])
    return start + chosen * draw.choice([1, 1_000, 100_000])


def all_bombs(count: int) -> Iterator[Bomb]:
    """Yield the bombs with a name, and so many others."""
    yield from NAMED
    yield from map(generated, range(count))
