-- Takes back what has been recorded of an RCPT that a regular expression or a file decides otherwise: its records are
-- over, a trap it has sprung (:untrap) is forgotten; and a client that is denied loses what it earned.
UPDATE greylisting_data SET record_expires = datetime('now'), pending_network = NULL,
       blocked_count = IIF(passed_count = 0, 0, blocked_count)
 WHERE triplet IN (:triplets);
UPDATE greylisting_clients SET passes = IIF(:denied, 0, passes), trapped_until = IIF(:untrap, NULL, trapped_until)
 WHERE client IN (:client_keys);
