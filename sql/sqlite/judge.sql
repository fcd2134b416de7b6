-- Judgement. :networks, :subjects, :triplets and :client_keys are lists of hexadecimal literals put in by the plugin.
--
-- A match in a list is written as three digits of specificity, a word, where the entry is, and what it is about:
-- '724 denied entries/17 client'. The greatest of them as text is the most specific one, and of equals the one that denies.
-- Of regular expressions, which are under '/', only whether there are some (regexps is 1), and such as deny (2): the plugin
-- holds the attempt against them, and :outside is what comes of it.
WITH
  entry AS MATERIALIZED (
    SELECT MAX(IIF(action IN ('allow', 'deny') AND subject <> x'2f',
                   specificity || IIF(action = 'deny', ' denied', ' allowed') || ' entries/' || id
                   || IIF(kind IN ('network', 'host'), ' client', ' envelope') || COALESCE(' ' || reply, ''), NULL)) AS listed,
           MAX(IIF(action IN ('greylist', 'skip') AND kind = 'recipient',
                   specificity || IIF(action = 'skip', ' opted-out', ' greylist') || ' entries/' || id || ' envelope',
                   NULL)) AS choice,
           MAX(IIF(action = 'greylist' AND block_expire IS NOT NULL,
                   specificity || ' ' || printf('%06d', block_expire), NULL)) AS block,
           MAX(IIF(action = 'trap', id, NULL)) AS trap,
           COALESCE(MAX(IIF(subject = x'2f', 1 + (action = 'deny'), 0)), 0) AS regexps
      FROM greylisting_entries
     WHERE subject IN (:subjects, x'2f') AND (network_end IS NULL OR network_end >= :client) AND expires > datetime('now')
       AND (:believe_name OR kind <> 'host' OR action <> 'allow' OR subject = x'2f')),
  earned AS MATERIALIZED (
    SELECT MAX(passes >= IIF(member_of IS NULL, :auto_allow_after, 1)) AS trusted,
           MAX(client = :client_key AND passes >= :auto_allow_after) AS trusted_here,
           MAX(client = :client_key AND trapped_until > datetime('now')) AS trapped,
           COALESCE(SUM(counted > datetime('now', '-1 hour')), 0) AS counted,
           MAX(passes) AS passes
      FROM greylisting_clients WHERE client IN (:client_keys) AND expires > datetime('now')),
  record AS MATERIALIZED (
    SELECT MIN(block_expires) AS block_expires, MAX(passed_count > 0) = 0 AND MAX(blocked_count > 0) AS is_first_pass
      FROM greylisting_data WHERE triplet IN (:triplets) AND record_expires > datetime('now'))
SELECT COALESCE(
         -- An entry whose ipaddr the plugin has yet to read; it does, and asks again.
         (SELECT 'unread ' || id FROM greylisting_lists WHERE ipaddr IS NOT NULL AND ipaddr_prefixsize IS NULL LIMIT 1),

         -- The recipient has opted out.
         IIF(entry.choice LIKE '____opted-out%', SUBSTR(entry.choice, 5), NULL),

         -- The entry that counts: of greylisting_lists a network or the recipient's domain, or one of
         -- greylisting_entries. All networks that hold the client begin with one of a few addresses (:networks), so they
         -- are found by equality, however many there are. With explicit=1 a listed domain is one to be greylisted.
         NULLIF(SUBSTR(MAX(
           COALESCE((SELECT MAX(IIF(rcpt_to IS NULL, 700 + ipaddr_prefixsize, 600 + MIN(ipaddr_prefixsize, 99))
                                || IIF(block_expires >= datetime('now'), ' denied', ' allowed') || ' lists/' || id
                                || IIF(rcpt_to IS NULL, ' client', ' envelope'))
                       FROM greylisting_lists
                      WHERE ipaddr_start IN (:networks) AND ipaddr_end >= :client AND record_expires > datetime('now')
                        AND (block_expires >= datetime('now') OR NOT :explicit OR rcpt_to IS NULL)), ''),
           COALESCE((SELECT MAX(:domain_specificity
                                || IIF(block_expires >= datetime('now'), ' denied', ' allowed') || ' lists/' || id
                                || ' envelope')
                       FROM greylisting_lists
                      WHERE rcpt_to = :domain AND record_expires > datetime('now')
                        AND (block_expires >= datetime('now') OR NOT :explicit)), ''),
           COALESCE(entry.listed, ''), :outside), 5), ''),
         IIF(:explicit AND entry.choice IS NULL
             AND NOT EXISTS (SELECT 1 FROM greylisting_lists WHERE rcpt_to = :domain AND record_expires > datetime('now')),
             'not-listed 0', NULL),

         -- What the client has earned: trust, by itself or as one of a group, or the trap.
         IIF(earned.trusted
             OR (SELECT 1 FROM greylisting_clients
                  WHERE member_of = :group AND passes > 0 AND expires > datetime('now') LIMIT 1 OFFSET :group_rest),
             IIF(earned.trusted_here, 'trusted 1', 'trusted 0'), NULL),
         'trap entries/' || entry.trap || ' envelope',
         IIF(earned.trapped, 'trapped 0', NULL),

         -- The triplet, past its block; or one that need not be greylisted; or one that came to a low-priority MX
         -- first; or one that is known; a new one only while its network has not as many waiting as it may have. The
         -- number behind the word is how many wait, if it is as many as may, or one less.
         IIF(record.block_expires < datetime('now'), 'greylist 0', NULL),
         :exempt,
         IIF(:low_priority AND record.block_expires IS NULL, 'trap mx/0 envelope', NULL),
         IIF(record.block_expires IS NOT NULL OR :max_pending = 0, 'greylist 0', NULL),
         (SELECT 'throttled :max_pending' FROM greylisting_data
           WHERE pending_network = :network AND record_expires > datetime('now') LIMIT 1 OFFSET :pending_rest),
         IIF(:pending_rest = 0, 'greylist 0', NULL),
         (SELECT 'greylist :pending_rest' FROM greylisting_data
           WHERE pending_network = :network AND record_expires > datetime('now') LIMIT 1 OFFSET :pending_before),
         'greylist 0') AS verdict,

       -- For recording: when a new record's block is over, how many seconds that is from now, and in how many minutes it
       -- expires; whether the triplet passes for the first time once it does (greylistctl pass makes records that were
       -- never deferred); whether this hour of the client is still to be counted; whether it has passes to lose; whether
       -- the recipient is a trap; regular expressions.
       COALESCE(record.block_expires,
                datetime('now', COALESCE(SUBSTR(entry.block, 5), :block_expire) || ' minutes')) AS block_expires,
       COALESCE(strftime('%s', record.block_expires) - strftime('%s', 'now'),
                COALESCE(SUBSTR(entry.block, 5), :block_expire) * 60) AS blocked_for,
       :record_expire + COALESCE(SUBSTR(entry.block, 5), 0) AS record_minutes,
       COALESCE(record.is_first_pass, 0) AS is_first_pass,
       earned.counted < :identities AS is_countable,
       COALESCE(earned.passes > 0, 0) AS has_passes,
       entry.trap IS NOT NULL AS is_trap,
       entry.regexps
  FROM entry, earned, record;
