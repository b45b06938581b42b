"""Sends a notice as mail: plain text, over verified TLS, through one server."""

import json
import smtplib
import socket
import ssl
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from oneway.connections.connection import Email, Security
from oneway.connections.secrets.open import opened
from oneway.core.deadline import Deadline, within
from oneway.core.hosts import is_loopback
from oneway.notices.http_post import LATER, SYSTEM, Trust
from oneway.notices.texts import subject_of, text_of
from oneway.notices.undelivered import Undelivered, why_unreachable

_TIMEOUT = 15.0
_LOGIN = {530, 534, 535, 538}
"""Replies that refuse or require a login (RFC 4954, section 6)."""


def mail(
    to: Email, body: str, now: datetime, trust: Trust = SYSTEM, *, page: str | None = None
) -> None:
    """Send a notice through a mail server, with the page of its run if one is given.

    Raises `Undelivered` if the server did not accept it, and `Refused` if the password cannot be
    read. Certificates are always verified; without TLS, only this machine is contacted.
    """
    message = message_of(to, body, now)
    if page is not None:
        name = f"report-{number_of(body)}.html"
        message.add_attachment(page.encode(), maintype="text", subtype="html", filename=name)
    with within(trust.seconds) as deadline:
        try:
            _sent(to, message, trust, deadline)
        except smtplib.SMTPException as error:
            raise _refused(to.server, error, deadline) from None
        except ssl.SSLError as error:
            invalid = isinstance(error, ssl.SSLCertVerificationError)
            why = "the certificate is not valid" if invalid else "TLS fails"
            raise _unsafe(to.server, why) from None
        except OSError as error:
            late = deadline.over or isinstance(error, TimeoutError)
            why = "it did not answer in time" if late else why_unreachable(error)
            summary = f"the mail server cannot be reached ({why})"
            raise Undelivered("N106", to.server, summary, LATER) from None
        except UnicodeError:
            summary = "`user` or `password` contains characters that no login can have"
            raise Undelivered("N107", to.server, summary, "use ASCII characters") from None


def message_of(to: Email, body: str, now: datetime) -> EmailMessage:
    """Return a notice as a mail; raise `Undelivered` if an address is invalid."""
    message = EmailMessage(policy=SMTP)
    domain = to.sender.rpartition("@")[2]
    try:
        if not all(each.isprintable() for each in (to.sender, *to.to)):
            raise ValueError
        message["From"] = to.sender
        message["To"] = ", ".join(to.to)
        message["Subject"] = subject_of(body)
        message["Date"] = format_datetime(now)
        # Equal for every attempt, so that mail programs show duplicates only once.
        message["Message-ID"] = f"<{json.loads(body)['id']}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic reply
    except (ValueError, IndexError):  # a line break, or an invalid address
        summary = "an address cannot be used in a mail"
        raise Undelivered("N107", to.server, summary, "correct `from` and `to`") from None
    text = text_of(body)
    message.set_content(text, cte="7bit" if text.isascii() else "quoted-printable")
    return message


def number_of(body: str) -> int | None:
    """Return the number of the run that a notice is about, or None."""
    data = json.loads(body)["data"]
    number = data.get("run", {}).get("id", data.get("last_run"))
    return number if isinstance(number, int) else None


def latest_of(body: str) -> int | None:
    """Return the number of the latest run at a notice; None if there is none.

    A weekly summary is about the last run that got to its end. Later ones may have failed, and
    their pages are not to be replaced by its page.
    """
    number = json.loads(body)["data"].get("latest_run", number_of(body))
    return number if isinstance(number, int) else None


def _sent(to: Email, message: EmailMessage, trust: Trust, deadline: Deadline) -> None:
    password = opened(to.password) if to.password else None
    session = _session(to, trust, deadline)
    try:
        if to.user and password is not None:
            session.login(to.user, password.open())
        try:
            # If only some recipients are refused, do not retry: the others would get it twice.
            session.send_message(message, to.sender, list(to.to))
        except smtplib.SMTPNotSupportedError:
            summary = "the mail server takes no address with letters beyond ASCII (no SMTPUTF8)"
            raise Undelivered("N107", to.server, summary, "correct `from` and `to`") from None
        with suppress(smtplib.SMTPException, OSError):
            session.quit()  # the server has accepted the mail, however the session ends
    finally:
        session.close()


class _Session(smtplib.SMTP):
    """An SMTP session with a deadline, which covers the greeting and the TLS handshake."""

    def __init__(self, to: Email, tls: ssl.SSLContext, deadline: Deadline) -> None:
        self._tls = tls if to.security is Security.TLS else None
        self._deadline = deadline
        super().__init__(to.server, to.port, timeout=_TIMEOUT)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        # smtplib's hook for opening the connection, which SMTP_SSL also overrides.
        opened = socket.create_connection((host, port), timeout)
        self._deadline.note(opened)
        return self._tls.wrap_socket(opened, server_hostname=host) if self._tls else opened


def _session(to: Email, trust: Trust, deadline: Deadline) -> smtplib.SMTP:
    if to.security is Security.NONE and not is_loopback(to.server):
        raise _unsafe(to.server, "without TLS only this machine is spoken to")
    tls = trust.tls or ssl.create_default_context()
    session = _Session(to, tls, deadline)
    if to.security is Security.STARTTLS:
        try:
            session.starttls(context=tls)
        except BaseException:
            session.close()
            raise
    return session


def _refused(server: str, error: smtplib.SMTPException, deadline: Deadline) -> Undelivered:
    if deadline.over or isinstance(error, smtplib.SMTPServerDisconnected):
        why = "it did not answer in time" if deadline.over else "it ended the conversation"
        return Undelivered("N106", server, f"the mail server cannot be reached ({why})", LATER)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return _unsafe(server, "it offers no TLS, or no login over it")
    # Only the reply's number, because its text may quote addresses or the mail.
    code = _reply(error)
    if code in _LOGIN or isinstance(error, smtplib.SMTPAuthenticationError):
        summary = f"the mail server refuses the login ({code})"
        return Undelivered("N107", server, summary, "check `user` and `password`")
    return Undelivered("N107", server, f"the mail server refuses the mail ({code})", LATER)


def _reply(error: smtplib.SMTPException) -> int:
    if isinstance(error, smtplib.SMTPResponseException):
        return int(error.smtp_code)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max(code for code, _ in error.recipients.values())
    return 0


def _unsafe(server: str, why: str) -> Undelivered:
    help = "check `server`, `port` and `security`; TLS is required"
    return Undelivered("N108", server, f"the mail server cannot be trusted: {why}", help)
