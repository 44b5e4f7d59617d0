"""E-mail by the standard library's SMTP client, in a thread: it blocks, the loop must not."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import urlsplit

from devices.outlets import NotTaken
from hub.core.alert_words import Message

WAIT_S = 8.0  # for each word of the server; a dead one must not hold its thread for long
_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


@dataclass(frozen=True, slots=True)
class MailOutlet:
    """A mail server and who gets the messages; ``trust`` is the PEM file of an own authority."""

    url: str = field(repr=False)
    user: str
    password: str = field(repr=False)
    sender: str
    to: tuple[str, ...]
    trust: str | None = None

    def say(self, message: Message) -> None:
        """Deliver once, blocking; raises NotTaken. The Message-ID tells copies apart."""
        mail = as_mail(message, self.sender, self.to)
        try:
            self._send(mail)
        except smtplib.SMTPResponseException as fault:
            again = 400 <= fault.smtp_code < 500
            raise NotTaken(f"smtp {fault.smtp_code}", again) from None
        except smtplib.SMTPRecipientsRefused:
            raise NotTaken("recipients", again=False) from None
        except ssl.SSLError:
            raise NotTaken("certificate", again=True) from None
        except (OSError, smtplib.SMTPException) as fault:
            raise NotTaken(type(fault).__name__, again=True) from None

    def _send(self, mail: EmailMessage) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in _PORTS:
            raise NotTaken("address", again=False)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        safe = ssl.create_default_context(cafile=self.trust)
        if parts.scheme == "smtps":
            with smtplib.SMTP_SSL(host, port, timeout=WAIT_S, context=safe) as server:
                self._hand_over(server, mail)
            return
        with smtplib.SMTP(host, port, timeout=WAIT_S) as server:
            if parts.scheme == "smtp+starttls":
                server.starttls(context=safe)
            self._hand_over(server, mail)

    def _hand_over(self, server: smtplib.SMTP, mail: EmailMessage) -> None:
        if self.user:
            server.login(self.user, self.password)
        server.send_message(mail)


def as_mail(message: Message, sender: str, to: tuple[str, ...]) -> EmailMessage:
    """A message as a mail; headers take no line breaks, whatever a door is called."""
    mail = EmailMessage()
    mail["Subject"] = " ".join(message.title.split())
    mail["From"] = _address(sender)
    mail["To"] = [_address(one) for one in to]
    domain = sender.rpartition("@")[2] or "linli"
    mail["Message-ID"] = f"<{message.key}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    mail.set_content(message.text)
    return mail


def _address(text: str) -> Address:
    return Address(addr_spec=text)
