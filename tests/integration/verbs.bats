# Every command of the runtimes has the same effect through runmoor as without
# it.
load helpers

# bats file_tags=twice

# FUNCTION prints the same with the bare runtime and with runmoor, except for
# numbers.
same() { # FUNCTION
	local bare moored
	script 'while :; do sleep 1; done'
	bare=$("$1" bare 2>&1 | tidy)
	moored=$("$1" moor 2>&1 | tidy)
	[ "$bare" = "$moored" ] || fail "$(diff <(echo "$bare") <(echo "$moored"))"
	[ -n "$bare" ]
}

tidy() {
	sed -E 's/[0-9]{4}-[0-9]{2}-[0-9T:.Z-]+/TIME/g; s/[0-9]+/N/g; s/ +/ /g'
}

begin() { # RUNTIME
	"$1" run --detach --bundle "$BUNDLE" "$ID" >/dev/null 2>&1
}

end() { # RUNTIME
	"$1" delete --force "$ID"
	echo "deleted $?"
}

status_of() { # RUNTIME
	"$1" state "$ID" | jq -r .status
}

pausing() {
	begin "$1"
	"$1" pause "$ID"
	echo "paused $? $(status_of "$1")"
	"$1" resume "$ID"
	echo "resumed $? $(status_of "$1")"
	end "$1"
}

@test "pause and resume" {
	same pausing
}

showing() {
	begin "$1"
	"$1" ps --format json "$ID" | jq length
	"$1" ps "$ID" | sort | tail -n 1 | awk '{ print NF }'
	echo "ps $?"
	"$1" list | grep -c "$ID"
	"$1" list -q
	"$1" list --format json | jq -r '.[].status'
	"$1" state "$ID" | jq -S 'del(.created, .pid)'
	end "$1"
	"$1" state "$ID"
	echo "state of nothing $?"
}

@test "ps, list, state" {
	same showing
}

limiting() {
	begin "$1"
	"$1" update --pids-limit 50 "$ID"
	echo "updated $?"
	echo '{"pids": {"limit": 60}}' >"$T/resources.json"
	"$1" update --resources "$T/resources.json" "$ID"
	echo "updated $?"
	"$1" exec "$ID" /bin/true
	echo "still there $?"
	end "$1"
}

@test "update" {
	same limiting
}

killing() {
	begin "$1"
	"$1" exec --detach "$ID" /bin/sleep 1000
	"$1" kill "$ID" NO_SUCH_SIGNAL >/dev/null 2>&1
	echo "no such signal $?"
	"$1" kill --all "$ID" KILL
	echo "killed $?"
	for _ in {1..50}; do
		[ "$(status_of "$1")" = stopped ] && break
		sleep 0.1
	done
	status_of "$1"
	"$1" delete "$ID"
	echo "deleted $?"
	"$1" delete --force "$ID"
	echo "deleted again $?"
	"$1" delete "$ID" >/dev/null 2>&1
	echo "and not by force $?"
}

@test "kill --all, delete, delete --force of nothing" {
	same killing
}

writing() {
	rm -rf "$T/spec"
	mkdir "$T/spec"
	(cd "$T/spec" && "$1" spec && jq -S . config.json)
	(cd "$T/spec" && "$1" spec)
	echo "again $?"
}

@test "spec" {
	same writing
}

# bats test_tags=twice,runc
@test "events" {
	counting() {
		begin "$1"
		"$1" events --stats "$ID" | jq -r '.type, (.data | keys[])'
		end "$1"
	}
	same counting
}

@test "two containers of one id in different roots are both protected" {
	script 'drop marker /tmp/x; echo ready >/tmp/ready; while :; do sleep 1; done'
	local other=("${MOOR[@]:0:3}" --root "$T/root2")
	moor run --detach --bundle "$BUNDLE" "$ID" >"$T/output" 2>&1
	cp -a "$BUNDLE/config.json" "$T/second.json"
	mkdir "$T/bundle2"
	jq --arg root "$ROOT" '.root.path = $root | .linux.cgroupsPath = "/" + $id + "-2"' --arg id "$ID" \
		"$T/second.json" >"$T/bundle2/config.json"
	"${other[@]}" run --detach --bundle "$T/bundle2" "$ID" >"$T/output2" 2>&1 </dev/null
	eventually test -e "$ROOT/tmp/ready"
	run moor exec "$ID" /bin/sh -c /tmp/x
	assert_status 126
	run "${other[@]}" exec "$ID" /bin/sh -c /tmp/x
	assert_status 126
	refute_marker
	"${other[@]}" delete --force "$ID"
	run moor exec "$ID" /bin/sh -c /tmp/x
	assert_status 126
	rm -rf "$T/bundle2" "$T/root2"
}

checkpointed() {
	command -v criu >/dev/null || skip "criu isn't installed"
	criu check >/dev/null 2>&1 || skip "criu doesn't work on this kernel"
	script 'while :; do sleep 1; done'
	moor run --detach --bundle "$BUNDLE" "$ID" >"$T/output" 2>&1
	run moor checkpoint --image-path "$T/image" --work-path "$T/work-criu" "$ID"
	[ "$status" = 0 ] || skip "no checkpoint on this machine: ${output:0:200}"
}

@test "what was checkpointed isn't restored unprotected, but refused" {
	checkpointed
	run moor restore --detach --image-path "$T/image" --work-path "$T/work-criu" --bundle "$BUNDLE" "$ID"
	[ "$status" != 0 ]
	assert_output "runmoor: restore can't be protected"
	run bare state "$ID"
	[ "$status" != 0 ]
}

@test "restore is refused in every form, and by the --log file" {
	local form
	for form in "restore --bundle $BUNDLE $ID" "restore -b $BUNDLE -d $ID" "--debug restore $ID" \
		"restore --image-path=/tmp $ID"; do
		# shellcheck disable=SC2086
		run moor --log "$T/log" --log-format json $form
		[ "$status" != 0 ]
		assert_output "runmoor: restore can't be protected"
		jq -e 'select(.level == "error") | .msg | contains("restore can'\''t be protected")' "$T/log"
		rm "$T/log"
	done
}

vanishing() { # RUNTIME
	"$1" create --bundle "$BUNDLE" "$ID" >"$T/created" 2>&1
	mv "$ROOT/bin" "$ROOT/gone"
	"$1" start "$ID" 2>&1
	echo "started $?"
	eventually no_supervisors || echo "a supervisor is left"
	tidy <"$T/created"
	mv "$ROOT/gone" "$ROOT/bin"
	end "$1"
}

# The message and its place are the runtime's choice: at start, or by the
# container's process on its standard error.
@test "a root file system that vanishes between create and start is the same error, and the supervisor goes" {
	same vanishing
	[[ $(vanishing moor) == *"o such file or directory"* ]]
}
