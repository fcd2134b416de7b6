-- The shortcut for a triplet that has passed before. It was judged then, and no entry matched, or it would not have been
-- recorded. While the lists are the same (lists_version, which the triggers of the lists count up) and the question is
-- (:question, a hash of everything that judge.sql asks with), none matches now: entries only end by themselves. So the
-- lists need not be asked again; what the client has earned is.
SELECT COALESCE(MAX(member_of IS NULL AND passes >= :auto_allow_after), FALSE)
       OR COALESCE(MAX(client = :client_key AND trapped_until > UTC_TIMESTAMP()), FALSE),
       COALESCE(SUM(counted > UTC_TIMESTAMP() - INTERVAL 1 HOUR), 0) < :identities
  INTO @has_standing, @is_countable
  FROM greylisting_clients WHERE client IN (:client_keys) AND expires > UTC_TIMESTAMP();

SELECT MAX(meta.value), COUNT(record.triplet) = :record_count AND NOT @has_standing,
       UNIX_TIMESTAMP() - UNIX_TIMESTAMP(MAX(record.last_update)),
       UNIX_TIMESTAMP() - UNIX_TIMESTAMP(MIN(record.create_time)), MAX(IF(record.triplet = :triplet, record.id, NULL))
  INTO @lists_version, @is_known, @triplet_idle, @age, @id
  FROM greylisting_meta AS meta
  LEFT JOIN greylisting_data AS record
    ON record.triplet IN (:triplets) AND record.judged = CONCAT(:question, meta.value) AND record.passed_count > 0
       AND record.block_expires < UTC_TIMESTAMP() AND record.record_expires > UTC_TIMESTAMP()
 WHERE meta.name = 'lists_version';
