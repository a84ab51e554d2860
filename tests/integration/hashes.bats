# The number of hashes: container-released counts the files that are read to be
# judged.
load helpers

# A program of the image that takes some hashing: COPIES megabytes of zeros
# behind one that does nothing.
LARGE=/opt/large
SMALL=/opt/small

image_extra() { # FOLDER
	mkdir -p "$1/opt"
	large "$1$LARGE" 48
	large "$1$SMALL" 4
}

large() { # FILE MEGABYTES
	cp "$IMAGES/programs/opt/test/bin/nothing" "$1"
	truncate --size "${2}M" "$1"
}

# hashed FILES MEGABYTES: no more than that
hashed() {
	assert_event container-released
	events 'select(.event.action == "container-released").runmoor.hashed' |
		jq -se --argjson files "$1" --argjson bytes "$2" \
			'.[0].files <= $files and .[0].bytes <= $bytes * 1048576' >/dev/null ||
		fail "hashed: $(events .runmoor.hashed)"
}

times() { # N COMMAND: in the container
	echo "i=0; while [ \$i -lt $1 ]; do $2 || exit; i=\$((i + 1)); done"
}

# bats test_tags=overlay
@test "overlay: a program that changed hands is hashed once, however often it is executed" {
	in_container "chown 7 $LARGE; $(times 100 $LARGE)"
	assert_status 0
	# The shell's own files are hashed too, since they are too fresh at
	# first.
	hashed 8 60
}

# bats test_tags=overlay
@test "overlay: it is hashed once where all want it at the same time" {
	in_container "chown 7 $LARGE
		for i in \$(seq 60); do $LARGE & done; wait"
	assert_status 0
	hashed 10 60
	refute_event exec-blocked
	refute_event race-killed
}

# bats test_tags=plain
@test "plain: a program of the image is hashed once, however often it is executed" {
	in_container "$(times 100 $LARGE)"
	assert_status 0
	hashed 10 60
}

@test "a program that was written to is hashed anew, and refused" {
	in_container "cp $LARGE /tmp/x; /tmp/x && /tmp/x || exit 2
		printf x | dd of=/tmp/x bs=1 seek=4000000 conv=notrunc 2>/dev/null
		/tmp/x"
	assert_status 126
	assert_event exec-blocked
	hashed 12 110
}

@test "a writer of a file that was hashed isn't kept waiting" {
	in_container "cp $LARGE /tmp/x; /tmp/x
		before=\$(date +%s)
		printf x | dd of=/tmp/x bs=1 seek=4000000 conv=notrunc 2>/dev/null
		[ \$((\$(date +%s) - before)) -lt 5 ]"
	assert_status 0
}

@test "what is refused is hashed once for its events" {
	in_container "cp $LARGE /tmp/x
		printf x | dd of=/tmp/x bs=1 seek=4000000 conv=notrunc 2>/dev/null
		i=0; while [ \$i -lt 30 ]; do /tmp/x; i=\$((i + 1)); done; true" 2>/dev/null
	assert_event exec-blocked
	hashed 12 60
}

@test "a mount that a program was executed on can be unmounted at once" {
	spec '.process.capabilities[] += ["CAP_SYS_ADMIN"]'
	in_container "mkdir -p /mnt; for i in 1 2 3; do
			mount -t tmpfs none /mnt && cp $LARGE /mnt/x && /mnt/x && umount /mnt || exit
		done"
	assert_status 0
}

# Reading these would be much work, and no process may execute them.
@test "the kernel's own files aren't read" {
	in_container 'for i in 1 2 3; do /proc/kallsyms; /proc/self/pagemap; /sys/kernel/notes; done
		for file in /proc/kallsyms /proc/self/maps /sys/kernel/uevent_seqnum; do
			LD_PRELOAD=$file /bin/true
			sh $file
		done; true' 2>/dev/null
	assert_status 0
	refute_event exec-blocked
	hashed 10 12
}

# bats test_tags=debian
@test "what its caller may not execute isn't read" {
	in_container "chmod 744 $LARGE; chown 7:7 $LARGE
		setpriv() { python3 -c 'import os, sys
os.setgroups([]); os.setgid(1000); os.setuid(1000)
for i in range(20):
	try:
		os.execv(sys.argv[1], sys.argv[1:])
	except PermissionError:
		pass
print(\"refused\")' \$1; }
		setpriv $LARGE"
	[ "$output" = refused ] || fail "$output"
	refute_event exec-blocked
	hashed 10 20
}


@test "a program that is signalled all the time comes to its exec" {
	local us how
	for us in 10000 5000 1000; do
		for how in restart again; do
			in_container "chown 7 $LARGE $SMALL
				ticked $us $how $SMALL && ticked $us $how $LARGE"
			assert_status 0
			ID+=x
		done
	done
}

@test "a program that is signalled all the time comes to its library" {
	in_container "chown 7 $LARGE; ticked 10000 map $LARGE 20"
	assert_status 0
	hashed 10 60
}

# bats test_tags=once
@test "a large program that is signalled all the time, audited" {
	configure '.mode = "audit"'
	in_container "truncate -s 300M $LARGE; ticked 10000 restart $LARGE"
	assert_status 0
	assert_event exec-flagged modified
}

# bats test_tags=once
@test "a large program that is signalled all the time, excepted" {
	local digest
	cp "$IMAGES/programs/opt/test/bin/nothing" "$T/x"
	truncate --size 300M "$T/x"
	digest=$(sha256sum "$T/x" | cut -d' ' -f1)
	configure '.libraries = "off" | .allow = [{sha256: $digest}]' --arg digest "$digest"
	in_container "truncate -s 300M $LARGE; ticked 5000 again $LARGE"
	assert_status 0
	assert_event exec-flagged
	refute_event exec-blocked
}

# A process that truncates a file by its name needs no descriptor of it.
# bats test_tags=debian
@test "what is cut off by its name isn't what was hashed" {
	in_container "mkdir -p /tmp/d; cp $LARGE /tmp/d/x; /tmp/d/x && /tmp/d/x || exit
		perl -e '\$file = \"/tmp/d/x\"; \$size = -s \$file;
			truncate(\$file, 65536) && truncate(\$file, \$size) or die'
		/tmp/d/x"
	assert_status 126
	assert_event exec-blocked
}
