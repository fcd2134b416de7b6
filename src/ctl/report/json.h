// json: a report as JSON, all of it.
//
// An object:
//     since, until    the first and the last day, `YYYY-MM-DD`; days and hours are in UTC
//     made            when, RFC 3339
//     block_expire    minutes
//     hashed          whether addresses and domains are what privacy=hash has made of them
//     total           an object of the figures of all days
//     days            an array, a day each from the first of which anything is known on: day, and its figures
//     hours           an array, an hour each in which anything was decided: hour (its beginning, RFC 3339),
//                     decisions
//     blocks          an array, what would have become of first retries: block (minutes), current, in_time
//                     (how many came when such a block would have been over), share
//     clients, sender_domains, recipients
//                     arrays of what the most never-retried triplets are of: name, count
//     pools           an array, a sender's domain each whose messages came from several networks: domain,
//                     messages, networks (the most of one message), longest_wait (seconds), in_vain (attempts
//                     from another network than the first that were never retried)
//
// Figures of a time:
//     decisions       accepted, deferred, rejected, errors, and in `reasons` each reason that there was
//     waits           of mail that was deferred and then passed: count, percentiles (p50, p75, p90, p95, p99,
//                     seconds or null), histogram (from and to, seconds, and count; the last has to: null)
//     first_retries   how long after the first attempt: likewise
//     records         triplets first seen then: all, passed, retried (and never passed), never_retried,
//                     undecided (not passed, and not yet over), never_retried_share and undecided_share
//                     (from 0 to 1; null when there are none)
#pragma once

#include "ctl/print/json.h"
#include "ctl/report/figures.h"

namespace greylisting::ctl {

Json json_of(const Figures& figures);

}  // namespace greylisting::ctl
