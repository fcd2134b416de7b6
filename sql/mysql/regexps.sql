-- The regular expressions, where they have a say (src/store.h).
SELECT id, action, kind, pattern, reply FROM greylisting_entries
 WHERE subject = '/' AND action IN ('allow', 'deny') AND expires > UTC_TIMESTAMP()
   AND CASE WHEN @verdict LIKE 'opted-out %' OR @verdict LIKE 'denied %' OR @verdict LIKE 'allowed %' THEN FALSE
            WHEN @verdict LIKE 'trusted %' OR LAST_INSERT_ID() >= 4
            THEN action = 'deny'
                 AND UNIX_TIMESTAMP() - UNIX_TIMESTAMP(last_update) <= COALESCE(@triplet_idle, @client_idle)
            ELSE TRUE END;
