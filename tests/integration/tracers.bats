# A tracer from outside of the container is the operator's: the programs that
# its target executes run unproven, and are recorded.
load helpers

# A service that executes programs of the image for as long as /tmp/go is there.
SERVICE='touch /tmp/go; while [ -e /tmp/go ]; do /bin/true || echo failed >>/tmp/failed; sleep 0.05; done'

setup_file() {
	command -v strace >/dev/null
	command -v gdb >/dev/null
}

pid_in() { # of the container's first process, on the host
	moor state "$ID" | jq .pid
}

attach() { # COMMAND... : traces the service; sets tracer
	"$@" >"$T/trace" 2>&1 &
	tracer=$!
	eventually is_traced "$(pid_in)"
}

is_traced() { # PID
	! grep -q '^TracerPid:.0$' "/proc/$1/status"
}

# Execs that began after now.
executes_on() {
	local before
	before=$(events 'select(.runmoor.reason == "traced")' | wc -l)
	eventually more_than "$before"
}

more_than() { # EVENTS
	[ "$(events 'select(.runmoor.reason == "traced")' | wc -l)" -gt $(($1 + 2)) ]
}

finish() {
	kill $tracer 2>/dev/null || true
	wait $tracer 2>/dev/null || true
	rm "$ROOT/tmp/go"
	eventually is_stopped
	moor delete --force "$ID"
}

is_stopped() {
	[ "$(moor state "$ID" | jq -r .status)" = stopped ]
}

@test "a service that is traced from the host executes on" {
	start "$SERVICE"
	eventually test -e "$ROOT/tmp/go"
	attach strace -f -e trace=execve -p "$(pid_in)"
	executes_on
	finish
	[ ! -e "$ROOT/tmp/failed" ] || fail "execs failed: $(events .event)"
	grep -q execve "$T/trace"
	assert_event exec-flagged traced
	refute_event exec-blocked
	refute_event race-killed
}

# A process that becomes another program again and again, since gdb lets go of
# the children of what it traces.
# bats test_tags=once
@test "a service that gdb is attached to from the host executes on" {
	local program='[ ! -e /tmp/go ] || exec /bin/sh -c "$0" "$0"'
	start "touch /tmp/go; exec /bin/sh -c '/bin/sleep 0.05; $program' '/bin/sleep 0.05; $program'"
	eventually test -e "$ROOT/tmp/go"
	attach gdb --batch -nx -p "$(pid_in)" -ex continue
	executes_on
	finish
	assert_event exec-flagged traced /bin/sh
	refute_event exec-blocked
	refute_event race-killed
}

@test "a tracer from the host excuses no drift" {
	start "drop marker /tmp/x; touch /tmp/go
		while [ -e /tmp/go ]; do /tmp/x; sleep 0.05; done"
	eventually test -e "$ROOT/tmp/go"
	attach strace -f -e trace=execve -p "$(pid_in)"
	assert_event exec-blocked not-in-image /tmp/x
	finish
	refute_marker
}

@test "a tracer of the container's own is refused as before" {
	in_container 'drop marker /tmp/x; traceme plain /bin/true; traceme plain /tmp/x'
	refute_marker
	assert_event exec-blocked traced
	refute_event exec-flagged traced
}

# A debug container as kubectl debug makes it, with the pid namespace of this
# container.
# bats test_tags=once
@test "a service that a debug container traces executes on" {
	local pid
	start "$SERVICE"
	eventually test -e "$ROOT/tmp/go"
	pid=$(pid_in)
	mkdir "$T/debug"
	jq --arg root "$ROOT" --arg pid "/proc/$pid/ns/pid" '.root.path = $root
		| (.linux.namespaces[] | select(.type == "pid")).path = $pid
		| .process.capabilities[] += ["CAP_SYS_PTRACE"]
		| .process.args = ["/opt/test/bin/outsider", "1"]' \
		"$BUNDLE/config.json" >"$T/debug/config.json"
	attach "${MOOR[@]}" run --bundle "$T/debug" "$ID-debug"
	executes_on
	"${MOOR[@]}" kill "$ID-debug" KILL
	finish
	[ ! -e "$ROOT/tmp/failed" ] || fail "execs failed: $(events .event)"
	assert_event exec-flagged traced
	refute_event exec-blocked
	"${MOOR[@]}" delete --force "$ID-debug"
}
