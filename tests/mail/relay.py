"""A mail relay that others wrote: aiosmtpd, with STARTTLS and a sign-in. For each mail that it takes, it prints a line of JSON
with what Python's own parser makes of it.

    relay.py CERTIFICATE KEY USER PASSWORD

Its first line is its port. It ends with its input. What it does with a mail stands before the + of the addressee:
`450+ada@example.com` is refused with that code, `data-554+…` once the message was passed over, `hang+…` gets no answer, and
with `drop+…` the line ends.
"""

import asyncio
import email
import email.policy
import json
import logging
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        wish = address.partition("+")[0]
        if wish.isdigit():
            return f"{wish} {wish[0]}.1.1 <{address}> is not to be had"
        if wish == "hang":
            await asyncio.Event().wait()
        if wish == "drop":
            server.transport.abort()
            await asyncio.Event().wait()
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        wish = envelope.rcpt_tos[0].partition("+")[0]
        if wish.startswith("data-"):
            code = wish.removeprefix("data-")
            return f"{code} {code[0]}.7.1 no, {envelope.rcpt_tos[0]}"
        message = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        taken = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None,
            "headers": {name: str(value) for name, value in message.items()},
            "names": [mailbox.display_name for mailbox in message["to"].addresses],
            "addresses": [mailbox.addr_spec for mailbox in message["to"].addresses],
            "defects": [str(defect) for part in message.walk() for defect in part.defects],
            "kinds": [part.get_content_type() for part in message.walk()],
            "plain": message.get_body(["plain"]).get_content(),
            "html": message.get_body(["html"]).get_content(),
        }
        print(json.dumps(taken), flush=True)
        return "250 2.0.0 taken"


async def serve(certificate, key, user, password):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)

    def authenticator(server, session, envelope, mechanism, given):
        is_known = (given.login, given.password) == (user.encode(), password.encode())
        return AuthResult(success=is_known, handled=False)

    def connection():
        return SMTP(
            Handler(),
            tls_context=tls,
            require_starttls=True,
            auth_required=True,
            authenticator=authenticator,
            enable_SMTPUTF8=True,
            loop=loop,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


# What it says of its own insides is nothing to a test.
logging.getLogger("mail.log").setLevel(logging.ERROR)
asyncio.run(serve(*sys.argv[1:]))
