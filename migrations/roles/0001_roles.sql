-- Which roles run at the moment, and which schemas of records each one reads. Not a projection: nothing of it follows from
-- the log, and no rebuild touches it. It may be emptied at any time; roles that run are back within seconds.
-- Names are unqualified: the schema comes from the connection's search path.

create unlogged table members (
    id      text        primary key collate "C",
    role    text        not null collate "C",
    schemas integer[]   not null,
    seen_at timestamptz not null
) with (fillfactor = 50);

comment on column members.seen_at is 'by the clock of this database, so that no other clock matters';
