-- One RCPT, judged and recorded: the whole of it goes to the server in one packet. Words that begin with a colon are
-- replaced by values, each a number or a hexadecimal literal, or a list of such; :conclude by COMMIT or, to rehearse,
-- ROLLBACK.

-- 1. Judgement. It is a SELECT … INTO because only that reads without locking rows.
--
-- A match in a list is written as three digits of specificity, a word and where the entry is: '724 denied lists/17'. The
-- greatest of them as text is the most specific one, and of equals the one that denies.
SELECT COALESCE(
         -- The recipient has opted out.
         IF(entry.choice LIKE '____opted-out%', SUBSTRING(entry.choice, 5), NULL),

         -- The entry that counts: of greylisting_lists a network or the recipient's domain, or one of
         -- greylisting_entries. All networks that hold the client begin with one of a few addresses (:networks), so they
         -- are found by equality, however many there are. With explicit=1 a listed domain is one to be greylisted.
         NULLIF(SUBSTRING(GREATEST(
           COALESCE((SELECT MAX(CONCAT(IF(rcpt_to IS NULL, 700 + ipaddr_prefixsize, 600 + LEAST(ipaddr_prefixsize, 99)),
                                       IF(block_expires >= UTC_TIMESTAMP(), ' denied', ' allowed'), ' lists/', id))
                       FROM greylisting_lists
                      WHERE ipaddr_start IN (:networks) AND ipaddr_end >= :client AND record_expires > UTC_TIMESTAMP()
                        AND (block_expires >= UTC_TIMESTAMP() OR NOT :explicit OR rcpt_to IS NULL)), ''),
           COALESCE((SELECT MAX(CONCAT(:domain_specificity,
                                       IF(block_expires >= UTC_TIMESTAMP(), ' denied', ' allowed'), ' lists/', id))
                       FROM greylisting_lists
                      WHERE rcpt_to = :domain AND record_expires > UTC_TIMESTAMP()
                        AND (block_expires >= UTC_TIMESTAMP() OR NOT :explicit)), ''),
           COALESCE(entry.listed, '')), 5), ''),
         IF(:explicit AND entry.choice IS NULL
            AND NOT EXISTS (SELECT 1 FROM greylisting_lists WHERE rcpt_to = :domain AND record_expires > UTC_TIMESTAMP()),
            'not-listed 0', NULL),

         -- What the client has earned: trust, by itself or as one of a group, or the trap.
         IF(earned.trusted
            OR (:group_level > 0
                AND (SELECT COUNT(*) FROM (SELECT 1 FROM greylisting_clients
                                            WHERE member_of = :group AND passes > 0 AND expires > UTC_TIMESTAMP()
                                            LIMIT :group_level) AS seen)
                    >= :group_level),
            IF(earned.trusted_here, 'trusted 1', 'trusted 0'), NULL),
         CONCAT('trap entries/', entry.trap),
         IF(earned.trapped, 'trapped 0', NULL),

         -- The triplet, past its block; or one that need not be greylisted; or one that came to a low-priority MX
         -- first; or one that is known; a new one only while its network has not as many waiting as it may have.
         IF(record.block_expires < UTC_TIMESTAMP(), 'greylist 0', NULL),
         :exempt,
         IF(:low_priority AND record.block_expires IS NULL, 'trap mx/0', NULL),
         IF(record.block_expires IS NOT NULL OR :max_pending = 0, 'greylist 0', NULL),
         (SELECT CONCAT(IF(COUNT(*) < :max_pending, 'greylist ', 'throttled '), COUNT(*))
            FROM (SELECT 1 FROM greylisting_data
                   WHERE pending_network = :network AND record_expires > UTC_TIMESTAMP() LIMIT :max_pending) AS pending)),

       -- For the statements below: when a new record's block is over, and in how many minutes it expires; whether the
       -- triplet has passed before; whether this hour of the client is still to be counted; whether it has passes to
       -- lose; whether the recipient is a trap; for how many seconds nothing was heard of triplet or client.
       COALESCE(record.block_expires, UTC_TIMESTAMP() + INTERVAL COALESCE(SUBSTRING(entry.block, 5), :block_expire) MINUTE),
       :record_expire + COALESCE(SUBSTRING(entry.block, 5), 0),
       COALESCE(record.passed, 0),
       earned.counted < :identities,
       earned.passes > 0,
       entry.trap IS NOT NULL,
       COALESCE(record.idle, earned.idle),
       LAST_INSERT_ID(0)
  INTO @verdict, @block_expires, @record_expire, @passed, @is_countable, @has_passes, @is_trap, @idle, @state
  FROM (SELECT MAX(IF(action IN ('allow', 'deny'),
                      CONCAT(specificity, IF(action = 'deny', ' denied', ' allowed'), ' entries/', id), NULL)) AS listed,
               MAX(IF(action IN ('greylist', 'skip') AND kind = 'recipient',
                      CONCAT(specificity, IF(action = 'skip', ' opted-out', ' greylist'), ' entries/', id), NULL)) AS choice,
               MAX(IF(action = 'greylist', CONCAT(specificity, ' ', block_expire), NULL)) AS block,
               MAX(IF(action = 'trap', id, NULL)) AS trap
          FROM greylisting_entries
         WHERE subject IN (:subjects) AND (network_end IS NULL OR network_end >= :client) AND expires > UTC_TIMESTAMP()
           AND (:believe_name OR kind <> 'host' OR action <> 'allow')) AS entry,
       (SELECT MAX(member_of IS NULL AND passes >= :auto_allow_after) AS trusted,
               MAX(client = :client_key AND passes >= :auto_allow_after) AS trusted_here,
               MAX(client = :client_key AND trapped_until > UTC_TIMESTAMP()) AS trapped,
               COALESCE(SUM(counted > UTC_TIMESTAMP() - INTERVAL 1 HOUR), 0) AS counted,
               MAX(passes) AS passes,
               TIMESTAMPDIFF(SECOND, MAX(counted), UTC_TIMESTAMP()) AS idle
          FROM greylisting_clients WHERE client IN (:client_keys) AND expires > UTC_TIMESTAMP()) AS earned,
       (SELECT MIN(block_expires) AS block_expires, MAX(passed_count > 0) AS passed,
               UNIX_TIMESTAMP() - UNIX_TIMESTAMP(MAX(last_update)) AS idle
          FROM greylisting_data WHERE triplet IN (:triplets) AND record_expires > UTC_TIMESTAMP()) AS record;

