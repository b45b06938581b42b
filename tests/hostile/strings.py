"""Odd strings: what a name, a code or a title can hold that breaks a program which trusts it.

By category, and by rule where there is one. `published` adds a list that others keep, where
it is at hand.
"""

import base64
import json
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

_LIST = Path("../shared/facts/suites/naughty-strings/blns.base64.json")

_EVERYTHING = [chr(point) for point in range(sys.maxunicode + 1)]
_SPACES = [c for c in _EVERYTHING if c.isspace() or unicodedata.category(c)[0] == "Z"]
_CONTROLS = [chr(point) for point in (*range(0x20), *range(0x7F, 0xA0))]
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_ZERO_WIDTH = "\u00ad\u034f\u115f\u1160\u17b4\u180e\u200b\u200c\u200d\u2060\u2061\u2064\u206a"
_ZERO_WIDTH += "\u3164\ufe00\ufe0f\ufeff\uffa0\ufff9\ufffb\U0001bca0\U0001d173\U000e0001\U000e0041"
_LONE = ("\ud800", "\udbff", "\udc00", "\udfff", "\udc80")
_ESC, _BEL, _ST, _CSI = "\x1b", "\x07", "\x1b\\", "\x9b"


# fmt: off
# ruff: noqa: E501
def _blank() -> Iterator[str]:
    yield ""
    for space in _SPACES:
        yield space
        yield f"Ann{space}Lee"
    yield from (" Ann", "Ann ", " Ann ", "Ann  Lee", "\tAnn", "Ann\n", "\r\n", " \t\n\r ")


def _controls() -> Iterator[str]:
    yield from (f"A{c}Z" for c in _CONTROLS)
    yield from ("\x00", "\x00Ann", "Ann\x00", "Ann\x00Lee\x00", "\x7f\x7f\x7f", "\b\b\b\bBob")


def _unpaired() -> Iterator[str]:
    for half in _LONE:
        yield half
        yield f"Ann{half}Lee"
    yield from ("\udc00\ud800", "\ud83d\U0001f600", "\ud800\u202e\x1b[31m")


def _hidden() -> Iterator[str]:
    yield from (f"A{c}Z" for c in _BIDI + _ZERO_WIDTH)
    yield from ("\u202etxt.exe", "abc\u202edcba\u202c", "\u2066\u2067\u2068Ann", "\ufeffAnn", "\ufffe")
    yield from ("\ue000", "\U000f0000", "\U0010ffff", "\u0378", "\U000e0020\U000e007f", "\ufdd0")


def _composed() -> Iterator[str]:
    for word in ("Zoë", "Åse", "Ñandú", "Việt", "ﬁne", "Ⅷ", "①", "가", "Å", "Ω", "ſs", "ǅ", "ŉ"):
        for form in ("NFC", "NFD", "NFKC", "NFKD"):
            yield unicodedata.normalize(form, word)
    yield from ("İstanbul", "ıI", "ß", "ẞ", "ς", "Σ", "ΐ", "ﬀ", "ﬄ", "K", "Kelvin", "fUﬀ@example.com")


def _stacked() -> Iterator[str]:
    for many in (1, 4, 5, 30, 200):
        yield "e" + "\u0301" * many
        yield "".join(c + "\u0336\u0322\u035c"[: many % 4] * many for c in "Zal")[:400]
    yield from ("\u0301", "\u0301Ann", "\u20dd", "a\u20e3", "\u0488x")


def _emoji() -> Iterator[str]:
    people = ("\U0001f468", "\U0001f469", "\U0001f467", "\U0001f3fd")
    yield "\u200d".join(people[:3])
    yield from (people[0] + tone for tone in map(chr, range(0x1F3FB, 0x1F400)))
    yield from ("\U0001f1ec\U0001f1e7", "\U0001f1ec", "❤️", "❤", "1️⃣", "🏴\u200d☠️", "🧑\u200d💻" * 40, "👾" * 60)
    yield "\U0001f3f4" + "".join(chr(0xE0000 + ord(c)) for c in "gbeng") + "\U000e007f"


def _scripts() -> Iterator[str]:
    yield from ("مرحبا", "שלום", "Ann שלום 12", "مُحَمَّد", "𐤀𐤁", "ﷺ", "ﷰ", "١٢٣٤", "１２３", "१२३", "Ⅻ", "½")
    yield from ("山田太郎", "田中さん", "ﾃｽﾄ", "한국어", "ไทย", "தமிழ்", "বাংলা", "Ꭰ", "𝔘𝔫𝔦", "𝒜", "ⓐ", "Ａｎｎ")
    yield from ("аdmin", "Αnn", "раypal", "exаmple@example.com", "⁦Ann⁩", "ʇxǝʇ", "﷽", "𒐫", "꧅", "⸻", "​")


