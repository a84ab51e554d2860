# moorctl doctor.
load helpers

# bats file_tags=once

doctor() { # [VARIABLE=VALUE]... [--json]
	local options=()
	[ "${*: -1}" != --json ] || options=(--json)
	run env RUNMOOR_CONFIG="$T/config.json" "${@:1:$# - ${#options[@]}}" \
		"$RUNMOOR_BIN/moorctl" doctor "${options[@]}"
}

# A test whose programs are missing uses a copy of the others.
copy_programs() {
	cp -a "$RUNMOOR_BIN" "$T/bin"
	RUNMOOR_BIN=$T/bin
}

# Mounts that are made there are seen by this test's commands only.
apart() { # COMMAND: before doctor
	run env RUNMOOR_CONFIG="$T/config.json" unshare --mount \
		bash -ec "$1"' && exec "$2" doctor' - "$T" "$RUNMOOR_BIN/moorctl"
}

nothing_left() {
	[ -z "$(find /tmp /var/tmp /run -maxdepth 1 -name 'runmoor-doctor.*')" ]
	eventually no_supervisors
}

@test "a machine that protects containers: one is tried by each runtime" {
	doctor
	assert_status 0
	assert_output "ok       seccomp user notification"
	assert_output "ptrace_scope"
	assert_output "kernel.io_uring_disabled is "
	assert_output "ok       configuration $T/config.json"
	assert_output "ok       $RUNMOOR_BIN/runmoor-supervisor"
	assert_output "ok       trial by $(command -v runc): a program of the image ran, and one that was added was refused"
	assert_output "ok       trial by $(command -v crun): a program of the image ran, and one that was added was refused"
	[[ $output != *missing* ]]
	nothing_left
}

@test "the same as JSON" {
	doctor --json
	assert_status 0
	jq -e '.ok == true and all(.findings[];
		(.finding | IN("ok", "weak", "missing")) and has("kind") and has("name"))
		and ([.findings[] | select(.kind == "trial") | .finding] == ["ok", "ok"])' <<<"$output"
	configure '.mode = "off"'
	doctor --json
	assert_status 1
	jq -e '.ok == false and any(.findings[]; .finding == "missing" and .name == "mode is off")' <<<"$output"
}

@test "a configuration with a mistake" {
	configure '.mode = "on"'
	doctor
	assert_status 1
	assert_output "missing  configuration $T/config.json"
	assert_output "mode: must be one of"
}

@test "policies that protect nothing, or not all" {
	configure '.mode = "off"'
	doctor
	assert_status 1
	assert_output "missing  mode is off"
	configure '.mode = "audit" | .on_unprotectable = "run" | .cgroup = "engine"'
	doctor
	assert_status 0
	assert_output "weak     mode is audit"
	assert_output "weak     on_unprotectable is run"
	assert_output "weak     cgroup is engine"
}

@test "a configuration that others may write" {
	chmod g+w "$T/config.json"
	doctor
	assert_output "weak     $T/config.json: others may write it"
	chmod g-w "$T/config.json"
	doctor
	[[ $output != *"others may write"* ]]
	chown 1000 "$T/config.json"
	doctor
	assert_output "weak     $T/config.json: others may write it"
	chown 0 "$T/config.json"
	chmod o+w "$T"
	doctor
	chmod o-w "$T"
	assert_output "weak     $T: others may write it"
}

@test "no runtime, and none for a link" {
	mkdir "$T/empty"
	doctor PATH="$T/empty"
	assert_status 1
	assert_output "missing  runtime: neither runc nor crun is on PATH"
	ln -s "$(command -v runc)" "$T/empty/runc"
	doctor PATH="$T/empty"
	assert_status 0
	assert_output "weak     $RUNMOOR_BIN/runmoor-crun: crun isn't on PATH"
}

@test "runmoor's own programs are missing, or can't be executed" {
	copy_programs
	chmod -x "$T/bin/runmoor-supervisor"
	doctor
	assert_status 1
	assert_output "missing  $T/bin/runmoor-supervisor: Permission denied"
	assert_output "missing  trial by "
	rm "$T/bin/runmoor-supervisor"
	doctor
	assert_status 1
	assert_output "missing  $T/bin/runmoor-supervisor: not there"
	nothing_left
}

