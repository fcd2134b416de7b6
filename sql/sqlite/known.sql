-- The shortcut for a triplet that has passed before. It was judged then, and no entry denied it, or it would not have been
-- recorded. While the lists are the same (:lists_version, which the triggers of the lists count up in greylisting_meta) and
-- the question is (:question, a hash of everything that judge.sql asks with, and of the state of control/greylisting_deny),
-- none denies it now: entries only end by themselves. So the lists need not be asked again.
SELECT COUNT(*) = :shortcut_count AS is_known,
       MAX(IIF(triplet = :triplet, id, NULL)) AS id,
       strftime('%s', 'now') - strftime('%s', MIN(create_time)) AS age
  FROM greylisting_data
 WHERE triplet IN (:triplets) AND judged = :question || :lists_version AND passed_count > 0
   AND block_expires < datetime('now') AND record_expires > datetime('now');
