# Mounts that the host makes below a bind's source after the container's start,
# and that the kernel copies into the container.
load helpers

# bats file_tags=twice

teardown() {
	umount --recursive --lazy "$T/share"
	teardown_bundle
}

# share PROPAGATION [OPTION]: bind a folder that gets the host's later mounts
share() {
	mkdir -p "$T/share/repo" "$T/share/data"
	mount --bind "$T/share" "$T/share"
	mount --make-shared "$T/share"
	bind_share /share "$@"
}

bind_share() { # DESTINATION PROPAGATION [OPTION]
	spec '.linux.rootfsPropagation = $kind | .mounts += [{destination: $at, type: "bind",
		source: $source, options: ["rbind", $kind, $option]}]' \
		--arg at "$1" --arg source "$T/share" --arg kind "$2" --arg option "${3-rw}"
}

trust() {
	configure '.volumes = {read_only: "trust", writable: "trust"}'
}

can_mount() {
	spec '.process.capabilities[] += ["CAP_SYS_ADMIN"]'
}

host_mounts() { # FOLDER [OPTION]: below what is shared, with the program x
	mkdir -p "$T/share/$1"
	mount -t tmpfs none "$T/share/$1"
	gzip -dc <"$IMAGES/programs/opt/test/drop/marker.gz" >"$T/share/$1/x"
	chmod 755 "$T/share/$1/x"
	mkdir "$T/share/$1/bin" "$T/share/$1/deep"
	cp "$T/share/$1/x" "$T/share/$1/bin/x"
	[ -z "${2-}" ] || mount -o "remount,$2" "$T/share/$1"
}

# A bind is as writable as its source, and so are its copies: a later remount
# changes the host's own mount only.
host_binds_read_only() { # FROM FOLDER
	mkdir -p "$T/stage"
	mount --bind "$1" "$T/stage"
	mount -o remount,bind,ro "$T/stage"
	mount --bind "$T/stage" "$T/share/$2"
	umount "$T/stage"
}

# The container's script takes turns with the host: "turn N" waits there until
# the host has come to "turn N".
TURNS='
	turn() { : >/tmp/ready.$1; until [ -e /tmp/go.$1 ]; do sleep 0.1; done; }
	try() { "$2"; echo "$1: $?;"; }
	'

begin() { # SCRIPT
	mkdir -p "$ROOT/tmp"
	start "$TURNS$1"
}

turn() { # N COMMAND...: once the container has come there
	eventually test -e "$ROOT/tmp/ready.$1" ||
		fail "the container doesn't come to turn $1: $(cat "$T/output")"
	"${@:2}"
	: >"$ROOT/tmp/go.$1"
}

finish() { # sets output
	eventually grep -q '^end$' "$T/output" || fail "no end: $(cat "$T/output")"
	output=$(cat "$T/output")
}

detail_of() { # PATH: prints the reason of each refusal
	events | jq -r --arg path "$1" \
		'select(.event.action == "exec-blocked" and .file.path == $path) | .runmoor.detail'
}

assert_detail() { # PATH PART
	[[ $(detail_of "$1") == *"$2"* ]] ||
		fail "no \"$2\" in the detail of $1: $(detail_of "$1"); $(events)"
}

once='turn 1; try it /share/repo/x; echo end'

@test "where writable volumes are trusted, what the host mounts later below one is" {
	configure '.volumes.writable = "trust"'
	share rslave
	begin "$once"
	turn 1 host_mounts repo
	finish
	assert_output "it: 0;"
	assert_marker
	refute_event exec-blocked
}

@test "where read-only volumes are trusted, it is if the host mounted it read-only" {
	configure '.volumes.read_only = "trust"'
	share rslave ro
	begin 'turn 1; try it /share/repo/x; turn 2; try other /share/data/x; echo end'
	turn 1 host_mounts repo ro
	turn 2 host_mounts data
	finish
	assert_output "it: 0;"
	assert_output "other: 126;"
	assert_event exec-blocked volume /share/data/x
	assert_detail /share/data/x "volumes.writable is deny"
}

@test "… and not once the container has another view of it to write to" {
	configure '.volumes.read_only = "trust"'
	share rslave ro
	mkdir "$T/store" "$T/other"
	gzip -dc <"$IMAGES/programs/opt/test/drop/marker.gz" >"$T/other/x"
	chmod 755 "$T/other/x"
	both() {
		host_binds_read_only "$T/store" repo
		host_binds_read_only "$T/other" data
	}
	spec '.mounts += [{destination: "/store", type: "bind", source: $source, options: ["bind", "rw"]}]' \
		--arg source "$T/store"
	begin 'drop marker /store/x; turn 1; try it /share/repo/x; try other /share/data/x; echo end'
	turn 1 both
	finish
	assert_output "it: 126;"
	assert_output "other: 0;"
	[ "$(marker_count)" = 1 ]
}

@test "an exception by path reaches it" {
	configure '.allow = [{path: "/share/repo/*"}]'
	share rslave
	begin 'turn 1; try it /share/repo/x; try below /share/repo/bin/x; try other /share/data/x; echo end'
	both() { host_mounts repo && host_mounts data; }
	turn 1 both
	finish
	assert_output "it: 0;"
	assert_output "below: 126;"
	assert_output "other: 126;"
}

@test "an exception for the bind, or for its own place, reaches it" {
	local rule
	share rslave
	for rule in /share /share/repo; do
		configure '.allow = [{mount: $rule}]' --arg rule "$rule"
		begin "$once"
		turn 1 host_mounts repo
		finish
		assert_output "it: 0;"
		moor delete --force "$ID"
		umount "$T/share/repo"
		rm "$ROOT"/tmp/{ready,go}.1
	done
}

