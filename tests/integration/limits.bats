# Limits and other attributes that the engine's caller hands down: the container
# still gets them, and the supervisor works in spite of them.
load helpers

# bats file_tags=twice

WAIT='while [ ! -e /tmp/go ]; do sleep 0.05; done'

supervisor() {
	supervisors | head -n 1
}

limit_of() { # PID LIMIT: "soft hard"
	sed -nE "s/^$2 +([^ ]+) +([^ ]+).*/\1 \2/p" "/proc/$1/limits"
}

# with COMMAND... -- SCRIPT: runs the script in a container that the commands
# start, as a caller that may not raise a hard limit.
with() { # COMMAND... -- SCRIPT
	local before=()
	while [ "$1" != -- ]; do
		before+=("$1")
		shift
	done
	script "$2"
	spec '.process.rlimits = []'
	run "${before[@]}" setpriv --inh-caps=-sys_resource --bounding-set=-sys_resource \
		"${MOOR[@]}" run --bundle "$BUNDLE" "$ID" <"$T/stdin"
}

limited() { # ULIMIT-ARGUMENTS COMMAND...
	bash -c 'ulimit $0 && exec "$@"' "$@"
}

@test "a soft limit on file size or CPU time is not the supervisor's" {
	start "$WAIT; exit 0"
	local unlimited
	unlimited=$(limit_of "$(supervisor)" 'Max file size')
	moor delete --force "$ID"
	ID+=-limited
	script "$WAIT; exit 0"
	limited '-S -f 8 -t 1' "${MOOR[@]}" run --detach --bundle "$BUNDLE" "$ID" <"$T/stdin" >"$T/output" 2>&1
	[ "$(limit_of "$(supervisor)" 'Max file size')" = "$unlimited" ]
	[ "$(limit_of "$(supervisor)" 'Max cpu time')" = 'unlimited unlimited' ]
	touch "$ROOT/tmp/go"
	assert_event container-released
}

@test "where the events file may not grow, the container lives on" {
	seq 1000 >"$T/events.jsonl"
	with limited '-f 1' -- 'drop marker /tmp/x; /tmp/x; echo "refused: $?"; nothing; echo "image: $?"' || true
	# runmoor's own files may not grow either: the container is refused,
	# with the reason.
	[ "$status" != 0 ]
	assert_output 'File too large'
	with limited '-f 20000' -- 'drop marker /tmp/x; /tmp/x; echo "refused: $?"; nothing; echo "image: $?"'
	assert_status 0
	truncate --size 30M "$T/events.jsonl"
	ID+=-full
	with limited '-f 20000' -- 'drop marker /tmp/x; /tmp/x; echo "refused: $?"; nothing; echo "image: $?"'
	assert_status 0
	assert_output 'refused: 126'
	assert_output 'image: 0'
	refute_marker
	truncate --size 0 "$T/events.jsonl"
}

@test "a hard limit on CPU time, few files or little memory is refused by name" {
	with limited '-t 1000' -- 'exit 0'
	[ "$status" != 0 ]
	assert_output 'CPU time (ulimit -t) is 1000'
	with limited '-n 64' -- 'exit 0'
	[ "$status" != 0 ]
	assert_output 'open files (ulimit -n) is 64'
	[ ! -e "$T/events.jsonl" ]
	configure '.on_unprotectable = "run"'
	with limited '-t 1000' -- 'exit 0'
	assert_status 0
	assert_output 'unprotected'
}

@test "the container's limits, signals and scheduling are what the caller has" {
	local told='cat /proc/self/limits; grep -E "^Sig(Ign|Cgt|Blk)" /proc/self/status; umask
		read -r line </proc/self/stat; set -- ${line#*) }; echo "nice ${17}"'
	local caller=(limited '-S -f 5000 -n 500 -s 4096 -u 9000' chrt --batch 0 nice -n 3
		env --ignore-signal=XFSZ,USR1)
	script "$told"
	spec '.process.rlimits = []'
	run "${caller[@]}" "${BARE[@]}" run --bundle "$BUNDLE" "$ID" <"$T/stdin"
	assert_status 0
	local bare=$output
	run "${caller[@]}" "${MOOR[@]}" run --bundle "$BUNDLE" "$ID" <"$T/stdin"
	assert_status 0
	[ "$output" = "$bare" ] || fail "$(diff <(echo "$bare") <(echo "$output"))"
}

@test "who ignores SIGCHLD gets the runtime's exit status" {
	script 'exit 7'
	run env --ignore-signal=CHLD timeout 30 "${MOOR[@]}" run --bundle "$BUNDLE" "$ID" <"$T/stdin"
	assert_status 7
}

@test "umask, scheduling and limits of the caller are not the supervisor's" {
	script "$WAIT; exit 0"
	(umask 0777; exec chrt --idle 0 ionice -c 3 env --ignore-signal=TERM "${MOOR[@]}" \
		run --detach --bundle "$BUNDLE" "$ID") <"$T/stdin" >"$T/output" 2>&1
	local pid
	pid=$(supervisor)
	[ "$(sed -n 's/^Umask:\t//p' "/proc/$pid/status")" = 0022 ]
	[[ $(chrt --pid "$pid") == *SCHED_OTHER* ]]
	[[ $(ionice --pid "$pid") != idle* ]]
	[ "$(stat -c %a "$T/events.jsonl")" = 640 ]
	kill "$pid"
	eventually no_supervisors
	touch "$ROOT/tmp/go"
}
