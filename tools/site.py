"""Builds the documentation as a site of plain HTML pages, from the Markdown that is there.

    python tools/site.py site/

Nothing is fetched, now or when the pages are read. A link that leads nowhere ends the build.
"""

import re
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("*.md", "docs/**/*.md", "mappings/**/*.md", "connectors/**/*.md", "engine/*.md",
         "schemas/*.md", "tests/*.md", "benchmarks/*.md")  # fmt: skip
NAVIGATION = (
    ("Start", "README.md"), ("A CSV", "docs/csv.md"), ("Language", "docs/language.md"),
    ("Editors", "docs/editors.md"), ("Testing", "docs/testing.md"),
    ("Operating", "docs/operating.md"), ("Connectors", "connectors/README.md"),
    ("All pages", "docs/README.md"),
)  # fmt: skip
STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.55 system-ui, sans-serif; margin: 0 auto;
  max-width: 60rem; padding: 0 1rem 4rem; }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1rem; padding: 1rem 0;
  border-bottom: 1px solid var(--line); }
h1, h2, h3 { line-height: 1.25; margin-top: 2rem; }
code { font: .875em ui-monospace, monospace; background: var(--soft); padding: .1em .25em;
  border-radius: 3px; overflow-wrap: anywhere; }
pre { background: var(--soft); padding: .8rem; overflow-x: auto; border-radius: 4px; }
pre code { background: none; padding: 0; overflow-wrap: normal; font-size: .82rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
td:first-child code { overflow-wrap: normal; white-space: nowrap; }
th, td { border: 1px solid var(--line); padding: .3rem .6rem;
  text-align: left; vertical-align: top; }
img { max-width: 100%; }
"""


def main(folder: str) -> int:
    """Write the site and return how many links lead nowhere."""
    out = Path(folder)
    pages = {path for pattern in PAGES for path in ROOT.glob(pattern) if _is_ours(path)}
    markdown = MarkdownIt("commonmark").enable("table")
    anchors = {page: set(_anchors(page)) for page in pages}
    broken = 0
    for page in sorted(pages):
        text = page.read_text(encoding="utf-8")
        for problem in _broken(page, text, anchors):
            print(f"{page.relative_to(ROOT)}: {problem}", file=sys.stderr)
            broken += 1
        target = out / page.relative_to(ROOT).with_suffix(".html")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_page(page, text, markdown), encoding="utf-8")
    (out / "index.html").write_text(_forward("README.html"), encoding="utf-8")
    print(f"{len(pages)} pages in {out}, {broken} links that lead nowhere")
    return 1 if broken else 0


def _is_ours(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return not any(part.startswith(".") or part == "golden" for part in parts)


def _page(page: Path, text: str, markdown: MarkdownIt) -> str:
    up = "../" * (len(page.relative_to(ROOT).parts) - 1)
    links = "".join(f'<a href="{up}{to[:-3]}.html">{name}</a>' for name, to in NAVIGATION)
    body = re.sub(r'href="([^":#?]+)\.md(#[^"]*)?"', _as_html, markdown.render(text))
    body = re.sub(r"<(h[1-6])>(.*?)</\1>", _with_anchor, body)
    body = body.replace("<table>", '<div class="wide"><table>').replace(
        "</table>", "</table></div>"
    )
    title = escape(next(_headings(text), page.stem))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style><nav>{links}</nav><main>{body}</main></html>\n"
    )


def _as_html(found: re.Match[str]) -> str:
    return f'href="{found[1]}.html{found[2] or ""}"'


def _with_anchor(found: re.Match[str]) -> str:
    plain = re.sub(r"<[^>]+>", "", found[2])
    return f'<{found[1]} id="{_anchor(plain)}">{found[2]}</{found[1]}>'


def _forward(to: str) -> str:
    link = f'<a href="{to}">Start</a>'
    return f'<!doctype html><meta http-equiv="refresh" content="0; url={to}">{link}\n'


def _headings(text: str) -> Iterator[str]:
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"^#+ (.+)$", prose, re.MULTILINE)


def _anchors(page: Path) -> Iterator[str]:
    for heading in _headings(page.read_text(encoding="utf-8")):
        yield _anchor(heading)


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _broken(page: Path, text: str, anchors: dict[Path, set[str]]) -> Iterator[str]:
    """Yield each link of a page that leads nowhere."""
    prose = re.sub(r"^ *```.*?^ *```$|(`+).*?\1", "", text, flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            yield f"{link} leads nowhere"
        elif anchor and target in anchors and anchor not in anchors[target]:
            yield f"{link}: there is no such heading"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "site"))