-- 2. From here on it is one transaction, so that it can be run again as a whole after a deadlock. It begins with a
-- statement that writes, so that it has no picture of the tables that could be outdated.
START TRANSACTION;

-- The triplet, under the client's network and, where the sender's domain vouches for the client, under that domain
-- as well: what is reached under the one holds for the other. A new one is inserted; for a known one
-- LAST_INSERT_ID(expression) carries out what it was: 1 over and begun anew, 2 still blocked, 3 past its block for the
-- first time, 4 past it before. Every condition reads block_expires and record_expires as they were, which is why these
-- two are set last.
INSERT INTO greylisting_data
       (triplet, id, relay_ip, pending_network, pool, mail_from, rcpt_to, block_expires, record_expires,
        blocked_count, passed_count)
SELECT triplet, id, :client, IF(@block_expires < UTC_TIMESTAMP(), NULL, network), pool, :sender, :recipient, @block_expires,
       IF(@block_expires < UTC_TIMESTAMP(), UTC_TIMESTAMP() + INTERVAL :record_expire_good DAY,
                                            UTC_TIMESTAMP() + INTERVAL @record_expire MINUTE),
       @block_expires >= UTC_TIMESTAMP(), @block_expires < UTC_TIMESTAMP()
  FROM (SELECT :triplet AS triplet, :id AS id, :network AS network, NULL AS pool
        UNION ALL SELECT :pool_triplet, :pool_id, NULL, :pool) AS attempt
 WHERE triplet IS NOT NULL AND @verdict LIKE 'greylist %'
ON DUPLICATE KEY UPDATE
  relay_ip = IF(record_expires <= UTC_TIMESTAMP(), VALUES(relay_ip), relay_ip),
  pending_network = CASE WHEN record_expires <= UTC_TIMESTAMP() THEN VALUES(pending_network)
                         WHEN LEAST(block_expires, @block_expires) >= UTC_TIMESTAMP() THEN pending_network END,
  create_time = IF(record_expires <= UTC_TIMESTAMP(), CURRENT_TIMESTAMP, create_time),
  blocked_count = CASE LAST_INSERT_ID(CASE WHEN record_expires <= UTC_TIMESTAMP() AND @block_expires >= UTC_TIMESTAMP() THEN 1
                                           WHEN LEAST(block_expires, @block_expires) >= UTC_TIMESTAMP() THEN 2
                                           WHEN passed_count = 0 AND NOT @passed THEN 3
                                           ELSE 4 END)
                  WHEN 1 THEN 1 WHEN 2 THEN blocked_count + 1
                  ELSE IF(record_expires <= UTC_TIMESTAMP(), 0, blocked_count) END,
  passed_count = CASE WHEN record_expires <= UTC_TIMESTAMP() THEN VALUES(passed_count)
                      WHEN LEAST(block_expires, @block_expires) >= UTC_TIMESTAMP() THEN passed_count
                      ELSE passed_count + 1 END,
  block_expires = IF(record_expires <= UTC_TIMESTAMP(), VALUES(block_expires), LEAST(block_expires, @block_expires)),
  record_expires = CASE WHEN record_expires <= UTC_TIMESTAMP() THEN VALUES(record_expires)
                        WHEN block_expires >= UTC_TIMESTAMP() THEN record_expires
                        ELSE UTC_TIMESTAMP() + INTERVAL :record_expire_good DAY END;

