#!/bin/sh
# greylisting_cleanup.sh: deletes expired records, on either store. For cron, which gives its one
# line to the system's log, so that no file grows:
#
#     7 * * * *  root  /usr/local/share/greylisting/scripts/greylisting_cleanup.sh 2>&1 | logger -t greylisting_cleanup
#
# QMAILDIR names qmail's home when it is not /var/qmail, GREYLISTCTL the tool when it is not in PATH. Exit status 0, or
# that of greylistctl, which says what is wrong; it refuses to run twice at once.
set -eu
PATH=$PATH:/usr/local/bin:/usr/local/sbin
exec "${GREYLISTCTL:-greylistctl}" --home "${QMAILDIR:-/var/qmail}" cleanup "$@"
