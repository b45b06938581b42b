"""The forms in which a system gives back what it was sent."""

import base64
import html
import json
import unicodedata
from collections.abc import Callable, Mapping
from urllib.parse import quote, quote_plus


def without_accents(text: str) -> str:
    """Return the text as systems that know ASCII alone write it."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


FORMS: Mapping[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "capitals": str.upper,
    "small": str.lower,
    "json": lambda text: json.dumps(text)[1:-1],
    "json twice": lambda text: json.dumps(json.dumps(text))[1:-1],
    "url": lambda text: quote(text, safe=""),
    "url, small": lambda text: quote(text, safe="").lower(),
    "url twice": lambda text: quote(quote(text, safe=""), safe=""),
    "form": quote_plus,
    "html": html.escape,
    "html, numbers": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "hex": lambda text: text.encode().hex(),
    "hex, capitals": lambda text: text.encode().hex().upper(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of a pair": lambda text: base64.b64encode(f"oneway:{text}".encode()).decode(),
    "base64 for a URL": lambda text: base64.urlsafe_b64encode(f"x:{text}:y".encode()).decode(),
    "in fours": lambda text: " ".join(text[i : i + 4] for i in range(0, len(text), 4)),
    "in pairs": lambda text: "-".join(text[i : i + 2] for i in range(0, len(text), 2)),
    "dashes": lambda text: "-".join(text),
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "without accents": without_accents,
}