-- 3. What the client has earned by this. Mail that passes counts once an hour for each of its identities; mail that is
-- accepted for trust only keeps that alive, and adds its sender to the group. A trap denies the client's network for a
-- while. The trap, and an entry that denies, take away what has been earned.
SET @event = CASE WHEN @verdict LIKE 'trap %' THEN 'trap'
                  WHEN @has_passes AND (@is_trap OR @verdict LIKE 'denied %') THEN 'fall'
                  WHEN @is_countable AND @verdict LIKE 'trusted %' THEN 'seen'
                  WHEN @is_countable AND LAST_INSERT_ID() >= 3 THEN 'pass' END;
INSERT INTO greylisting_clients (client, identity, member_of, passes, counted, expires, trapped_until)
SELECT client, identity, member_of, @event = 'pass' OR (@event = 'seen' AND member_of IS NOT NULL), UTC_TIMESTAMP(),
       IF(@event = 'trap', UTC_TIMESTAMP() + INTERVAL :trap_expire HOUR, UTC_TIMESTAMP() + INTERVAL :auto_allow_expire DAY),
       IF(@event = 'trap', UTC_TIMESTAMP() + INTERVAL :trap_expire HOUR, NULL)
  FROM (SELECT :client_key AS client, :client_name AS identity, NULL AS member_of
        UNION ALL SELECT :pool_key, :pool, NULL
        UNION ALL SELECT :member_key, :member_name, :group) AS identities
 WHERE client IS NOT NULL
   AND IF(@event = 'trap', client = :client_key, @event IS NOT NULL)
ON DUPLICATE KEY UPDATE
  passes = CASE WHEN @event IN ('trap', 'fall') THEN 0
                WHEN @event = 'seen' THEN passes
                WHEN expires <= UTC_TIMESTAMP() THEN 1
                WHEN counted > UTC_TIMESTAMP() - INTERVAL 1 HOUR THEN passes
                ELSE passes + 1 END,
  counted = IF(@event IN ('pass', 'seen') AND counted <= UTC_TIMESTAMP() - INTERVAL 1 HOUR, VALUES(counted), counted),
  expires = IF(@event = 'fall', expires, GREATEST(expires, VALUES(expires))),
  trapped_until = IF(@event = 'trap', VALUES(trapped_until), trapped_until);
UPDATE greylisting_clients SET passes = 0 WHERE member_of = :group AND @event IN ('trap', 'fall');

-- 4. What came of it; whether it holds for whatever else this client may send to whom in its session, because it is about
-- the client alone, and no entry that denies or traps is about senders or recipients; and the regular expressions, a row each, where they have a say (src/store.h).
SELECT @verdict, GREATEST(1, LAST_INSERT_ID()), data.id, UNIX_TIMESTAMP() - UNIX_TIMESTAMP(data.create_time),
       TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), data.block_expires), @idle,
       CASE WHEN @verdict LIKE 'allowed lists/%'
            THEN EXISTS (SELECT 1 FROM greylisting_lists WHERE id = SUBSTRING(@verdict, 15) AND rcpt_to IS NULL)
            WHEN @verdict LIKE 'allowed entries/%'
            THEN EXISTS (SELECT 1 FROM greylisting_entries WHERE id = SUBSTRING(@verdict, 17) AND kind IN ('network', 'host'))
            WHEN @verdict = 'trusted 1' THEN NOT EXISTS (SELECT 1 FROM greylisting_lists WHERE rcpt_to IS NOT NULL)
            ELSE FALSE END
       AND NOT EXISTS (SELECT 1 FROM greylisting_entries
                        WHERE action IN ('deny', 'trap') AND kind IN ('sender', 'recipient')),
       (SELECT reply FROM greylisting_entries WHERE @verdict LIKE 'denied entries/%' AND id = SUBSTRING(@verdict, 16)),
       expression.id, expression.action, expression.kind, expression.pattern, expression.reply
  FROM (SELECT 1) AS always
  LEFT JOIN greylisting_data AS data ON data.triplet = :triplet AND @verdict LIKE 'greylist %'
  LEFT JOIN greylisting_entries AS expression
         ON expression.subject = '/' AND expression.action IN ('allow', 'deny') AND expression.expires > UTC_TIMESTAMP()
        AND CASE WHEN @verdict LIKE 'opted-out %' OR @verdict LIKE 'denied %' OR @verdict LIKE 'allowed %' THEN FALSE
                 WHEN @verdict LIKE 'trusted %' OR LAST_INSERT_ID() >= 3
                 THEN expression.action = 'deny' AND UNIX_TIMESTAMP() - UNIX_TIMESTAMP(expression.last_update) <= @idle
                 ELSE TRUE END;
:conclude;
