-- One RCPT that is not known, judged. What known.sql, lists.sql and group.sql have found stands in variables.

-- The entries that match, found by equality, however many there are. A match is written as three digits of specificity, a
-- word, where the entry is, and what it is about: '724 denied entries/17 client'. The greatest of them as text is the most
-- specific one, and of equals the one that denies. Of regular expressions, which are under '/', only whether there are some
-- (@regexps is 1), and such as deny (2): the plugin holds the attempt against them, and :outside is what comes of it.
SELECT MAX(IF(action IN ('allow', 'deny') AND subject <> '/',
              CONCAT(specificity, IF(action = 'deny', ' denied', ' allowed'), ' entries/', id,
                     IF(kind IN ('network', 'host'), ' client', ' envelope'), COALESCE(CONCAT(' ', reply), '')), NULL)),
       MAX(IF(action IN ('greylist', 'skip') AND kind = 'recipient',
              CONCAT(specificity, IF(action = 'skip', ' opted-out', ' greylist'), ' entries/', id, ' envelope'), NULL)),
       MAX(IF(action = 'greylist', CONCAT(specificity, ' ', LPAD(block_expire, 6, '0')), NULL)),
       MAX(IF(action = 'trap', id, NULL)), COALESCE(MAX(IF(subject = '/', 1 + (action = 'deny'), 0)), 0)
  INTO @listed, @choice, @own_block, @trap, @regexps
  FROM greylisting_entries
 WHERE subject IN (:subjects, '/') AND (network_end IS NULL OR network_end >= :client) AND expires > UTC_TIMESTAMP()
   AND (:believe_name OR kind <> 'host' OR action <> 'allow' OR subject = '/');

-- How many triplets of the network wait, as far as that matters: for a new one, and up to the most that may.
SELECT COUNT(*) INTO @waiting
  FROM (SELECT 1 FROM greylisting_data
         WHERE pending_network = IF(@blocked_until IS NULL, :network, NULL) AND record_expires > UTC_TIMESTAMP()
         LIMIT :max_pending) AS waiting;

-- The verdict: the first of these that is not NULL.
SET @verdict = COALESCE(
      -- The recipient has opted out.
      IF(@choice LIKE '____opted-out%', SUBSTRING(@choice, 5), NULL),

      -- The entry that counts.
      NULLIF(SUBSTRING(GREATEST(COALESCE(@lists_network, ''), COALESCE(@lists_domain, ''), COALESCE(@listed, ''),
                                :outside), 5), ''),
      IF(:explicit AND @choice IS NULL AND NOT COALESCE(@is_listed, FALSE), 'not-listed 0', NULL),

      -- What the client has earned: trust, by itself or as one of a group, or the trap.
      IF(@trusted OR @is_group_trusted, IF(@trusted_here, 'trusted 1', 'trusted 0'), NULL),
      CONCAT('trap entries/', @trap, ' envelope'),
      IF(@trapped, 'trapped 0', NULL),

      -- The triplet, past its block; or one that need not be greylisted; or one that came to a low-priority MX first; or
      -- one that is known; a new one only while its network has not as many waiting as it may have. The number behind the
      -- word is how many wait, if it is as many as may, or one less.
      IF(@blocked_until < UTC_TIMESTAMP(), 'greylist 0', NULL),
      :exempt,
      IF(:low_priority AND @blocked_until IS NULL, 'trap mx/0 envelope', NULL),
      IF(@blocked_until IS NOT NULL OR :max_pending = 0, 'greylist 0', NULL),
      IF(@waiting >= :max_pending, 'throttled :max_pending', NULL),
      IF(@waiting = :pending_rest, 'greylist :pending_rest', 'greylist 0'));

-- Whether it passes, and whether the plugin has to ask its files and regular expressions first, and which (1 those that deny,
-- 2 all): nothing is recorded then, and all of this comes again with :outside. All are asked before a trap takes trust away,
-- too, because an entry may allow the client. A message that is refused at DATA passes for nobody.
SET @would_pass = SUBSTRING_INDEX(@verdict, ' ', 1) IN ('allowed', 'not-listed', 'trusted', 'null-sender', 'not-suspicious')
                  OR (@verdict LIKE 'greylist %' AND COALESCE(@blocked_until < UTC_TIMESTAMP(), FALSE));
SET @verdict = CASE
      WHEN @verdict LIKE 'opted-out %' THEN IF(:refused, 'shared 0', @verdict)
      WHEN :asked < 2 AND (:has_files OR @regexps > 0)
           AND (NOT @would_pass OR (@trap IS NOT NULL AND @verdict LIKE 'trusted %'))
      THEN CONCAT('ask 2 ', @lists_version)
      WHEN :asked < 1 AND @would_pass
           AND (:file_denies OR @regexps = 2 OR (:has_rules AND @verdict LIKE 'not-suspicious %'))
      THEN CONCAT('ask 1 ', @lists_version)
      WHEN :refused AND @would_pass THEN 'shared 0'
      ELSE @verdict END;

-- When a new record's block is over, and in how many minutes it expires.
SET @block_expires = COALESCE(@blocked_until,
                              UTC_TIMESTAMP() + INTERVAL COALESCE(SUBSTRING(@own_block, 5), :block_expire) MINUTE),
    @record_minutes = :record_expire + COALESCE(SUBSTRING(@own_block, 5), 0),
    @state = LAST_INSERT_ID(0);

-- What the client earns by it.
SET @event = CASE WHEN @verdict LIKE 'trap %' THEN 'trap'
                  WHEN @has_passes AND (@verdict LIKE 'denied %' OR (@trap IS NOT NULL AND @verdict LIKE 'trusted %'))
                  THEN 'fall'
                  WHEN @is_countable AND @verdict LIKE 'trusted %' THEN 'seen'
                  WHEN @is_countable AND @verdict LIKE 'greylist %' AND @blocked_until < UTC_TIMESTAMP() THEN 'pass' END;

-- Regular expressions, and whether the verdict holds for the whole session, come behind the record, and only where they are
-- asked for.
SET @is_answered = NOT (@verdict LIKE 'ask %' OR @verdict LIKE '%client%' OR @verdict LIKE 'trusted%'),
    @is_alone = FALSE;
