# Faults that would leave a container unprotected, and that no one would notice.
load helpers

# bats file_tags=twice

@test "a runtime that hands over no listener is not believed" {
	# This runtime makes the real one read another bundle.
	cat >"$T/runtime" <<-EOS
		#!/bin/bash
		mkdir -p "$T/other"
		jq 'del(.linux.seccomp) | .root.path = "$ROOT"' "$BUNDLE/config.json" >"$T/other/config.json"
		for word; do [ "\$word" != "$BUNDLE" ] || word=$T/other; words+=("\$word"); done
		exec $RUNTIME "\${words[@]}"
	EOS
	chmod 755 "$T/runtime"
	MOOR[2]=$RUNMOOR_BIN/runmoor
	configure '.runtime = $path' --arg path "$T/runtime"
	script 'sleep 60'
	run moor create --bundle "$BUNDLE" "$ID"
	[ "$status" != 0 ]
	assert_output "without handing over its listener"
	[ -z "$(ls -A "$T/root" 2>/dev/null)" ] || fail "the container exists"
}

# bats test_tags=runc
@test "what isn't certain to be an option is refused, not guessed" {
	run moor --no-such-option run --bundle "$BUNDLE" "$ID"
	[ "$status" != 0 ]
	assert_output "can't tell what --no-such-option means"
}

@test "restore is refused" {
	run moor restore --bundle "$BUNDLE" "$ID"
	[ "$status" != 0 ]
	assert_output "restore can't be protected"
}

@test "an exception by the program that executes" {
	configure '.allow = [{process: "/opt/test/bin/launcher", path: "/tmp/x"}]'
	in_container 'drop marker /tmp/x; /tmp/x'
	assert_status 126
	refute_marker
}

# bats test_tags=debian
@test "an exception by the program that executes, which a fork keeps" {
	configure '.allow = [{process: "/usr/bin/dash", path: "/tmp/x"}]'
	in_container 'drop marker /tmp/x; (/tmp/x; echo "shell $?")
		perl -e "exec {\"/tmp/x\"} \"x\" or print \"perl refused\n\""'
	assert_output "shell 0"
	assert_output "perl refused"
	assert_event exec-flagged
}

# The ELF members of archives are the image's.
image_extra() { # FOLDER
	mkdir -p "$1/archive"
	gzip -dc <"$IMAGES/programs/opt/test/drop/libmarker.so.gz" >"$T/libmarker.so"
	python3 - "$T/libmarker.so" "$1/archive/native.jar" <<-'EOP'
		import sys, zipfile
		with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED) as z:
		    z.write(sys.argv[1], "META-INF/native/libmarker.so")
	EOP
	rm "$T/libmarker.so"
}

# bats test_tags=debian
@test "a library extracted from an archive of the image is loaded" {
	in_container 'drop libmarker.so /tmp/l.so; LD_PRELOAD=/tmp/l.so /bin/echo on'
	assert_status 0
	assert_marker
	refute_event library-blocked
}

# bats test_tags=debian
@test "with match: path as well, since an archive's member has no path" {
	configure '.match = "path"'
	in_container 'drop libmarker.so /tmp/l.so; LD_PRELOAD=/tmp/l.so /bin/echo on'
	assert_status 0
	assert_marker
}

# bats test_tags=debian
@test "the same library, changed by a byte, is not" {
	in_container 'drop libmarker.so /tmp/l.so; echo >>/tmp/l.so
		LD_PRELOAD=/tmp/l.so /bin/echo on'
	refute_marker
	assert_event library-blocked not-in-image /tmp/l.so
}

# An engine that tries again while its first create is still under way.
@test "a second command on a bundle doesn't undo the first's protection" {
	printf '#!/bin/sh\nsleep 1.5\nexec %s "$@"\n' "$RUNTIME" >"$T/runtime"
	chmod 755 "$T/runtime"
	configure '.runtime = $path' --arg path "$T/runtime"
	MOOR[2]=$RUNMOOR_BIN/runmoor
	script 'drop marker /tmp/x; /tmp/x'
	moor run --bundle "$BUNDLE" "$ID" >"$T/output" 2>&1 &
	sleep 0.5
	run moor create --bundle "$BUNDLE" "$ID"
	[ "$status" != 0 ]
	wait_for $!
	assert_status 126
	refute_marker
}

# bats test_tags=crun
@test "crun's --config config.json is the bundle's own" {
	script 'drop marker /tmp/x; /tmp/x'
	mkdir "$T/elsewhere"
	jq --arg root "$ROOT" '.root.path = $root' "$BUNDLE/config.json" >"$T/elsewhere/config.json"
	cd "$T/elsewhere"
	run moor run --config config.json --bundle "$BUNDLE" "$ID"
	assert_status 126
	refute_marker
}

