# A program that a container dropped is refused after a restart, however the
# mount table shows the layers of its overlay. The mounts are real, as engines
# make them.
load helpers

# bats file_tags=once,overlay

setup() {
	setup_bundle "$RUNTIME" "$ROOTFS" "$LAYOUT"
	DRIVER=$T/driver
	MERGED=$DRIVER/c1/merged
	mkdir -p "$DRIVER/l" "$DRIVER/c1"/{diff,work,merged}
	ln -s "$IMAGES/$ROOTFS" "$DRIVER/l/A"
	ln -s "$IMAGES/programs" "$DRIVER/l/B"
	ln -s "$T/layer" "$DRIVER/l/C"
	spec '.root.path = $merged' --arg merged "$MERGED"
}

teardown() {
	umount "$MERGED" 2>/dev/null || true
	teardown_bundle
}

# Relative names, from a folder that the engine has changed to: podman, docker,
# containerd.
relative() {
	(cd "$DRIVER" && mount -t overlay overlay \
		-o lowerdir=l/C:l/B:l/A,upperdir=c1/diff,workdir=c1/work c1/merged)
}

# containerd's: only the layers are relative.
half_relative() {
	(cd "$DRIVER" && mount -t overlay overlay \
		-o "lowerdir=l/C:l/B:l/A,upperdir=$DRIVER/c1/diff,workdir=$DRIVER/c1/work" c1/merged)
}

# podman 5's: numbers of descriptors, with the driver's record beside.
numbers() {
	printf l/C:l/B:l/A >"$DRIVER/c1/lower"
	(exec 6<"$DRIVER/l/C/" 7<"$DRIVER/l/B/" 8<"$DRIVER/l/A/"
		cd "/proc/$BASHPID/fd" && mount -t overlay overlay \
			-o "lowerdir=6:7:8,upperdir=$DRIVER/c1/diff,workdir=$DRIVER/c1/work" "$MERGED")
}

# containerd 2's, with a user namespace: layers that are mounted for the mount
# only.
temporary() {
	local layer
	for layer in A B C; do
		mkdir -p "$T/temporary/$layer"
		mount --bind "$DRIVER/l/$layer/" "$T/temporary/$layer"
	done
	mount -t overlay overlay -o "lowerdir=$T/temporary/C:$T/temporary/B:$T/temporary/A,upperdir=$DRIVER/c1/diff,workdir=$DRIVER/c1/work" "$MERGED"
	umount "$T/temporary"/*
	rm -rf --one-file-system "$T/temporary"
}

shown() { # PATTERN: the mount table must show it, or the test tests something else
	grep -F " $MERGED " /proc/self/mountinfo | grep -q -- "$1" ||
		fail "$(grep -F " $MERGED " /proc/self/mountinfo)"
}

lives() { # HOW PATTERN
	local life
	"$1"
	shown "$2"
	in_container 'drop marker /opt/x; drop marker /opt/test/bin/nothing; /opt/x || /opt/test/bin/nothing'
	assert_status 126
	for life in 2 3; do
		umount "$MERGED"
		"$1"
		in_container '/opt/x'
		assert_status 126
		in_container '/opt/test/bin/nothing'
		assert_status 126
	done
	[ ! -e "$MERGED/tmp/marker" ]
	assert_event exec-blocked not-in-image /opt/x
}

# The image is that of a mount that shows all layers, and so is the manifest.
shared() {
	spec '.root.path = "rootfs"'
	in_container '/opt/test/bin/nothing'
	assert_status 0
	[ "$(find "$T/cache/manifests" -type f | wc -l)" = 1 ]
}

early() { # HOW: the programs that were there before the first create
	mkdir -p "$DRIVER/c1/diff/opt"
	gzip -dc <"$IMAGES/programs/opt/test/drop/marker.gz" >"$DRIVER/c1/diff/opt/early"
	chmod 755 "$DRIVER/c1/diff/opt/early"
	"$1"
	in_container '/opt/early'
}

@test "relative layers and upper" {
	lives relative 'lowerdir=l/C:l/B:l/A,upperdir=c1/diff'
	shared
}

@test "relative layers" {
	lives half_relative 'lowerdir=l/C:l/B:l/A,upperdir=/'
	shared
}

@test "numbers of descriptors" {
	lives numbers 'lowerdir=6:7:8'
	shared
}

@test "temporary mounts that are gone" {
	lives temporary 'lowerdir=.*/temporary/C'
}

@test "what lies in the upper layer before the first create isn't the image's, where the layers are known" {
	local how
	for how in relative half_relative numbers; do
		early "$how"
		assert_status 126
		umount "$MERGED"
	done
}

@test "what lies in the upper layer before the first create is the image's, where they aren't" {
	early temporary
	assert_status 0
}
