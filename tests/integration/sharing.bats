# The cache of images: each layer is sealed once, containers share equal
# manifests, and files that no image needs are removed.
load helpers

# bats file_tags=once,overlay

image_extra() {
	gzip -dc <"$IMAGES/programs/opt/test/drop/marker.gz" >"$1/own"
	echo "$RANDOM" >>"$1/own"
	chmod 755 "$1/own"
}

seals() { # FILTER
	events 'select(.event.action == "container-sealed") | .runmoor.seal | '"$1"
}

# Mounts the root anew with these layers, on an empty upper layer.
layered() { # LAYER...
	local IFS=:
	! mountpoint -q "$ROOT" || umount "$ROOT"
	rm -rf "$T/upper" "$T/work"
	mkdir "$T/upper" "$T/work"
	mount -t overlay overlay -o "lowerdir=$*,upperdir=$T/upper,workdir=$T/work" "$ROOT"
}

# Makes a layer as docker's daemon does for each container
# (daemon/initlayer/setup_unix.go).
init_layer() { # FOLDER
	mkdir -p "$1"/dev/{pts,shm} "$1"/{proc,sys,etc}
	: | install -m 755 /dev/stdin "$1/.dockerenv"
	: | install -m 755 /dev/stdin "$1/dev/console"
	local name
	for name in hosts hostname resolv.conf; do
		: | install -m 755 /dev/stdin "$1/etc/$name"
	done
	ln -s /proc/mounts "$1/etc/mtab"
}

kept() { # KIND
	find "$T/cache/$1" -type f | wc -l
}

@test "a new image that shares layers with a known one reads only its own" {
	layered "$IMAGES/programs" "$IMAGES/$ROOTFS"
	in_container 'exit 0'
	layered "$T/layer" "$IMAGES/programs" "$IMAGES/$ROOTFS"
	in_container '/own'
	assert_status 0
	assert_marker
	[ "$(seals .cached | tr '\n' ' ')" = "false false " ]
	[ "$(seals .bytes | tail -n 1)" = "$(stat -c %s "$T/layer/own")" ] || fail "$(seals .)"
	[ "$(kept layers) $(kept manifests)" = "3 2" ]
}

@test "containers of one image with an init layer each have one manifest, and nothing grows" {
	local i before
	for i in 1 2 3 4; do
		init_layer "$T/init-$i"
		layered "$T/init-$i" "$T/layer" "$IMAGES/programs" "$IMAGES/$ROOTFS"
		in_container 'drop marker /tmp/x; /opt/test/bin/nothing && /tmp/x'
		assert_status 126
		[ "$i" != 1 ] || before=$(find "$T/cache" -type f | sort)
	done
	[ "$(find "$T/cache" -type f | sort)" = "$before" ] || fail "$(find "$T/cache" -type f)"
	[ "$(kept manifests) $(kept chains)" = "1 1" ]
	[ "$(seals .cached | tr '\n' ' ')" = "false true true true " ]
	[ "$(seals .manifest | sort -u | wc -l)" = 1 ]
}

@test "an init layer that hides a program of the image, or brings one, is another image" {
	init_layer "$T/init-1"
	layered "$T/init-1" "$T/layer" "$IMAGES/programs" "$IMAGES/$ROOTFS"
	in_container '/own'
	assert_status 0
	rm "$ROOT/tmp/marker"
	init_layer "$T/init-2"
	mknod "$T/init-2/own" c 0 0
	layered "$T/init-2" "$T/layer" "$IMAGES/programs" "$IMAGES/$ROOTFS"
	in_container 'drop marker /own; echo >>/own; /own'
	assert_status 126
	assert_refused not-in-image /own
	init_layer "$T/init-3"
	cp "$T/layer/own" "$T/init-3/another"
	echo >>"$T/init-3/another"
	layered "$T/init-3" "$T/layer" "$IMAGES/programs" "$IMAGES/$ROOTFS"
	in_container '/another'
	assert_status 0
	assert_marker
	[ "$(seals .manifest | sort -u | wc -l)" = 3 ]
}

