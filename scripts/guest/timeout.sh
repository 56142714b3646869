#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# timeout.sh SECONDS COMMAND...: ends COMMAND and all its children after SECONDS,
# with status 124. It needs no more than a shell, sleep and setsid.
limit=$1
shift
setsid "$@" &
pid=$!
trap 'kill -KILL -$pid; exit 130' HUP INT TERM
(
	trap 'kill "$sleep"; exit 1' TERM
	sleep "$limit" &
	sleep=$!
	wait $sleep && kill -KILL -$pid
) > /dev/null 2>&1 &
watch=$!
wait $pid
status=$?
kill $watch 2> /dev/null
wait $watch 2> /dev/null && exit 124
exit $status
