# Operator's hooks that change the container before its first instruction, as
# those of GPU toolkits do.
load helpers

# bats file_tags=twice

# hook STAGE SCRIPT: a hook of the specification, run on the host
hook() {
	# crun dies of SIGPIPE for a hook that doesn't take the state.
	printf '#!/bin/sh\nset -e\ncat >/dev/null\nROOT=%q\n%s\n' "$ROOT" "$2" >"$T/hook-$1"
	chmod 755 "$T/hook-$1"
	spec '.hooks[$stage] = [{path: $path}]' --arg stage "$1" --arg path "$T/hook-$1"
}

unpack() { # NAME TO: for a hook's script
	echo "gzip -dc <'$IMAGES/programs/opt/test/drop/$1.gz' >\"\$ROOT$2\"; chmod 755 \"\$ROOT$2\""
}

added() {
	events 'select(.event.action == "container-sealed" and .runmoor.detail != null) | '"$1"
}

@test "what a hook adds to the root runs" {
	hook createRuntime "$(unpack marker /opt/added)"
	in_container '/opt/added'
	assert_status 0
	assert_marker
	[ "$(added .runmoor.seal.files)" = 1 ]
}

@test "what a prestart hook adds runs after create and start, and in sessions" {
	hook prestart "$(unpack marker /opt/added)"
	script 'while :; do sleep 1; done'
	moor create --bundle "$BUNDLE" "$ID" >"$T/output" 2>&1
	moor start "$ID"
	run moor exec "$ID" /opt/added
	assert_status 0
	assert_marker
}

@test "what a hook mounts runs" {
	hook createContainer "touch \"\$ROOT/opt/mounted\"
		gzip -dc <'$IMAGES/programs/opt/test/drop/marker.gz' >'$T/tool'; chmod 755 '$T/tool'
		mount --bind '$T/tool' \"\$ROOT/opt/mounted\""
	in_container '/opt/mounted'
	assert_status 0
	assert_marker
}

@test "hooks: deny makes it drift" {
	configure '.hooks = "deny"'
	hook createRuntime "$(unpack marker /opt/added)"
	in_container '/opt/added'
	assert_status 126
	refute_marker
	assert_refused not-in-image /opt/added
	[ -z "$(added .)" ]
}

@test "what the container itself drops is drift, hook or no hook" {
	hook createRuntime "$(unpack marker /opt/added)"
	in_container 'drop marker /tmp/x; echo >>/tmp/x; /tmp/x'
	assert_status 126
	refute_marker
	assert_refused not-in-image /tmp/x
}

@test "a restart with hooks doesn't seal what the first life dropped" {
	hook createRuntime ':'
	in_container 'drop marker /opt/dropped; touch -d "+1 hour" /opt/dropped; /opt/dropped'
	assert_status 126
	local life
	for life in 2 3; do
		in_container '/opt/dropped'
		assert_status 126
		refute_marker
	done
	[ -z "$(added .)" ]
}

@test "what a hook adds isn't sealed for a container that can set the clock" {
	spec '.process.capabilities[] += ["CAP_SYS_TIME"]'
	hook createRuntime "$(unpack marker /opt/added)"
	in_container '/opt/added'
	assert_status 126
	refute_marker
}

@test "a volume of the specification is no hook's mount" {
	mkdir "$T/volume"
	gzip -dc <"$IMAGES/programs/opt/test/drop/marker.gz" >"$T/volume/x"
	chmod 755 "$T/volume/x"
	mkdir -p "$ROOT/opt/real"
	ln -s real "$ROOT/opt/link"
	hook createRuntime ':'
	spec '.mounts += [{destination: "/opt/link", type: "bind", source: $source, options: ["bind", "rw"]}]' \
		--arg source "$T/volume"
	in_container '/opt/link/x'
	assert_status 126
	refute_marker
	assert_refused volume
}

@test "what an earlier life mounted in a shared volume is no hook's mount" {
	mkdir -p "$T/shared"
	mount -t tmpfs none "$T/shared"
	mount --make-shared "$T/shared"
	hook createRuntime ':'
	spec '.process.capabilities[] += ["CAP_SYS_ADMIN"] | .linux.rootfsPropagation = "shared"
		| .mounts += [{destination: "/srv", type: "bind",
		source: $source, options: ["rbind", "rw", "rshared"]}]' --arg source "$T/shared"
	in_container 'mkdir /srv/sub; /opt/test/bin/mounts tmpfs /srv/sub && drop marker /srv/sub/x; /srv/sub/x'
	assert_status 126
	mountpoint "$T/shared/sub"
	in_container '/srv/sub/x'
	assert_status 126
	refute_marker
	[ -z "$(added .)" ]
	umount "$T/shared/sub" "$T/shared"
}

# lives FIRST PATH: a program that the container makes at its first start isn't
# sealed at the second, with a hook that adds nothing.
lives() {
	hook createRuntime "${HOOK-:}"
	in_container "$1"
	in_container "$2"
	assert_status 126
	refute_marker
	[ -z "$(added .)" ]
}

