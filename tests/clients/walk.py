"""The first hour of a client of flow, over HTTP: key, channel, upload, post, time, webhook, usage.

    python3 tests/clients/walk.py target/debug/standin
"""

import hashlib
import hmac
import http.server
import json
import sys
import threading

from fake import Fake, call

MINUTE = 60_000


class Receiver(http.server.ThreadingHTTPServer):
    """Keeps what is posted to it. Refuses the first delivery, so that a retry is seen."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Hook)
        self.seen = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook"


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.headers, body))
        self.send_response(500 if len(self.server.seen) == 1 else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


def multipart(name, filename, media_type, content):
    """A form with one file, as a browser would send it."""
    boundary = "standin-walk-7f3a"
    head = (
        f"--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{filename}\"\r\n"
        f"Content-Type: {media_type}\r\n\r\n"
    )
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def walk(fake, receiver):
    # A key of one's own, with no more scopes than it needs.
    scopes = ["channels:write", "posts:read", "posts:write", "media:read", "media:write", "webhooks:read", "webhooks:write", "analytics:read"]
    made = call("POST", f"{fake.base}/api-keys", fake.key, {"name": "walk", "permissions": scopes}).expect(201)
    key = made.body["data"]["apiKey"]
    assert key.startswith("flow_sk_live_"), key
    shown = call("GET", f"{fake.base}/api-keys/{made.body['data']['id']}", fake.key).expect(200)
    assert "apiKey" not in shown.body["data"], "the secret is shown once"
    refused = call("GET", f"{fake.base}/api-keys", key).expect(403)
    assert refused.body["error"]["code"] == "INSUFFICIENT_PERMISSIONS", refused.body
    call("GET", f"{fake.base}/posts").expect(401)

    channel = call("POST", f"{fake.base}/channels", key, {"name": "Releases", "color": "#3B82F6"}).expect(201).body["data"]

    hook = call("POST", f"{fake.base}/webhooks", key, {"url": receiver.url, "events": ["post.delivered"]}).expect(201).body["data"]
    secret = hook["secret"]
    assert secret.startswith("whsec_"), secret

    picture = bytes(range(256)) * 40
    body, headers = multipart("file", "logo.png", "image/png", picture)
    media = call("POST", f"{fake.base}/media/upload", key, body, headers).expect(201).body["data"]
    assert (media["filename"], media["contentType"], media["size"]) == ("logo.png", "image/png", len(picture)), media
    assert call("GET", media["url"]).expect(200).bytes == picture, "the bytes come back as they went"

    now = call("GET", f"{fake.control}/clock").expect(200).body["now"]
    post = {"channelId": channel["id"], "content": "Version 1 is out", "mediaKeys": [media["key"]], "scheduledFor": now + 60 * MINUTE}
    pinned = {"Idempotency-Key": "walk-1"}
    first = call("POST", f"{fake.base}/posts", key, post, pinned).expect(201)
    again = call("POST", f"{fake.base}/posts", key, post, pinned).expect(201)
    assert first.bytes == again.bytes, "a duplicate gets the first reply"
    call("POST", f"{fake.base}/posts", key, {**post, "content": "Other"}, pinned).expect(400)
    post_id = first.body["data"]["id"]
    assert first.body["data"]["status"] == "queued", first.body
    for name in ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"]:
        assert first.headers[name], name

    call("POST", f"{fake.control}/clock/advance", body={"duration": "PT59M"}).expect(200)
    assert status(fake, key, post_id) == "queued"
    call("POST", f"{fake.control}/clock/advance", body={"seconds": 61}).expect(200)
    assert status(fake, key, post_id) == "flowing"
    assert receiver.seen == []
    call("POST", f"{fake.control}/clock/advance", body={"seconds": 5}).expect(200)
    assert status(fake, key, post_id) == "done"
    assert len(receiver.seen) == 1, "the first attempt, which we refuse"
    call("POST", f"{fake.control}/clock/advance", body={"seconds": 60}).expect(200)
    assert len(receiver.seen) == 2, "the retry"
    check_signature(*receiver.seen[1], secret)
    event = json.loads(receiver.seen[1][1])
    assert (event["event"], event["data"]["post_id"]) == ("post.delivered", post_id), event
    [delivery] = call("GET", f"{fake.base}/webhooks/{hook['id']}/deliveries", key).expect(200).body["data"]
    assert (delivery["status"], delivery["attemptCount"], delivery["responseCode"]) == ("delivered", 2, 204), delivery

    usage = call("GET", f"{fake.base}/usage/day", key).expect(200).body["data"]
    assert usage["posts"] == 1, usage
    assert usage["requests"] > 10, usage


def status(fake, key, post_id):
    return call("GET", f"{fake.base}/posts/{post_id}", key).expect(200).body["data"]["status"]


def check_signature(headers, body, secret):
    """As flow's documentation tells receivers to."""
    parts = dict(part.split("=", 1) for part in headers["Flow-Signature"].split(","))
    expected = hmac.new(secret.encode(), parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(parts["v1"], expected), headers["Flow-Signature"]


if __name__ == "__main__":
    receiver = Receiver()
    with Fake(sys.argv[1]) as fake:
        walk(fake, receiver)
    print("walk: ok")
