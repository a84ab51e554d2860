# Sealing an image with everything in it that a file system can hold.
load helpers

# A file below folders whose names are longer together than any path may be;
# two links on the way down make it reachable all the same.
deep() { # FOLDER
	python3 - "$1" "$IMAGES/programs/opt/test/bin/nothing" <<-'EOS'
		import os, shutil, sys
		program = open(sys.argv[2], "rb").read()
		os.chdir(sys.argv[1])
		for link in "half", "whole":
		    os.symlink("/".join(["d" * 250] * 10), link)
		    for _ in range(10):
		        os.mkdir("d" * 250)
		        os.chdir("d" * 250)
		open("deep", "wb").write(program + b"deep")
		os.chmod("deep", 0o755)
	EOS
}

# odd/ has files that aren't regular, names/ has unusual names, and only its
# owner may read secret.
image_extra() {
	mkdir -p "$1/odd" "$1/names" "$1/long"
	mkfifo -m 777 "$1/odd/fifo"
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$1/odd/socket"
	mknod -m 777 "$1/odd/null" c 1 3
	mknod -m 777 "$1/odd/disk" b 7 250
	ln -s loop2 "$1/odd/loop1"
	ln -s loop1 "$1/odd/loop2"
	ln -s . "$1/odd/self"
	ln -s /etc/shadow "$1/odd/host"
	ln -s "$1" "$1/odd/above"
	: >"$1/odd/empty"
	chmod 755 "$1/odd/empty"
	truncate -s 1G "$1/odd/sparse"
	cp "$IMAGES/programs/opt/test/bin/nothing" "$1/names/"$'new\nline'
	cp "$IMAGES/programs/opt/test/bin/nothing" "$1/names/"$'\xff\xfe\x01'
	cp "$IMAGES/programs/opt/test/bin/nothing" "$1/names/ \"quoted\" \\"
	deep "$1/long"
	gzip -dc <"$IMAGES/programs/opt/test/drop/marker.gz" >"$1/secret"
	echo secret >>"$1/secret" # its own content
	chown 1000:1000 "$1/secret"
	chmod 0111 "$1/secret"
}

teardown() {
	rmdir /sys/fs/cgroup/*/"$ID" 2>/dev/null || true
	teardown_bundle
}

sealed() { # FILTER
	events 'select(.event.action == "container-sealed") | '"$1"
}

@test "what isn't a regular file neither hinders nor hangs" {
	run timeout 20 bash -c "$(declare -p MOOR BUNDLE ID); "'"${MOOR[@]}" create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1'
	assert_status 0
	assert_event container-sealed
}

@test "programs with odd names run" {
	in_container 'for f in /names/*; do "$f" || exit; done; set -- /names/*; echo $#'
	assert_status 0
	[ "$output" = 3 ]
	refute_event exec-blocked
}

@test "programs with odd names are refused when changed, by their names" {
	configure '.match = "path"'
	in_container 'for f in /names/*; do echo >>"$f"; "$f"; done; exit 0'
	[ "$(events 'select(.event.action == "exec-blocked") | .runmoor.reason' | sort | uniq -c | tr -s ' ')" = ' 3 "modified"' ]
	assert_event exec-blocked modified $'/names/new\nline'
	assert_event exec-blocked modified '/names/ "quoted" \'
	refute_marker
}

@test "match by path keeps names byte for byte" {
	configure '.match = "path"'
	in_container 'for f in /names/*; do "$f" || exit; done'
	assert_status 0
}

@test "a program deeper than any path can name runs" {
	in_container '/long/half/whole/deep'
	assert_status 0
	in_container 'echo >>/long/half/whole/deep; /long/half/whole/deep'
	assert_status 126
	assert_event exec-blocked
}

# Root without the capabilities that let it read anything, as in a container.
# They make cgroups too, so the parent of this one's must be there.
without_reading() {
	setpriv --bounding-set=-dac_override,-dac_read_search "$@" <"$T/stdin"
}

# bats test_tags=once
@test "a file that can't be read is reported, and can't run" {
	local parent
	for parent in /sys/fs/cgroup/*/; do
		[ -w "$parent/cgroup.procs" ] && mkdir "$parent/$ID"
	done
	spec '.process.capabilities[] = []
		| .mounts |= map(select(.type != "cgroup"))
		| .linux.cgroupsPath = "/\($id)/inner"' --arg id "$ID"
	script '/secret; exit $?'
	run without_reading "${MOOR[@]}" run --bundle "$BUNDLE" "$ID"
	assert_status 126
	refute_marker
	[ "$(sealed '.runmoor.seal.unreadable.paths')" = '["/secret"]' ]
	assert_event exec-blocked
	run without_reading "${BARE[@]}" run --bundle "$BUNDLE" "$ID"
	assert_status 0
	assert_marker
}

