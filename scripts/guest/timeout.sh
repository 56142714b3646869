#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# timeout.sh SECONDS COMMAND...: what kselftest's runner needs of timeout, for
# machines that have busybox's or none: busybox's leaves children of the command
# behind, and does not end with 124.
limit=$1 late=$(mktemp)
shift
setsid "$@" &
pid=$!
(
	sleep "$limit" &
	trap 'kill $!' TERM
	wait $! && rm "$late" && kill -KILL -$pid
) > /dev/null 2>&1 &
watch=$!
wait $pid
status=$?
kill $watch 2> /dev/null
[ -e "$late" ] || exit 124
rm -f "$late"
exit $status
