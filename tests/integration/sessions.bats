# exec: another process into a running container.
load helpers

# bats file_tags=twice

running() {
	start 'drop marker /tmp/x; echo ready >/tmp/ready; while :; do sleep 1; done'
	eventually test -e "$ROOT/tmp/ready"
}

@test "a session runs a program of the image" {
	running
	run moor exec "$ID" /opt/test/bin/nothing
	assert_status 0
	assert_event session-opened
	refute_event exec-blocked
}

@test "a session can't start a dropped program" {
	running
	run moor exec "$ID" /tmp/x
	[ "$status" != 0 ]
	refute_marker
	assert_refused not-in-image /tmp/x
	[ "$(events 'select(.event.action == "exec-blocked") | .process.executable == "/"')" = false ]
}

@test "a session's shell can't start a dropped program" {
	running
	run moor exec "$ID" /bin/sh -c '/tmp/x'
	assert_status 126
	refute_marker
	assert_refused not-in-image /tmp/x
}

@test "the same session under the bare runtime starts it" {
	script 'drop marker /tmp/x; echo ready >/tmp/ready; while :; do sleep 1; done'
	bare run --detach --bundle "$BUNDLE" "$ID" >"$T/output" 2>&1
	eventually test -e "$ROOT/tmp/ready"
	bare exec "$ID" /tmp/x
	assert_marker
	bare delete --force "$ID"
}

@test "sessions hand back exit codes" {
	running
	local code
	for code in 0 1 42 255; do
		run moor exec "$ID" /bin/sh -c "exit $code"
		assert_status $code
	done
	run moor exec "$ID" /bin/sh -c 'kill -9 $$'
	assert_status 137
}

@test "sessions keep standard input, output and error apart" {
	running
	echo in | "${MOOR[@]}" exec "$ID" /bin/sh -c 'cat; echo err >&2' >"$T/out" 2>"$T/err"
	[ "$(cat "$T/out")" = in ]
	[ "$(cat "$T/err")" = err ]
}

@test "a session can have a terminal" {
	running
	run python3 -c 'import pty, os, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' \
		"${MOOR[@]}" exec --tty "$ID" /bin/sh -c '[ -t 0 ] && [ -t 1 ] && echo tty; exit 7'
	assert_status 7
	assert_output tty
}

@test "a detached session writes its pid" {
	running
	moor exec --detach --pid-file "$T/pid" "$ID" /bin/sh -c 'sleep 100' >/dev/null
	grep -q sleep "/proc/$(cat "$T/pid")/cmdline"
}

@test "a session from a process file is protected" {
	running
	jq '.process | .args = ["/tmp/x"]' "$BUNDLE/config.json" >"$T/process.json"
	run moor exec --process "$T/process.json" "$ID"
	[ "$status" != 0 ]
	refute_marker
	assert_event exec-blocked not-in-image /tmp/x
}

@test "sessions at the same time are all protected" {
	running
	local i pids=()
	for i in {1..8}; do
		moor exec "$ID" /bin/sh -c '/opt/test/bin/nothing && /tmp/x' >"$T/out.$i" 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait_for "$i"
		assert_status 126
	done
	refute_marker
	[ "$(events .event.action | grep -c session-opened)" -ge 8 ]
}

sessions() { # FILTER: how many, those that were only counted among them
	events "select(.event.action == \"session-opened\") | $1
		| .runmoor.repeated // 1" | jq -s add
}

@test "sessions that are all alike, as health checks are, are told some times and then counted" {
	running
	local i
	for i in {1..23}; do
		moor exec "$ID" /bin/sh -c true
	done
	moor exec "$ID" /bin/sh -c :
	moor delete --force "$ID"
	assert_event container-released
	[ "$(sessions '.')" = 24 ]
	[ "$(sessions 'select(.runmoor.session.args[2] == "true")')" = 23 ]
	[ "$(events 'select(.event.action == "session-opened")' | wc -l)" = 22 ]
}

@test "a session into a container that isn't there fails as ever" {
	run bare exec missing /bin/true
	local bare_status=$status bare_output=$output
	run moor exec missing /bin/true
	assert_status "$bare_status"
	[ "${output##*: }" = "${bare_output##*: }" ]
}

@test "exec_sessions deny refuses a session" {
	configure '.exec_sessions = "deny"'
	running
	run moor exec "$ID" /bin/sh -c 'echo in'
	[ "$status" != 0 ]
	[[ $output != in* ]]
	assert_event session-refused
}

@test "a session whose supervisor has died is refused in plain words, and told of once" {
	start 'while [ ! -e /tmp/go ]; do read -t 1 line </dev/zero || :; done'
	moor state "$ID" >"$T/out" 2>"$T/err"
	[ ! -s "$T/err" ]
	kill -9 "$(supervisors)"
	eventually no_supervisors
	state_says_died
	local times
	for times in 1 2; do
		run moor exec "$ID" /bin/true
		[ "$status" != 0 ]
		assert_output "the supervisor of container $ID has died"
	done
	[ "$(events .event.action | grep -c supervisor-died)" = 1 ]
	"$REPO/tests/validate-events" "$T/events.jsonl"
	touch "$ROOT/tmp/go"
	eventually stopped
	run moor exec "$ID" /bin/true # as ever
	[ "$status" != 0 ]
	refute_output "the supervisor"
	moor state "$ID" >"$T/out" 2>"$T/err"
	[ ! -s "$T/err" ]
	moor delete --force "$ID"
	[ -z "$(ls -A "$T/state")" ]
}

stopped() {
	[ "$(bare state "$ID" | jq -r .status)" = stopped ]
}

# The warning must not mix with the runtime's output, which is parsed.
state_says_died() {
	moor state "$ID" >"$T/out" 2>"$T/err"
	bare state "$ID" | diff - "$T/out"
	grep -q "^runmoor: the supervisor of container $ID has died" "$T/err"
	moor state "$ID" >"$T/out" 2>&1 # as go-runc takes both
	bare state "$ID" | diff - "$T/out"
	moor --log "$T/log" state "$ID" >"$T/out" 2>&1
	bare state "$ID" | diff - "$T/out"
	grep -q "level=warning.*the supervisor of container $ID has died" "$T/log"
	[ "$(events .event.action | grep -c supervisor-died)" = 1 ]
}
