-- The regular expressions, where they are asked for.
SELECT id, action, kind, pattern, reply FROM greylisting_entries
 WHERE subject = '/' AND action IN ('allow', 'deny') AND expires > UTC_TIMESTAMP() AND @verdict LIKE 'ask %' ORDER BY id;
