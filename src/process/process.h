// process: what this process was given by whoever started it: its standard streams, its signals, its user.
#pragma once

#include <string>

namespace greylisting {

/// Opens /dev/null on each of the descriptors 0, 1 and 2 that is closed, as qmail-spp closes 0: a socket or
/// database that came to be descriptor 2 would get the log lines.
void open_standard_streams();

/// Where standard error is the same connection as standard output, as spawn(8) has it, makes it the system
/// log's, /dev/log, or nobody's: a line of the log would be an answer. Whether it was so.
bool keep_log_out_of_answers();

/// Ignores the signals of a pipe that nobody reads (SIGPIPE) and a file that may not grow (SIGXFSZ), which
/// are errors like others and would end the process.
void ignore_write_signals();

/// Keeps nothing of a child that has ended: nobody asks for it.
void ignore_ended_children();

/// The effective user: `vpopmail (uid 89)`, or `uid 89` where /etc/passwd does not name it.
std::string effective_user();

/// When run by root: from now on acts as the owner of `file`, or of its directory while there is no such
/// file, so that what root's tools make there stays usable for the plugin. Does nothing for others, or when
/// root owns it.
void become_owner_of(const std::string& file);

}  // namespace greylisting
