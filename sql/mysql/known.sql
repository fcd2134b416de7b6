-- One RCPT, as far as it can be decided without the lists: the first part of what goes to the server in one packet
-- (src/mysql_store.cpp has the order). Words that begin with a colon are replaced by values, each a number or a hexadecimal
-- literal, or a list of such. What is found goes into variables by SELECT … INTO, because only that reads without locking
-- rows, and each table is asked by itself, because that is cheaper than a join of one-row tables.

SELECT value INTO @lists_version FROM greylisting_meta WHERE name = 'lists_version';

-- What the client has earned under its identities.
SELECT MAX(member_of IS NULL AND passes >= :auto_allow_after), MAX(client = :client_key AND passes >= :auto_allow_after),
       MAX(client = :client_key AND trapped_until > UTC_TIMESTAMP()),
       COALESCE(SUM(counted > UTC_TIMESTAMP() - INTERVAL 1 HOUR), 0) < :identities, MAX(passes) > 0,
       TIMESTAMPDIFF(SECOND, MAX(counted), UTC_TIMESTAMP())
  INTO @trusted, @trusted_here, @trapped, @is_countable, @has_passes, @client_idle
  FROM greylisting_clients WHERE client IN (:client_keys) AND expires > UTC_TIMESTAMP();

-- The triplet's record; two, where the sender's domain vouches for the client.
--
-- The shortcut (@is_known), for a triplet that has passed before: it was judged then, and no entry matched, or it would not
-- have been recorded. While the lists are the same (lists_version, which the triggers of the lists count up) and the question
-- is (:question, a hash of everything that is asked), none matches now: entries only end by themselves. So the lists need
-- not be asked again, unless there is more to do than to count: trust, a trap, or a new hour of the client.
SELECT MIN(block_expires), MAX(passed_count > 0), UNIX_TIMESTAMP() - UNIX_TIMESTAMP(MAX(last_update)),
       UNIX_TIMESTAMP() - UNIX_TIMESTAMP(MIN(create_time)), COALESCE(MAX(IF(triplet = :triplet, id, NULL)), :id),
       COALESCE(SUM(judged = CONCAT(:question, @lists_version) AND passed_count > 0 AND block_expires < UTC_TIMESTAMP()), 0)
         = :shortcut_count
       AND NOT COALESCE(@trusted, FALSE) AND NOT COALESCE(@trapped, FALSE) AND NOT @is_countable
  INTO @blocked_until, @has_passed, @triplet_idle, @age, @id, @is_known
  FROM greylisting_data WHERE triplet IN (:triplets) AND record_expires > UTC_TIMESTAMP();
