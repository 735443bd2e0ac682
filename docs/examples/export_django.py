#!/usr/bin/env python3
"""Exports the chat of a usual Django project for `threadline import`.

    python3 export_django.py db.sqlite3 > chat.jsonl
    python3 export_django.py db.sqlite3 --since 2026-01-01T00:00:00+00:00 > later.jsonl

It reads the tables that Django's migrations make of models such as these:

    class ChatThread(models.Model):
        kind = models.CharField(max_length=10)              # direct, group, channel
        title = models.CharField(max_length=200, blank=True)
        key = models.CharField(max_length=100, null=True)   # such as project_305
        created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
        created_at = models.DateTimeField(auto_now_add=True)
        participants = models.ManyToManyField(User, through="ChatParticipant")

    class ChatParticipant(models.Model):
        thread, user, is_admin, joined_at, left_at

    class ChatMessage(models.Model):
        thread, sender, content, attachment, message_type, reply_to, created_at,
        is_edited, edited_at, is_deleted, deleted_at

    class MessageRead(models.Model):
        message, user, read_at

Change the queries to fit your models: each of them stands for one type of record. On another database, replace `connect`
by its driver (psycopg.connect("dbname=shop") with psycopg), or put the functions into a management command and use
django.db.connection.

With --since, messages older than that are left out, but for those that newer ones reply to, and so are read marks on them: an
edit or a deletion of an older message is not in such an export. To import anything again changes nothing, so when in doubt
export everything.
"""

import argparse
import datetime
import json
import sqlite3
import sys

# How the old system calls what Threadline calls dm, group, channel.
KINDS = {"direct": "dm", "private": "dm", "dm": "dm", "group": "group", "channel": "channel"}
# Likewise, message types. What the system says is said by a service.
MESSAGE_KINDS = {"text": "text", "voice": "voice", "file": "file", "image": "file", "system": "system"}
SYSTEM = "service:chat"
# A message whose sender was deleted from the users.
NOBODY = "deleted-user"
# Files are not imported: a message that has nothing but a file gets the file's address as its text.
MEDIA_URL = "https://media.example.com/"


def main():
    arguments = argparse.ArgumentParser(description="Exports a Django chat for threadline import.")
    arguments.add_argument("database", help="the SQLite file")
    arguments.add_argument("--since", help="leave out older messages: an RFC 3339 time", default="")
    arguments = arguments.parse_args()
    since = arguments.since and time(arguments.since)
    database = connect(arguments.database)
    same = same_dms(database)
    # A thread must come before whatever names it; a message before its replies.
    for record in (*users(database), *threads(database, same), *members(database, same)):
        write(record)
    for record in messages(database, same, since, answered_by_newer(database, since)):
        write(record)
    for record in reads(database, same, since):
        write(record)


def connect(path):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    return database


def same_dms(database):
    """Two people have one dm. Where the old system made several, their messages go into the first one."""
    people = {}
    for row in database.execute("select thread_id, user_id from chat_chatparticipant order by thread_id"):
        people.setdefault(row["thread_id"], set()).add(row["user_id"])
    first, same = {}, {}
    for row in database.execute("select id, kind from chat_chatthread order by id"):
        if KINDS[row["kind"]] == "dm":
            same[row["id"]] = first.setdefault(frozenset(people.get(row["id"], ())), row["id"])
    return same


def users(database):
    """Names. People who never sign in again keep the one that they have here."""
    for row in database.execute("select id, username, first_name, last_name from auth_user order by id"):
        name = f"{row['first_name']} {row['last_name']}".strip() or row["username"]
        yield {"type": "user", "id": row["id"], "name": name}


def threads(database, same):
    """A key makes a thread that a later POST with the same key returns; a dm has neither key nor title."""
    for row in database.execute("select * from chat_chatthread order by id"):
        kind = KINDS[row["kind"]]
        if same.get(row["id"], row["id"]) != row["id"]:
            continue
        record = {"type": "thread", "id": row["id"], "kind": kind, "created_at": time(row["created_at"])}
        if row["created_by_id"]:
            record["created_by"] = row["created_by_id"]
        if kind != "dm":
            record |= {"title": row["title"] or None, "key": row["key"]}
        yield record


def members(database, same):
    """Everybody in a thread, those who never wrote too. A plain ManyToManyField has no times: leave them out then."""
    query = """select p.*, t.kind from chat_chatparticipant p join chat_chatthread t on t.id = p.thread_id
               order by p.thread_id, p.joined_at, p.id"""
    for row in database.execute(query):
        thread = same.get(row["thread_id"], row["thread_id"])
        record = {"type": "member", "thread": thread, "user": row["user_id"], "joined_at": time(row["joined_at"])}
        if KINDS[row["kind"]] != "dm":
            record["role"] = "admin" if row["is_admin"] else None
            record["left_at"] = time(row["left_at"])
        yield record


def messages(database, same, since, answered):
    """In the order of their times: Threadline numbers them as they come."""
    for row in database.execute("select * from chat_chatmessage order by created_at, id"):
        sent_at = time(row["created_at"])
        if sent_at < since and row["id"] not in answered:
            continue
        kind = MESSAGE_KINDS[row["message_type"]]
        record = {
            "type": "message",
            "id": row["id"],
            "thread": same.get(row["thread_id"], row["thread_id"]),
            "sender": SYSTEM if kind == "system" else row["sender_id"] or NOBODY,
            "sent_at": sent_at,
            "kind": kind,
            "reply_to": row["reply_to_id"],
        }
        if row["is_deleted"]:
            # The text stays in the old database.
            record |= {"deleted": True, "deleted_at": time(row["deleted_at"])}
        else:
            record["content"] = row["content"].strip() and row["content"] or MEDIA_URL + row["attachment"]
            record["edited_at"] = time(row["edited_at"]) if row["is_edited"] else None
        yield record


def reads(database, same, since):
    """One mark for each person in a thread: the last message read. Messages before it that were not read count as read."""
    query = """select * from (
                   select m.thread_id, r.user_id, m.id as message_id, m.created_at, r.read_at,
                       row_number() over (partition by m.thread_id, r.user_id order by m.created_at desc, m.id desc) as place
                   from chat_messageread r
                   join chat_chatmessage m on m.id = r.message_id
                   join chat_chatparticipant p on p.thread_id = m.thread_id and p.user_id = r.user_id) newest
               where place = 1 order by thread_id, user_id"""
    for row in database.execute(query):
        if time(row["created_at"]) >= since:
            thread = same.get(row["thread_id"], row["thread_id"])
            mark = {"thread": thread, "user": row["user_id"], "message": row["message_id"]}
            yield {"type": "read", **mark, "at": time(row["read_at"])}


def answered_by_newer(database, since):
    """The older messages that newer ones reply to, and those that these reply to in their turn."""
    answers, newer = {}, []
    for row in database.execute("select id, reply_to_id, created_at from chat_chatmessage"):
        answers[row["id"]] = row["reply_to_id"]
        if since and time(row["created_at"]) >= since:
            newer.append(row["id"])
    answered = set()
    for message in newer:
        while (message := answers.get(message)) and message not in answered:
            answered.add(message)
    return answered


def time(value):
    """An RFC 3339 time in UTC, as Django stores it: 2026-01-31 12:00:00.250000."""
    if value is None:
        return None
    moment = datetime.datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    return moment.astimezone(datetime.timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


def write(record):
    fields = {name: value for name, value in record.items() if value is not None}
    sys.stdout.write(json.dumps(fields, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        sys.exit(1)