# A supervisor that can't open anything any more can't judge: nothing passes.
# bats test_tags=debian
@test "a supervisor out of descriptors lets no library through" {
	start 'drop libmarker.so /tmp/evil.so; mkfifo /tmp/go; export PYTHONPATH=/tmp
		python3 -c "open(\"/tmp/ready\", \"w\").close(); open(\"/tmp/go\").read(); import evil"
		echo status $?'
	eventually test -e "$ROOT/tmp/ready"
	prlimit --pid "$(supervisors)" --nofile=3:
	echo >"$ROOT/tmp/go"
	eventually grep -q status "$T/output"
	prlimit --pid "$(supervisors)" --nofile=1024: 2>/dev/null || true
	refute_marker
}

# The limits of a flaw in the supervisor: its capabilities and its filter.
@test "the supervisor has given up what it doesn't need" {
	start 'sleep 60'
	local pid
	pid=$(supervisors)
	grep -E '^(Cap(Prm|Eff|Inh|Amb)|NoNewPrivs|Seccomp):' "/proc/$pid/status" >"$T/status"
	# CAP_DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, KILL, SYS_PTRACE, SYS_ADMIN, LEASE
	[ "$(awk '/CapEff/ { print $2 }' "$T/status")" = 000000001028002e ] || fail "$(cat "$T/status")"
	[ "$(awk '/CapPrm/ { print $2 }' "$T/status")" = 000000001028002e ] || fail "$(cat "$T/status")"
	[ "$(awk '/CapInh/ { print $2 }' "$T/status")" = 0000000000000000 ]
	[ "$(awk '/CapAmb/ { print $2 }' "$T/status")" = 0000000000000000 ]
	[ "$(awk '/NoNewPrivs/ { print $2 }' "$T/status")" = 1 ]
	# every thread has the filter
	[ "$(awk '/^Seccomp:/ { print $2 }' /proc/"$pid"/task/*/status | sort -u)" = 2 ]
	moor delete --force "$ID"
}

# The supervisor keeps no memory of a request. Its threads and its heap reach
# their size in the first rounds, of which a busy machine needs more; memory
# that is kept for each request would grow for ever.
# bats test_tags=debian,once
@test "nothing that a container asks for makes the supervisor grow" {
	configure '.scripts = "enforce"'
	start 'drop marker /tmp/x; drop libmarker.so /tmp/own.so
		echo >>/tmp/own.so; echo "echo" >/tmp/x.sh
		mkdir /tmp/r; ln -s /opt/test/race/0 /tmp/r/0; cp /tmp/x /tmp/r/1
		printf "#!/tmp/x\n" >/tmp/script; chmod 755 /tmp/script; mkfifo /tmp/go
		while read -r _ </tmp/go; do
			execstorm 50 /tmp/x
			execstorm 20 /tmp/script
			execstorm 20 /nonexistent
			execstorm 5 /bin/sh /tmp/x.sh
			execstorm 20 /bin/true
			race path /tmp/r/0 /tmp/r/1 50
			hang kills /tmp/x
			clones failed /tmp/x
			traceme loop /tmp/x
			for i in 1 2 3 4 5; do
				LD_PRELOAD=/tmp/own.so /bin/true
				cp /bin/true /tmp/copy-$i && /tmp/copy-$i
			done
			echo >>/tmp/rounds
		done'
	local round before after
	eventually test -p "$ROOT/tmp/go"
	for round in {1..18}; do
		echo >"$ROOT/tmp/go"
		for _ in $(seq 600); do
			[ "$(stat -c %s "$ROOT/tmp/rounds" 2>/dev/null)" != $round ] || break
			sleep 0.1
		done
		sleep 0.5
		((round % 5 == 3)) || continue
		after=$(own_memory)
		[ $round = 3 ] || [ $((after - before)) -ge 2048 ] || break
		[ $round != 18 ] || fail "from $before to $after KiB"
		before=$after
	done
	# The digest of a hashed file is kept, with a lease, for ten seconds.
	eventually few_descriptors || eventually few_descriptors ||
		fail "$(ls -l "/proc/$(supervisors)/fd")"
	refute_marker
	moor delete --force "$ID"
}

own_memory() { # of the supervisor, KiB
	awk '/^RssAnon:/ { print $2 }' "/proc/$(supervisors)/status"
}

few_descriptors() {
	[ "$(ls "/proc/$(supervisors)/fd" | wc -l)" -le 14 ]
}
