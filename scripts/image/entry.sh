#!/bin/sh
# Entry point of the image: the command line, and for a runner somebody who starts it again where it is.
#
# A container whose process dies is started again by the kubelet, which takes 1.5 to 2 s. A runner that is killed by a signal is started
# again here in a moment; the coordinator has seen it go, so the job's status and Events tell of it and its restarts count it. All other
# ends are the container's: an exit code, a request to end, too little memory (the pod's status says so), and too many deaths in a row.
main=/app/dist/cli/main.js
[ "$1" = runner ] || exec node "$main" "$@"

MOST_DEATHS=5
WITHIN_S=60

# How often the kernel has killed somebody in here for want of memory; nothing where that can't be seen.
out_of_memory() {
  for file in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
    [ -r "$file" ] || continue
    while read -r name count; do
      [ "$name" = oom_kill ] && echo "$count"
    done < "$file"
    return
  done
}

asked_to_end=
pid=
trap 'asked_to_end=1; [ -z "$pid" ] || kill -TERM "$pid" 2> /dev/null' TERM INT

deaths=0
since=$(date +%s)
while :; do
  kills=$(out_of_memory)
  node "$main" "$@" &
  pid=$!
  [ -z "$asked_to_end" ] || kill -TERM "$pid" 2> /dev/null
  # The shell's own word on how it died would be the last one of the log, where the pod's status looks for the reason.
  wait "$pid" 2> /dev/null
  code=$?
  # A signal ends the wait, not the process.
  while kill -0 "$pid" 2> /dev/null; do
    wait "$pid" 2> /dev/null
    code=$?
  done
  pid=
  # Killed (9), bus error (7), segmentation fault (11). Out of memory, V8 aborts.
  case $code in 137 | 135 | 139) ;; *) exit "$code" ;; esac
  [ -z "$asked_to_end" ] || exit "$code"
  [ -n "$kills" ] && [ "$(out_of_memory)" = "$kills" ] || exit "$code"
  now=$(date +%s)
  if [ $((now - since)) -ge $WITHIN_S ]; then
    since=$now
    deaths=0
  fi
  deaths=$((deaths + 1))
  [ $deaths -le $MOST_DEATHS ] || exit "$code"
  printf '{"level":40,"time":%s000,"part":"%s","signal":%s,"msg":"the runner was killed: it is started again"}\n' \
    "$now" "$POD_NAME" $((code - 128)) >&2
done
