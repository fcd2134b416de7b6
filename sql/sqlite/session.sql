-- Whether no entry that denies or traps is about senders or recipients, so that what is about the client alone holds for
-- the rest of its session.
SELECT NOT EXISTS (SELECT 1 FROM greylisting_entries
                    WHERE action IN ('deny', 'trap') AND kind IN ('sender', 'recipient'))
       AND (NOT :trusted OR NOT EXISTS (SELECT 1 FROM greylisting_lists WHERE rcpt_to IS NOT NULL));
