-- The embedded log. Offsets are given under a lock of the partition, which is held until the commit: so commit order is
-- offset order, and an aborted append leaves no hole. No append updates a row: where a partition ends is read from the
-- records themselves, so that a snapshot held open for hours leaves no chain of dead versions for appends to walk.

CREATE SCHEMA IF NOT EXISTS threadline_log;

-- The server as the log knew it: another one, or the same one after a failover, may lack what was acknowledged last.
CREATE FUNCTION threadline_log.server() RETURNS text LANGUAGE sql AS $$
    SELECT s.system_identifier || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) FROM pg_control_system() AS s
$$;

-- One row: what never changes about this log; the server that it was last on; and how often that crashed or was
-- replaced by another.
CREATE TABLE threadline_log.log (
    only_one   boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    id         uuid NOT NULL DEFAULT gen_random_uuid(),
    partitions integer NOT NULL CHECK (partitions BETWEEN 1 AND 65536),
    server     text NOT NULL DEFAULT threadline_log.server(),
    epoch      bigint NOT NULL DEFAULT 0
);

-- What the program's table of topics says of those that are stored here; filled by every program that opens the log.
CREATE TABLE threadline_log.topics (
    topic   smallint PRIMARY KEY,
    name    text NOT NULL,
    relaxed boolean NOT NULL
);

CREATE TABLE threadline_log.partitions (
    topic       smallint NOT NULL,
    partition   integer NOT NULL,
    -- Retention took away what lay before this offset.
    kept_from   bigint NOT NULL DEFAULT 0,
    -- The next offset is this one at least: those before it may have been given to records that the server lost.
    next_offset_min bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
);

CREATE TABLE threadline_log.records (
    topic          smallint NOT NULL,
    partition      integer NOT NULL,
    "offset"       bigint NOT NULL,
    appended_at_ms bigint NOT NULL,
    key            bytea NOT NULL,
    value          bytea,
    headers        bytea NOT NULL,
    PRIMARY KEY (topic, partition, "offset")
);

-- How far each group has come.
CREATE TABLE threadline_log.commits (
    consumer  text NOT NULL,
    topic     smallint NOT NULL,
    partition integer NOT NULL,
    "offset"  bigint NOT NULL,
    PRIMARY KEY (consumer, topic, partition)
) WITH (fillfactor = 50);

-- Its row vanishes when the server recovers from a crash, because the table is unlogged.
CREATE UNLOGGED TABLE threadline_log.uptime (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one)
);
INSERT INTO threadline_log.uptime DEFAULT VALUES;

-- One past the last record of a partition, or where it was kept from when there is none.
CREATE FUNCTION threadline_log.end_of(of_topic smallint, of_partition integer) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT greatest(
        (SELECT p.kept_from FROM threadline_log.partitions AS p
            WHERE p.topic = of_topic AND p.partition = of_partition),
        (SELECT r."offset" + 1 FROM threadline_log.records AS r
            WHERE r.topic = of_topic AND r.partition = of_partition ORDER BY r."offset" DESC LIMIT 1)
    )
$$;

-- Called once on each connection that appends or reads records, before it does; returns the epoch. A crash or a failover
-- ends every connection, so nobody goes on after one without having been here.
--
-- A crash of the server can take back the last records of relaxed topics, which commit without waiting for the disk,
-- after some reader has seen them. A failover to a standby that lagged can take back those of any topic. Offsets that may
-- have been seen are never given again: partitions leap over more than could have been lost.
CREATE FUNCTION threadline_log.enter() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    moved   boolean;
    crashed boolean;
BEGIN
    IF EXISTS (SELECT FROM threadline_log.uptime)
        AND EXISTS (SELECT FROM threadline_log.log WHERE server = threadline_log.server())
    THEN
        RETURN (SELECT epoch FROM threadline_log.log);
    END IF;
    PERFORM set_config('synchronous_commit', 'on', true);
    SELECT l.server <> threadline_log.server() INTO moved FROM threadline_log.log AS l FOR UPDATE;
    INSERT INTO threadline_log.uptime DEFAULT VALUES ON CONFLICT DO NOTHING;
    crashed := FOUND;
    IF moved OR crashed THEN
        UPDATE threadline_log.log SET server = threadline_log.server(), epoch = epoch + 1;
    END IF;
    UPDATE threadline_log.partitions AS p
        SET next_offset_min = greatest(p.next_offset_min, threadline_log.end_of(p.topic, p.partition)) + 1000000
        FROM threadline_log.topics AS t
        WHERE t.topic = p.topic AND (moved OR crashed AND t.relaxed);
    RETURN (SELECT epoch FROM threadline_log.log);
END
$$;

-- Appends a batch: `topics`, `partitions` and `counts` name the partitions in ascending order and how many records
-- each gets; record i goes to the partition at place `places[i]` as its `ranks[i]`th (from 0). `mins` are the partitions'
-- `next_offset_min`, which nobody changes while the connection lives.
-- Returns the offset of the first new record of each partition and the time of appending.
CREATE FUNCTION threadline_log.append(
    topics smallint[], partitions integer[], counts integer[], mins bigint[],
    places integer[], ranks integer[], keys bytea[], payloads bytea[], headers bytea[],
    OUT bases bigint[], OUT at_ms bigint
) LANGUAGE plpgsql AS $$
DECLARE
    is_locked boolean;
    base      bigint;
BEGIN
    -- A loop of small statements: one that does it for all partitions costs three times as much (170 to 60 us for one).
    -- Everybody locks in the same order, so that nobody waits in a circle.
    FOR place IN 1 .. cardinality(topics) LOOP
        is_locked := pg_advisory_xact_lock(1953000545, (topics[place]::integer << 16) | partitions[place]) IS NOT NULL;
        -- A statement of its own, which sees all that the lock's last holder did.
        SELECT r."offset" + 1 INTO base FROM threadline_log.records AS r
            WHERE r.topic = topics[place] AND r.partition = partitions[place] ORDER BY r."offset" DESC LIMIT 1;
        IF NOT FOUND THEN
            SELECT p.kept_from INTO STRICT base FROM threadline_log.partitions AS p
                WHERE p.topic = topics[place] AND p.partition = partitions[place];
        END IF;
        bases[place] := greatest(base, mins[place]);
    END LOOP;

    at_ms := (extract(epoch FROM clock_timestamp()) * 1000)::bigint;

    INSERT INTO threadline_log.records (topic, partition, "offset", appended_at_ms, key, value, headers)
        SELECT topics[r.place], partitions[r.place], bases[r.place] + r.rank, at_ms, r.key, r.payload, r.header
        FROM unnest(places, ranks, keys, payloads, headers) AS r (place, rank, key, payload, header);
END
$$;
