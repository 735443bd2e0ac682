"""A chat as a usual Django project keeps it, for the tests of `threadline import`.

    python3 old_chat.py build db.sqlite3 history.jsonl   makes the tables that Django's migrations make, and fills them
    python3 old_chat.py go-on db.sqlite3                 what people do in it later: write, edit, delete, leave, join, read
    python3 old_chat.py view db.sqlite3                  what everybody sees in it, as JSON

Texts, times, senders and threads are those of the history; the rest is drawn with a fixed seed.
"""

import datetime
import json
import random
import sqlite3
import sys

# Of each thread; a row for each message that each person has read makes many rows.
MESSAGES_MAX = 150
DM_PAIRS = 60

SCHEMA = """
create table auth_user (
    id integer not null primary key autoincrement, password varchar(128) not null, last_login datetime null,
    is_superuser bool not null, username varchar(150) not null unique, last_name varchar(150) not null,
    email varchar(254) not null, is_staff bool not null, is_active bool not null, date_joined datetime not null,
    first_name varchar(150) not null);
create table chat_chatthread (
    id integer not null primary key autoincrement, kind varchar(10) not null, title varchar(200) not null,
    key varchar(100) null, created_at datetime not null,
    created_by_id integer null references auth_user (id) deferrable initially deferred);
create table chat_chatparticipant (
    id integer not null primary key autoincrement, is_admin bool not null, joined_at datetime not null, left_at datetime null,
    thread_id bigint not null references chat_chatthread (id) deferrable initially deferred,
    user_id integer not null references auth_user (id) deferrable initially deferred);
create table chat_chatmessage (
    id integer not null primary key autoincrement, content text not null, attachment varchar(100) not null,
    message_type varchar(10) not null, created_at datetime not null, is_edited bool not null, edited_at datetime null,
    is_deleted bool not null, deleted_at datetime null,
    reply_to_id bigint null references chat_chatmessage (id) deferrable initially deferred,
    sender_id integer null references auth_user (id) deferrable initially deferred,
    thread_id bigint not null references chat_chatthread (id) deferrable initially deferred);
create table chat_messageread (
    id integer not null primary key autoincrement, read_at datetime not null,
    message_id bigint not null references chat_chatmessage (id) deferrable initially deferred,
    user_id integer not null references auth_user (id) deferrable initially deferred);
create unique index chat_chatparticipant_uniq on chat_chatparticipant (thread_id, user_id);
create unique index chat_messageread_uniq on chat_messageread (message_id, user_id);
create index chat_chatmessage_thread_id on chat_chatmessage (thread_id);
"""


def main():
    verb, path, *rest = sys.argv[1:]
    database = sqlite3.connect(path)
    database.row_factory = sqlite3.Row
    if verb == "view":
        json.dump(view(database), sys.stdout)
        return
    {"build": build, "go-on": go_on}[verb](database, *rest)
    database.commit()


