# A refused command leaves a sentence where engines look for it, in the log file
# and on standard error, and nothing else.
load helpers

# bats file_tags=twice
bats_require_minimum_version 1.5.0

# refused PART...: of the one line that says why
refused() {
	local part
	rm -f "$T/log"
	status=0
	moor --log "$T/log" --log-format json create --bundle "$BUNDLE" \
		--pid-file "$T/pid" "$ID" >"$T/out" 2>"$T/err" || status=$?
	stderr=$(cat "$T/err")
	[ "$status" != 0 ] || fail "it was created"
	[ ! -s "$T/out" ] || fail "standard output has: $(cat "$T/out")"
	[[ $stderr == "runmoor: "* ]] || fail "standard error has: $stderr"
	[ "$(wc -l <"$T/err")" = 1 ] || fail "not one line: $stderr"
	for part; do
		[[ $stderr == *"$part"* ]] || fail "no \"$part\" in: $stderr"
		jq -se --arg part "$part" 'any(.[]; .level == "error"
			and (.time | length > 0) and (.msg | contains($part)))' \
			"$T/log" >/dev/null || fail "no \"$part\" in: $(cat "$T/log")"
	done
	[ ! -e "$T/pid" ]
	[ ! -e "$T/root/$ID" ]
}

# Each test makes the bundle's config.json itself.
given() {
	SPEC_DIGEST=$(sha256sum <"$BUNDLE/config.json")
}

@test "config.json is missing" {
	mv "$BUNDLE/config.json" "$T/kept"
	refused "$BUNDLE/config.json"
	mv "$T/kept" "$BUNDLE/config.json"
}

# bats test_tags=twice
@test "the bundle is missing" {
	BUNDLE=$T/missing refused "$T/missing"
}

@test "config.json isn't JSON" {
	local text
	for text in '' '{' '{"root": }' 'null' '[]' '{} {}' $'{"a": "\xff"}'; do
		printf %s "$text" >"$BUNDLE/config.json"
		given
		refused config.json
	done
}

@test "config.json is too deep" {
	{ printf '{"a":%.0s' {1..5000}; printf 1; printf '}%.0s' {1..5000}; } >"$BUNDLE/config.json"
	given
	refused config.json deep
	python3 -c 'print("[" * 300000 + "]" * 300000)' >"$BUNDLE/config.json"
	given
	refused config.json deep
}

@test "config.json is over 16 MiB" {
	spec '.annotations.big = $big' --rawfile big <(head -c 17000000 /dev/zero | tr '\0' x)
	refused config.json
}

@test "config.json has a member twice, or in another case" {
	local filter
	cp "$BUNDLE/config.json" "$T/good"
	sed '0,/"linux": {/s//"linux": {"seccomp": {}, "seccomp": {},/' "$T/good" >"$BUNDLE/config.json"
	given
	refused config.json seccomp
	sed '0,/"linux": {/s//"linux": {}, "linux": {/' "$T/good" >"$BUNDLE/config.json"
	given
	refused config.json linux
	sed '0,/"linux": {/s//"Linux": {}, "linux": {/' "$T/good" >"$BUNDLE/config.json"
	given
	refused config.json linux
	cp "$T/good" "$BUNDLE/config.json"
	spec '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", ListenerPath: "/x"}'
	refused config.json linux.seccomp
}

@test "config.json has a member of a wrong type" {
	spec '.linux.seccomp = "unconfined"'
	refused config.json linux.seccomp
	spec '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: {}}'
	refused config.json linux.seccomp.syscalls
	spec 'del(.linux.seccomp) | .annotations = {"io.runmoor.mode": 7}'
	refused config.json annotations
}

@test "the spec has a listener of its own" {
	spec '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/run/x.sock",
		syscalls: [{names: ["mkdir"], action: "SCMP_ACT_NOTIFY"}]}'
	refused listenerPath "one" io.runmoor.mode
}

@test "a listener path that no rule uses is the runtime's to ignore" {
	spec '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/run/x.sock", syscalls: []}'
	in_container 'drop marker /tmp/x; /tmp/x'
	assert_status 126
	refute_marker
}

@test "the root file system is missing" {
	spec '.root.path = "no-such-rootfs"'
	refused "$BUNDLE/no-such-rootfs"
	: >"$T/file"
	spec '.root.path = $path' --arg path "$T/file"
	refused "$T/file"
	spec 'del(.root)'
	refused root
}

@test "the configuration is malformed" {
	echo '{"mode": ' >"$T/config.json"
	refused "$T/config.json"
	echo '{"mode": "sideways"}' >"$T/config.json"
	refused "$T/config.json" mode sideways
	mkdir "$T/folder"
	MOOR[1]="RUNMOOR_CONFIG=$T/folder"
	refused "$T/folder"
}

