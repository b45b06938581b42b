"""Who is told: a webhook and a mail server that answer badly, with the secrets that they share.

Both know what whoever writes to them knows, and quote it in their answers, in one form after
the other. What they hear is kept, to be searched.
"""

import base64
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler
from itertools import count
from urllib.parse import quote

from listener import Answer, Listener, listening

from .canaries import Canary
from .forms import FORMS

HOOK_KEY = "Hx6canary-webhookKey-3Tv8LmQd"
HOOK_SECRET = f"whsec_{base64.b64encode(HOOK_KEY.encode()).decode()}"
HOOK_PATH = "Ux4canary-hookPath-9Kd2Wq"
MAIL_PASSWORD = "Mx8canary-mailPw-5Zr1Nt"
STORE_PASSWORD = "Dx3canary-storePw-8Fj6Hc"

ADDRESS = "webhook address"
"""Whoever knows a webhook's URL may post to it: it is in its connection's file alone."""
TOLD = (
    Canary("webhook key", HOOK_KEY),
    Canary("webhook secret", HOOK_SECRET.removeprefix("whsec_")),
    Canary(ADDRESS, HOOK_PATH),
    Canary("mail password", MAIL_PASSWORD),
    Canary("store password", STORE_PASSWORD),
)
TOLD_VARIABLES = {"ONEWAY_SILENT_HOOK_SECRET": HOOK_SECRET}


@dataclass
class Told:
    """Both of them, running; `bad_hook` and `bad_mail` name how they answer, "" for well."""

    hook: Listener
    mail_port: int
    mails: list[bytes]
    bad_hook: str = ""
    bad_mail: str = ""
    _forms: Iterator[int] = field(default_factory=count)

    @property
    def url(self) -> str:
        """Where the webhook is."""
        return f"{self.hook.url}/{HOOK_PATH}"

    def be(self, hook: str = "", mail: str = "") -> None:
        """Behave badly from now on, or well."""
        self.bad_hook, self.bad_mail = hook, mail

    def reset(self) -> None:
        """Behave well, and forget what was heard."""
        self.be()
        self.hook.heard.clear()
        self.mails.clear()

    def heard(self) -> Iterator[tuple[str, bytes]]:
        """Yield all that was heard, each with what it is; the path of a request is its own."""
        for each in self.hook.heard:
            yield "body of a webhook", each.body
            yield "headers of a webhook", repr(each.headers).encode()
        for mail in self.mails:
            yield "mail", mail
            # Lines are broken and letters written otherwise on the way.
            yield "mail, as it is read", bytes(message_from_bytes(mail).get_payload(decode=True))

    def echo(self, *texts: str) -> str:
        """Return an error that quotes secrets in the next form."""
        write = tuple(FORMS.values())[next(self._forms) % len(FORMS)]
        return f"no: {' | '.join(write(text) for text in texts)}"


@contextmanager
def telling() -> Iterator[Told]:
    """Run a webhook and a mail server for the length of a block."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        BAD_HOOKS[told.bad_hook](told)(handler)

    mails: list[bytes] = []
    with listening(answer) as hook, _Office(("127.0.0.1", 0), _Conversation) as office:
        told = office.told = Told(hook, office.server_address[1], mails)
        thread = threading.Thread(target=office.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield told
        finally:
            office.shutdown()
            thread.join()


# The webhook


def _saying(status: int, **headers: str) -> Callable[[Told], Answer]:
    def made(told: Told) -> Answer:
        said = told.echo(HOOK_SECRET, HOOK_KEY, HOOK_PATH)
        body = said.encode()

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status, said)
            for name, value in {**headers, "X-Echo": quote(said)}.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        return answer

    return made


def _writing(raw: Callable[[str], str]) -> Callable[[Told], Answer]:
    """Return a manner of answering that is no HTTP."""

    def made(told: Told) -> Answer:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(raw(told.echo(HOOK_SECRET, HOOK_KEY, HOOK_PATH)).encode())
            handler.close_connection = True

        return answer

    return made


BAD_HOOKS: dict[str, Callable[[Told], Answer]] = {
    "": _saying(200),
    "fails": _saying(500, Retry_After=HOOK_SECRET),
    "refuses": _saying(401, WWW_Authenticate=f"Bearer realm={HOOK_SECRET}"),
    "is busy": _saying(429, Retry_After="1"),
    "redirects": _saying(307, Location=f"https://elsewhere.example.com/{HOOK_PATH}"),
    "breaks off": _writing(lambda said: f"HTTP/1.1 500 {said}\r\nX-Echo: {said}\r\nContent-"),
    "babbles": _writing(lambda said: f"{said}\r\n\r\n"),
    "is gone": _saying(410),
}
"""How the webhook answers, each with the secrets; "" is well, and quotes them all the same."""


# The mail server


class _Office(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    told: Told


class _Conversation(socketserver.StreamRequestHandler):
    """SMTP as far as is needed, with a login that it knows; each refusal quotes the password."""

    server: _Office

    def handle(self) -> None:
        self._say("220 mail.example.com")
        for raw in self.rfile:
            line = raw.decode(errors="replace").strip()
            if not self._answered(line):
                return

    def _answered(self, line: str) -> bool:
        """Answer a line; return whether the conversation goes on."""
        told, word = self.server.told, line.split(" ")[0].upper()
        bad = _BAD_AT.get(told.bad_mail, {}).get(word)
        if bad is not None:
            # A line holds at most 512 bytes, and no line break.
            self._say(f"{bad} {told.echo(MAIL_PASSWORD, line)}"[:500])
            return told.bad_mail != "hangs up"
        if word == "EHLO":
            self._say("250-mail.example.com", "250 AUTH PLAIN LOGIN")
        elif word == "DATA":
            self._take_mail()
        elif word == "QUIT":
            self._say("221 bye")
        else:
            self._say("235 in" if word == "AUTH" else "250 so be it")
        return word != "QUIT"

    def _take_mail(self) -> None:
        told = self.server.told
        self._say("354 go on")
        lines = []
        for raw in self.rfile:
            if raw == b".\r\n":
                break
            lines.append(raw)
        told.mails.append(b"".join(lines))
        refused = told.bad_mail == "refuses the mail"
        self._say(f"554 {told.echo(MAIL_PASSWORD)}" if refused else "250 taken")

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{each}\r\n" for each in lines).encode())


_BAD_AT: dict[str, dict[str, str]] = {
    "refuses the login": {"AUTH": "535 5.7.8"},
    "refuses the sender": {"MAIL": "550"},
    "refuses people": {"RCPT": "550"},
    "hangs up": {"AUTH": "421"},
    "babbles": {"AUTH": "nonsense"},
}
BAD_MAILS = ("", *_BAD_AT, "refuses the mail")
"""How the mail server answers; "" is well."""
