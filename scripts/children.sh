# Programs that a script starts, awaits and stops; for `source`. The script sets $logs, a directory.
# shellcheck shell=bash disable=SC2034,SC2154,SC2317
started=() # pids, in order

# The last one first: what is served before the server that serves it. Each in a session of its own,
# so that the terminal's Ctrl+C reaches the script alone and the order is ours.
stop_all() {
  trap - EXIT
  trap '' INT TERM
  local i
  for ((i = ${#started[@]} - 1; i >= 0; i--)); do
    kill -TERM "${started[i]}" 2>/dev/null || true
    wait "${started[i]}" 2>/dev/null || true
  done
}
trap 'stop_all' EXIT
trap 'echo; echo "Stopping."; exit 0' INT TERM HUP

give_up() { # MESSAGE, LOG
  echo "$1" >&2
  [ -s "$2" ] && tail -n 20 "$2" >&2
  exit 1
}

start() { # LOG, COMMAND...
  local log=$logs/$1.log
  shift
  : >"$log" # at once: what the last run said must not be taken for this one's
  setsid "$@" >"$log" 2>&1 </dev/null &
  started+=("$!")
}

is_running() { kill -0 "$1" 2>/dev/null; }

await() { # WHAT, PID, LOG, COMMAND...: until COMMAND succeeds
  local what=$1 pid=$2 log=$logs/$3.log deadline=$((SECONDS + 60))
  shift 3
  until "$@"; do
    is_running "$pid" || give_up "$what stopped at once." "$log"
    [ "$SECONDS" -lt "$deadline" ] || give_up "$what is not ready after 60 s." "$log"
    sleep 0.1
  done
}

field() { # FILE, NAME: a string of a JSON object without nesting
  sed -n 's/.*"'"$2"'" *: *"\([^"]*\)".*/\1/p' "$1" | head -n 1
}

pid_of() { # READY-FILE
  sed -n 's/.*"pid" *: *\([0-9]*\).*/\1/p' "$1"
}