@test "the cache folder isn't writable" {
	: >"$T/file"
	configure '.cache_dir = $path' --arg path "$T/file/cache"
	refused "$T/file/cache"
	mkdir "$T/cache"
	mount -t tmpfs -o ro none "$T/cache"
	configure '.cache_dir = $path' --arg path "$T/cache"
	refused "$T/cache"
	umount "$T/cache"
}

@test "the state folder isn't writable" {
	: >"$T/file"
	configure '.state_dir = $path' --arg path "$T/file/state"
	refused "$T/file/state"
}

# bats test_tags=overlay
@test "no space is left for the manifest" {
	mkdir "$T/cache"
	mount -t tmpfs -o size=16k none "$T/cache"
	refused "$T/cache"
	[ "$(find "$T"/cache/{manifests,chains,roots} -type f -size +0 | wc -l)" = 0 ] ||
		fail "left in the cache: $(ls -lR "$T/cache")"
	umount "$T/cache"
}

@test "no space is left for the state" {
	mkdir "$T/state"
	mount -t tmpfs -o size=4k,nr_inodes=2 none "$T/state"
	refused "$T/state"
	[ "$(find "$T/state" -mindepth 1 | wc -l)" = 0 ]
	umount "$T/state"
}

# A slow, full or dead sink never delays or changes a verdict.
@test "an event file that can't be written" {
	configure '.events.file = "/dev/full"'
	in_container 'drop marker /tmp/x; /tmp/x; /opt/test/bin/nothing && echo on'
	assert_status 0
	assert_output on
	refute_marker
}

@test "the runtime isn't found" {
	MOOR[2]=$RUNMOOR_BIN/runmoor
	configure '.runtime = "/no/such/runtime"'
	refused /no/such/runtime
	run moor list
	[ "$status" != 0 ]
	assert_output /no/such/runtime
}

@test "the runtime isn't executable" {
	MOOR[2]=$RUNMOOR_BIN/runmoor
	: >"$T/runtime"
	configure '.runtime = $path' --arg path "$T/runtime"
	refused "$T/runtime"
}

@test "the runtime fails" {
	MOOR[2]=$RUNMOOR_BIN/runmoor
	printf '#!/bin/sh\necho out; echo "its own error" >&2; exit 42\n' >"$T/runtime"
	chmod 755 "$T/runtime"
	configure '.runtime = $path' --arg path "$T/runtime"
	local command
	for command in create run list; do
		run --separate-stderr moor $command --bundle "$BUNDLE" "$ID"
		assert_status 42
		[ "$output" = out ]
		[ "$stderr" = "its own error" ]
	done
}

@test "the runtime dies" {
	MOOR[2]=$RUNMOOR_BIN/runmoor
	printf '#!/bin/sh\nkill -9 $$\n' >"$T/runtime"
	chmod 755 "$T/runtime"
	configure '.runtime = $path' --arg path "$T/runtime"
	run moor create --bundle "$BUNDLE" "$ID"
	[ "$status" != 0 ]
}

@test "the kernel lacks what is needed" {
	local lacking=$IMAGES/programs/opt/test/bin/lacking
	MOOR=("${MOOR[@]:0:2}" "$lacking" seccomp "${MOOR[@]:2}")
	refused seccomp "Linux 5."
	MOOR[3]=openat2
	refused openat2 "Linux 5."
	MOOR[3]=ptrace
	refused ptrace
}

bind() { # SOURCE OPTION
	spec '.mounts |= map(select(.destination != "/kept")) +
		[{destination: "/kept", type: "bind", source: $source, options: ["bind", $option]}]' \
		--arg source "$1" --arg option "$2"
}

@test "a container that could write seals and records" {
	local source
	mkdir -p "$T"/cache/{manifests,chains,layers,roots,volumes,other} "$T/state"
	ln -s "$T/cache/manifests" "$T/link"
	ln -s "$T/state" "$BUNDLE/relative"
	for source in "$T"/cache{,/manifests,/chains,/layers,/roots,/volumes/../manifests,/volumes} "$T/state" "$T/link" relative; do
		bind "$source" rw
		refused "mounts[" "$source" "read-only"
	done
	spec '.process.capabilities.bounding += ["CAP_SYS_ADMIN"]'
	bind "$T/cache" ro
	refused "$T/cache" CAP_SYS_ADMIN
	rm "$BUNDLE/relative"
}

@test "a container that may read them, or has a folder beside them, is created" {
	mkdir -p "$T"/cache/{manifests,other}
	bind "$T/cache" ro
	in_container true
	assert_status 0
	bind "$T/cache/other" rw
	in_container true
	assert_status 0
}