# Compares with the kernel's own merge of the same layers.
@test "layers are merged as overlayfs merges them" {
	local seed i lower
	configure '.runtime = "/bin/false"' # it is sealed before that fails
	for seed in {1..6}; do
		lower=()
		for i in 1 2 3 4 5; do lower+=("$T/random/$i"); done
		rm -rf "$T/random" "$T/cache"
		"$REPO/tests/integration/random-layers" "$seed" 80 "${lower[@]}"
		layered "${lower[@]}"
		run env "RUNMOOR_CONFIG=$T/config.json" "$RUNMOOR_BIN/runmoor" create --bundle "$BUNDLE" "$ID"
		[ "$(kept layers)" -ge 4 ]
		run "$REPO/tests/integration/random-layers" --compare "$T"/cache/manifests/*.manifest "$ROOT"
		assert_status 0
	done
}

@test "where a layer says that its files are elsewhere, the kernel's merge is sealed" {
	mkdir -p "$T/a/new" "$T/b/old"
	cp "$T/layer/own" "$T/b/old/own"
	python3 -c 'import os, sys; os.setxattr(sys.argv[1], "trusted.overlay.redirect", b"/old")' "$T/a/new"
	mknod "$T/a/old" c 0 0
	layered "$T/a" "$T/b" "$IMAGES/programs" "$IMAGES/$ROOTFS"
	[ -x "$ROOT/new/own" ] || skip "this kernel doesn't follow redirect_dir"
	configure '.match = "path"'
	in_container '/new/own'
	assert_status 0
	assert_marker
	[ "$(kept layers)" -lt 4 ]
}

@test "a damaged manifest, layer or chain of an image is made anew" {
	local kind
	in_container 'exit 0'
	for kind in manifests layers chains; do
		find "$T/cache/$kind" -type f -exec chmod 600 {} + -exec truncate -s 100 {} +
		ID+=-$kind
		in_container 'drop marker /tmp/x; /opt/test/bin/nothing && /tmp/x'
		assert_status 126
		assert_event exec-blocked not-in-image /tmp/x
	done
	refute_marker
}

gc() {
	run env "RUNMOOR_CONFIG=$T/config.json" "$RUNMOOR_BIN/moorctl" gc
	assert_status 0
}

@test "what an image needed goes with it, and only that" {
	cp -a "$T/layer" "$T/other"
	echo >>"$T/other/own"
	in_container 'exit 0'
	layered "$T/other" "$IMAGES/programs" "$IMAGES/$ROOTFS"
	in_container 'exit 0'
	gc
	[ "$(kept manifests) $(kept layers) $(kept chains)" = "2 4 2" ] || fail "$output"
	layered "$T/layer" "$IMAGES/programs" "$IMAGES/$ROOTFS"
	rm -r "$T/other"
	gc
	[ "$(kept manifests) $(kept layers) $(kept chains)" = "1 3 1" ] || fail "$output"
	in_container '/own'
	assert_status 0
	[ "$(seals .cached | tail -n 1)" = true ]
}

# A folder that lies on a disk which isn't mounted now isn't gone.
@test "what lies on a disk that isn't there just now stays" {
	mkdir "$T/disk"
	mount -t tmpfs none "$T/disk"
	cp -a "$T/layer" "$T/disk/layer"
	cp -a "$IMAGES/$ROOTFS" "$T/disk/root"
	cp -a "$IMAGES/programs/." "$T/disk/root/"
	layered "$T/disk/layer" "$IMAGES/programs" "$IMAGES/$ROOTFS"
	in_container 'exit 0'
	spec '.root.path = $root' --arg root "$T/disk/root"
	in_container 'exit 0'
	[ "$(kept manifests) $(kept roots)" = "1 2" ]
	umount "$ROOT"
	mount --move "$T/disk" "$T/layer"
	gc
	mount --move "$T/layer" "$T/disk"
	[ "$(kept manifests) $(kept roots)" = "1 2" ] || fail "$output"
	rm -r "$T"/disk/*
	gc
	[ "$(kept manifests) $(kept roots)" = "0 0" ] || fail "$output"
	umount "$T/disk"
	spec '.root.path = "rootfs"'
	layered "$IMAGES/programs" "$IMAGES/$ROOTFS"
}

@test "the first seal of a root file system goes with it, and by itself, but not before" {
	local i
	for i in 1 2; do
		mkdir "$T/root-$i"
		cp -a "$IMAGES/$ROOTFS/." "$IMAGES/programs/." "$T/root-$i/"
	done
	configure '.cache_limit = 1'
	spec '.root.path = $root' --arg root "$T/root-1"
	in_container 'drop marker /x; exit 0'
	gc
	in_container '/x'
	assert_status 126
	[ "$(kept roots)" = 2 ]
	rm -r "$T/root-1"
	spec '.root.path = $root' --arg root "$T/root-2"
	in_container 'exit 0' # another one is sealed
	[ "$(kept roots)" = 2 ] || fail "$(find "$T/cache")"
	spec '.root.path = "rootfs"'
}

@test "beyond cache_limit the oldest goes, but nothing that a container has" {
	local i
	start 'while :; do sleep 1; done'
	for i in 1 2 3; do
		cp -a "$T/layer" "$T/layer-$i"
		echo "$i" >>"$T/layer-$i/own"
		ID=moor-test-${T##*.}-$i
		# Its own root, since the first one is in use.
		mkdir -p "$T/root-$i" "$T/upper-$i" "$T/work-$i"
		mount -t overlay overlay -o "lowerdir=$T/layer-$i:$IMAGES/programs:$IMAGES/$ROOTFS,upperdir=$T/upper-$i,workdir=$T/work-$i" "$T/root-$i"
		spec '.root.path = $root' --arg root "$T/root-$i"
		in_container 'exit 0'
		umount "$T/root-$i"
	done
	[ "$(kept manifests)" = 4 ]
	configure '.cache_limit = $limit' --argjson limit $(($(stat -c %s "$T"/cache/manifests/* | paste -sd+) * 3 / 5))
	gc
	[ "$(kept manifests)" -lt 4 ]
	[ "$(kept manifests)" -ge 1 ]
	configure '.cache_limit = 1'
	gc
	[ "$(kept manifests) $(kept layers)" = "1 0" ] || fail "$output"
	ID=moor-test-${T##*.}
	run moor exec "$ID" /opt/test/bin/nothing
	assert_status 0
	spec '.root.path = "rootfs"'
}

@test "a manifest that is cut off or written over hurts none of those that run" {
	local i manifest ids=()
	for i in 1 2 3; do
		ids+=("moor-test-${T##*.}-$i")
		mkdir -p "$T/root-$i" "$T/upper-$i" "$T/work-$i"
		mount -t overlay overlay -o "lowerdir=$T/layer:$IMAGES/programs:$IMAGES/$ROOTFS,upperdir=$T/upper-$i,workdir=$T/work-$i" "$T/root-$i"
		spec '.root.path = $root' --arg root "$T/root-$i"
		ID=${ids[i - 1]}
		start 'drop marker /tmp/x; while :; do sleep 1; done'
	done
	manifest=$(echo "$T"/cache/manifests/*)
	timeout 20 python3 -c '
import os, sys
path = sys.argv[1]
size = os.stat(path).st_size
file = os.open(path, os.O_RDWR)
os.pwrite(file, b"\xff" * size, 0)
os.close(file)
os.truncate(path, 0)' "$manifest"
	for ID in "${ids[@]}"; do
		run moor exec "$ID" /opt/test/bin/nothing
		assert_status 0
		run moor exec "$ID" /bin/sh -c '/tmp/x'
		assert_status 126
	done
	refute_event supervisor-died
	[ "$(supervisors | wc -l)" -ge 3 ]
	for ID in "${ids[@]}"; do
		moor delete --force "$ID"
	done
	for i in 1 2 3; do
		eventually umount "$T/root-$i"
	done
	spec '.root.path = "rootfs"'
}

@test "what is removed all the time keeps no container from starting, nor has one run unsealed" {
	local i gc
	configure '.cache_limit = 1'
	while sleep 0.01; do
		env "RUNMOOR_CONFIG=$T/config.json" "$RUNMOOR_BIN/moorctl" gc || true
	done >"$T/gc" 2>&1 3>&- &
	gc=$!
	for i in {1..8}; do
		init_layer "$T/init-$i"
		layered "$T/init-$i" "$T/layer" "$IMAGES/programs" "$IMAGES/$ROOTFS"
		in_container 'drop marker /tmp/x; /opt/test/bin/nothing && /tmp/x'
		[ "$status" = 126 ] || break
	done
	kill $gc
	wait $gc || true
	assert_status 126
	refute_marker
	grep -q removed "$T/gc" || fail "$(tail -n 3 "$T/gc")"
}
