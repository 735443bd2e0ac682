-- The embedded log. Offsets are given under the partition's row lock, which is held until the commit:
-- so commit order is offset order, and an aborted append leaves no hole.

CREATE SCHEMA IF NOT EXISTS threadline_log;

-- One row: what never changes about this log.
CREATE TABLE threadline_log.log (
    only_one   boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    id         uuid NOT NULL DEFAULT gen_random_uuid(),
    partitions integer NOT NULL CHECK (partitions > 0)
);

-- What the program's table of topics says of those that are stored here; filled by every program that opens the log.
CREATE TABLE threadline_log.topics (
    topic   smallint PRIMARY KEY,
    name    text NOT NULL,
    relaxed boolean NOT NULL
);

-- Updated by every append, so each row gets room for heap-only updates.
CREATE TABLE threadline_log.partitions (
    topic       smallint NOT NULL,
    partition   integer NOT NULL,
    next_offset bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

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

-- Appends a batch: `topics`, `partitions` and `counts` name the partitions in ascending order and how many records
-- each gets; record i goes to the partition at place `places[i]` as its `ranks[i]`th (from 0).
-- Returns the offset of the first new record of each partition and the time of appending.
--
-- Records of relaxed topics may commit without waiting for the disk, so a crash of the server can take the last
-- ones back after some reader has seen them. Their offsets are never given again: the first append after a crash
-- leaps over more than could have been lost.
CREATE FUNCTION threadline_log.append(
    topics smallint[], partitions integer[], counts integer[],
    places integer[], ranks integer[], keys bytea[], payloads bytea[], headers bytea[],
    OUT bases bigint[], OUT at_ms bigint
) LANGUAGE plpgsql AS $$
DECLARE
    base bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM threadline_log.uptime) THEN
        INSERT INTO threadline_log.uptime DEFAULT VALUES ON CONFLICT DO NOTHING;
        IF FOUND THEN
            PERFORM set_config('synchronous_commit', 'on', true);
            UPDATE threadline_log.partitions AS p SET next_offset = p.next_offset + 1000000 
                FROM threadline_log.topics AS t WHERE t.topic = p.topic AND t.relaxed;
        END IF;
    END IF;

    FOR place IN 1 .. cardinality(topics) LOOP
        UPDATE threadline_log.partitions AS p
            SET next_offset = p.next_offset + counts[place]
            WHERE p.topic = topics[place] AND p.partition = partitions[place]
            RETURNING p.next_offset - counts[place] INTO STRICT base;
        bases[place] := base;
    END LOOP;

    at_ms := (extract(epoch FROM clock_timestamp()) * 1000)::bigint;

    INSERT INTO threadline_log.records (topic, partition, "offset", appended_at_ms, key, value, headers)
        SELECT topics[r.place], partitions[r.place], bases[r.place] + r.rank, at_ms, r.key, r.payload, r.header
        FROM unnest(places, ranks, keys, payloads, headers) AS r (place, rank, key, payload, header);
END
$$;
