-- Of a triplet without a record, beside entries.sql: how many of the client's network wait, up to the most that may.
UNION ALL
SELECT 'waiting', COUNT(*), NULL, NULL, NULL, NULL, NULL, NULL
  FROM (SELECT 1 FROM greylisting_data WHERE pending_network = :network AND record_expires > :now
         LIMIT :max_pending) AS waiting
