-- The two accounts, least rights first. Put in passwords of your own, and the host if the database is on another one.
--
--     mysql < grants.sql
--
-- The plugin's goes into control/mysql.cnf. The tool's goes into control/mysql-admin.cnf, named by mysql_admin_file;
-- for greylistctl migrate it also needs the rights of the last statement.

CREATE DATABASE IF NOT EXISTS greylisting;

CREATE USER 'greylisting'@'localhost' IDENTIFIED BY 'change-me';
GRANT SELECT, INSERT, UPDATE ON greylisting.* TO 'greylisting'@'localhost';

CREATE USER 'greylistctl'@'localhost' IDENTIFIED BY 'change-me-too';
GRANT SELECT, INSERT, UPDATE, DELETE ON greylisting.* TO 'greylistctl'@'localhost';
GRANT CREATE, ALTER, DROP, INDEX, TRIGGER, CREATE TEMPORARY TABLES ON greylisting.* TO 'greylistctl'@'localhost';
