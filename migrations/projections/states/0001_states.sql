-- What deciders load: threads and messages as their rules need them, and nothing for readers. Everything here follows from
-- the log. So there is no now(), no sequence, and nothing that depends on how records were cut into batches.
-- Names are unqualified: the schema comes from the connection's search path.
-- What a person typed stands as it does in the log, sealed or open: a 0 and the text, or a 1, the digest, the ciphertext.
-- Times are milliseconds since the epoch. Identifiers and enumerations are compared as bytes (collation "C").

create table threads (
    id              uuid   primary key,
    kind            text   not null collate "C",
    key             text,
    title           bytea,
    metadata        bytea  not null,
    created_at      bigint not null,
    archived_at     bigint,
    last_seq        bigint not null,
    last_number     bigint not null,
    floor           uuid   not null,
    highest_message uuid
) with (fillfactor = 70);

comment on column threads.floor is 'the highest message id that can have been minted by the last event''s time';
comment on column threads.highest_message is 'above the floor when a client''s clock runs ahead';

-- A table, not one column of a thread: a column is written as a whole each time somebody joins, and a channel has
-- thousands of members.
create table members (
    thread  uuid not null,
    user_id text not null collate "C",
    role    text not null collate "C",
    primary key (thread, user_id)
);

create table facts (
    thread        uuid    not null,
    message       uuid    not null,
    seq           bigint  not null,
    number        bigint  not null,
    sender        text    not null collate "C",
    sent_at       bigint  not null,
    posted_digest uuid    not null,
    edited_digest uuid,
    changed_seq   bigint  not null,
    changed_at    bigint  not null,
    deleted       boolean not null,
    primary key (thread, message)
);