def _long() -> Iterator[str]:
    for size in (35, 36, 50, 51, 100, 101, 254, 255, 256, 1000, 1024, 4096, 9000):
        yield "x" * size
    yield from ("é" * 100, "é" * 101, "\U0001f600" * 50, "\U0001f600" * 51, "a b " * 300, "-" * 300)
    yield from ("(" * 500, "[" * 500, "{" * 500, "\\" * 300, '"' * 300, "'" * 300, "\u0301" * 300, "|" * 100)


def _markup() -> Iterator[str]:
    run = "alert(1)"
    for tag in ("script", "iframe", "object", "style", "title", "textarea", "xmp", "details", "table"):
        yield f"<{tag}>{run}</{tag}>"
        yield f"</{tag}><{tag}>{run}"
    for event in ("onerror", "onload", "onclick", "onmouseover", "onfocus", "ontoggle"):
        yield f"<img src=x {event}={run}>"
        yield f'" {event}="{run}'
        yield f"' {event}='{run}' x='"
    yield from (f"<svg/onload={run}>", f"<svg><script>{run}</script></svg>", "<svg><use href=#x></svg>")
    yield from (f"<math><mi//xlink:href=javascript:{run}>", "<!--", "-->", "--><b>", "<![CDATA[", "]]>", "<?xml ?>")
    yield from (f"<a href=javascript:{run}>x</a>", f"<body onload={run}>", "<base href=//example.com>")
    yield from ("<meta http-equiv=refresh content=0>", "<link rel=stylesheet href=//example.com>", "<", ">", "<>", "< b")
    yield from ("</style><b>", "</script><b>", "expression(alert(1))", "background:url(javascript:x)", "*{color:red}")
    yield from ("@import '//example.com';", "}</style>", "\\3c b\\3e", "&", "&amp;", "&lt;b&gt;", "&#60;b&#62;", "&#x3c;")
    yield from ("&nbsp;", "&quot;", "&#0;", "&bogus;", "%3Cb%3E", "\\u003cb\\u003e", "<ıframe>", "＜script＞", "<b\x00>")


def _markdown() -> Iterator[str]:
    yield from ("*x*", "**x**", "_x_", "~~x~~", "`x`", "``x``", "```", "~~~", "# x", "###### x", "> x", "- x", "1. x")
    yield from ("[x](http://example.com)", "![x](http://example.com/a.png)", "[x]: http://example.com", "<http://example.com>")
    yield from ("http://example.com", "www.example.com", "ann@example.com", "@everyone", "#1", "GH-1", "| a | b |", "|---|")
    yield from ("\\|", "a|b", "`|`", "`` ` ``", "`a|b`", "---", "***", "===", "    x", "\\", "\\\\", "\\`", "x  \ny", "[ ] x")
    yield from ("</code>", "</details>", "<details open>", "<summary>", "$x$", "$$x$$", ":smile:", "[^1]", "x<br>y", "`a\\`")


def _databases() -> Iterator[str]:
    yield from ("' OR '1'='1", "'; DROP TABLE run; --", '" OR ""="', "1; SELECT 1", "1 OR 1=1", "') --", "admin'--", "%' --")
    yield from ("' UNION SELECT NULL--", "%", "_", "[a]", "?", ":name", "%s", "%(x)s", "$1", "\\'", "''", "'", '"', "`", ";--", "/*", "*/")
    yield from ('{"$ne": null}', '{"$where": "1"}', "*)(uid=*", "*)(|(a=*))", "(&(a=b))", "|| calc", "O'Neil", "D\\'Arcy", "N/A", "-")


def _shells() -> Iterator[str]:
    yield from ("$(touch x)", "`touch x`", "; touch x", "| touch x", "&& touch x", "|| touch x", "> x", "< x", ">> x", "& touch x &")
    yield from ("$HOME", "${HOME}", "${x:-y}", "$((1+1))", "%PATH%", "!!", "!x", "~", "~root", "*", "?", "[a-z]", "{a,b}", "{1..9}")
    yield from ("\\", "\\n", "$IFS", "-rf", "--help", "--", "-", "-x", "--state=x", "@x", "@/etc/passwd", "#x", "\n touch x\n", "a=b")


