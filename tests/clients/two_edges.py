#!/usr/bin/env python3
"""Two people chat over two edges with stock libraries; one is cut off and resumes on the other edge.

    ANN_TOKEN=$(threadline token --user ann) BOB_TOKEN=$(threadline token --user bob) \
        python3 tests/clients/two_edges.py http://127.0.0.1:8080 http://127.0.0.1:8081

Needs the package `websockets`.
"""

import contextlib
import json
import os
import sys
import time
import urllib.parse
import urllib.request
import uuid

from websockets.sync.client import connect

PATIENCE_S = 20


def uuid7():
    """Milliseconds, then chance (RFC 9562)."""
    value = (time.time_ns() // 1_000_000) << 80 | uuid.uuid4().int & (1 << 80) - 1
    value = value & ~(0xF << 76) | 7 << 76
    return str(uuid.UUID(int=value & ~(0b11 << 62) | 0b10 << 62))


class Person:
    """Somebody with a token; keeps the cursor and the last seq seen, as the contract says."""

    def __init__(self, token, connections):
        self.token = token
        self.connections = connections
        self.cursor = None
        self.last_seq = {}
        self.requests = 0

    def connect(self, edge):
        self.socket = self.connections.enter_context(connect(edge.replace("http", "ws", 1) + "/ws"))
        hello = {"id": 1, "type": "hello", "token": self.token}
        if self.cursor:
            hello["cursor"] = self.cursor
        self.socket.send(json.dumps(hello))
        welcome = self.receive()
        assert welcome["type"] == "welcome", welcome
        self.user = welcome["user"]
        return welcome

    def receive(self):
        frame = json.loads(self.socket.recv(timeout=PATIENCE_S))
        self.cursor = frame.get("cursor", self.cursor)
        return frame

    def event(self, thread):
        """The next event of the thread that was not seen yet."""
        while True:
            frame = self.receive()
            if frame["type"] == "event" and frame["thread"] == thread:
                last = self.last_seq.get(thread, 0)
                if frame["seq"] <= last:
                    continue
                assert last in (0, frame["seq"] - 1), f"a hole after {last}: {frame}"
                self.last_seq[thread] = frame["seq"]
                return frame["event"]

    def request(self, **frame):
        self.requests += 1
        request = f"r{self.requests}"
        self.socket.send(json.dumps({"id": request, **frame}))
        events = []
        while True:
            answer = self.receive()
            if answer.get("id") == request:
                assert answer["type"] != "error", answer
                return answer, events
            events.append(answer)

    def say(self, thread, content):
        message = {"id": uuid7(), "kind": "text", "content": content}
        answer, events = self.request(type="send", thread=thread, message=message)
        for frame in events:
            if frame["type"] == "event" and frame["thread"] == thread:
                self.last_seq[thread] = frame["seq"]
        return answer["result"]

    def call(self, edge, method, path, body=None, **query):
        url = f"{edge}/api/chat/{path}?{urllib.parse.urlencode(query)}"
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(url, data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)


def main(first, second):
    with contextlib.ExitStack() as connections:
        chat(first, second, *(Person(os.environ[name], connections) for name in ("ANN_TOKEN", "BOB_TOKEN")))


def chat(first, second, ann, bob):
    ann.connect(first)
    bob.connect(second)
    made = ann.call(first, "POST", "threads/", {"kind": "group", "title": "Python", "participants": [bob.user]})
    thread = made["id"]
    assert bob.event(thread)["type"] == "thread_created"

    ann.say(thread, "Hello from the first edge")
    assert bob.event(thread)["message"]["content"] == "Hello from the first edge"
    bob.say(thread, "and hello from the second")
    bob.request(type="ping")  # its answer brings a fresh cursor
    bob.socket.socket.close()  # the cable is cut
    print(f"{ann.user} on {first} and {bob.user} on {second} have met; {bob.user} is cut off")

    missed = [f"missed {n}" for n in range(1, 6)]
    results = [ann.say(thread, content) for content in missed]
    welcome = bob.connect(first)
    assert welcome["recovered"] is True, welcome
    resumed = [bob.event(thread)["message"]["content"] for _ in missed]
    assert resumed == missed, resumed
    print(f"{bob.user} has resumed on {first} with exactly the {len(missed)} missed messages")

    at_least = results[-1]["position"]
    history = bob.call(second, "GET", f"threads/{thread}/messages/", at_least=at_least, limit=6)["messages"]
    contents = [message["content"] for message in reversed(history)]
    assert contents == ["and hello from the second", *missed], contents
    unread = bob.call(second, "GET", "unread-count/")
    assert unread["threads"][thread] == len(missed), unread

    marked = bob.call(second, "POST", f"threads/{thread}/mark-read/", {})
    at_least = marked["position"]
    receipts = ann.call(first, "GET", f"threads/{thread}/receipts/", at_least=at_least)["receipts"]
    assert {receipt["user"]: receipt["number"] for receipt in receipts} == {ann.user: 7, bob.user: 7}, receipts
    unread = bob.call(first, "GET", "unread-count/", at_least=at_least)
    assert thread not in unread["threads"] or unread["threads"][thread] == 0, unread
    print("history, receipts and unread are right on both edges")
    print("all as it should be")


if __name__ == "__main__":
    main(*sys.argv[1:3])