@test "a file that can be read only by its owner is sealed" {
	in_container '/secret'
	assert_status 0
	assert_marker
}

@test "the seal counts what it read" {
	in_container 'exit 0'
	[ "$(sealed '.runmoor.seal.files > 10 and .runmoor.seal.bytes > 1000000')" = true ]
	[ "$(sealed '.runmoor.seal.manifest | test("^[0-9a-f]{64}$")')" = true ]
}

# bats test_tags=overlay
@test "a second container of an image takes its seal from the cache" {
	in_container 'exit 0'
	ID+=-second
	in_container 'drop marker /tmp/x; /tmp/x'
	assert_status 126
	sealed .runmoor.seal >&2
	[ "$(sealed .runmoor.seal.cached | tr '\n' ' ')" = "false true " ]
}

# bats test_tags=overlay
@test "what a container left in its upper layer isn't sealed at its restart" {
	in_container 'drop marker /tmp/x; cat /tmp/x >/opt/test/bin/nothing; exit 0'
	in_container '/tmp/x; /opt/test/bin/nothing'
	assert_status 126
	assert_refused not-in-image /tmp/x
	assert_refused modified /opt/test/bin/nothing
	refute_marker
}

# bats test_tags=overlay
@test "a damaged cache is made anew, or refused" {
	in_container 'exit 0'
	find "$T/cache" -type f -exec chmod 600 {} + -exec truncate -s 100 {} +
	ID+=-second
	in_container 'drop marker /tmp/x; /tmp/x'
	[ "$status" != 0 ]
	refute_marker
}

# bats test_tags=crun,busybox
@test "what the first life dropped is refused in each of a hundred" {
	in_container 'drop marker /opt/x; /opt/x'
	assert_status 126
	script '/opt/x'
	local life
	for life in {2..100}; do
		run moor run --bundle "$BUNDLE" "$ID"
		assert_status 126
	done
	refute_marker
	[ "$(events 'select(.event.action == "exec-blocked" and .file.path == "/opt/x") | 1' | wc -l)" = 100 ]
}

# Files that another container may leave in a volume that this one mounts
# read-only.

read_only_volume() {
	mkdir "$T/volume"
	spec '.mounts += [{destination: "/vol", type: "bind", source: $v, options: ["rbind", "ro"]}]' --arg v "$T/volume"
}

# bats test_tags=once
@test "a file of a terabyte of holes, in a volume, doesn't hold up the create" {
	read_only_volume
	truncate -s 1T "$T/volume/x"
	chmod 755 "$T/volume/x"
	script 'echo started'
	run timeout -k 5 30 "${MOOR[@]}" run --bundle "$BUNDLE" "$ID" <"$T/stdin"
	assert_status 0
	assert_output started
}

# bats test_tags=once
@test "thousands of folders below a thousand others, in a volume, don't take the memory" {
	read_only_volume
	python3 - "$T/volume" <<-'END'
		import os, sys
		os.chdir(sys.argv[1])
		for _ in range(1000):
		    os.mkdir("d" * 250)
		    os.chdir("d" * 250)
		for i in range(4000):
		    os.mkdir(str(i))
	END
	script 'echo started'
	run python3 -c 'import resource, subprocess, sys
subprocess.check_call(sys.argv[1:], stdin=subprocess.DEVNULL)
print("MiB:", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)' "${MOOR[@]}" run --bundle "$BUNDLE" "$ID"
	assert_status 0
	[ "$(sed -n 's/^MiB: //p' <<<"$output")" -lt 200 ] || fail "$output"
}

# bats test_tags=once
@test "sealing the host's /proc, mounted read-only, doesn't read the kernel's log" {
	local text="runmoor seal test $$"
	echo "$text" 2>/dev/null >/dev/kmsg && [ -r /proc/kmsg ] || skip "no kernel log here"
	spec '.mounts += [{destination: "/host/proc", type: "bind", source: "/proc", options: ["rbind", "ro"]}]'
	in_container 'echo started'
	assert_status 0
	timeout 1 cat /proc/kmsg >"$T/log" || true
	grep -q "$text" "$T/log" || fail "the log was taken"
}
