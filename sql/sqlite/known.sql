-- The shortcut for a triplet that has passed before. It was judged then, and no entry matched, or it would not have been
-- recorded. While the lists are the same (lists_version, which the triggers of the lists count up) and the question is
-- (:question, a hash of everything that judge.sql asks with), none matches now: entries only end by themselves. So the
-- lists need not be asked again; what the client has earned is.
SELECT meta.value AS lists_version,
       COUNT(record.triplet) = :record_count
         AND NOT EXISTS (SELECT 1 FROM greylisting_clients
                          WHERE client IN (:client_keys) AND expires > datetime('now')
                            AND (member_of IS NULL AND passes >= :auto_allow_after
                                 OR client = :client_key AND trapped_until > datetime('now'))) AS is_known,
       (SELECT COUNT(*) FROM greylisting_clients WHERE client IN (:client_keys) AND expires > datetime('now')
          AND counted > datetime('now', '-1 hour')) < :identities AS is_countable,
       MAX(IIF(record.triplet = :triplet, record.id, NULL)) AS id,
       strftime('%s', 'now') - strftime('%s', MIN(record.create_time)) AS age,
       strftime('%s', 'now') - strftime('%s', MAX(record.last_update)) AS idle
  FROM greylisting_meta AS meta
  LEFT JOIN greylisting_data AS record
    ON record.triplet IN (:triplets) AND record.judged = :question || meta.value AND record.passed_count > 0
       AND record.block_expires < datetime('now') AND record.record_expires > datetime('now')
 WHERE meta.name = 'lists_version';
