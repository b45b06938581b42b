"""Where credentials may go is told without the HTTP client, as the HTTP client would tell it."""

import subprocess
import sys
from collections.abc import Callable, Mapping

from hypothesis import example, given
from hypothesis import strategies as st

from oneway.core.diagnostics import Refused
from oneway_connectors.rest.origin import base_url, origin_of, origin_text

PARTS = (
    r"(https?://)?(xn--|[a-zA-Z0-9.:@%é -]){0,12}(:[0-9]{0,6})?([/?#\\][a-zA-Z0-9/_.%?#@ -]{0,6})?"
)
PLAIN = r"https://[a-z][a-z0-9]{0,4}([.-]?[a-z0-9-]{0,4}){0,4}(/[a-z0-9./]{0,6})?"


@given(st.from_regex(PARTS, fullmatch=True) | st.from_regex(PLAIN, fullmatch=True))
@example("https://api.example.com")
@example("https://api.example.com/1.0/..")
@example("https://xn--80ak6aa92e.com")
@example("https://1.2.3")
@example("http://example.com")
@example("http://localhost")
@example("https://xn--")
@example("https://example.com:443")
@example("https://EXAMPLE.com\n")
@example(f"https://{'e' * 70_000}.com")
def test_an_origin_is_that_of_the_url_that_requests_are_sent_to(text: str) -> None:
    options = {"base_url": text}
    for template in ("{base_url}", text):
        sent_to = said(lambda *given: origin_text(base_url(*given)), template, options)
        assert said(origin_of, template, options) == sent_to


def said(tell: Callable[..., str], template: str, options: Mapping[str, str]) -> str:
    """Return what a function says, or why it refuses."""
    try:
        return tell("payroll", template, options)
    except Refused as refused:
        return str(refused)


def test_the_origins_of_usual_systems_need_no_http_client() -> None:
    code = (
        "import sys; from oneway.connections.discovery import describe;"
        "from oneway.connections.origins import origins_of;"
        "options = {'base_url': 'https://api.example.com/1.0'};"
        "assert origins_of(describe('expensein'), options) == {'https://api.example.com'};"
        "sys.exit('httpx' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
