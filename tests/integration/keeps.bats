# A container that runs keeps its policy, its folder and its runtime, whatever
# becomes of the configuration: sessions, health checks and its end need none.
load helpers

# bats file_tags=twice

# lives: an engine's commands for a container that runs, to its end
lives() {
	run moor exec "$ID" sh -c 'echo session'
	assert_status 0
	assert_output session
	run moor exec "$ID" sh -c "$PRELUDE drop marker /tmp/x; /tmp/x"
	assert_status 126
	refute_marker
	moor kill "$ID" KILL
	eventually eval '[ "$(moor state "$ID" | jq -r .status)" = stopped ]'
	moor delete "$ID"
	assert_event exec-blocked not-in-image /tmp/x
	[ -z "$(find "$T/state" -mindepth 1)" ] || fail "left: $(ls -R "$T/state")"
	[ -z "$(find /run/runmoor -lname "$T/*" 2>/dev/null)" ] || fail "a link is left"
}

running() {
	script 'while :; do sleep 1; done'
	moor create --bundle "$BUNDLE" "$ID" >"$T/output" 2>&1
	moor start "$ID"
}

@test "a configuration that is malformed by now" {
	running
	echo '{"mode": ' >"$T/config.json"
	lives
}

@test "a policy that is malformed by now" {
	running
	mkdir "$T/policies.d"
	echo '{"mode": "off"}' >"$T/policies.d/a.json"
	lives
}

@test "a configuration that is gone, or a folder" {
	running
	rm "$T/config.json"
	mkdir "$T/config.json"
	lives
}

@test "another state_dir by now" {
	running
	configure '.state_dir = $dir' --arg dir "$T/elsewhere"
	lives
}

@test "exec_sessions: deny holds with a configuration that is malformed by now" {
	configure '.exec_sessions = "deny"'
	running
	echo '{' >"$T/config.json"
	run moor exec "$ID" true
	[ "$status" != 0 ]
	assert_output "takes no exec sessions"
	assert_event session-refused
	moor kill "$ID" KILL
	eventually eval '[ "$(moor state "$ID" | jq -r .status)" = stopped ]'
	moor delete "$ID"
}

@test "the runtime that created it while it runs, whatever the configuration says now" {
	MOOR[2]=$RUNMOOR_BIN/runmoor
	configure '.runtime = $runtime' --arg runtime "$RUNTIME"
	running
	configure '.runtime = "/no/such/runtime"'
	run moor exec "$ID" echo session
	assert_status 0
	assert_output session
	[ "$(moor state "$ID" | jq -r .status)" = running ]
	moor kill "$ID" KILL
	configure '.runtime = $runtime' --arg runtime "$RUNTIME"
}

@test "an id that was used before, in another state_dir, is a new container" {
	running
	local former=$T/state
	kill -9 $(supervisors)
	moor kill "$ID" KILL || true
	eventually eval '[ "$("${BARE[@]}" state "$ID" | jq -r .status)" = stopped ]'
	"${BARE[@]}" delete --force "$ID"
	configure '.state_dir = $dir' --arg dir "$T/second"
	in_container 'echo again'
	assert_status 0
	assert_output again
	[ -z "$(find /run/runmoor -lname "$T/*" 2>/dev/null)" ] || fail "a link is left"
	rm -rf "$former"
}
