-- Takes back what sql/mysql/record.sql and earn.sql have recorded of an RCPT that a regular expression or a file decides
-- otherwise: its records are over, a trap it has sprung (:untrap) is forgotten; and a client that is denied loses what it
-- earned.
START TRANSACTION;
UPDATE greylisting_data SET record_expires = UTC_TIMESTAMP(), pending_network = NULL, 
       blocked_count = IF(passed_count = 0, 0, blocked_count)
 WHERE triplet IN (:triplets);
UPDATE greylisting_clients SET passes = IF(:denied, 0, passes), trapped_until = IF(:untrap, NULL, trapped_until)
 WHERE client IN (:client_keys);
COMMIT;
