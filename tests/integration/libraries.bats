# A container may map the libraries of its image executable.
load helpers

# bats file_tags=debian

@test "programs run with the libraries of the image" {
	in_container 'perl -e "print 1" && python3 -c "import zlib, array" && ls / >/dev/null'
	assert_status 0
	refute_event library-blocked
}

@test "a preloaded library is refused, the program goes on without it" {
	attack 'drop libmarker.so /tmp/l.so; LD_PRELOAD=/tmp/l.so /bin/echo on'
	assert_status 0
	assert_output on
	assert_event library-blocked not-in-image /tmp/l.so
}

@test "a library found by LD_LIBRARY_PATH is refused" {
	attack 'drop libmarker.so /tmp/libselinux.so.1; LD_LIBRARY_PATH=/tmp ls / || exit 9'
	assert_status 9
	assert_event library-blocked not-in-image /tmp/libselinux.so.1
}

@test "a library renamed over one of the image is refused" {
	attack 'drop libmarker.so /tmp/l; cd /usr/lib/x86_64-linux-gnu
		mv /tmp/l libselinux.so.1; ls / || exit 9'
	assert_status 9
	assert_event library-blocked modified /usr/lib/x86_64-linux-gnu/libselinux.so.1
}

@test "a library overwritten in place is refused" {
	attack 'drop libmarker.so /tmp/l; cd /usr/lib/x86_64-linux-gnu
		cat /tmp/l >libselinux.so.1; ls / || exit 9'
	assert_status 9
	assert_event library-blocked modified /usr/lib/x86_64-linux-gnu/libselinux.so.1
}

@test "a dropped program started by the loader is refused" {
	attack 'drop marker-dynamic /tmp/x; /lib64/ld-linux-x86-64.so.2 /tmp/x; exit 9'
	assert_status 9
	assert_event library-blocked not-in-image /tmp/x
}

@test "a dropped library in an extension of an interpreter is refused" {
	attack 'drop libmarker.so /tmp/evil.so
		cd /tmp && PYTHONPATH=/tmp python3 -c "import evil" || exit 9'
	assert_status 9
	assert_event library-blocked not-in-image /tmp/evil.so
}

@test "a replaced ELF interpreter is refused" {
	attack 'drop loader /tmp/x
		mv /tmp/x /lib64/ld-linux-x86-64.so.2; /bin/true'
	assert_status 126
	assert_refused interpreter-drift
}

@test "a mapping of dropped code is refused" {
	local how
	for how in map replace; do
		attack "mapexec $how"
		assert_status 126
		assert_event library-blocked not-in-image /tmp/mapexec.code
		rm "$T/events.jsonl"
	done
}

@test "memory of /dev/zero may be executable, and the machine's devices aren't" {
	in_container 'mapexec zero'
	assert_status 0
	in_container 'exec 3</dev/full; mapexec descriptor'
	assert_output "Permission denied"
	assert_event library-blocked special-file /dev/full
	configure '.libraries = "audit"'
	in_container 'exec 3</dev/null; mapexec descriptor'
	assert_output "No such device"
	assert_event library-flagged special-file /dev/null
}

@test "what a program unpacks into memory is a memory file, but for an exception" {
	in_container 'mapexec memory'
	assert_status 126
	assert_event library-blocked memory-file '/memfd:unpacked (deleted)'
	configure '.allow = [{path: "/memfd:unpacked*", process: "/opt/test/bin/mapexec"}]'
	in_container 'mapexec memory'
	assert_status 0
	assert_marker
}

@test "a device that the specification names is a driver's" {
	spec '{type: "c", major: 10, minor: 229} as $fuse
		| .linux.devices += [$fuse + {path: "/dev/fuse", fileMode: 438}]
		| .linux.resources.devices += [$fuse + {allow: true, access: "rwm"}]'
	in_container 'exec 3</dev/fuse; mapexec descriptor'
	assert_output "No such device"
	refute_event library-blocked
}

@test "what is no regular file is refused before the kernel can say that it can't be mapped" {
	in_container 'mkfifo /tmp/fifo
		mapexec descriptor 3</tmp; mapexec descriptor 3<>/tmp/fifo; mapexec descriptor 3</proc/self/status'
	assert_output "Permission denied"
	[ "$(events 'select(.runmoor.reason == "special-file") | .file.path' | sort -u | wc -l)" = 3 ]
}

@test "a readable mapping that its personality makes executable is refused" {
	attack 'mapexec implied'
	assert_status 126
	assert_event library-blocked unresolvable
	[[ $(events 'select(.runmoor.reason == "unresolvable") | .runmoor.detail') == *"every readable mapping"* ]]
}

@test "strict: a readable mapping that is made executable is refused" {
	configure '.libraries = "strict"'
	attack 'mapexec mprotect'
	assert_status 126
	assert_event library-blocked not-in-image /tmp/mapexec.code
}

