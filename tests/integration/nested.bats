# Overlays on overlays: a root whose layer is one, and one that a container makes.
load helpers

# bats file_tags=overlay,debian

# The bundle's root again, over an overlay of the same layers.
nest() { # OPTION...: of the one below
	umount "$ROOT"
	mkdir -p "$T/inner" "$T/inner-upper" "$T/inner-work"
	mount -t overlay overlay -o "lowerdir=$T/layer:$IMAGES/programs:$IMAGES/$ROOTFS$1" "$T/inner"
	mount -t overlay overlay -o "lowerdir=$T/inner,upperdir=$T/upper,workdir=$T/work" "$ROOT"
}

unnest() {
	umount "$ROOT" "$T/inner"
	rm -rf "$T/upper/opt" "$T/upper/tmp"
	mount -t overlay overlay -o "lowerdir=$T/layer:$IMAGES/programs:$IMAGES/$ROOTFS,upperdir=$T/upper,workdir=$T/work" "$ROOT"
}

nested() {
	configure '.libraries = "strict" | .match = "path"'
	in_container 'ls / >/dev/null && perl -e 1 && chown 1 /opt/test/bin/nothing && nothing && sh -c "exec ids"'
	assert_status 0
	refute_event exec-blocked
	refute_event library-blocked
	refute_event race-killed
	in_container 'drop marker /tmp/x; /tmp/x; cat /tmp/x >/opt/test/bin/nothing; nothing'
	refute_marker
	assert_event exec-blocked not-in-image /tmp/x
	assert_event exec-blocked modified /opt/test/bin/nothing
}

@test "a root over the mount of an image" {
	nest ""
	nested
	unnest
}

@test "a root over an overlay that the host may write" {
	nest ",upperdir=$T/inner-upper,workdir=$T/inner-work"
	nested
	unnest
}

can_mount() {
	spec '.process.capabilities[] += ["CAP_SYS_ADMIN"]'
}

@test "a program runs from a read-only overlay of its folder, as runc's clone of itself" {
	can_mount
	in_container 'cloned /opt/test/bin nothing && cloned /bin true'
	assert_status 0
	spec '.process.capabilities[] += ["CAP_SYS_TIME"]' # as where nested engines are
	in_container 'cloned /opt/test/bin nothing && cloned /bin true'
	assert_status 0
	refute_event exec-blocked
	refute_event race-killed
}

@test "what isn't the image's doesn't" {
	can_mount
	in_container 'mkdir /tmp/d; drop marker /tmp/d/x; cloned /tmp/d x'
	assert_status 126
	refute_marker
	assert_refused volume
	in_container 'cp /opt/test/bin/nothing /tmp/d/nothing; cloned /tmp/d nothing'
	assert_status 137
	assert_event race-killed
}
