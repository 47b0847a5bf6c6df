-- Of the events $1, $2, $3 (streams, versions, positions; at most $4): when the log's own event at that version happened, whether it has any of that stream, and whether it has none at that position though later ones; in the order given.
SELECT own.occurred_at, EXISTS (SELECT 1 FROM log WHERE log.stream_id = given.stream_id) AS has_stream,
    NOT EXISTS (SELECT 1 FROM log WHERE log.position = given.position)
        AND EXISTS (SELECT 1 FROM log WHERE log.position > given.position) AS is_gap
FROM unnest($1::uuid[], $2::integer[], $3::bigint[]) WITH ORDINALITY AS given (stream_id, version, position, place)
LEFT JOIN log AS own ON own.stream_id = given.stream_id AND own.version = given.version
ORDER BY given.place LIMIT $4
