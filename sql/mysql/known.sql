-- One RCPT, as far as it can be decided without the lists: the first part of what goes to the server in one packet
-- (src/store/mysql_store.cpp has the order). Words that begin with a colon are replaced by values, each a number or a hexadecimal
-- literal, or a list of such. What is found goes into variables by SELECT … INTO, because only that reads without locking
-- rows, and each table is asked by itself, because that is cheaper than a join of one-row tables.

SELECT value INTO @lists_version FROM greylisting_meta WHERE name = 'lists_version';

-- What the client has earned under its identities.
SELECT MAX(passes >= IF(member_of IS NULL, :auto_allow_after, 1)), MAX(client = :client_key AND passes >= :auto_allow_after),
       MAX(client = :client_key AND trapped_until > UTC_TIMESTAMP()),
       COALESCE(SUM(counted > UTC_TIMESTAMP() - INTERVAL 1 HOUR), 0) < :identities, MAX(passes) > 0
  INTO @trusted, @trusted_here, @trapped, @is_countable, @has_passes
  FROM greylisting_clients WHERE client IN (:client_keys) AND expires > UTC_TIMESTAMP();

-- The triplet's record; two, where the sender's domain vouches for the client.
--
-- It passes for the first time (@is_first_pass) when it was deferred before; greylistctl pass makes records that were not.
--
-- The shortcut (@is_known), for a triplet that has passed before: it was judged then, and no entry denied it, or it would not
-- have been recorded. While the lists are the same (lists_version, which the triggers of the lists count up) and the question
-- is (:question, a hash of everything that is asked, and of the state of control/greylisting_deny), none denies it now:
-- entries only end by themselves. So the lists need not be asked again, unless there is more to do than to count: trust, a
-- trap, or a new hour of the client.
SELECT MIN(block_expires), MAX(passed_count > 0) = 0 AND MAX(blocked_count > 0), MAX(blocked_count),
       UNIX_TIMESTAMP() - UNIX_TIMESTAMP(MIN(create_time)), COALESCE(MAX(IF(triplet = :triplet, id, NULL)), :id),
       COALESCE(SUM(judged = CONCAT(:question, @lists_version) AND passed_count > 0 AND block_expires < UTC_TIMESTAMP()), 0)
         = :shortcut_count
       AND NOT COALESCE(@trusted, FALSE) AND NOT COALESCE(@trapped, FALSE) AND NOT @is_countable
  INTO @blocked_until, @is_first_pass, @times_blocked, @age, @id, @is_known
  FROM greylisting_data WHERE triplet IN (:triplets) AND record_expires > UTC_TIMESTAMP();
