# Two files of one overlay that /proc/PID/maps shows by one device and inode:
# the lower layer lies on one file system, the upper one on another.
load helpers

# bats file_tags=overlay,busybox

image_extra() { # FOLDER
	mkdir -p "$1/lib64" "$1/opt"
	gzip -dc <"$IMAGES/programs/opt/test/drop/marker-dynamic.gz" >"$1/opt/dynamic"
	chmod 755 "$1/opt/dynamic"
}

# The bundle's overlay again, with the upper layer on a new tmpfs, whose
# inodes begin with 1.
stack() {
	mount -t tmpfs none "$T/memory"
	mkdir "$T/memory/upper" "$T/memory/work"
	mount -t overlay overlay -o "lowerdir=$T/lower,upperdir=$T/memory/upper,workdir=$T/memory/work" "$ROOT"
}

unstack() {
	umount "$ROOT" "$T/memory"
}

@test "an ELF interpreter with its program's inode" {
	umount "$ROOT"
	mkdir "$T/lower" "$T/memory"
	truncate -s 64M "$T/disk"
	mkfs.ext4 -q "$T/disk"
	mount -o loop "$T/disk" "$T/lower"
	cp -a "$IMAGES/busybox/." "$IMAGES/programs/." "$T/layer/." "$T/lower/"
	stack
	sleep 0.2 # else the files are too fresh for their times to be believed
	in_container 'drop loader /tmp/evil
		collide /opt/dynamic /tmp/evil /bin/busybox /lib64/ld-linux-x86-64.so.2 1000'
	assert_status 0
	refute_marker
	assert_event race-killed interpreter-drift
	unstack
	stack
	run bare run --bundle "$BUNDLE" "$ID"
	assert_marker
	unstack
	umount "$T/lower"
	rm "$T/disk"
	mount -t overlay overlay -o "lowerdir=$T/layer:$IMAGES/busybox,upperdir=$T/upper,workdir=$T/work" "$ROOT"
}
