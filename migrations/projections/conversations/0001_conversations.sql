-- Threads and messages as people read them. Everything here follows from the log: drop the schema, migrate, run the
-- projector from offset 0, and every row is as before, byte for byte. So there is no now(), no sequence, and nothing that
-- depends on how the topics interleaved. Names are unqualified: the schema comes from the connection's search path.
-- What a person typed stands as it does in the log, sealed or open: a 0 and the text, or a 1, the digest, the ciphertext.
-- Times are milliseconds since the epoch. Identifiers and enumerations are compared as bytes (collation "C").

create table threads (
    id            uuid    primary key,
    partition     integer not null,
    kind          text    not null collate "C",
    key           text,
    title         bytea,
    title_by      text    collate "C",
    metadata      bytea   not null,
    metadata_by   text    not null collate "C",
    created_at    bigint  not null,
    archived_at   bigint,
    last_seq      bigint  not null,
    last_number   bigint  not null,
    active_at     bigint  not null,
    member_count  bigint  not null,
    deleted_count bigint  not null
) with (fillfactor = 70);

-- Everybody's part in a thread: membership, read mark, and the place in one's inbox.
--
-- A row stays after removal: role is null, removed_seq and removed_offset say since when. A read mark may be here before
-- its thread is known, and be above its last number. Where one joined and how far one has read are two numbers: unread is
-- what lies above both.
--
-- activity and unread are the user's inbox (see inbox.rs): the thread's active_at rounded down, and whether something may be
-- unread. Of those who are not in the thread they are null and false.
create table members (
    thread         uuid    not null,
    user_id        text    not null collate "C",
    role           text    collate "C",
    joined_seq     bigint  not null,
    joined_number  bigint  not null,
    removed_seq    bigint,
    removed_offset bigint,
    read_number    bigint  not null,
    read_at        bigint,
    activity       bigint,
    unread         boolean not null,
    primary key (thread, user_id)
) with (fillfactor = 80);

comment on column members.joined_number is 'the thread''s last number when the user came in';

create index members_inbox on members (user_id, activity) where role is not null;
create index members_unread on members (user_id) where unread;
create index members_removed on members (user_id) where removed_offset is not null;

-- A deleted message keeps its row, without content and metadata. content_seq and metadata_seq are the seqs of the events that
-- carry the present ones; text of other events is superseded. Both are null when the message was deleted.
create table messages (
    thread       uuid   not null,
    number       bigint not null,
    id           uuid   not null,
    seq          bigint not null,
    sender       text   not null collate "C",
    kind         text   not null collate "C",
    content      bytea  not null,
    metadata     bytea  not null,
    reply_to     uuid,
    sent_at      bigint not null,
    edited_at    bigint,
    deleted_at   bigint,
    deleted_by   text collate "C",
    content_seq  bigint,
    metadata_seq bigint,
    primary key (thread, number)
);

create unique index messages_id on messages (id, thread);
create index messages_deleted on messages (thread, number) where deleted_at is not null;

-- Every event as it lies in the log, those included that cannot be read. number is that of the message that the event concerns:
-- messages.content_seq and metadata_seq tell whether its text is superseded.
create table timeline (
    thread    uuid    not null,
    seq       bigint  not null,
    partition integer not null,
    "offset"  bigint  not null,
    number    bigint,
    value     bytea   not null,
    primary key (thread, seq)
);

create unique index timeline_offset on timeline (thread, "offset");

create table users (
    id   text   primary key collate "C",
    name bytea  not null,
    at   bigint not null
);
