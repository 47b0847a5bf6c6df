-- How far the log is ahead of position $1; positions of rolled-back transactions count too.
SELECT coalesce(greatest(max(position) - $1::bigint, 0), 0) FROM log
