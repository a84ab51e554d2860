# The cgroup that pays for a supervisor: policy cgroup.
load helpers

# Version 2 has the controller, as on a machine where it is the only version.
version_2() {
	grep -qsw cpu /sys/fs/cgroup/cgroup.controllers
}

# cgroup_of PID CONTROLLER: its folder
cgroup_of() {
	local path
	if version_2; then
		path=$(sed -n 's/^0:://p' "/proc/$1/cgroup")
		echo "/sys/fs/cgroup${path%/}"
		return
	fi
	path=$(awk -F: -v c="$2" '$2 ~ "(^|,)" c "(,|$)" { print $3 }' "/proc/$1/cgroup")
	findmnt --noheadings --first-only --output TARGET --types cgroup --options "$2" |
		sed "s|\$|${path%/}|"
}

limited() { # QUOTA, of 100,000
	spec '.linux.resources.cpu = {quota: $quota, period: 100000}
		| .linux.cgroupsPath = "/" + $id' --argjson quota "$1" --arg id "$ID"
}

charged() {
	supervisor=$(supervisors | head -n 1)
	own=$(cgroup_of "$supervisor" cpu)
	[[ $own == */runmoor-* ]]
}

quota_of() { # CGROUP
	if version_2; then
		sed 's/^max .*/-1/; s/ .*//' "$1/cpu.max"
	else
		cat "$1/cpu.cfs_quota_us"
	fi
}

quota_is() { # CGROUP QUOTA
	[ "$(quota_of "$1")" = "$2" ]
}

@test "a supervisor is beside its container, with its limit, and gone with it" {
	limited 20000
	start 'while :; do sleep 0.1; done'
	eventually charged || fail "not charged: $(cat "/proc/$supervisor/cgroup")"
	payer=$(cgroup_of "$(moor state "$ID" | jq .pid)" cpu)
	[ "${own%/*}" = "${payer%/*}" ]
	quota_is "$own" 20000
	if ! version_2; then
		[[ $(cgroup_of "$supervisor" cpuacct) == */runmoor-* ]]
		[[ $(cgroup_of "$supervisor" memory) != */runmoor-* ]]
		[[ $(cgroup_of "$supervisor" freezer) != */runmoor-* ]]
	fi
	# A limit that is changed is followed, and never less than a tenth.
	moor update --cpu-period 100000 --cpu-quota 50000 "$ID"
	eventually quota_is "$own" 50000 || fail "quota $(quota_of "$own")"
	moor update --cpu-period 100000 --cpu-quota 2000 "$ID"
	eventually quota_is "$own" 10000 || fail "quota $(quota_of "$own")"
	moor delete --force "$ID"
	[ ! -e "$own" ]
}

# bats test_tags=once
@test "a container without a limit" {
	start 'sleep 1000'
	eventually charged
	quota_is "$own" -1
	moor delete --force "$ID"
	[ ! -e "$own" ]
}

# bats test_tags=once
@test "cgroup: engine leaves it where it is" {
	configure '.cgroup = "engine"'
	limited 20000
	start 'sleep 1000'
	[ "$(cgroup_of "$(supervisors)" cpu)" = "$(cgroup_of $$ cpu)" ]
	moor delete --force "$ID"
}

# bats test_tags=once
@test "what a killed supervisor left is removed with its container" {
	start 'sleep 1000'
	eventually charged
	kill -KILL "$supervisor"
	eventually no_supervisors
	[ -d "$own" ]
	moor delete --force "$ID"
	[ ! -e "$own" ]
}

ticks() { # PID: of 10 ms, that it has run for
	sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'
}

# bats test_tags=once
@test "ATTACK a flood of files to judge costs no more than a container's limit, and others start" {
	limited 10000
	start '
		drop marker /tmp/drift
		flood() { while :; do /tmp/drift; done; }
		for i in 1 2 3 4 5 6; do flood & done 2>/dev/null
		sleep 1000'
	eventually charged
	eventually has_event exec-blocked not-in-image /tmp/drift
	before=$(ticks "$supervisor") since=${EPOCHREALTIME/./}
	sleep 3
	moor exec "$ID" /bin/true
	used=$((($(ticks "$supervisor") - before) * 1000000 / (${EPOCHREALTIME/./} - since)))
	[ "$used" -le 15 ] || fail "$used % of a core"
	moor delete --force "$ID"
}
