-- The two accounts, least rights first. Put in passwords of your own, and the host if the database is on another one.
--
--     mysql < grants.sql
--
-- From MariaDB 11.4 on the client program asks for TLS, through a socket as well; where the server has none it ends with
-- error 2026. Then: mysql --skip-ssl < grants.sql. greylistctl, which makes the tables (greylistctl migrate), asks for TLS
-- only where its option file does.
--
-- The plugin's goes into control/mysql.cnf. The tool's goes into control/mysql-admin.cnf, named by mysql_admin_file;
-- for greylistctl migrate it also needs the rights of the last statement.

CREATE DATABASE IF NOT EXISTS greylisting;

CREATE USER 'greylisting'@'localhost' IDENTIFIED BY 'change-me';
GRANT SELECT, INSERT, UPDATE ON greylisting.* TO 'greylisting'@'localhost';

CREATE USER 'greylistctl'@'localhost' IDENTIFIED BY 'change-me-too';
GRANT SELECT, INSERT, UPDATE, DELETE ON greylisting.* TO 'greylistctl'@'localhost';
GRANT CREATE, ALTER, DROP, INDEX, TRIGGER, CREATE TEMPORARY TABLES ON greylisting.* TO 'greylistctl'@'localhost';
