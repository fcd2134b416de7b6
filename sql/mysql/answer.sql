-- The regular expressions, where they have a say (src/store.h).
SELECT id, action, kind, pattern, reply FROM greylisting_entries
 WHERE subject = '/' AND action IN ('allow', 'deny') AND expires > UTC_TIMESTAMP()
   AND CASE WHEN @verdict LIKE 'opted-out %' OR @verdict LIKE 'denied %' OR @verdict LIKE 'allowed %' THEN FALSE
            WHEN @verdict LIKE 'trusted %' OR LAST_INSERT_ID() >= 4
            THEN action = 'deny'
                 AND UNIX_TIMESTAMP() - UNIX_TIMESTAMP(last_update) <= COALESCE(@triplet_idle, @client_idle)
            ELSE TRUE END;

-- What came of it; whether no entry that denies or traps is about senders or recipients, so that what is about the client
-- alone holds for the rest of its session.
SELECT @verdict, GREATEST(1, LAST_INSERT_ID()), @id, COALESCE(@age, 0),
       TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), @block_expires), COALESCE(@triplet_idle, @client_idle),
       CASE WHEN @verdict NOT LIKE '%client%' AND @verdict NOT LIKE 'trusted%' THEN 0
            WHEN EXISTS (SELECT 1 FROM greylisting_entries
                          WHERE action IN ('deny', 'trap') AND kind IN ('sender', 'recipient')) THEN 0
            WHEN @verdict LIKE 'trusted%' THEN NOT EXISTS (SELECT 1 FROM greylisting_lists WHERE rcpt_to IS NOT NULL)
            ELSE 1 END;
