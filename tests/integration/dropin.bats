# runmoor in the place of its runtime: nothing but the protection differs.
load helpers

# bats file_tags=twice

untimed() { # OUTPUT
	sed -E 's/time="[^"]*"//g' <<<"$1"
}

# same ARG...: status and output are those of the bare runtime
same() {
	run bare "$@"
	local bare_status=$status bare_output=$output
	run moor "$@"
	assert_status "$bare_status"
	[ "$(untimed "$output")" = "$(untimed "$bare_output")" ] ||
		fail "$(diff <(echo "$bare_output") <(echo "$output"))"
}

running() {
	start 'echo ready >/tmp/ready; while :; do sleep 1; done'
	eventually test -e "$ROOT/tmp/ready"
}

@test "run hands back exit codes" {
	local code
	for code in 0 1 42 137; do
		in_container "exit $code"
		assert_status $code
	done
}

@test "run hands back 137 for a killed container" {
	script 'echo ready >/tmp/ready; while :; do sleep 1; done'
	"${MOOR[@]}" run --bundle "$BUNDLE" "$ID" <"$T/stdin" >"$T/output" 2>&1 &
	local pid=$!
	eventually test -e "$ROOT/tmp/ready"
	moor kill "$ID" KILL
	wait_for $pid
	assert_status 137
}

@test "run passes signals on" {
	script 'trap "exit 5" TERM; echo ready >/tmp/ready; while :; do sleep 0.1; done'
	"${MOOR[@]}" run --bundle "$BUNDLE" "$ID" <"$T/stdin" >"$T/output" 2>&1 &
	local pid=$!
	eventually test -e "$ROOT/tmp/ready"
	kill -TERM $pid
	wait_for $pid
	assert_status 5
}

@test "standard input, output and error are the container's own" {
	script 'cat; echo err >&2'
	echo in | "${MOOR[@]}" run --bundle "$BUNDLE" "$ID" >"$T/out" 2>"$T/err"
	[ "$(cat "$T/out")" = in ]
	[ "$(cat "$T/err")" = err ]
}

@test "a closed standard input is no hindrance" {
	script 'echo fine'
	run "${MOOR[@]}" run --bundle "$BUNDLE" "$ID" <&-
	run "${MOOR[@]}" run --bundle "$BUNDLE" "$ID" </dev/null
	assert_status 0
	assert_output fine
}

@test "create, start, state, kill, delete" {
	script 'echo ready >/tmp/ready; while :; do sleep 1; done'
	moor create --bundle "$BUNDLE" --pid-file "$T/pid" "$ID" >"$T/output" 2>&1
	[ "$(moor state "$ID" | jq -r .status)" = created ]
	[ "$(moor state "$ID" | jq -r .pid)" = "$(cat "$T/pid")" ]
	[ "$(sha256sum <"$BUNDLE/config.json")" = "$SPEC_DIGEST" ]
	[ ! -e "$ROOT/tmp/ready" ]
	moor start "$ID"
	eventually test -e "$ROOT/tmp/ready"
	moor kill "$ID" KILL
	eventually bash -c "[ \"\$(${MOOR[*]} state $ID | jq -r .status)\" = stopped ]"
	moor delete "$ID"
	run moor state "$ID"
	[ "$status" != 0 ]
	assert_event container-sealed
	assert_event container-released
}

@test "a detached run writes the pid of the container's process" {
	script 'while :; do sleep 1; done'
	moor run --detach --pid-file "$T/pid" --bundle "$BUNDLE" "$ID" >"$T/output" 2>&1
	grep -q 'sleep 1' "/proc/$(cat "$T/pid")/cmdline"
	[ "$(moor state "$ID" | jq -r .pid)" = "$(cat "$T/pid")" ]
}

