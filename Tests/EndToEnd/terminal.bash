# Drives the real program in a real terminal (tmux). Tests source this file; every wait has a limit and shows the screen when it runs out.
: "${CLIPSCOPE:?path of the clipscope binary}"
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
fixtures=$root/Tests/Fixtures
terminals=0
server=clipscope-e2e-$$-0
work=$(mktemp -d)
export XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data
export LC_ALL=C.UTF-8
passed=0

tm() { tmux -L "$server" -f /dev/null "$@"; }

finish() {
  tm kill-server 2>/dev/null
  sleep 0.2
  rm -rf "$work"
}
trap finish EXIT

fail() {
  printf 'FAILED: %s: %s\n' "$(basename "$0")" "$1" >&2
  printf -- '--- screen ---\n' >&2
  tm capture-pane -p -t main >&2 || true
  exit 1
}

ok() {
  passed=$((passed + 1))
  printf '  ok: %s\n' "$1"
}

# open_terminal COLUMNS ROWS [TERM]: a shell with a short prompt.
open_terminal() {
  tm kill-server 2>/dev/null || true
  # A server of its own each time: the old one may still be about to end.
  terminals=$((terminals + 1))
  server=clipscope-e2e-$$-$terminals
  tm new-session -d -s main -x "$1" -y "$2" "env TERM=${3:-tmux-256color} PS1='READY> ' bash --norc --noprofile"
  tm set-option -g mouse on
  tm set-option -g set-clipboard on
  wait_for 'READY>'
}

keys() { tm send-keys -t main "$@"; }
# An escape that a key follows at once would be read as Alt with that key.
escape() {
  tm send-keys -t main Escape
  sleep 0.15
}
text() { tm send-keys -t main -l "$1"; }
screen() { tm capture-pane -p -t main; }
resize() { tm resize-window -t main -x "$1" -y "$2"; }

# wait_for TEXT [SECONDS]: until the screen holds the text.
wait_for() {
  local end=$((SECONDS + ${2:-15}))
  until screen | grep -qF -- "$1"; do
    [ "$SECONDS" -lt "$end" ] || fail "waited for: $1"
    sleep 0.05
  done
}

wait_gone() {
  local end=$((SECONDS + ${2:-15}))
  while screen | grep -qF -- "$1"; do
    [ "$SECONDS" -lt "$end" ] || fail "still there: $1"
    sleep 0.05
  done
}

# run_command LINE: types a command line.
run_command() {
  text "$1"
  keys Enter
}

pane() { tm display-message -p -t main "$1"; }

# terminal_is_restored: no alternate screen, no mouse, visible cursor, the same line settings as before.
terminal_is_restored() {
  [ "$(pane '#{alternate_on}')" = 0 ] || fail "$1: the alternate screen is still on"
  [ "$(pane '#{mouse_any_flag}')" = 0 ] || fail "$1: the mouse is still on"
  [ "$(pane '#{cursor_flag}')" = 1 ] || fail "$1: the cursor is hidden"
  # The quotes keep the line that is typed from being taken for its output.
  run_command 'clear; test "$(stty -g)" = "$BEFORE" && echo same-""settings'
  wait_for same-settings
  keys Enter
}

remember_settings() {
  run_command 'BEFORE=$(stty -g); clear'
  sleep 0.2
}

# process: pid of the program running in the pane.
process() { pgrep -P "$(pane '#{pane_pid}')" | tail -1; }
