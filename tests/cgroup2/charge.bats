# Policy cgroup where version 2 has the controllers: there is one hierarchy, and
# memory and tasks of a supervisor count for whatever is above its container. By
# itself:
#
#   tests/cgroup2/run tests/integration/namespace bats --tap tests/cgroup2/charge.bats
#
# The tests for both versions are in tests/integration/charge.bats, which runs
# there, too.
load ../integration/helpers

setup() {
	grep -qsw cpu /sys/fs/cgroup/cgroup.controllers ||
		skip "cgroups of version 2 have no controllers here: tests/cgroup2/run"
	setup_bundle "$RUNTIME" "$ROOTFS" "$LAYOUT"
	POD=/sys/fs/cgroup/pod-$ID
	mkdir "$POD"
	echo "+cpu +memory +pids" >"$POD/cgroup.subtree_control"
	spec '.linux.cgroupsPath = "/pod-\($id)/c"' --arg id "$ID"
}

teardown() {
	[ -n "${T-}" ] || return 0
	teardown_bundle
	rmdir "$POD" # nothing else is in it
}

charged() {
	supervisor=$(supervisors | head -n 1)
	[ -n "$supervisor" ] && grep -q "/pod-$ID/runmoor-" "/proc/$supervisor/cgroup"
	own=$(echo "$POD"/runmoor-*)
}

# The same process judges.
still_judged() {
	[ "$(supervisors | head -n 1)" = "$supervisor" ] || fail "another supervisor, or none"
	run moor exec "$ID" /bin/true
	assert_status 0
	run moor exec "$ID" /bin/sh -c "$PRELUDE drop marker /tmp/late; /tmp/late"
	assert_refused not-in-image /tmp/late
}

@test "a container that is frozen doesn't freeze its supervisor" {
	start 'while :; do sleep 0.1; done'
	eventually charged
	moor pause "$ID"
	grep -qx 'frozen 1' "$POD/c/cgroup.events"
	grep -qx 'frozen 0' "$own/cgroup.events"
	moor resume "$ID"
	still_judged
	moor pause "$ID"
	moor delete --force "$ID"
}

# bats test_tags=debian
@test "a container over its limit of memory loses its own processes" {
	spec '.linux.resources.memory = {limit: 33554432}'
	start 'python3 -c "bytearray(200 << 20)"; sleep 1000'
	eventually charged
	eventually grep -qE '^oom_kill [1-9]' "$POD/c/memory.events"
	[ "$(cat "$own/memory.current")" -gt 0 ]
	grep -qx 'oom_kill 0' "$own/memory.events"
	still_judged
	moor delete --force "$ID"
}

# Each process is smaller than a supervisor, which the kernel would kill first;
# the container doesn't end, since its first process is killed after the others.
@test "a pod over its limit of memory loses a container's processes, not its supervisor" {
	start 'until [ -e /tmp/go ]; do sleep 0.1; done
		i=0
		while [ $i -lt 200 ]; do
			(echo 100 >/proc/self/oom_score_adj; exec sleep 1000) &
			i=$((i + 1))
		done
		sleep 1000'
	eventually charged
	echo 20971520 >"$POD/memory.max"
	: >"$ROOT/tmp/go"
	eventually grep -qE '^oom_kill [1-9]' "$POD/memory.events"
	sleep 3
	grep -qx 'oom_kill 0' "$own/memory.events" || fail "$(cat "$own/memory.events")"
	[ "$(supervisors | head -n 1)" = "$supervisor" ]
	moor delete --force "$ID"
}

@test "a container that divides its own cgroup, as systemd does" {
	spec '.linux.namespaces |= map(select(.type != "cgroup")) + [{type: "cgroup"}]
		| .mounts |= map(select(.destination != "/sys/fs/cgroup"))
		| .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
			options: ["rw", "nosuid", "noexec", "nodev"]}]'
	start 'cd /sys/fs/cgroup && mkdir init service &&
		echo $$ >init/cgroup.procs && echo "+cpu +memory" >cgroup.subtree_control &&
		echo "50000 100000" >service/cpu.max && : >/tmp/divided
		(echo 0 >service/cgroup.procs; while :; do sleep 0.1; done) &
		while :; do sleep 0.1; done'
	eventually charged
	eventually test -e "$ROOT/tmp/divided" || fail "$(cat "$T/output")"
	still_judged
	moor update --cpu-period 100000 --cpu-quota 30000 "$ID"
	eventually grep -qx '30000 100000' "$own/cpu.max" || fail "$(cat "$own/cpu.max")"
	moor delete --force "$ID"
	[ ! -e "$POD/c" ]
}