def _paths() -> Iterator[str]:
    up = "../" * 8
    yield from (".", "..", "...", "/", "//", "\\\\", "./x", "../x", f"{up}etc/passwd", "..\\..\\x", "/etc/passwd", "C:\\x", "c:/x")
    yield from ("\\\\host\\x", "file:///etc/passwd", "x/../../y", "x/./y", "x//y", "x/", "/x", "x.json/..", "%2e%2e", "%2e%2e%2fx")
    yield from ("..%2fx", "%252e%252e%252f", "..%c0%afx", "..;/x", ".%00./x", "x%00.json", "%00", "/dev/null", "/proc/self/environ")
    yield from ("CON", "NUL", "aux.txt", "COM1", "LPT1", "x:y", "x?y", "x*y", "x.", ".x", ".git", ".oneway", "x\ty", "a" * 300 + ".yaml")


def _urls() -> Iterator[str]:
    yield from ("?", "#", "&", "=", "%", "%%", "%zz", "%u0041", "+", "a+b", "a%20b", "a b", ";", ";x=1", ",", "@", ":", "a/b", "a?b=c")
    yield from ("a#b", "a&page=9", "a&pageSize=1&x=", "x&reference=y", "a=b", "?x=1#y", "/../users", "%2F..%2Fusers", "x%0d%0aY: z")
    yield from ("//example.com", "http://example.com/", "https://u:p@example.com:1/?q#f", "javascript:alert(1)", "data:text/html,x")
    yield from ("http://127.0.0.1:1/", "http://[::1]/", "http://0x7f.1/", "http://example.com@127.0.0.1/", "http://ex\u2024ample.com")
    yield from (quote("é/ñ", safe=""), "xn--e1afmkfd", "é.example.com", "ann+tag@example.com", "ann@[127.0.0.1]", '"a b"@example.com')


