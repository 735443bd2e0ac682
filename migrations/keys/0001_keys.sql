-- The keys that texts are sealed with. Not derived from the log, and never rebuilt: a key that is lost here is lost, and
-- every text sealed with it. So this schema is what a backup must hold, with the master key kept elsewhere.
-- Names are unqualified: the schema comes from the connection's search path.

-- The logs that are sealed, or not, with these keys; fixed when a log is first seen.
create table logs (
    id           text    primary key,
    seal         boolean not null,
    -- A known text wrapped with the master key: shows whether a process has the right one.
    master_check bytea
);

-- A subject is an author: a user id, or `service:<name>`. Its highest generation seals, lower ones open what they sealed.
-- A destroyed key leaves its row without the key.
create table keys (
    subject    text    not null collate "C",
    generation integer not null,
    wrapped    bytea,
    primary key (subject, generation)
);

-- Destroys every key of a subject and tells all processes that hold one. Returns how many there were.
-- By hand: select threadline_keys.destroy('ann').
create function destroy(the_subject text) returns bigint language sql set search_path from current as $$
    with destroyed as (
        update keys set wrapped = null where subject = the_subject and wrapped is not null returning 1
    ), told as (
        select pg_notify('threadline_keys', the_subject) from destroyed limit 1
    )
    select (select count(*) from destroyed) + 0 * (select count(*) from told)
$$;