# tmpfs whose content is copied from the folder below it
copied_up() { # DESTINATION
	mkdir -p "$ROOT/var/app/tmp"
	spec '.mounts += [{destination: $at, type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", "mode=1777"]}]' --arg at "$1"
}

# bats test_tags=runc
@test "what lies under a specified mount is no hook's, though a life put a link before it" {
	copied_up /var/app/tmp
	lives 'mv /var/app /var/real; mkdir -p /var/other/tmp; drop marker /var/other/tmp/x; ln -s other /var/app' /var/app/tmp/x
}

# bats test_tags=runc
@test "… though its destination ends in a slash" {
	copied_up /var/app/tmp/
	lives 'mv /var/app /var/real; mkdir -p /var/app/tmp; drop marker /var/app/tmp/x' /var/app/tmp/x
}

bound_with_disk() { # DESTINATION
	mkdir -p "$T/data/disk"
	mount -t tmpfs none "$T/data/disk"
	spec '.mounts += [{destination: $at, type: "bind", source: $source, options: ["rbind", "rw"]}]' \
		--arg at "$1" --arg source "$T/data"
}

@test "what is mounted below a specified bind is no hook's" {
	bound_with_disk /srv/
	lives 'drop marker /srv/disk/x' /srv/disk/x
	umount "$T/data/disk"
}

@test "… though a life put a link before it" {
	mkdir -p "$ROOT/opt/app/data"
	bound_with_disk /opt/app/data
	lives 'drop marker /opt/app/data/disk/x; mkdir -p /opt/b/data; mv /opt/app /opt/c; ln -s b /opt/app' /opt/b/data/disk/x
	umount "$T/data/disk"
}

@test "a file that a hook only changes the mode of is none that it added" {
	HOOK='chmod 644 "$ROOT/opt/app/cfg" 2>/dev/null || true'
	lives 'mkdir -p /opt/app; drop marker /opt/app/cfg' 'chmod 755 /opt/app/cfg; /opt/app/cfg'
}

@test "a hook's mount is sealed beside 300 of the specification's" {
	local i
	for i in {1..300}; do
		printf '{"destination": "/m/%d", "type": "tmpfs", "source": "tmpfs"}\n' "$i"
	done >"$T/mounts"
	spec '.mounts += $mounts' --slurpfile mounts "$T/mounts"
	hook createRuntime "$(unpack marker /opt/added)"
	in_container '/opt/added'
	assert_status 0
	assert_marker
}

# life SCRIPT: starts the container, with a hook that changes nothing
life() {
	hook createRuntime :
	in_container "$1"
	refute_marker
}

@test "what lies below a read-only path, where an earlier life put it, is no hook's" {
	local volumes
	for volumes in seal trust; do
		configure '.volumes.read_only = $v' --arg v $volumes
		mkdir -p "$ROOT/opt/app/conf"
		spec '.linux.readonlyPaths += ["/opt/app/conf"]'
		life 'mv /opt/app /opt/app.old; mkdir -p /opt/app/conf; drop marker /opt/app/conf/x; /opt/app/conf/x'
		life /opt/app/conf/x
		assert_event exec-blocked not-in-image /opt/app/conf/x
		rm -rf "$ROOT"/opt/app*
	done
}

@test "what an earlier life dropped isn't a hook's where the clock has been set back" {
	gcc -shared -fPIC -o "$T/late.so" -x c - <<-'END'
		#define _GNU_SOURCE
		#include <sys/syscall.h>
		#include <time.h>
		#include <unistd.h>
		int clock_gettime(clockid_t clock, struct timespec *now)
		{
			int rc = (int)syscall(SYS_clock_gettime, clock, now);
			if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
				now->tv_sec -= 3600;
			return rc;
		}
	END
	life 'drop marker /tmp/x; /tmp/x'
	MOOR=(env LD_PRELOAD="$T/late.so" "${MOOR[@]}")
	life /tmp/x
	assert_event exec-blocked not-in-image /tmp/x
}

@test "a volume isn't a hook's mount though another container changed the way to it" {
	hook createRuntime :
	mkdir -p "$T/volume" "$T/data" "$ROOT/opt/place/data"
	ln -s /opt/place "$T/volume/sub"
	ROOT=$T/data bash -ec "$(unpack marker /x)"
	spec '.mounts += [
		{destination: "/vol", type: "bind", source: ($t + "/volume"), options: ["rbind", "rw"]},
		{destination: "/vol/sub/data", type: "bind", source: ($t + "/data"), options: ["rbind", "rw"]}]' --arg t "$T"
	script '/opt/place/data/x; touch /vol/tried'
	moor create --bundle "$BUNDLE" "$ID" >"$T/output" 2>&1
	rm "$T/volume/sub"
	mkdir -p "$T/volume/sub/data"
	moor start "$ID"
	eventually test -e "$T/volume/tried"
	refute_marker
	assert_event exec-blocked volume /opt/place/data/x
}
