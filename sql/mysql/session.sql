-- Whether what is about the client alone holds for the rest of its session: no entry that denies or traps is about senders
-- or recipients.
SELECT (@verdict LIKE '%client%'
        OR @verdict LIKE 'trusted%' AND NOT EXISTS (SELECT 1 FROM greylisting_lists WHERE rcpt_to IS NOT NULL))
       AND NOT EXISTS (SELECT 1 FROM greylisting_entries
                        WHERE action IN ('deny', 'trap') AND kind IN ('sender', 'recipient')), TRUE
  INTO @is_alone, @is_answered;