@test "descriptors are preserved when asked for, and only then" {
	echo kept >"$T/kept"
	script 'cat <&3; ls /proc/self/fd'
	run "${MOOR[@]}" run --preserve-fds 1 --bundle "$BUNDLE" "$ID" 3<"$T/kept" <"$T/stdin"
	assert_status 0
	[ "${lines[0]}" = kept ]
	script 'for fd in 3 4 5 6 7 8 9; do [ ! -e /proc/self/fd/$fd ] || echo open $fd; done'
	run bare run --bundle "$BUNDLE" "$ID"
	local bare_output=$output
	run moor run --bundle "$BUNDLE" "$ID"
	assert_status 0
	[ "$output" = "$bare_output" ]
}

@test "a container with a terminal gives it to the console socket" {
	spec '.process.terminal = true'
	script '[ -t 0 ] && [ -t 1 ] && echo on a terminal; drop marker /tmp/x; /tmp/x'
	"$REPO/tests/integration/terminal" "$T/console" >"$T/output" 3>&- &
	local pid=$!
	eventually test -S "$T/console"
	moor run --detach --console-socket "$T/console" --bundle "$BUNDLE" "$ID"
	wait $pid
	rm "$T/console"
	grep -q "on a terminal" "$T/output"
	grep -q "ermission denied" "$T/output"
	refute_marker
}

@test "a container with a terminal on ours" {
	spec '.process.terminal = true'
	script '[ -t 0 ] && [ -t 1 ] && echo on a terminal; exit 7'
	run python3 -c 'import pty, os, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' \
		"${MOOR[@]}" run --bundle "$BUNDLE" "$ID"
	assert_status 7
	assert_output "on a terminal"
}

@test "every form of an option is understood" {
	local bundle
	script 'drop marker /tmp/x; /tmp/x'
	for bundle in "-b $BUNDLE" "-b=$BUNDLE" "--bundle $BUNDLE" "--bundle=$BUNDLE"; do
		if [ "$RUNTIME $bundle" = "crun -b=$BUNDLE" ]; then
			continue # argp takes the "=" for a part of the path
		fi
		run moor run $bundle "$ID"
		assert_status 126
	done
	run moor --log "$T/log" run -b "$BUNDLE" "$ID"
	assert_status 126
	run moor --log="$T/log" --debug run -b "$BUNDLE" "$ID"
	assert_status 126
	run bash -c 'cd "$1" && "${@:2}"' _ "$BUNDLE" "${MOOR[@]}" run "$ID" <"$T/stdin"
	assert_status 126
	refute_marker
}

@test "a relative bundle" {
	script 'drop marker /tmp/x; /tmp/x'
	run bash -c 'cd "$1" && "${@:2}"' _ "$T" "${MOOR[@]}" run -b bundle "$ID" <"$T/stdin"
	assert_status 126
	refute_marker
}

@test "an absolute root path" {
	spec '.root.path = $root' --arg root "$ROOT"
	in_container 'drop marker /tmp/x; /tmp/x'
	assert_status 126
	refute_marker
}

