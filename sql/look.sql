-- What is known of one RCPT: the records of its triplet, what the client has earned, whether it
-- is expected, and whether lists can say anything at
-- all. Every store answers it; nothing is written and nothing is decided. Words that begin with a colon are replaced by
-- values (src/store/statements.cpp), each a number or a hexadecimal literal, or a list of such.
SELECT 'record', HEX(triplet), id, create_time, block_expires, blocked_count, passed_count, record_expires
  FROM greylisting_data WHERE triplet IN (:triplets) AND record_expires > :now
UNION ALL
SELECT 'client', HEX(client), passes, counted, trapped_until, NULL, NULL, NULL
  FROM greylisting_clients WHERE client IN (:clients) AND expires > :now
UNION ALL
SELECT 'expected', HEX(expected), NULL, expires, NULL, NULL, NULL, NULL
  FROM greylisting_expected WHERE expected IN (:expected) AND expires > :now
UNION ALL
SELECT 'lists', NULL, EXISTS (SELECT 1 FROM greylisting_lists),
       EXISTS (SELECT 1 FROM greylisting_entries WHERE action IN ('deny', 'trap')),
       EXISTS (SELECT 1 FROM greylisting_entries WHERE subject = x'2f'), :now, NULL, NULL