def build(database, history):
    draw = random.Random(7)
    database.executescript(SCHEMA)
    threads = {}
    with open(history, encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            lines_of = threads.setdefault(line["thread_key"], [])
            if len(lines_of) < MESSAGES_MAX:
                lines_of.append(line)
    senders = sorted({line["sender"] for lines in threads.values() for line in lines})
    users = {}
    for place, sender in enumerate([*senders, *(f"silent{n}" for n in range(20))]):
        names = [("Zoë", "Żak"), ("Ann", ""), ("", ""), ("李", "雷")][place % 4]
        users[sender] = add_user(database, sender, *names)
    for place, (key, lines) in enumerate(sorted(threads.items())):
        fill(database, draw, place, key, lines, users)
    ids = list(users.values())
    pairs = {}
    for n in range(DM_PAIRS):
        pair = ids[n % len(ids)], ids[(7 * n + 3) % len(ids)]
        if pair[0] != pair[1]:
            pairs.setdefault(frozenset(pair), (n, pair))
    for n, (one, other) in pairs.values():
        talk(database, draw, one, other, n)
    read_all(database, ids[0], ids[3])
    # The same two twice, as a race in the old system made them; and somebody's notes.
    talk(database, draw, ids[0], ids[3], 1_000)
    read_all(database, ids[0], ids[3])
    notes = add_thread(database, "direct", "", None, moment(0), ids[1])
    add_member(database, notes, ids[1], moment(0))
    add_message(database, notes, ids[1], "buy milk", moment(1))


def add_user(database, username, first_name, last_name):
    row = ("", 0, username, last_name, "", 0, 1, "2012-01-01 00:00:00", first_name)
    return database.execute(
        """insert into auth_user (password, is_superuser, username, last_name, email, is_staff, is_active, date_joined,
           first_name) values (?, ?, ?, ?, ?, ?, ?, ?, ?)""", row).lastrowid


def add_thread(database, kind, title, key, created_at, created_by):
    return database.execute(
        "insert into chat_chatthread (kind, title, key, created_at, created_by_id) values (?, ?, ?, ?, ?)",
        (kind, title, key, created_at, created_by)).lastrowid


def add_member(database, thread, user, joined_at, is_admin=False, left_at=None):
    database.execute(
        "insert into chat_chatparticipant (thread_id, user_id, is_admin, joined_at, left_at) values (?, ?, ?, ?, ?)",
        (thread, user, is_admin, joined_at, left_at))


def add_message(database, thread, sender, content, at, reply_to=None, kind="text"):
    return database.execute(
        """insert into chat_chatmessage (thread_id, sender_id, content, attachment, message_type, created_at, is_edited,
           is_deleted, reply_to_id) values (?, ?, ?, '', ?, ?, 0, 0, ?)""",
        (thread, sender, content, kind, at, reply_to)).lastrowid


def read(database, user, messages, at):
    database.executemany("insert or ignore into chat_messageread (message_id, user_id, read_at) values (?, ?, ?)",
                         [(message, user, at) for message in messages])


def read_all(database, *users):
    """Everything in the dms of these users."""
    query = """select m.id from chat_chatmessage m join chat_chatthread t on t.id = m.thread_id
               join chat_chatparticipant p on p.thread_id = t.id where t.kind = 'direct' and p.user_id = ?"""
    for user in users:
        read(database, user, [row[0] for row in database.execute(query, (user,))], moment(20_000))


def fill(database, draw, place, key, lines, users):
    """A thread with its messages, members and read marks. Everything was read in order."""
    times = [stored(line["sent_at"]) for line in lines]
    people = list(dict.fromkeys(users[line["sender"]] for line in lines))
    kind = "channel" if place % 5 == 0 else "group"
    creator = people[0] if place % 3 else None
    thread = add_thread(database, kind, key, key if place % 2 else None, times[0], creator)
    for number, user in enumerate(people):
        first = next(at for line, at in zip(lines, times) if users[line["sender"]] == user)
        # From the beginning; with the first message; by a record that was made too late.
        joined_at = times[0] if number == 1 else draw.choice([times[0], first, first, later(first, 90)])
        add_member(database, thread, user, joined_at, is_admin=number % 4 == 1)
    silent = [users[f"silent{n}"] for n in range(20)]
    early, midway, gone = draw.sample(silent, 3)
    add_member(database, thread, early, times[0])
    add_member(database, thread, midway, later(times[len(times) // 2], 1))
    add_member(database, thread, gone, times[0], left_at=later(times[len(times) // 3], 1))
    ids = []
    for n, (line, at) in enumerate(zip(lines, times)):
        reply_to = ids[draw.randrange(len(ids))] if n % 13 == 12 else None
        ids.append(add_message(database, thread, users[line["sender"]], line["content"], at, reply_to))
        if n % 29 == 28:
            change(database, ids[-1], content=f"{line['content']} (edited)"[:10_000], is_edited=1, edited_at=later(at, 60))
        if n % 31 == 30:
            change(database, ids[-1], content="a secret that was taken back", is_deleted=1, deleted_at=later(at, 120))
    for user in [*people, early, midway]:
        own = max((n for n, line in enumerate(lines) if users[line["sender"]] == user), default=-1)
        upto = draw.choice([own, own, draw.randrange(own, len(ids)), len(ids) - 1])
        joined = next((n for n, at in enumerate(times) if at > times[len(times) // 2]), len(ids)) if user == midway else 0
        read(database, user, ids[joined:upto + 1], later(times[-1], 30))


def talk(database, draw, one, other, n):
    thread = add_thread(database, "direct", "", None, moment(10 * n), one)
    for user in {one, other}:
        add_member(database, thread, user, moment(10 * n))
    ids = [add_message(database, thread, (one, other)[place % 2], f"{n}/{place}: привет", moment(10 * n + place))
           for place in range(draw.randrange(1, 5))]
    read(database, one, ids[:len(ids) - (len(ids) + 1) % 2], moment(10 * n + 5))
    read(database, other, ids[:len(ids) // 2 * 2], moment(10 * n + 5))


def change(database, message, **columns):
    names = ", ".join(f"{name} = ?" for name in columns)
    database.execute(f"update chat_chatmessage set {names} where id = ?", (*columns.values(), message))


def go_on(database):
    """Life in the old system between two imports."""
    draw = random.Random(8)
    groups = database.execute("select * from chat_chatthread where kind <> 'direct' order by id limit 40").fetchall()
    for thread in groups:
        thread = thread["id"]
        messages = messages_of(database, thread)
        members = [member for member in members_of(database, thread) if not member["left_at"]]
        live = [message for message in messages if not message["is_deleted"]]
        edited, deleted = draw.sample(live, 2) if len(live) > 1 else (None, None)
        last = messages[-1]["created_at"]
        if edited:
            change(database, edited["id"], content="changed since", is_edited=1, edited_at=later(last, 300))
            change(database, deleted["id"], content="gone since", is_deleted=1, deleted_at=later(last, 310))
        writer = members[0]["user_id"]
        # Whoever writes has read what was there.
        read(database, writer, [message["id"] for message in messages], later(last, 200))
        for n in range(3):
            new = add_message(database, thread, writer, f"later {n}", later(last, 400 + n), reply_to=messages[0]["id"])
            read(database, writer, [new], later(last, 400 + n))
        joining = database.execute(
            """select id from auth_user where id not in (select user_id from chat_chatparticipant where thread_id = ?)
               order by id desc limit 1""", (thread,)).fetchone()
        add_member(database, thread, joining["id"], later(last, 401.5))
        leaving = members[-1]
        database.execute("update chat_chatparticipant set left_at = ? where id = ?", (later(last, 500), leaving["id"]))
        database.execute("update chat_chatparticipant set is_admin = 1 where id = ?", (members[1]["id"],))


def messages_of(database, thread):
    return database.execute("select * from chat_chatmessage where thread_id = ? order by created_at, id", (thread,)).fetchall()


def members_of(database, thread):
    return database.execute("select * from chat_chatparticipant where thread_id = ? order by id", (thread,)).fetchall()


def view(database):
    """What everybody sees. Unread is what one has not read since one joined, without one's own and deleted messages."""
    users, threads, reads = {}, {}, {}
    for user, message in database.execute("select user_id, message_id from chat_messageread"):
        reads.setdefault(user, set()).add(message)
    for user in database.execute("select * from auth_user"):
        name = f"{user['first_name']} {user['last_name']}".strip() or user["username"]
        users[str(user["id"])] = {"name": name, "threads": {}}
    dms = {}
    for thread in database.execute("select * from chat_chatthread order by id"):
        members, messages = members_of(database, thread["id"]), messages_of(database, thread["id"])
        if thread["kind"] == "direct":
            label = "dm " + " ".join(sorted({str(member["user_id"]) for member in members}))
        else:
            label = thread["title"]
        roles = {str(member["user_id"]): "admin" if member["is_admin"] else "member"
                 for member in members if not member["left_at"]}
        seen = {"kind": {"direct": "dm"}.get(thread["kind"], thread["kind"]), "title": thread["title"] or None,
                "key": thread["key"], "created_at": shown(thread["created_at"]), "members": roles,
                "created_by": thread["created_by_id"] and str(thread["created_by_id"])}
        first = dms.setdefault(label, {**seen, "messages": []})
        messages = [*first.pop("rows", []), *messages]
        messages.sort(key=lambda message: (message["created_at"], message["id"]))
        first["rows"] = messages
        threads[label] = first
        for member in members:
            if member["left_at"]:
                continue
            user = member["user_id"]
            own = [message["created_at"] for message in messages if message["sender_id"] == user]
            joined_at = min([member["joined_at"], *own])
            unread = [message for message in messages if message["sender_id"] != user and not message["is_deleted"]
                      and message["id"] not in reads.get(user, ()) and message["created_at"] >= joined_at]
            users[str(user)]["threads"][label] = len(unread)
    for thread in threads.values():
        rows = thread.pop("rows")
        places = {message["id"]: place for place, message in enumerate(rows)}
        thread["messages"] = [
            {"sender": str(message["sender_id"]), "sent_at": shown(message["created_at"]),
             "content": "" if message["is_deleted"] else message["content"],
             "edited_at": shown(message["edited_at"]) if message["is_edited"] and not message["is_deleted"] else None,
             "deleted_at": shown(message["deleted_at"]) if message["is_deleted"] else None,
             "reply_to": places.get(message["reply_to_id"])} for message in rows]
    return {"users": users, "threads": threads}


def moment(minutes):
    """A time of a dm, as Django stores it."""
    return later("2026-08-23 08:00:00.250000", 60 * minutes)


def stored(rfc3339):
    return datetime.datetime.fromisoformat(rfc3339.replace("Z", "+00:00")).strftime("%Y-%m-%d %H:%M:%S.%f")


def later(at, seconds):
    time = datetime.datetime.strptime(at, "%Y-%m-%d %H:%M:%S.%f") + datetime.timedelta(seconds=seconds)
    return time.strftime("%Y-%m-%d %H:%M:%S.%f")


def shown(at):
    return at and at[:-3].replace(" ", "T") + "Z"


main()