# bats test_tags=debian
@test "strict: programs of the image do as they did" {
	configure '.libraries = "strict"'
	in_container 'python3 -c "print(1 + 1)"; perl -e "print 4"; /bin/ls / >/dev/null
		mapexec anonymous'
	assert_status 0
	refute_event library-blocked
}

@test "audit lets a library be loaded, and records it" {
	configure '.libraries = "audit"'
	in_container 'drop libmarker.so /tmp/l.so; LD_PRELOAD=/tmp/l.so /bin/echo on'
	assert_status 0
	assert_marker
	assert_event library-flagged not-in-image /tmp/l.so
}

# bats test_tags=once
@test "audit lets be mapped what can't be judged in time, and records it" {
	configure '.libraries = "audit" | .allow = [{sha256: ("0" * 64)}]'
	spec '.linux.devices += [{path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 438}]
		| .linux.resources.devices += [{allow: true, type: "c", major: 10, minor: 229, access: "rwm"}]'
	in_container 'fusefs silent /opt/test/bin/nothing /opt/test/bin/nothing perl -e "
		open F, \"/mnt/x\" or die; print syscall(9, 0, 4096, 5, 2, fileno F, 0) > 0 ? \"mapped\" : \"refused\""'
	[ "$output" = mapped ] || fail "$output"
	assert_event library-flagged timeout
	refute_event library-blocked
}

@test "off leaves libraries alone" {
	configure '.libraries = "off"'
	in_container 'drop libmarker.so /tmp/l.so; LD_PRELOAD=/tmp/l.so /bin/echo on'
	assert_status 0
	assert_marker
}


# A copy of a library of the image, mapped by a process for some seconds.
mapped='cp /lib/x86_64-linux-gnu/libdl.so.2 /tmp/l.so
	LD_PRELOAD=/tmp/l.so sleep 4 & sleep 0.5'

@test "strict: a library that is mapped isn't written before who maps it is killed" {
	configure '.libraries = "strict"'
	in_container "$mapped
		echo >>/tmp/l.so
		[ ! -e /proc/\$!/maps ] || ! grep l.so /proc/\$!/maps || exit 9
		wait \$!"
	assert_status 137
	assert_event race-killed writable /tmp/l.so
}

@test "strict: a library is truncated, or opened for both, like it is written" {
	configure '.libraries = "strict"'
	in_container "$mapped
		: >/tmp/l.so
		wait \$! || echo \$?
		$mapped
		exec 5<>/tmp/l.so
		wait \$!"
	assert_status 137
	assert_output 137
}

# A process that truncates a file by its name needs no descriptor of it.
# bats test_tags=debian
@test "strict: a library is cut off by its name like it is written" {
	configure '.libraries = "strict"'
	in_container "$mapped
		perl -e 'truncate(\"/tmp/l.so\", 65) or die'
		wait \$!"
	assert_status 137
	assert_event race-killed writable /tmp/l.so
}

@test "strict: who reads, renames, links or removes a mapped library kills nobody" {
	configure '.libraries = "strict"'
	in_container "$mapped
		cat /tmp/l.so >/tmp/other
		ln /tmp/l.so /tmp/link && mv /tmp/other /tmp/l.so && rm /tmp/link
		wait \$!"
	assert_status 0
	refute_event race-killed
}

@test "strict: who touches a mapped library kills nobody, and later writers do" {
	configure '.libraries = "strict"'
	in_container "$mapped
		touch /tmp/l.so
		wait \$! || exit 9
		$mapped
		touch /tmp/l.so; sleep 1.2
		echo >>/tmp/l.so
		wait \$!"
	assert_status 137
	assert_event race-killed writable /tmp/l.so
}

@test "strict: a library that nobody maps any more can be written" {
	configure '.libraries = "strict"'
	in_container 'cp /lib/x86_64-linux-gnu/libdl.so.2 /tmp/l.so
		LD_PRELOAD=/tmp/l.so /bin/true
		echo >>/tmp/l.so'
	assert_status 0
	refute_event race-killed
}

@test "strict, audited: who maps a library that is written goes on" {
	configure '.libraries = "strict" | .mode = "audit"'
	in_container "$mapped
		echo >>/tmp/l.so
		wait \$!"
	assert_status 0
	assert_event library-flagged writable /tmp/l.so
}

# bats test_tags=once
@test "strict: a removed library is given up some time after nobody maps it" {
	configure '.libraries = "strict"'
	start 'cp /lib/x86_64-linux-gnu/libdl.so.2 /tmp/l.so
		LD_PRELOAD=/tmp/l.so /bin/true; rm /tmp/l.so; sleep 100'
	eventually kept
	for _ in $(seq 30); do
		kept || break
		sleep 0.5
	done
	! kept || fail "$(ls -l "/proc/$(supervisors)/fd")"
}

kept() { # a descriptor of the supervisor's
	ls -l "/proc/$(supervisors)/fd" | grep -q '/l.so (deleted)'
}
