-- One RCPT, judged: a part of what goes to the server in one packet (src/mysql_store.cpp has the order). Words
-- that begin with a colon are replaced by values, each a number or a hexadecimal literal, or a list of such. What is found
-- goes into variables by SELECT … INTO, because only that reads without locking rows, and each table is asked by itself,
-- because that is cheaper than a join of one-row tables.

-- The entries that match, found by equality, however many there are. A match is written as three digits of specificity, a
-- word, where the entry is, and what it is about: '724 denied entries/17 client'. The greatest of them as text is the most
-- specific one, and of equals the one that denies.
SELECT MAX(IF(action IN ('allow', 'deny'),
              CONCAT(specificity, IF(action = 'deny', ' denied', ' allowed'), ' entries/', id,
                     IF(kind IN ('network', 'host'), ' client', ' envelope'), COALESCE(CONCAT(' ', reply), '')), NULL)),
       MAX(IF(action IN ('greylist', 'skip') AND kind = 'recipient',
              CONCAT(specificity, IF(action = 'skip', ' opted-out', ' greylist'), ' entries/', id, ' envelope'), NULL)),
       MAX(IF(action = 'greylist', CONCAT(specificity, ' ', block_expire), NULL)),
       MAX(IF(action = 'trap', id, NULL))
  INTO @listed, @choice, @own_block, @trap
  FROM greylisting_entries
 WHERE subject IN (:subjects) AND (network_end IS NULL OR network_end >= :client) AND expires > UTC_TIMESTAMP()
   AND (:believe_name OR kind <> 'host' OR action <> 'allow');

-- What the client has earned under its identities.
SELECT MAX(member_of IS NULL AND passes >= :auto_allow_after), MAX(client = :client_key AND passes >= :auto_allow_after),
       MAX(client = :client_key AND trapped_until > UTC_TIMESTAMP()),
       COALESCE(SUM(counted > UTC_TIMESTAMP() - INTERVAL 1 HOUR), 0) < :identities, MAX(passes) > 0,
       TIMESTAMPDIFF(SECOND, MAX(counted), UTC_TIMESTAMP())
  INTO @trusted, @trusted_here, @trapped, @is_countable, @has_passes, @client_idle
  FROM greylisting_clients WHERE client IN (:client_keys) AND expires > UTC_TIMESTAMP();

-- The triplet's record; two, where the sender's domain vouches for the client.
SELECT MIN(block_expires), MAX(passed_count > 0), UNIX_TIMESTAMP() - UNIX_TIMESTAMP(MAX(last_update)),
       UNIX_TIMESTAMP() - UNIX_TIMESTAMP(MIN(create_time)), COALESCE(MAX(IF(triplet = :triplet, id, NULL)), :id)
  INTO @blocked_until, @has_passed, @triplet_idle, @age, @id
  FROM greylisting_data WHERE triplet IN (:triplets) AND record_expires > UTC_TIMESTAMP();

-- The verdict: the first of these that is not NULL.
SELECT COALESCE(
         -- The recipient has opted out.
         IF(@choice LIKE '____opted-out%', SUBSTRING(@choice, 5), NULL),

         -- The entry that counts.
         NULLIF(SUBSTRING(GREATEST(COALESCE(@lists_network, ''), COALESCE(@lists_domain, ''), COALESCE(@listed, '')), 5), ''),
         IF(:explicit AND @choice IS NULL AND NOT COALESCE(@is_listed, FALSE), 'not-listed 0', NULL),

         -- What the client has earned: trust, by itself or as one of a group, or the trap.
         IF(@trusted
            OR (SELECT 1 FROM greylisting_clients
                 WHERE member_of = :group AND passes > 0 AND expires > UTC_TIMESTAMP() LIMIT :group_rest, 1),
            IF(@trusted_here, 'trusted 1', 'trusted 0'), NULL),
         CONCAT('trap entries/', @trap, ' envelope'),
         IF(@trapped, 'trapped 0', NULL),

         -- The triplet, past its block; or one that need not be greylisted; or one that came to a low-priority MX first;
         -- or one that is known; a new one only while its network has not as many waiting as it may have. The number
         -- behind the word is how many wait, if it is as many as may, or one less.
         IF(@blocked_until < UTC_TIMESTAMP(), 'greylist 0', NULL),
         :exempt,
         IF(:low_priority AND @blocked_until IS NULL, 'trap mx/0 envelope', NULL),
         IF(@blocked_until IS NOT NULL OR :max_pending = 0, 'greylist 0', NULL),
         (SELECT 'throttled :max_pending' FROM greylisting_data
           WHERE pending_network = :network AND record_expires > UTC_TIMESTAMP() LIMIT :pending_rest, 1),
         IF(:pending_rest = 0, 'greylist 0', NULL),
         (SELECT 'greylist :pending_rest' FROM greylisting_data
           WHERE pending_network = :network AND record_expires > UTC_TIMESTAMP() LIMIT :pending_before, 1),
         'greylist 0'),

       -- When a new record's block is over, and in how many minutes it expires.
       COALESCE(@blocked_until, UTC_TIMESTAMP() + INTERVAL COALESCE(SUBSTRING(@own_block, 5), :block_expire) MINUTE),
       :record_expire + COALESCE(SUBSTRING(@own_block, 5), 0),
       LAST_INSERT_ID(0)
  INTO @verdict, @block_expires, @record_minutes, @state;

-- What the client earns by it.
SET @event = CASE WHEN @verdict LIKE 'trap %' THEN 'trap'
                  WHEN @has_passes AND (@trap IS NOT NULL OR @verdict LIKE 'denied %') THEN 'fall'
                  WHEN @is_countable AND @verdict LIKE 'trusted %' THEN 'seen'
                  WHEN @is_countable AND @verdict LIKE 'greylist %' AND @blocked_until < UTC_TIMESTAMP() THEN 'pass' END;
