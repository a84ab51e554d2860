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
