-- What came of it; by the shortcut of known.sql, where that was taken.
SELECT IF(@is_known, 'greylist 0', @verdict), IF(@is_known, 6, GREATEST(1, LAST_INSERT_ID())), @id, COALESCE(@age, 0),
       IF(@is_known, -1, TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), @block_expires)), COALESCE(@triplet_idle, @client_idle),
       COALESCE(@is_alone, FALSE);
