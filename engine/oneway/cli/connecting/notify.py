"""Asks who gets the notices of a connection."""

from collections.abc import Iterable
from dataclasses import replace

from oneway.cli.connecting.request import ConnectOptions
from oneway.cli.prompts import Asking, as_given
from oneway.connections.connection import Connection, Email, Notify, Security, Webhook
from oneway.connections.default_notify import with_default_of_folder
from oneway.connections.file_writer import new_file
from oneway.connections.parse import load_connection
from oneway.connections.secrets.refs import secret_ref
from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span
from oneway.core.hosts import is_loopback
from oneway.render.sanitize import harmless

NOBODY = "nobody"


def with_notify(
    asking: Asking | None, connection: Connection, wishes: ConnectOptions
) -> Connection:
    """Return a connection with the channels that the user gave; raise `Refused` if invalid.

    Without an answer, the folder's channels apply.
    """
    if wishes.tell == NOBODY:
        return replace(connection, notify=(), notify_file=connection.file)
    if wishes.tell:
        return _checked(connection, _mail(wishes.tell, wishes.mail_server))
    return connection if asking is None else _asked(asking, connection)


def _asked(asking: Asking, connection: Connection) -> Connection:
    default = with_default_of_folder(connection)
    usual = f"as {harmless(default.notify_file)} says" if default.notify else "nobody"
    asking.say()
    asking.say(
        "Who is notified when it fails? An email address, or the URL of a webhook (https); Enter "
        f"for {usual}."
    )
    while True:
        to = asking.text("Tell", optional=True)
        if not to:
            return connection
        try:
            found = Webhook(to) if "://" in to else _asked_mail(asking, to)
            return _checked(connection, found)
        except Refused as refused:
            asking.report(refused)


def _asked_mail(asking: Asking, to: str) -> Email:
    found = _mail(to, asking.text("Mail server"))
    found = replace(found, sender=asking.text("From", to))
    user = asking.text("Its user; Enter for no login", optional=True)
    if not user:
        return found
    question = "Where its password is kept, such as env:ONEWAY_SMTP_PASSWORD"
    place = asking.text(question, "env:ONEWAY_SMTP_PASSWORD", as_given)
    kind, _, name = place.partition(":")
    try:
        return replace(found, user=user, password=secret_ref({kind: name}))
    except ValueError:
        help = "write env:NAME, file:PATH or keyring:SERVICE/NAME; what was typed is not shown"
        raise Refused([_wrong("C130", "this does not say where it is kept", help)]) from None


def _mail(to: str, server: str) -> Email:
    if not server:
        help = "--mail-server smtp.example.com; notify.yaml can say more"
        raise Refused([_wrong("U111", "mail needs a server", help)])
    name, _, port = server.rpartition(":") if ":" in server else (server, "", "587")
    if not port.isdecimal():
        raise Refused(
            [_wrong("C134", "this is not the name of a mail server", "smtp.example.com:587")]
        )
    security = Security.NONE if is_loopback(name) else Security.STARTTLS
    return Email((to,), to, name, int(port), security)


def _checked(connection: Connection, notify: Notify) -> Connection:
    """Return a connection with a channel; raise `Refused` if its file would be invalid."""
    made = replace(connection, notify=(notify,), notify_file=connection.file)
    try:
        trial = replace(made, settings={}, mapping="m.yaml", schedule=None)
        load_connection(new_file(trial).encode("utf-8", "replace"), connection.file)
    except Refused as refused:
        raise Refused(_placed(refused.diagnostics)) from None
    return made


def _placed(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return findings about a trial file as findings about the answer."""
    return [_wrong(each.code, each.summary, each.help) for each in found]


def _wrong(code: str, summary: str, help: str) -> Diagnostic:
    return Diagnostic(Span("notify"), Severity.ERROR, code, summary, help)
