"""Subscribes, files a complaint, and verifies what arrives with PyPI's standardwebhooks, before and after a rotation of the secret.

Called by .ci/webhooks: receive.py REDRESS PORT, where REDRESS is the program and PORT is free.
"""

import json
import queue
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

redress, port = sys.argv[1], int(sys.argv[2])
received = queue.Queue()


class Hooks(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        received.put((body, dict(self.headers)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def run(*words):
    done = subprocess.run([redress, *words, "--json"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def file_a_complaint():
    run(
        "file", "--channel", "form", "--name", "Sample Customer", "--service", "internet",
        "--category", "service-delivery", "--description", "The line drops.",
    )


def event():
    body, headers = received.get(timeout=30)
    return json.loads(body), body, headers


server = ThreadingHTTPServer(("127.0.0.1", port), Hooks)
threading.Thread(target=server.serve_forever, daemon=True).start()

created = run("subscriptions", "create", "A stranger", f"http://127.0.0.1:{port}/hooks", "--kind", "filed")
former, name = created["secret"], created["subscription"]["name"]
assert event()[0]["type"] == "redress.subscription.verification"

file_a_complaint()
told, body, headers = event()
assert told["type"] == "redress.filed" and told["specversion"] == "1.0", told
assert headers["content-type"] == "application/cloudevents+json", headers
Webhook(former).verify(body, headers)
try:
    Webhook(former).verify(body + b" ", headers)
except WebhookVerificationError:
    pass
else:
    raise AssertionError("the verifier takes anything")

present = run("subscriptions", "rotate", name)["secret"]
file_a_complaint()
_, body, headers = event()
for secret in (former, present):
    Webhook(secret).verify(body, headers)
print("what arrives is verified, with either secret while both are valid")
