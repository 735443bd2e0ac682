-- What every generation of every projection has beside its own tables. Names are unqualified: the schema comes from the
-- connection's search path.

-- How far each partition of a topic has been followed.
create table positions (
    topic     text    not null collate "C",
    partition integer not null,
    next      bigint  not null,
    cause     bigint,
    primary key (topic, partition)
) with (fillfactor = 50);

-- Records that could not be read, or applied.
create table dead_letters (
    topic     text    not null collate "C",
    partition integer not null,
    "offset"  bigint  not null,
    reason    text    not null,
    primary key (topic, partition, "offset")
);