@test "a runtime that drops the filter: what was added runs" {
	cat >"$T/dropping" <<-'END'
		#!/bin/bash
		for ((i = 1; i < $#; i++)); do
			[ "${!i}" != --bundle ] || { j=$((i + 1)) bundle=${!j}; }
		done
		[ -z "$bundle" ] || {
			jq 'del(.linux.seccomp)' "$bundle/config.json" >"${0%/*}/spec"
			cat "${0%/*}/spec" >"$bundle/config.json"
		}
		exec runc "$@"
	END
	chmod +x "$T/dropping"
	configure '.runtime = $runtime' --arg runtime "$T/dropping"
	doctor
	assert_status 1
	assert_output "missing  trial by $T/dropping"
	nothing_left
}

@test "a runtime that fails is quoted" {
	printf '#!/bin/sh\necho what went wrong >&2\nexit 1\n' >"$T/failing"
	chmod +x "$T/failing"
	configure '.runtime = $runtime' --arg runtime "$T/failing"
	doctor
	assert_status 1
	assert_output "missing  trial by $T/failing: what went wrong"
	nothing_left
}

@test "folders that can't be, are full, read-only or too long" {
	configure '.cache_dir = "/proc/version/cache"'
	doctor
	assert_status 1
	assert_output "missing  cache_dir /proc/version/cache"
	mkdir "$T/place"
	configure '.cache_dir = $t + "/place"' --arg t "$T"
	apart 'mount -t tmpfs -o size=64k none "$1/place"; head -c 64k /dev/zero >"$1/place/x" || true'
	assert_status 1
	assert_output "missing  cache_dir $T/place: No space left"
	apart 'mount -t tmpfs -o size=1m none "$1/place"'
	assert_output "weak     cache_dir $T/place: its file system is nearly full"
	apart 'mount -t tmpfs -o ro none "$1/place"'
	assert_status 1
	assert_output "missing  cache_dir $T/place: Read-only file system"
	configure '.cache_dir = $t + "/cache" | .state_dir = $t + "/" + ("x" * 90)' --arg t "$T"
	doctor
	assert_status 1
	assert_output "missing  state_dir: too long a path"
}

@test "events.file is a folder, or lies in one that can't be" {
	mkdir "$T/folder"
	configure '.events.file = $t + "/folder"' --arg t "$T"
	doctor
	assert_status 1
	assert_output "missing  events.file: is a folder"
	configure '.events.file = "/proc/version/events"'
	doctor
	assert_status 1
	assert_output "missing  events.file /proc/version"
}

@test "policies for workloads: those that take protection away, and whose they are" {
	mkdir "$T/policies.d"
	echo '{"match": {"image": "**"}, "mode": "off"}' >"$T/policies.d/10-all.json"
	echo '{"match": {"image": "x"}, "libraries": "off"}' >"$T/policies.d/20-x.json"
	touch "$T/policies.d/30-y.jsn"
	doctor
	assert_status 0
	assert_output "weak     policy $T/policies.d/10-all.json: mode is off"
	assert_output "ok       policy $T/policies.d/20-x.json"
	assert_output "weak     $T/policies.d/30-y.jsn: isn't read"
	[[ $output != *"others may write"* ]]
	chmod 777 "$T/policies.d"
	chmod 666 "$T/policies.d/20-x.json"
	doctor
	assert_output "weak     $T/policies.d: others may write it"
	assert_output "weak     $T/policies.d/20-x.json: others may write it"
}

@test "folders that others may write" {
	mkdir -p "$T/open"
	chmod 777 "$T/open"
	configure '.state_dir = $folder | .cache_dir = $folder' --arg folder "$T/open"
	doctor
	assert_output "weak     state_dir $T/open: others may write it"
	assert_output "weak     cache_dir $T/open: others may write it"
}

@test "a configuration that is a link to nothing" {
	mv "$T/config.json" "$T/elsewhere"
	run env -u RUNMOOR_CONFIG unshare --mount bash -ec 'mkdir -p /etc/runmoor
		mount -t tmpfs none /etc/runmoor
		ln -s /nowhere /etc/runmoor/config.json
		exec "$1" doctor' - "$RUNMOOR_BIN/moorctl"
	assert_output "configuration /etc/runmoor/config.json: a link that leads nowhere"
	mv "$T/elsewhere" "$T/config.json"
}

# An exit status alone proves nothing.
@test "a runtime that starts nothing, or another container" {
	configure '.runtime = "/usr/bin/true"'
	doctor
	assert_status 1
	assert_output "missing  trial by /usr/bin/true: says that the container ran, but nobody judged"
	mkdir -p "$T/other/rootfs/bin"
	cp /bin/busybox "$T/other/rootfs/bin/true"
	(cd "$T/other" && runc spec && jq '.process.args = ["/bin/true"] | .process.terminal = false |
		.root.readonly = false' config.json >spec && mv spec config.json)
	cat >"$T/elsewhere" <<-EOF
		#!/bin/bash
		for word; do [ "\$before" != --bundle ] || word=$T/other; words+=("\$word"); before=\$word; done
		exec runc "\${words[@]}"
	EOF
	chmod 755 "$T/elsewhere"
	configure '.runtime = $path' --arg path "$T/elsewhere"
	doctor
	assert_status 1
	assert_output "missing  trial by $T/elsewhere: says that the container ran, but nobody judged"
	nothing_left
}

@test "what no policy asks for is no weakness" {
	echo 5 >"$T/five"
	apart 'mount --bind "$1/five" /proc/sys/fs/lease-break-time'
	assert_output "ok       fs.lease-break-time is 5"
	[[ $output != *vm.memfd_noexec\ is* ]]
	configure '.libraries = "strict"'
	apart 'mount --bind "$1/five" /proc/sys/fs/lease-break-time'
	assert_output "weak     fs.lease-break-time is 5"
}

@test "a container without its supervisor, and one that isn't charged" {
	start 'sleep 1000'
	doctor
	[[ $output != *"container $ID"* ]]
	kill -KILL $(supervisors)
	eventually no_supervisors
	doctor
	assert_status 1
	assert_output "missing  container $ID: has no supervisor"
	doctor
	[ "$(events .event.action | grep -c supervisor-died)" = 1 ]
	moor kill "$ID" KILL
	eventually unmentioned
	moor delete --force "$ID"
	spec 'del(.linux.resources, .linux.cgroupsPath)'
	MOOR=(env "RUNMOOR_CONFIG=$T/config.json"
		"$RUNMOOR_BIN/runmoor-crun" --root "$T/root")
	moor --cgroup-manager=disabled run --detach --bundle "$BUNDLE" "$ID" >"$T/output" 2>&1
	eventually uncharged || fail "$output"
	moor delete --force "$ID"
}

unmentioned() { # one that has ended
	doctor
	[[ $output != *"container $ID"* ]]
}

uncharged() {
	doctor
	[[ $output == *"weak     container $ID: what it has judged isn't limited"*"no cgroup of its own"* ]]
}

@test "what isn't understood" {
	run "$RUNMOOR_BIN/moorctl" doctor --jason
	assert_status 2
	assert_output "usage: moorctl"
	assert_output "doctor: can't tell what --jason means"
}

# WORD: what the first line has to name.
misused() { # WORD ARGUMENT...
	run "$RUNMOOR_BIN/moorctl" "${@:2}"
	assert_status 2
	[[ ${lines[0]} == *"$1"* && $output == *"usage: moorctl"* ]] || fail "${*:2}: ${lines[0]}"
}

@test "a command line that isn't understood is answered by the word, or by what is missing" {
	misused "what x means" doctor --json x
	misused "what x means" gc x
	misused "not by bogus" manifest bogus
	misused "manifest is followed by" manifest
	misused "what x means" manifest list x
	misused "CONTAINER, or --volume SOURCE, is missing" manifest forget
	misused "SOURCE of the volume is missing" manifest forget --volume
	misused "what b means" manifest forget a b
	misused "what c means" manifest forget --volume b c
	misused "what --all means" manifest forget --all
	misused "not by bogus" policy bogus
	misused "policy show: unrecognized option '--bogus'" policy show --bogus x
	misused "policy check: option '--config' requires" policy check --config
	misused "what bogus means" bogus
	run env "RUNMOOR_CONFIG=$T/config.json" "$RUNMOOR_BIN/moorctl" policy check "$T/a" "$T/b"
	assert_status 1
	assert_output "open $T/a: "
	assert_output "open $T/b: "
}
