-- Which generations of projections there are, and which of them is read. Not a projection: nothing of it follows from the
-- log. Names are unqualified: the schema comes from the connection's search path.

create table generations (
    name    text    not null collate "C",
    number  integer not null,
    version integer not null,
    schema  text    not null unique collate "C",
    state   text    not null collate "C" check (state in ('building', 'ready', 'live', 'retired', 'withdrawn')),
    log_id  text,
    primary key (name, number)
);

comment on column generations.version is 'of its tables';
comment on column generations.log_id is 'the log that it was made from: offsets of another one mean nothing in it';

create unique index generations_live on generations (name) where state = 'live';
create unique index generations_retired on generations (name) where state = 'retired';
create unique index generations_next on generations (name) where state in ('building', 'ready');