@test "--version is the runtime's, and behind it a line of runmoor's" {
	local option
	for option in --version -v; do
		run moor $option
		assert_status 0
		[ "$(printf '%s\n' "${lines[@]:0:${#lines[@]}-1}")" = "$(bare --version)" ]
		[[ ${lines[-1]} =~ ^runmoor:\ [0-9.]+$ ]] || fail "$output"
	done
}

@test "--help begins with what runmoor is, and that of a command doesn't" {
	local bin=("${MOOR[2]}")
	run "${bin[@]}" --help
	assert_status 0
	[[ ${lines[0]} == "runmoor keeps containers "* ]] || fail "$output"
	assert_output "runmoor-policy(5)"
	[[ $output == *"$("$RUNTIME" --help)" ]] || fail "$output"
	same run --help
}

@test "a link whose runtime isn't there says what to install" {
	mkdir "$T/empty"
	run env PATH="$T/empty" "${MOOR[2]}" list
	[ "$status" != 0 ]
	assert_output "runmoor: runmoor-$RUNTIME stands in for $RUNTIME, which isn't on PATH: install $RUNTIME"
}

@test "what isn't intercepted is the runtime's own" {
	same features
	same list
	same state missing
	same kill missing KILL
	same delete missing
	same no-such-command
	same run
}

# --force must succeed for a container that doesn't exist any more: engines rely
# on it.
@test "delete --force of nothing" {
	same delete --force missing
}

@test "a running container looks as it does to the runtime" {
	running
	same list -q
	same list
	same state "$ID"
	same ps --format json "$ID"
	moor pause "$ID"
	[ "$(moor state "$ID" | jq -r .status)" = paused ]
	moor resume "$ID"
}

# bats test_tags=runc
@test "statistics pass" {
	running
	run moor events --stats "$ID"
	assert_status 0
	[ "$(jq -r .id <<<"$output")" = "$ID" ]
}

@test "a create that fails in the runtime leaves nothing" {
	spec '.process.args = ["/no/such/program"]'
	run moor run --bundle "$BUNDLE" "$ID"
	[ "$status" != 0 ]
	assert_output "o such file"
	# crun forgets this cgroup on its own, too.
	find /sys/fs/cgroup -name "$ID" -exec rmdir {} + 2>/dev/null || true
}

@test "an id that is taken is refused as ever" {
	running
	run moor run --bundle "$BUNDLE" "$ID"
	[ "$status" != 0 ]
	assert_output "exist"
	[ "$(moor state "$ID" | jq -r .status)" = running ]
	run moor exec "$ID" /bin/sh -c 'gzip -dc </opt/test/drop/marker.gz >/tmp/x; chmod 755 /tmp/x; /tmp/x'
	assert_status 126
	refute_marker
}

@test "an id may be used again" {
	in_container 'exit 3'
	assert_status 3
	in_container 'drop marker /tmp/x; /tmp/x'
	assert_status 126
	refute_marker
}

@test "the spec's own hooks run" {
	spec '.hooks = {poststop: [{path: "/bin/sh", args: ["sh", "-c", "cat >\($t)/poststop"]}],
		createRuntime: [{path: "/bin/sh", args: ["sh", "-c", "cat >\($t)/hook"]}]}' --arg t "$T"
	in_container 'exit 0'
	assert_status 0
	[ "$(jq -r .id "$T/hook")" = "$ID" ]
	[ "$(jq -r .id "$T/poststop")" = "$ID" ]
}

@test "the spec's own seccomp profile stays in force" {
	spec '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64"],
		syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 95}]}'
	in_container 'mkdir /tmp/d; drop marker /tmp/x; /tmp/x'
	assert_status 126
	assert_output "not supported"
	refute_marker
}

@test "a profile that lists what is allowed, as engines' do" {
	spec '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
		syscalls: [{names: ["execve", "execveat", "mmap"], action: "SCMP_ACT_ALLOW"},
			{names: ["bpf"], action: "SCMP_ACT_ERRNO"}]}'
	in_container 'drop marker /tmp/x; /tmp/x'
	assert_status 126
	refute_marker
}

# A create is killed at the worst moment: the next one must succeed.
@test "a runmoor killed half-way is no hindrance to the next" {
	local delay
	script 'drop marker /tmp/x; /tmp/x'
	for delay in 0.005 0.02 0.05 0.1 0.2; do
		timeout --signal=KILL "$delay" "${MOOR[@]}" create --bundle "$BUNDLE" "$ID" \
			<"$T/stdin" >/dev/null 2>&1 || true
		moor delete --force "$ID" >/dev/null 2>&1 || true
		run moor run --bundle "$BUNDLE" "$ID"
		assert_status 126
		[ "$(sha256sum <"$BUNDLE/config.json")" = "$SPEC_DIGEST" ]
	done
	refute_marker
}

# A wrapper of the runtime that adds a mount to the bundle's specification, as
# nvidia-container-runtime does, and then executes NEXT.
wrapper() { # FILE NEXT
	cat >"$1" <<-EOF
		#!/bin/bash
		for word; do [ "\$before" = --bundle ] && bundle=\$word; before=\$word; done
		[ -z "\${bundle-}" ] || {
			jq '.mounts += [{destination: "/mnt", type: "bind", source: "$T/driver", options: ["bind", "ro"]}]' \
				"\$bundle/config.json" >"$T/wrapped" && cat "$T/wrapped" >"\$bundle/config.json"
		}
		exec "$2" "\$@"
	EOF
	chmod 755 "$1"
}