def _templates() -> Iterator[str]:
    yield from ("{}", "{0}", "{id}", "{value}", "{values}", "{operations}", "{token}", "{api_key}", "{x.__class__}", "{{x}}", "{{7*7}}")
    yield from ("{% x %}", "{# x #}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "[[7*7]]", "${jndi:ldap://example.com/x}", "{{config}}", "{", "}")
    yield from ("{{", "}}", "{id", "id}", "{ID}", "...", "$x", "@x", "`x`", "@", "&", "foo[*].bar", "[?x]", "'x'", "`1`", "a || b", "!a")
    yield from ("%", "%s", "%d", "%n", "%x%x%x", "%99999d", "%(x)s", "%%", "{:>99999}", "{0!r}", "{x:{y}}", "%1$s", "%@", "{__import__}")


def _headers() -> Iterator[str]:
    for end in ("\r\n", "\n", "\r", "\u2028", "\x85", "\x0b", "\x0c", "\u560a\u560d"):
        yield f"x{end}X-Injected: yes"
        yield f"x{end}{end}<b>body</b>"
    yield from ("x\r\nContent-Length: 0\r\n\r\n", "Bcc: ann@example.com", "ann@example.com\nBcc: bob@example.com", "a, b", "a;b=c", "=?utf-8?q?x?=")


def _formulas() -> Iterator[str]:
    for lead in ("=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "'=", "＝", "＋", "－", "＠", '"='):
        yield f"{lead}1+1"
        yield f"{lead}HYPERLINK(A1)"
    yield from ("=cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0", "=IMPORTXML(A1,A2)", "=1+1;2", "=1,2", '="x"', "-1", "+44 20 7946 0000")
    yield from ("a,b", "a;b", "a\tb", 'a"b', '"a"', '"', '""', '"a', 'a"', 'a\n"b', "a\r\nb", "a\rb", ",", ",,", '","', "sep=,", "\ufeffa")


def _words() -> Iterator[str]:
    yield from ("null", "Null", "NULL", "nil", "None", "undefined", "NaN", "nan", "Infinity", "-inf", ".inf", ".nan", "true", "True", "false")
    yield from ("yes", "Yes", "no", "No", "NO", "on", "off", "y", "n", "N", "~", "void", "N/A", "n/a", "#N/A", "#REF!", "(null)", "blank", "-")
    yield from ("__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "__class__", "__init__", "self", "this", "id", "name")
    yield from ("admin", "root", "system", "test", "length", "then", "$ref", "$schema", "@type", "xmlns", "value", "values", "source", "target")


def _numbers() -> Iterator[str]:
    yield from ("0", "-0", "00", "000123", "0123", "012", "0o17", "0x1F", "0b1", "1_000", "1,000", "1.0", "1.", ".5", "1e3", "1E400", "-1e-400")
    yield from ("9007199254740993", "9" * 30, "9" * 5000, "-9223372036854775809", "1e1000", "1/2", "1 000", "£1", "1٫5", "٣", "²", "1\u00a0000")
    yield from ("12345678", "123456", "00-00-00", "00 00 00", "00\u201300\u201300", "１２３４５６７８", "1234567٨", "12345678\n", " 12345678")


def _dates() -> Iterator[str]:
    yield from ("2026-01-01", "2026-1-1", "2026-02-30", "0000-00-00", "0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "-0001-01-01")
    yield from ("01/02/2026", "31.12.2026", "20260101", "2026-W01-1", "2026-001", "2026-01-01T00:00:00Z", "2026-01-01T24:00:00Z", "now", "today")
    yield from ("2026-01-01T00:00:00+14:00", "2026-01-01T23:59:60Z", "2026-12-31T23:30:00-99:99", "1970-01-01", "1900-02-29", "12:30:45", "4:20")
    yield from ("２０２６-０１-０１", "2026-01-01\n", " 2026-01-01", "2026‐01‐01", "253402300800", "-1", "2026-01-01T00:00:00.999999999999Z")


def _yaml() -> Iterator[str]:
    yield from ("!!python/object/apply:os.system [x]", "!!binary aGk=", "!x y", "&a *a", "&a", "*a", "<<", "<<: *a", "? x", ": x", "x: y", "- x")
    yield from ("{a: b}", "[a, b]", "{a", "[a", "| x", "> x", "% x", "%YAML 1.1", "@x", "`x", "# x", "x # y", "'x", '"x', "'x'", '"x"', "---")
    yield from ("...", "--- x", "\t- x", "!!null", "=", "x:", ":x", "x:y", "{}", "[]", '{"a":1,"a":2}', '{"a":NaN}', "{'a':1}", "//x", "/*x*/")
    yield from ("[" * 60 + "]" * 60, '{"a":' * 50 + "1" + "}" * 50, "a: &a [*a]", "\\x41", "\\u0041", "\\", '\\"', "\x85", "\u2028", "x\u2029y")


def _terminals() -> Iterator[str]:
    for start in (f"{_ESC}[", _CSI):
        yield from (f"{start}{tail}" for tail in ("31mred", "2J", "H", "6n", "?1049h", "5;5H", "8m", "A", "1K", "0c", "20t", "?25l"))
    for start, end in ((f"{_ESC}]", _BEL), (f"{_ESC}]", _ST), ("\x9d", "\x9c")):
        yield f"{start}0;title{end}"
        yield f"{start}8;;http://example.com{end}click{start}8;;{end}"
        yield f"{start}52;c;cHduZWQ={end}"
        yield f"{start}1337;File=inline=1:AA=={end}"
    yield from (f"{_ESC}P+q544e{_ST}", f"{_ESC}_x{_ST}", f"{_ESC}^x{_ST}", f"{_ESC}c", f"{_ESC}#8", f"{_ESC}(0", f"{_ESC}", f"{_ESC}{_ESC}", "\x90x\x9c")
    yield from ("\x0e", "\x0f", "\x05", "\rAll good", "x\rError: none", "\x1b[1A\x1b[2KAll good", "::error::x", "##[error]x", "x\b\b\bok")


# fmt: on

CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "blank and spaces": tuple(_blank()),
    "control characters": tuple(_controls()),
    "half characters": tuple(_unpaired()),
    "bidi, zero width, unassigned": tuple(_hidden()),
    "composed and decomposed": tuple(_composed()),
    "stacked marks": tuple(_stacked()),
    "emoji": tuple(_emoji()),
    "scripts": tuple(_scripts()),
    "long": tuple(_long()),
    "HTML, SVG, CSS": tuple(_markup()),
    "Markdown": tuple(_markdown()),
    "SQL and directories": tuple(_databases()),
    "shell": tuple(_shells()),
    "paths": tuple(_paths()),
    "URLs": tuple(_urls()),
    "templates and formats": tuple(_templates()),
    "headers": tuple(_headers()),
    "spreadsheet formulas, CSV": tuple(_formulas()),
    "reserved words": tuple(_words()),
    "numbers": tuple(_numbers()),
    "dates": tuple(_dates()),
    "YAML and JSON": tuple(_yaml()),
    "terminal escapes": tuple(_terminals()),
}

OURS: tuple[str, ...] = tuple(dict.fromkeys(s for each in CATEGORIES.values() for s in each))


def published() -> tuple[str, ...]:
    """Return the strings of the Big List of Naughty Strings; none where it is not at hand."""
    if not _LIST.exists():
        return ()
    found = json.loads(_LIST.read_text(encoding="ascii"))
    return tuple(base64.b64decode(each).decode("utf-8", "surrogateescape") for each in found)


def everything() -> tuple[str, ...]:
    """Return all strings, each once."""
    return tuple(dict.fromkeys((*OURS, *published())))


def few(each: int) -> tuple[str, ...]:
    """Return so many of each category, the same each time: the size of `make test`."""
    picked = (s for found in CATEGORIES.values() for s in found[:: -(-len(found) // each)])
    return tuple(dict.fromkeys(picked))
