# Mounts: those that the container was started with, and its own.
load helpers

# bats file_tags=twice

volume() { # DESTINATION OPTION: a bind with a program in it
	mkdir -p "$T/volume"
	gzip -dc <"$IMAGES/programs/opt/test/drop/marker.gz" >"$T/volume/x"
	chmod 755 "$T/volume/x"
	spec '.mounts += [{destination: $at, type: "bind", source: $source, options: ["bind", $option]}]' \
		--arg source "$T/volume" --arg at "$1" --arg option "$2"
}

can_mount() {
	spec '.process.capabilities[] += ["CAP_SYS_ADMIN"]'
}

own_tmpfs='mkdir -p /mnt; /opt/test/bin/mounts tmpfs /mnt || exit; drop marker /mnt/x; /mnt/x'

@test "writable volumes that are trusted run what is on them" {
	configure '.volumes.writable = "trust"'
	volume /srv rw
	in_container '/srv/x'
	assert_status 0
	assert_marker
}

@test "where volumes are trusted, a container's own tmpfs is not" {
	configure '.volumes.writable = "trust"'
	can_mount
	volume /srv rw
	in_container "$own_tmpfs"
	assert_status 126
	refute_marker
	assert_refused volume /mnt/x
}

@test "where volumes are trusted, a tmpfs of a new user namespace is not" {
	configure '.volumes.writable = "trust"'
	in_container "/opt/test/bin/mounts --user tmpfs /mnt /bin/sh -c 'gzip -dc </opt/test/drop/marker.gz >/mnt/x; chmod 755 /mnt/x; /mnt/x'"
	assert_status 126
	refute_marker
	assert_refused volume /mnt/x
}

@test "an exception for a mount is for the specification's mount" {
	configure '.allow = [{mount: "/srv"}]'
	volume /srv rw
	in_container '/srv/x'
	assert_status 0
	assert_marker
}

@test "an exception for a mount isn't for a container's own mount there" {
	configure '.allow = [{mount: "/mnt"}]'
	can_mount
	in_container "$own_tmpfs"
	assert_status 126
	refute_marker
	assert_refused volume /mnt/x
}

@test "the image's programs run from a mount that the container bound elsewhere" {
	configure '.volumes.writable = "trust"'
	can_mount
	in_container 'mkdir -p /mnt; /opt/test/bin/mounts --bind /opt/test/bin /mnt /mnt/nothing'
	assert_status 0
	refute_event exec-blocked
}

@test "an exception for a mount isn't for a bind of the root that a user makes there" {
	configure '.allow = [{mount: "/srv"}]'
	volume /srv ro
	in_container 'mkdir -p /tmp/d; drop marker /tmp/d/x; echo >>/tmp/d/x; /opt/test/bin/mounts --user --bind /tmp/d /srv /srv/x'
	assert_status 126
	refute_marker
	refute_event exec-flagged
}

@test "… nor where the specification mounts nothing" {
	configure '.allow = [{mount: "/mnt"}]'
	in_container 'mkdir -p /tmp/d /mnt; drop marker /tmp/d/x; /opt/test/bin/mounts --user --bind /tmp/d /mnt /mnt/x'
	assert_status 126
	refute_marker
	refute_event exec-flagged
}

@test "… nor for what a chroot makes of its name" {
	configure '.allow = [{mount: "/shm"}]'
	in_container 'drop marker /dev/shm/x; /opt/test/bin/mounts --user --bind /dev/shm /dev/shm /bin/true; chroot /dev /shm/x'
	refute_marker
	refute_event exec-flagged
}

@test "where read-only volumes are trusted, a read-only view of a writable one is not" {
	configure '.volumes.read_only = "trust"'
	mkdir "$T/volume"
	chmod 777 "$T/volume"
	volume /srv rw
	in_container 'mkdir -p /mnt; /opt/test/bin/mounts --user --bind /srv /mnt /bin/sh -c "mount -o remount,ro,bind /mnt; /mnt/x"'
	refute_marker
	assert_event exec-blocked
}

@test "where volumes are trusted, a tmpfs that takes a given one's place is not" {
	configure '.allow = [{mount: "/scratch"}]'
	can_mount
	spec '.mounts += [{destination: "/scratch", type: "tmpfs", source: "tmpfs"}]'
	in_container 'umount /scratch; /opt/test/bin/mounts tmpfs /scratch; drop marker /scratch/x; /scratch/x'
	assert_status 126
	refute_marker
	refute_event exec-flagged
}

# bats test_tags=overlay
@test "the first seal of a writable volume is found again when a root without an upper layer is mounted anew" {
	configure '.volumes.writable = "seal"'
	view() {
		mount -t overlay overlay -o "lowerdir=$T/layer:$IMAGES/programs:$IMAGES/$ROOTFS" "$ROOT"
	}
	umount "$ROOT"
	mkdir -p "$T/layer/srv"
	view
	mkdir "$T/volume"
	spec '.root.readonly = true | .mounts += [{destination: "/srv", type: "bind", source: $source, options: ["bind", "rw"]}]' \
		--arg source "$T/volume"
	in_container 'drop marker /srv/y; echo >>/srv/y; /srv/y'
	assert_status 126
	umount "$ROOT"
	mount -t overlay overlay -o "lowerdir=$T/layer:$IMAGES/programs" "$T/work"
	view
	in_container '/srv/y'
	umount "$T/work"
	assert_status 126
}