@test "a wrapper behind runmoor is told of, and what it adds is drift" {
	mkdir "$T/driver"
	gzip -dc "$IMAGES/programs/opt/test/drop/marker.gz" >"$T/driver/tool"
	chmod 755 "$T/driver/tool"
	wrapper "$T/wrap-$RUNTIME" "$(command -v "$RUNTIME")"
	configure '.runtime = $path' --arg path "$T/wrap-$RUNTIME"
	MOOR=(env "RUNMOOR_CONFIG=$T/config.json" "$RUNMOOR_BIN/runmoor" --root "$T/root")
	in_container '/mnt/tool'
	assert_status 126
	assert_output 'rewritten behind runmoor'
	refute_marker
	assert_event exec-blocked volume /mnt/tool
	eventually eval 'events ".runmoor.detail" | grep -q "rewritten behind"'
	[ "$(sha256sum <"$BUNDLE/config.json")" = "$SPEC_DIGEST" ]
}

# rewriter FILE FILTER: a wrapper that has jq rewrite the specification.
rewriter() {
	wrapper "$1" "$(command -v "$RUNTIME")"
	sed -i "s|jq '.*' |jq -S '$2' |" "$1"
	configure '.runtime = $path' --arg path "$1"
	MOOR=(env "RUNMOOR_CONFIG=$T/config.json" "$RUNMOOR_BIN/runmoor" --root "$T/root")
}

@test "a wrapper behind runmoor that takes the gate out is refused" {
	local filter privileges command
	for filter in 'del(.linux.seccomp)' 'del(.linux.seccomp.listenerPath)' \
		'.linux.seccomp.syscalls[].action = \"SCMP_ACT_ALLOW\"'; do
		for privileges in true false; do
			spec '.process.noNewPrivileges = $given' --argjson given $privileges
			script 'drop marker /tmp/x; /tmp/x'
			rewriter "$T/wrap" "$filter"
			run moor create --bundle "$BUNDLE" "$ID"
			assert_status 1
			run bare state "$ID"
			assert_status 1
			[ "$(sha256sum <"$BUNDLE/config.json")" = "$SPEC_DIGEST" ]
		done
	done
	refute_marker
}

@test "a wrapper behind runmoor may write the gate in another order" {
	rewriter "$T/wrap" .
	in_container '/bin/true'
	assert_status 0
}

@test "a wrapper in front of runmoor is part of the specification" {
	mkdir "$T/driver"
	gzip -dc "$IMAGES/programs/opt/test/drop/marker.gz" >"$T/driver/tool"
	chmod 755 "$T/driver/tool"
	wrapper "$T/wrap" "$RUNMOOR_BIN/runmoor-$RUNTIME"
	MOOR=(env "RUNMOOR_CONFIG=$T/config.json" "$T/wrap" --root "$T/root")
	in_container '/mnt/tool'
	SPEC_DIGEST=$(sha256sum <"$BUNDLE/config.json")
	assert_status 0
	assert_marker
	[[ $output != *rewritten* ]]
}

@test "socket activation works as without runmoor" {
	local setting told=() way
	echo 'passed on' >"$T/socket"
	script 'echo "${LISTEN_FDS-} ${LISTEN_PID-}"; [ -z "${LISTEN_FDS-}" ] || cat <&3; exit 0'
	for setting in '$$' 1 ''; do
		told=()
		for way in BARE MOOR; do
			local -n command=$way
			run bash -c "LISTEN_PID=$setting LISTEN_FDS=1 exec \"\$@\"" - \
				"${command[@]}" run --bundle "$BUNDLE" "$ID" <"$T/stdin" 3<"$T/socket"
			told+=("$status $output")
		done
		[ "${told[0]}" = "${told[1]}" ] || fail "${told[*]}"
	done
}
