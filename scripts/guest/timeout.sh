#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# timeout.sh SECONDS COMMAND...: ends COMMAND and all its children after SECONDS,
# with status 124. It needs no more than a shell, sleep and setsid.
limit=$1
shift

# end PID: with its children, or alone if it has not got to its own group yet
end() { kill -KILL "-$1" 2> /dev/null || kill -KILL "$1" 2> /dev/null; }

setsid "$@" &
pid=$!
# This shell kills COMMAND, so it knows why COMMAND ended
trap 'end $pid; wait $pid; exit 124' USR1
trap 'end $pid; end $watch; exit 130' HUP INT TERM
# Whoever reads what COMMAND writes, by 3 and 4 of runner.sh too, waits for COMMAND alone
# shellcheck disable=SC2016 # for the other shell
setsid sh -c 'sleep "$1" && kill -USR1 "$2"' - "$limit" $$ > /dev/null 2>&1 3>&- 4>&- &
watch=$!
wait $pid
status=$?
end $watch
exit $status
