-- What the client has earned under one of its identities. :event is 'pass', which counts once an hour; 'seen', which keeps
-- trust alive and adds a sender to the group; 'trap', which denies the client's network for a while; or 'fall', by an entry
-- that denies. Both take away what has been earned under any of them.
INSERT INTO greylisting_clients (client, identity, member_of, passes, counted, expires, trapped_until)
SELECT :identity_key, :identity_name, :identity_group,
       :event = 'pass' OR (:event = 'seen' AND :identity_group IS NOT NULL), datetime('now'),
       CASE WHEN :event <> 'trap' THEN datetime('now', :auto_allow_expire || ' days')
            WHEN :identity_key = :client_key THEN datetime('now', :trap_expire || ' hours')
            ELSE datetime('now') END,
       IIF(:event = 'trap' AND :identity_key = :client_key, datetime('now', :trap_expire || ' hours'), NULL)
 WHERE :event <> 'trap' OR :identity_key = :client_key OR :has_passes
ON CONFLICT (client) DO UPDATE SET
  passes = CASE WHEN :event IN ('trap', 'fall') THEN 0
                WHEN expires <= datetime('now') THEN excluded.passes
                WHEN :event = 'seen' THEN passes
                WHEN counted > datetime('now', '-1 hour') THEN passes
                ELSE passes + 1 END,
  counted = IIF(:event IN ('pass', 'seen') AND counted <= datetime('now', '-1 hour'), excluded.counted, counted),
  expires = IIF(:event = 'fall', expires, MAX(expires, excluded.expires)),
  trapped_until = COALESCE(excluded.trapped_until, trapped_until);