@test "an exception for the bind reaches what was mounted below it before the start" {
	configure '.allow = [{mount: "/share"}]'
	share rslave
	host_mounts repo
	host_mounts data
	spec '.mounts += [{destination: "/share/data", type: "tmpfs", source: "tmpfs"}]'
	begin 'drop marker /share/data/x; try it /share/repo/x; try other /share/data/x; echo end'
	finish
	assert_output "it: 0;"
	assert_output "other: 126;"
}

@test "without either it is drift, and the event says why" {
	share rslave ro
	begin "$once"
	turn 1 host_mounts repo ro
	finish
	assert_output "it: 126;"
	refute_marker
	assert_event exec-blocked volume /share/repo/x
	assert_detail /share/repo/x "or its mount came after the container's start"
}

@test "a deeper one, and another one that comes after it was unmounted, are the host's too" {
	trust
	share rslave
	begin 'turn 1; try deep /share/repo/deep/x; try first /share/repo/x
		turn 2; try gone /share/repo/x; turn 3; try second /share/repo/x
		echo end'
	both() { host_mounts repo && host_mounts repo/deep; }
	turn 1 both
	turn 2 umount -R "$T/share/repo"
	turn 3 host_mounts repo
	finish
	assert_output "deep: 0;"
	assert_output "first: 0;"
	assert_output "gone: 127;"
	assert_output "second: 0;"
}

@test "a program with a root of its own executes them" {
	configure '.volumes.writable = "trust"'
	share rslave
	begin 'turn 1; mkdir /share/repo/tmp; chroot /share/repo /x; echo "it: $?;"; ls /share/repo/tmp; echo end'
	turn 1 host_mounts repo
	finish
	assert_output "it: 0;"
	assert_output marker
}

@test "a container's own mounts there are drift" {
	trust
	can_mount
	share rslave
	begin 'turn 1
		/opt/test/bin/mounts tmpfs /share/repo/deep; drop marker /share/repo/deep/x
		try own /share/repo/deep/x
		mkdir -p /mnt /tmp/d; drop marker /tmp/d/x; echo >>/tmp/d/x
		/opt/test/bin/mounts --bind /share/repo /mnt; try copy /mnt/x; umount /mnt
		/opt/test/bin/mounts --bind /share/repo/bin /mnt; try part /mnt/x; umount /mnt
		/opt/test/bin/mounts --bind /share/repo /share/data; try beside /share/data/x; umount /share/data
		/opt/test/bin/mounts --bind /share/repo /share/repo/bin; try within /share/repo/bin/x; umount /share/repo/bin
		/opt/test/bin/mounts --user --bind /tmp/d /mnt /bin/sh -c "/share/repo/x; echo \"user: \$?;\""
		unshare -m /bin/sh -c "/share/repo/x; echo \"unshared: \$?;\""
		umount /share/repo/deep
		mount --make-private /share/repo 2>/dev/null || mount -o private /share/repo
		try private /share/repo/x
		/opt/test/bin/mounts --bind /tmp/d /share/repo; try over /share/repo/x
		echo end'
	turn 1 host_mounts repo
	finish
	refute_output ": 0;"
	for name in own copy part beside within user unshared private over; do
		assert_output "$name: 126;"
	done
	refute_marker
	assert_detail /mnt/x "isn't seen to be the host's at that place"
	assert_detail /share/repo/deep/x "nothing there is sealed"
}

@test "one that the container moved is drift, also where another one is excepted" {
	configure '.allow = [{path: "/share/data/*"}, {mount: "/share"}]'
	can_mount
	share rslave
	begin 'turn 1
		mount -o move /share/repo /share/data; try moved /share/data/x; mount -o move /share/data /share/repo
		try back /share/repo/bin/x
		mkdir -p /n/share /n/tmp; mount -o move /share /n/share; chroot /n /share/repo/bin/x; echo "root: $?;"
		echo end'
	turn 1 host_mounts repo
	finish
	assert_output "moved: 126;"
	assert_output "back: 0;"
	assert_output "root: 126;"
	[ "$(marker_count)" = 1 ]
}

@test "being mounted read-only by the container doesn't make it read-only, nor keeps it so" {
	configure '.volumes.read_only = "trust"'
	can_mount
	share rslave ro
	begin 'turn 1; mount -o remount,bind,ro /share/repo; try made /share/repo/x
		turn 2; try there /share/data/x
		mount -o remount,bind,rw /share/data; try unmade /share/data/x; echo end'
	mkdir "$T/other"
	gzip -dc <"$IMAGES/programs/opt/test/drop/marker.gz" >"$T/other/x"
	chmod 755 "$T/other/x"
	turn 1 host_mounts repo
	turn 2 host_binds_read_only "$T/other" data
	finish
	assert_output "made: 126;"
	assert_output "there: 0;"
	assert_output "unmade: 126;"
	[ "$(marker_count)" = 1 ]
}

@test "a container that shares mounts with the host can have mounted it itself" {
	trust
	can_mount
	share rslave
	bind_share /back rshared
	begin 'turn 1; try hosts /share/repo/x
		/opt/test/bin/mounts tmpfs /back/data; drop marker /back/data/x
		try own /back/data/x; try returned /share/data/x
		mount --make-private /back 2>/dev/null || mount -o private /back
		try hidden /share/data/x; echo end'
	turn 1 host_mounts repo
	finish
	assert_output "hosts: 126;"
	assert_output "own: 126;"
	assert_output "returned: 126;"
	assert_output "hidden: 126;"
	refute_marker
	assert_detail /share/repo/x "shares with the host"
	mountpoint "$T/share/data"
}
