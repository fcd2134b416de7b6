-- Whether a verdict holds for whatever else this client may send to whom in its session: it is about the client alone,
-- and no entry that denies or traps is about senders or recipients.
SELECT CASE WHEN :verdict LIKE 'allowed lists/%'
            THEN EXISTS (SELECT 1 FROM greylisting_lists WHERE id = SUBSTR(:verdict, 15) AND rcpt_to IS NULL)
            WHEN :verdict LIKE 'allowed entries/%'
            THEN EXISTS (SELECT 1 FROM greylisting_entries WHERE id = SUBSTR(:verdict, 17) AND kind IN ('network', 'host'))
            WHEN :verdict = 'trusted 1' THEN NOT EXISTS (SELECT 1 FROM greylisting_lists WHERE rcpt_to IS NOT NULL)
            ELSE FALSE END
       AND NOT EXISTS (SELECT 1 FROM greylisting_entries
                        WHERE action IN ('deny', 'trap') AND kind IN ('sender', 'recipient'));
