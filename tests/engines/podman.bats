# podman as root, with the file of examples/podman. Containers have no network
# but their own loopback.
load helpers
load podman

engine podman "$(podman --version | sed -E 's/.* ([0-9.]+)$/\1/')"

MOORED="runmoor-crun runmoor-runc"
IMAGE=localhost/moor/busybox
STORE=() # options for another place and driver of podman's storage
VFS=(--storage-driver vfs --root /var/lib/containers/vfs --runroot /run/vfs)

setup_file() {
	podman_defaults
	podman load --quiet --input "$IMAGES/busybox.tar"
	podman load --quiet --input "$IMAGES/layers.tar"
}

setup() {
	cp "$EXAMPLES/podman/containers.conf" /etc/containers/
	policy '{}'
	forget_events
}

teardown() {
	local left
	podman pod rm --force --all --time 0 >/dev/null
	podman rm --force --all --time 0 >/dev/null
	left=$(leftovers; podman_leftovers)
	[ -z "$left" ] || fail "left behind: $left"
}

podman() {
	command podman "${STORE[@]}" "$@"
}

# Mounts, processes and cgroups of containers that are gone.
podman_leftovers() {
	local id
	awk '$5 ~ "^/(var/lib|run)/.*/(merged|merge|shm)$" { print $5 }' /proc/self/mountinfo
	eventually no_conmon || echo "conmon runs"
	for id in $(jq -r .container.id "$EVENTS" 2>/dev/null | sort -u); do
		find /sys/fs/cgroup -path /sys/fs/cgroup/unified -prune -o -name "libpod-*$id*" -print
	done
}

no_conmon() {
	! pgrep -x conmon >/dev/null
}

finish() { # [CONTAINER...]
	podman rm --force --time 0 "${@:-web}" >/dev/null
}

try() { # PATH; sets status and output
	run podman exec web sh -c "$1 && echo it ran"
}

assert_runs() { # PATH
	try "$1"
	assert_status 0
	assert_output "it ran"
}

assert_refused() { # PATH [REASON]
	try "$1"
	assert_status 126
	assert_output "Permission denied"
	refute_output "it ran"
	[ -z "${2-}" ] || assert_event "$(blocked "$1" "$2")"
}

blocked() { # PATH REASON
	echo ".event.action == \"exec-blocked\" and .file.path == \"$1\" and .runmoor.reason == \"$2\""
}

# attack PATH REASON [OPTION...]: a container with these options makes a
# program at PATH and runs it. Under the bare runtime that works, or it would
# prove nothing. Not with --rm, which fails now and then whatever the runtime
# is (podman's issue 16142).
attack() {
	local runtime script="$PRELUDE ${BEFORE-} drop marker $1; $1 && echo it ran"
	run podman --runtime crun run "${@:3}" "$IMAGE" sh -c "$script"
	assert_output "it ran"
	for runtime in ${RUNTIMES:-$MOORED}; do
		echo "under $runtime"
		forget_events
		run podman --runtime "$runtime" run "${@:3}" "$IMAGE" sh -c "$script"
		assert_status 126
		assert_output "Permission denied"
		refute_output "it ran"
		assert_event "$(blocked "$1" "$2")"
	done
}

# The output that users see is the same, but for the name of the runtime.
same() { # FUNCTION [ARG...]
	local runtime
	for runtime in crun runc; do
		same_with "$runtime" "runmoor-$runtime" unnamed "$@"
	done
}

unnamed() { # RUNTIME FUNCTION [ARG...]
	"$2" "$1" "${@:3}" 2>&1 |
		sed -E "s/^(Error: .*)?$1: /\1RUNTIME: /; s/[0-9a-f]{64}/ID/g"
}

# ---- in the place of the runtime

outcomes() { # RUNTIME
	local code
	for code in 0 42 126 255; do
		podman --runtime "$1" run --rm "$IMAGE" sh -c "exit $code"
		echo "exit $?"
	done
	podman --runtime "$1" run --rm "$IMAGE" sh -c 'kill -KILL $$'
	echo "not for itself $?"
	podman --runtime "$1" run --rm "$IMAGE" /no/such/program
	echo "missing $?"
	podman --runtime "$1" run --rm "$IMAGE" /etc/passwd
	echo "not executable $?"
	podman --runtime "$1" run --rm --workdir /no/such "$IMAGE" true
	echo "no such folder $?"
	echo in | podman --runtime "$1" run --rm --interactive "$IMAGE" sh -c 'cat; echo err >&2'
	podman --runtime "$1" run --rm --preserve-fds 1 "$IMAGE" cat /proc/self/fd/3 3<<<"kept"
	echo "kept $?"
}

@test "run hands back exit codes, output and errors as without runmoor" {
	same outcomes
}

life() { # RUNTIME
	podman --runtime "$1" run --detach --name web "$IMAGE" sh -c '
		trap "echo ended; exit 3" TERM
		echo started
		while :; do sleep 0.1; done' >/dev/null
	podman exec web sh -c 'echo in; echo err >&2; exit 5'
	echo "exec $?"
	podman exec web /no/such/program
	echo "exec of what is missing $?"
	podman exec web /etc/passwd
	echo "exec of what isn't executable $?"
	podman pause web
	shows
	podman unpause web
	shows
	podman stop web
	shows
	podman start web
	podman restart web
	shows
	podman kill --signal TERM web
	podman wait web
	podman start web
	podman kill web
	podman wait web
	podman logs web
	podman rm web
	podman ps --all --quiet
}

shows() {
	podman inspect --format '{{.State.Status}} {{.State.ExitCode}}' web
}

@test "run, exec, pause, unpause, stop, start, restart, kill, wait, logs, rm are as without runmoor" {
	same life
	assert_event '.event.action == "container-released"'
}

views() { # RUNTIME
	podman --runtime "$1" run --detach --name web --hostname box "$IMAGE" sleep 1000 >/dev/null
	podman top web pid user args capeff
	podman stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemLimit}}' web
	podman inspect web | jq '.[0] | [.Path, .Args, .EffectiveCaps, .State.Status, .HostConfig.CapAdd]'
	podman update --memory 100m --cpus 0.5 web >/dev/null
	podman exec web cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/cpu/cpu.cfs_quota_us
	podman cp web:/etc/passwd - | tar -t
	podman diff web
	podman rename web other
	podman ps --format '{{.Names}} {{.Image}}'
	podman rm --force --time 0 other
}

@test "top, stats, inspect, update, cp, diff, rename, ps, rm -f are as without runmoor" {
	same views
}

# The lines of Seccomp differ where a container asks for no filter; here it
# has podman's.
inside() { # RUNTIME
	podman --runtime "$1" run --rm --hostname box "$IMAGE" sh -c '
		env | sort; id; pwd; ulimit -a; umask
		grep -e Cap -e NoNewPrivs -e "Seccomp:" /proc/self/status
		cut -d " " -f 2,3 /proc/self/mounts | sort
		ls /proc/self/fd'
}

@test "a process finds the same surroundings as without runmoor" {
	same inside
}

# The end of script's own input, which may be echoed, is left out.
on_terminal() { # COMMAND
	script --quiet --return --command "$1" /dev/null 2>&1 | tr -d '\000\r' | sed 's/^^@//'
	echo "status ${PIPESTATUS[0]}"
}

terminal() { # RUNTIME
	local script='[ -t 0 ] && [ -t 1 ] && echo on a terminal; sleep 0.5; exit 7'
	on_terminal "podman --runtime $1 run --rm -it $IMAGE sh -c '$script'"
	podman --runtime "$1" run --detach --name web "$IMAGE" sleep 1000 >/dev/null
	on_terminal "podman exec -it web sh -c '$script'"
	finish
}

@test "run -it and exec -it have a terminal" {
	same terminal
	run terminal runmoor-crun
	[ "$output" = "$(printf '%s\n' "on a terminal" "status 7" "on a terminal" "status 7")" ]
}

hooked() { # RUNTIME
	local stage folder=$BATS_TEST_TMPDIR/hooks-$1
	mkdir -p "$folder"
	for stage in createRuntime poststop; do
		jq -n --arg stage $stage --arg folder "$folder" '{version: "1.0.0",
			hook: {path: "/bin/sh", args: ["sh", "-c", "jq -r .status >\($folder)/\($stage)"]},
			when: {always: true}, stages: [$stage]}' >"$folder/$stage.json"
	done
	podman --hooks-dir "$folder" --runtime "$1" run --rm "$IMAGE" true
	cat "$folder/createRuntime" "$folder/poststop"
}

@test "the hooks of --hooks-dir run as without runmoor" {
	same hooked
	run hooked runmoor-runc
	[ "${lines[0]}" = creating ]
	[ "${lines[1]}" = stopped ]
}

@test "a health check runs" {
	for runtime in $MOORED; do
		site "$runtime" --health-cmd "$FETCH" --health-interval disable
		podman healthcheck run web
		finish
	done
}

@test "a committed image ships what its container was committed with" {
	for runtime in $MOORED; do
		site "$runtime"
		in_web 'drop marker /tmp/x'
		assert_refused /tmp/x not-in-image
		podman commit --quiet web localhost/committed >/dev/null
		run podman --runtime "$runtime" run --rm localhost/committed /tmp/x
		assert_status 0
		finish
		podman rmi localhost/committed >/dev/null
	done
}

# The manifest of a Debian takes long enough to make for eight to be at it.
@test "eight containers created at once from an image that wasn't sealed yet are all protected" {
	local i round IMAGE=localhost/moor/debian
	podman load --quiet --input "$IMAGES/debian.tar"
	for round in 1 2 3; do
		rm -rf /var/lib/runmoor/manifests
		for i in {1..8}; do
			podman --runtime runmoor-crun run "$IMAGE" \
				sh -c "$PRELUDE drop marker /tmp/x; /tmp/x && echo it ran" \
				>"$BATS_TEST_TMPDIR/$i" 2>&1 3>&- &
		done
		wait
		for i in {1..8}; do
			run cat "$BATS_TEST_TMPDIR/$i"
			assert_output "/tmp/x: Permission denied"
			refute_output "it ran"
		done
	done
}

# ---- the attack

# After a refusal nothing keeps the container's root file system busy: the
# engine's umount, which podman only ever does lazily.
@test "a program made in the container is refused, the site stays up, and a umount isn't busy" {
	local root
	site crun
	in_web 'drop marker /tmp/x'
	assert_runs /tmp/x
	finish
	for runtime in $MOORED; do
		site "$runtime"
		in_web 'drop marker /tmp/x'
		assert_refused /tmp/x not-in-image
		assert_event "$(blocked /tmp/x not-in-image) and .container.id == \"$(podman inspect --format '{{.Id}}' web)\""
		run podman exec web test -e /tmp/marker
		assert_status 1
		assert_up
		root=$(podman inspect --format '{{.GraphDriver.Data.MergedDir}}' web)
		umount "$root"
		assert_up
		finish
	done
}

@test "a program of the image that was overwritten is refused" {
	site crun
	in_web 'drop marker /opt/test/bin/nothing'
	podman exec web /opt/test/bin/nothing
	podman exec web test -e /tmp/marker
	finish
	for runtime in $MOORED; do
		site "$runtime"
		in_web 'drop marker /opt/test/bin/nothing'
		assert_refused /opt/test/bin/nothing modified
		assert_up
		finish
	done
}

outside() { # runs what podman cp and a write below podman mount brought
	dropped marker "$BATS_TEST_TMPDIR/x"
	podman cp "$BATS_TEST_TMPDIR/x" web:/tmp/copied
	cp "$BATS_TEST_TMPDIR/x" "$(podman mount web)/tmp/written"
	podman umount web >/dev/null
	"$@" /tmp/copied
	"$@" /tmp/written
}

@test "a program brought by podman cp, or written below podman mount, is refused" {
	site crun
	outside assert_runs
	finish
	for runtime in $MOORED; do
		site "$runtime"
		outside assert_refused
		assert_event "$(blocked /tmp/copied not-in-image)"
		assert_event "$(blocked /tmp/written not-in-image)"
		assert_up
		finish
	done
}

@test "a session can't start a dropped program itself" {
	for runtime in $MOORED; do
		site "$runtime"
		in_web 'drop marker /tmp/x'
		run podman exec web /tmp/x
		[ "$status" != 0 ]
		[[ ${output,,} == *"permission denied"* ]] || fail "$output"
		assert_event "$(blocked /tmp/x not-in-image)"
		run podman exec web test -e /tmp/marker
		assert_status 1
		finish
	done
}

@test "a dropped library is refused in a Debian container" {
	local IMAGE=localhost/moor/debian
	local script="$PRELUDE drop libmarker.so /tmp/l.so; LD_PRELOAD=/tmp/l.so ls / >/dev/null; [ -e /tmp/marker ] && echo it ran"
	podman load --quiet --input "$IMAGES/debian.tar"
	run podman --runtime crun run --rm "$IMAGE" sh -c "$script"
	assert_output "it ran"
	for runtime in $MOORED; do
		forget_events
		run podman --runtime "$runtime" run --rm "$IMAGE" sh -c "$script"
		refute_output "it ran"
		assert_event '.event.action == "library-blocked" and .file.path == "/tmp/l.so"'
	done
}

@test "a drop is refused as a user of the container: --user 1000" {
	attack /tmp/x not-in-image --user 1000
}

@test "a drop is refused with --init" {
	attack /tmp/x not-in-image --init
}

@test "a drop is refused with --privileged" {
	attack /tmp/x not-in-image --privileged
}

@test "a drop is refused with --security-opt seccomp=unconfined" {
	attack /tmp/x not-in-image --security-opt seccomp=unconfined
}

@test "a drop is refused with --security-opt no-new-privileges" {
	attack /tmp/x not-in-image --security-opt no-new-privileges
}

@test "a drop is refused with --cap-drop ALL" {
	attack /tmp/x not-in-image --cap-drop ALL
}

@test "a drop is refused in a user namespace: --uidmap" {
	attack /tmp/x not-in-image --uidmap 0:100000:65536 --gidmap 0:100000:65536
}

@test "a drop is refused in the host's pid namespace: --pid host" {
	attack /tmp/x not-in-image --pid host
}

@test "a drop is refused with --cgroups disabled (crun)" {
	RUNTIMES=runmoor-crun attack /tmp/x not-in-image --cgroups disabled
}

@test "a drop in the /tmp of a --read-only container is refused" {
	attack /tmp/x volume --read-only
}

@test "a drop in a --tmpfs is refused" {
	attack /scratch/x volume --tmpfs /scratch:exec
}

@test "a drop in /dev/shm is refused" {
	attack /dev/shm/x volume --tmpfs /dev/shm:exec
}

@test "a drop in a tmpfs that the container mounts itself is refused: --cap-add SYS_ADMIN" {
	BEFORE='mkdir /m; mount -t tmpfs none /m;' attack /m/x volume --cap-add SYS_ADMIN
}

@test "a drop in /dev/shm is refused when the container makes it executable: --cap-add SYS_ADMIN" {
	BEFORE='mount -o remount,exec /dev/shm;' attack /dev/shm/x volume --cap-add SYS_ADMIN
}

@test "a drop is refused in an image of a hundred layers" {
	IMAGE=localhost/moor/layers attack /tmp/x not-in-image
}

use_vfs() {
	STORE=("${VFS[@]}")
	podman load --quiet --input "$IMAGES/busybox.tar"
}

@test "a drop is refused with the storage driver vfs" {
	use_vfs
	attack /tmp/x not-in-image
}

make_folder() {
	FOLDER=$BATS_TEST_TMPDIR/folder
	rm -rf "$FOLDER"
	cp -a "$REPO/build/rootfs/busybox" "$FOLDER"
	cp -a "$REPO/build/rootfs/programs/." "$FOLDER/"
	cp /bin/busybox "$FOLDER/opt/test/bin/"
	mkdir -p "$FOLDER/srv/www"
	echo "the site is up" >"$FOLDER/srv/www/index.html"
}

# A folder of its own for each runtime: files that the bare runtime's container
# leaves would be part of the next one's image.
@test "a drop is refused in a --rootfs folder" {
	make_folder
	run podman run --rm --rootfs "$FOLDER" sh -c "$PRELUDE drop marker /tmp/x; /tmp/x && echo it ran"
	assert_output "it ran"
	for runtime in $MOORED; do
		make_folder
		run podman --runtime "$runtime" run --rm --rootfs "$FOLDER" \
			sh -c "$PRELUDE drop marker /tmp/x; /tmp/x && echo it ran"
		assert_status 126
		assert_event "$(blocked /tmp/x not-in-image)"
	done
}

@test "a drop is refused in an overlay over a folder: --rootfs FOLDER:O" {
	make_folder
	IMAGE=$FOLDER:O attack /tmp/x not-in-image --rootfs
}

# podman puts the upper layer in /run, on another file system than the lower.
@test "an overlay over a folder is the image, not a volume: --rootfs FOLDER:O" {
	make_folder
	policy '{"volumes": {"writable": "trust"}}'
	for runtime in $MOORED; do
		run podman --runtime "$runtime" run --rootfs "$FOLDER:O" sh -c "$PRELUDE
			drop marker /tmp/x; /tmp/x && echo it ran
			cp /opt/test/bin/nothing /tmp/copy; /tmp/copy && echo the copy ran"
		assert_output "Permission denied"
		assert_output "the copy ran"
		refute_output "it ran"
	done
}

# ---- the next starts of a container

# Programs that web, made by site with these options, dropped and overwrote at
# its first start are refused at its second, third and tenth.
lives() { # [OPTION...]
	for runtime in $MOORED; do
		echo "under $runtime"
		[ -z "${MAKE-}" ] || "$MAKE"
		first_life "$@"
		podman restart --time 0 web >/dev/null
		assert_still_refused
		podman stop --time 0 web >/dev/null
		podman start web >/dev/null
		assert_still_refused
		for life in {4..10}; do
			podman restart --time 0 web >/dev/null
		done
		assert_still_refused
		finish
	done
}

first_life() { # [OPTION...]
	site "$runtime" "$@"
	in_web 'drop marker /tmp/x; drop marker /opt/test/bin/nothing; echo >>/opt/test/bin/nothing'
	assert_refused /tmp/x not-in-image
	assert_refused /opt/test/bin/nothing modified
}

assert_still_refused() {
	assert_up
	assert_refused /tmp/x not-in-image
	assert_refused /opt/test/bin/nothing modified
}

@test "what was dropped in the first life runs in the second without runmoor" {
	site crun
	in_web 'drop marker /tmp/x; drop marker /opt/test/bin/nothing; echo >>/opt/test/bin/nothing'
	podman restart --time 0 web >/dev/null
	assert_up
	assert_runs /tmp/x
	assert_runs /opt/test/bin/nothing
}

@test "what was dropped in the first life is refused in the second, third and tenth: overlay" {
	lives
}

@test "what was dropped in the first life is refused in the second, third and tenth: overlay of a hundred layers" {
	IMAGE=localhost/moor/layers lives
}

@test "what was dropped in the first life is refused in the second, third and tenth: vfs" {
	use_vfs
	lives
}

@test "what was dropped in the first life is refused in the second, third and tenth: --rootfs" {
	local IMAGE=$BATS_TEST_TMPDIR/folder
	MAKE=make_folder lives --rootfs
}

# Another container's mount takes the device number that this one's had at its
# first start.
in_between() {
	for runtime in $MOORED; do
		echo "under $runtime"
		first_life
		podman stop --time 0 web >/dev/null
		podman --runtime "$runtime" run --detach --name other "$IMAGE" sleep 1000 >/dev/null
		podman start web >/dev/null
		assert_still_refused
		finish web other
	done
}

@test "drift stays refused after another container has started in between: overlay" {
	in_between
}

@test "drift stays refused after another container has started in between: overlay of a hundred layers" {
	IMAGE=localhost/moor/layers in_between
}

@test "drift stays refused after another container has started in between: vfs" {
	use_vfs
	in_between
}

# A boot leaves nothing in /run and /dev/shm.
boot() {
	for runtime in $MOORED; do
		echo "under $runtime"
		first_life
		podman stop --time 0 web >/dev/null
		# podman tidies up in the background.
		eventually rm -rf /run/{containers,libpod,vfs,runmoor,crun,runc} /dev/shm/libpod_lock
		podman start web >/dev/null
		assert_still_refused
		finish
	done
}

@test "drift stays refused after a boot: overlay" {
	boot
}

@test "drift stays refused after a boot: overlay of a hundred layers" {
	IMAGE=localhost/moor/layers boot
}

@test "drift stays refused after a boot: vfs" {
	use_vfs
	boot
}

# A program copied into a container that has never run is in its layer, not in
# its image.
unborn() {
	dropped marker "$BATS_TEST_TMPDIR/x"
	for runtime in $MOORED; do
		echo "under $runtime"
		podman --runtime "$runtime" create --name web "$IMAGE" sh -c "$PRELUDE serve" >/dev/null
		podman cp "$BATS_TEST_TMPDIR/x" web:/tmp/x
		podman start web >/dev/null
		assert_up
		assert_refused /tmp/x not-in-image
		finish
	done
}

@test "a program copied into a container before its first start is refused: overlay" {
	unborn
}

@test "a program copied into a container before its first start is refused: overlay of a hundred layers" {
	IMAGE=localhost/moor/layers unborn
}

@test "a program copied into a container while it is stopped is refused" {
	dropped marker "$BATS_TEST_TMPDIR/x"
	for runtime in $MOORED; do
		site "$runtime"
		podman stop --time 0 web >/dev/null
		podman cp "$BATS_TEST_TMPDIR/x" web:/tmp/x
		podman start web >/dev/null
		assert_up
		assert_refused /tmp/x not-in-image
		finish
	done
}

@test "a program copied in between init and start is refused" {
	dropped marker "$BATS_TEST_TMPDIR/x"
	for runtime in $MOORED; do
		podman --runtime "$runtime" create --name web "$IMAGE" sh -c "$PRELUDE serve" >/dev/null
		podman init web >/dev/null
		podman cp "$BATS_TEST_TMPDIR/x" web:/tmp/x
		podman start web >/dev/null
		assert_up
		assert_refused /tmp/x not-in-image
		finish
	done
}

@test "what podman's own restart policy starts again has its drift refused" {
	for runtime in $MOORED; do
		podman --runtime "$runtime" run --detach --name web --restart on-failure:3 "$IMAGE" sh -c "$PRELUDE
			[ -e /tmp/x ] || { drop marker /tmp/x; exit 1; }
			/tmp/x && echo it ran
			serve" >/dev/null
		assert_up
		[ "$(podman inspect --format '{{.RestartCount}}' web)" = 1 ]
		run podman logs web
		assert_output "Permission denied"
		refute_output "it ran"
		finish
	done
}

# ---- volumes

# A folder on the host with a program that no image ships.
make_volume() {
	VOLUME=$BATS_TEST_TMPDIR/volume
	rm -rf "$VOLUME"
	mkdir "$VOLUME"
	dropped marker "$VOLUME/x"
}

# in_volume OPTION SCRIPT: in a container with this volume; sets status, output
in_volume() {
	run podman --runtime "$runtime" run --rm --volume "$1" "$IMAGE" sh -c "$PRELUDE $2"
}

@test "a program in a read-only bind runs" {
	make_volume
	for runtime in $MOORED; do
		in_volume "$VOLUME:/vol:ro" '/vol/x && echo it ran'
		assert_output "it ran"
	done
}

@test "a program in a read-only bind that is changed on the host is refused from then on" {
	for runtime in $MOORED; do
		make_volume
		site "$runtime" --volume "$VOLUME:/vol:ro"
		assert_runs /vol/x
		dropped marker "$VOLUME/new"
		echo >>"$VOLUME/new"
		assert_refused /vol/new volume
		mv "$VOLUME/new" "$VOLUME/x"
		assert_refused /vol/x
		finish
	done
}

@test "volumes.read_only deny refuses a program in a read-only bind" {
	make_volume
	policy '{"volumes": {"read_only": "deny"}}'
	for runtime in $MOORED; do
		in_volume "$VOLUME:/vol:ro" '/vol/x && echo it ran'
		assert_status 126
		assert_event "$(blocked /vol/x volume)"
	done
}

@test "a program in a writable bind is refused" {
	make_volume
	runtime=crun
	in_volume "$VOLUME:/vol" '/vol/x && echo it ran'
	assert_output "it ran"
	for runtime in $MOORED; do
		in_volume "$VOLUME:/vol" '/vol/x && echo it ran'
		assert_status 126
		assert_event "$(blocked /vol/x volume)"
	done
}

@test "volumes.writable seal runs what was there, and refuses what is added or swapped in" {
	policy '{"volumes": {"writable": "seal"}}'
	for runtime in $MOORED; do
		forget_events
		make_volume
		site "$runtime" --volume "$VOLUME:/vol"
		assert_runs /vol/x
		in_web 'drop marker /vol/added; echo >>/vol/added'
		assert_refused /vol/added volume
		in_web 'mv /vol/added /vol/x'
		assert_refused /vol/x
		dropped loader "$VOLUME/fromhost"
		assert_refused /vol/fromhost volume
		finish
	done
}

@test "volumes.writable seal refuses what the first life added in the second, too" {
	policy '{"volumes": {"writable": "seal"}}'
	for runtime in $MOORED; do
		make_volume
		site "$runtime" --volume "$VOLUME:/vol"
		in_web 'drop marker /vol/added; echo >>/vol/added'
		assert_refused /vol/added volume
		podman restart --time 0 web >/dev/null
		assert_up
		assert_runs /vol/x
		assert_refused /vol/added volume
		finish
	done
}

# At one start, another mount of the folder and another container write to it.
laundered() { # RUNTIME
	local place
	mkdir -p -m 777 "$VOLUME/up"
	site "$1" --volume "$VOLUME:/vol:ro" --volume "$VOLUME/up:/up"
	in_web 'drop marker /up/y; echo own >>/up/y'
	podman --runtime "$1" run --rm --volume "$VOLUME:/out" "$IMAGE" \
		sh -c "$PRELUDE drop marker /out/z; echo other >>/out/z"
	for place in /vol/up/y /vol/z; do
		"assert_${2}" $place ${3-}
	done
	podman restart --time 0 web >/dev/null
	assert_up
}

@test "what is read-only here and written elsewhere is refused in the second life, too" {
	make_volume
	laundered crun runs
	assert_runs /vol/up/y
	assert_runs /vol/z
	finish
	for runtime in $MOORED; do
		forget_events
		make_volume
		laundered "$runtime" refused
		assert_runs /vol/x
		assert_refused /vol/up/y volume
		assert_refused /vol/z volume
		finish
	done
}

@test "volumes.writable trust runs what is there and what is added" {
	make_volume
	policy '{"volumes": {"writable": "trust"}}'
	for runtime in $MOORED; do
		in_volume "$VOLUME:/vol" '/vol/x && drop marker /vol/added && echo >>/vol/added && /vol/added && echo it ran'
		assert_output "it ran"
	done
}

@test "an annotation tightens volumes.read_only for one container" {
	make_volume
	for runtime in $MOORED; do
		run podman --runtime "$runtime" run --rm --volume "$VOLUME:/vol:ro" \
			--annotation io.runmoor.volumes.read_only=deny "$IMAGE" sh -c '/vol/x && echo it ran'
		assert_status 126
	done
}

@test "a read-only bind over /bin brings its programs, a writable one doesn't" {
	make_volume
	cp /bin/busybox "$VOLUME/sh"
	for runtime in $MOORED; do
		in_volume "$VOLUME:/bin:ro" '/bin/x && echo it ran'
		assert_output "it ran"
		in_volume "$VOLUME:/bin" '/bin/x && echo it ran'
		assert_status 126
		assert_event "$(blocked /bin/x volume)"
	done
}

@test "a bind of one program: read-only it runs, writable it doesn't" {
	make_volume
	for runtime in $MOORED; do
		in_volume "$VOLUME/x:/usr/bin/x:ro" '/usr/bin/x && echo it ran'
		assert_output "it ran"
		in_volume "$VOLUME/x:/usr/bin/x" '/usr/bin/x && echo it ran'
		assert_status 126
		assert_event "$(blocked /usr/bin/x volume)"
	done
}

@test "--init runs podman's init, a read-only bind of the host's" {
	for runtime in $MOORED; do
		run podman --runtime "$runtime" run --rm --init "$IMAGE" cat /proc/1/comm
		assert_status 0
		assert_output podman-init
	done
}

@test "programs in an overlay volume are refused, those there and those added: -v :O" {
	make_volume
	runtime=crun
	in_volume "$VOLUME:/vol:O" '/vol/x && drop marker /vol/added && echo >>/vol/added && /vol/added && echo it ran'
	assert_output "it ran"
	for runtime in $MOORED; do
		in_volume "$VOLUME:/vol:O" '/vol/x && echo it ran; drop marker /vol/added; echo >>/vol/added; /vol/added && echo it ran'
		assert_status 126
		refute_output "it ran"
		assert_event "$(blocked /vol/x volume)"
		assert_event "$(blocked /vol/added volume)"
	done
}

# A refusal would be right too; killing the program isn't.
@test "what the image ships isn't killed when it is copied to an overlay volume: -v :O" {
	make_volume
	for runtime in $MOORED; do
		in_volume "$VOLUME:/vol:O" 'cp /opt/test/bin/nothing /vol/nothing; /vol/nothing; echo "ended $?"'
		[[ $output == *"ended 0"* || $output == *"ended 126"* ]] || fail "$output"
		refute_event '.event.action == "race-killed"'
	done
}

# The content is the image's; but the other writers of its overlay aren't known.
@test "what the image ships is refused, not killed, from another overlay: --mount type=image" {
	for runtime in $MOORED; do
		run podman --runtime "$runtime" run --rm --mount "type=image,source=$IMAGE,destination=/other" \
			"$IMAGE" sh -c '/other/opt/test/bin/nothing && echo it ran'
		assert_status 126
		assert_event "$(blocked /other/opt/test/bin/nothing writable)"
		refute_event '.event.action == "race-killed"'
	done
}

@test "a program left in a named volume is refused in the next container, too" {
	runtime=crun
	in_volume shared:/vol 'drop marker /vol/x; /vol/x && echo it ran'
	assert_output "it ran"
	for runtime in $MOORED; do
		in_volume shared:/vol '/vol/x && echo it ran'
		assert_status 126
		assert_event "$(blocked /vol/x volume)"
	done
	podman volume rm shared >/dev/null
}

@test "the image's programs run from a named volume that was filled with them" {
	for runtime in $MOORED; do
		in_volume filled:/opt/test/bin '/opt/test/bin/nothing && echo it ran'
		assert_output "it ran"
		in_volume filled:/opt/test/bin 'drop marker /opt/test/bin/x; /opt/test/bin/x'
		assert_status 126
		podman volume rm filled >/dev/null
	done
}

# ---- pods

pod_yaml() { # the annotations of the pod
	cat <<-EOT
		apiVersion: v1
		kind: Pod
		metadata:
		  name: shop
		  annotations: {$1}
		spec:
		  volumes:
		  - name: shared
		    emptyDir: {}
		  containers:
		  - name: web
		    image: $IMAGE
		    command: ["sh", "-c", "exec /opt/test/bin/busybox httpd -f -p 127.0.0.1:8080 -h /srv/www"]
		    volumeMounts: [{name: shared, mountPath: /shared}]
		  - name: side
		    image: $IMAGE
		    command: ["sleep", "1000"]
		    volumeMounts: [{name: shared, mountPath: /shared}]
	EOT
}

play() { # RUNTIME [ANNOTATIONS]
	pod_yaml "${2-}" >"$BATS_TEST_TMPDIR/pod.yaml"
	podman --runtime "$1" play kube --network none "$BATS_TEST_TMPDIR/pod.yaml" >/dev/null
}

unplay() {
	podman pod rm --force --time 0 shop >/dev/null
}

side_runs() {
	run podman exec shop-side sh -c '/shared/x && echo it ran'
}

@test "play kube: a pod's containers share a network, and an emptyDir whose drops are refused in both" {
	play crun
	podman exec shop-web sh -c "$PRELUDE drop marker /shared/x"
	side_runs
	assert_output "it ran"
	unplay
	for runtime in $MOORED; do
		play "$runtime"
		run podman exec shop-side sh -c "$FETCH"
		assert_output "the site is up"
		run podman exec shop-web sh -c "$PRELUDE drop marker /shared/x; /shared/x && echo it ran"
		assert_status 126
		side_runs
		assert_status 126
		refute_output "it ran"
		assert_event "$(blocked /shared/x volume)"
		run podman exec shop-side sh -c "$FETCH"
		assert_output "the site is up"
		unplay
	done
}

@test "play kube: an annotation of the pod reaches runmoor" {
	for runtime in $MOORED; do
		play "$runtime" 'io.runmoor.exec_sessions: deny'
		run podman exec shop-web true
		assert_status 126
		assert_output "takes no exec sessions"
		unplay
	done
}

@test "a pod whose containers share pid and ipc namespaces is protected" {
	for runtime in $MOORED; do
		podman --runtime "$runtime" pod create --name shop --network none --share net,ipc,pid >/dev/null
		podman --runtime "$runtime" run --detach --pod shop --name other "$IMAGE" sleep 1000 >/dev/null
		site "$runtime" --pod shop
		in_web 'drop marker /tmp/x'
		assert_refused /tmp/x not-in-image
		run podman exec other ps
		assert_output httpd
		podman pod rm --force --time 0 shop >/dev/null
	done
}

# ---- sessions

@test "a session is recorded" {
	for runtime in $MOORED; do
		forget_events
		site "$runtime"
		assert_event '.event.action == "session-opened"'
		finish
	done
}

@test "exec_sessions deny refuses podman exec with runmoor's own words" {
	policy '{"exec_sessions": "deny"}'
	for runtime in $MOORED; do
		forget_events
		podman --runtime "$runtime" run --detach --name web "$IMAGE" sleep 1000 >/dev/null
		run podman exec web echo in
		assert_status 126
		assert_output "runmoor: container $(podman inspect --format '{{.Id}}' web) takes no exec sessions: policy exec_sessions is deny"
		assert_event '.event.action == "session-refused" and .event.outcome == "failure"'
		[ "$(podman inspect --format '{{.State.Status}}' web)" = running ]
		finish
	done
}

# ---- policy, refusals and configuration

@test "mode audit lets drift run and records it" {
	policy '{"mode": "audit"}'
	for runtime in $MOORED; do
		forget_events
		site "$runtime"
		in_web 'drop marker /tmp/x'
		assert_runs /tmp/x
		assert_event '.event.action == "exec-flagged" and .file.path == "/tmp/x"'
		finish
	done
}

refused_run() { # RUNTIME OPTION SENTENCE
	run podman --runtime "$1" run --name web "$2" "$IMAGE" echo it ran
	assert_status 126
	assert_output "$1: runmoor: "
	assert_output "$3"
	refute_output "it ran"
	[ "$(podman inspect --format '{{.State.Status}}' web)" = created ]
	finish
	[ -z "$(leftovers; podman_leftovers)" ]
}

@test "an annotation that loosens refuses the container with runmoor's own words, and leaves nothing" {
	for runtime in $MOORED; do
		refused_run "$runtime" --annotation=io.runmoor.mode=off \
			"annotation io.runmoor.mode: off is weaker than the configured enforce"
	done
}

@test "an annotation may loosen what annotations_may_weaken lists" {
	policy '{"annotations_may_weaken": ["mode"]}'
	for runtime in $MOORED; do
		run podman --runtime "$runtime" run --rm --annotation io.runmoor.mode=off "$IMAGE" \
			sh -c "$PRELUDE drop marker /tmp/x; /tmp/x && echo it ran"
		assert_output "it ran"
	done
}

@test "a malformed annotation refuses the container with runmoor's own words" {
	for runtime in $MOORED; do
		refused_run "$runtime" --annotation=io.runmoor.mode=sleepy 'must be one of enforce, audit, off, not "sleepy"'
		refused_run "$runtime" --annotation=io.runmoor.moed=audit moed
	done
}

@test "a malformed configuration refuses new containers and restarts, and lets running ones be stopped" {
	for runtime in $MOORED; do
		policy '{}'
		site "$runtime"
		policy '{"mode": "sleepy"}'
		run podman --runtime "$runtime" run --rm "$IMAGE" echo it ran
		assert_status 126
		assert_output "configuration /etc/runmoor/config.json: mode"
		run podman restart --time 0 web
		[ "$status" != 0 ]
		assert_output "configuration /etc/runmoor/config.json: mode"
		[ "$(podman inspect --format '{{.State.Running}}' web)" = false ]
		policy '{}'
		podman restart --time 0 web >/dev/null
		assert_up
		policy '{"mode": "sleepy"}'
		podman stop --time 0 web >/dev/null
		finish
	done
}

@test "a policy is for the container and the image that podman calls so, whatever an image claims" {
	mkdir -p /etc/runmoor/policies.d
	echo '[{"match": {"container": "web", "image": "**/moor/busybox:*"}, "allow": [{"path": "/tmp/x"}]},
		{"match": {"image": "trusted/**"}, "mode": "off"}, {"match": {"namespace": "*"}, "mode": "off"}]' \
		>/etc/runmoor/policies.d/web.json
	for runtime in $MOORED; do
		site "$runtime"
		in_web 'drop marker /tmp/x; /tmp/x; cp /tmp/x /tmp/y'
		assert_event '.event.action == "exec-flagged" and .file.path == "/tmp/x"
			and .runmoor.policy.name == "/etc/runmoor/policies.d/web.json: [0]"'
		assert_refused /tmp/y not-in-image
		finish
		run podman --runtime "$runtime" run --rm --annotation io.kubernetes.cri.image-name=trusted/a \
			--annotation io.kubernetes.pod.namespace=a "$IMAGE" sh -c "$PRELUDE drop marker /tmp/x; /tmp/x"
		assert_status 126
	done
	rm -r /etc/runmoor/policies.d
}

@test "a runtime that isn't configured is podman's own error" {
	run podman --runtime runmoor-other run --rm "$IMAGE" true
	assert_status 125
	assert_output 'OCI runtime "runmoor-other" not found'
}

@test "runmoor without the name of a runtime takes that of its configuration" {
	for runtime in crun runc; do
		policy "{\"runtime\": \"$runtime\"}"
		RUNTIMES=runmoor attack /tmp/x not-in-image
		assert_event "$(blocked /tmp/x not-in-image) and .container.runtime == \"$runtime\""
	done
}

@test "runmoor works by its path, without a configuration of podman's or its own" {
	rm /etc/runmoor/config.json /etc/containers/containers.conf
	RUNTIMES=/usr/local/bin/runmoor-crun attack /tmp/x not-in-image
}

build() { # the program that a RUN line makes
	printf '%s\n' "FROM $IMAGE" "RUN $1" "RUN /made" >"$BATS_TEST_TMPDIR/Containerfile"
	run podman build --quiet --ulimit nofile=1024:1024 --ulimit nproc=1000:1000 \
		--no-cache --tag localhost/built "$BATS_TEST_TMPDIR"
}

@test "the default runtime protects run and build: a RUN line can't run what it has just made, the next can" {
	local make="gzip -dc </opt/test/drop/marker.gz >/made; chmod 755 /made"
	build "$make; /made"
	assert_status 0
	sed -i 's/^#runtime/runtime/' /etc/containers/containers.conf
	[ "$(podman info --format '{{.Host.OCIRuntime.Name}}')" = runmoor-crun ]
	run podman run "$IMAGE" sh -c "$PRELUDE drop marker /tmp/x; /tmp/x && echo it ran"
	assert_status 126
	build "$make; /made"
	[ "$status" != 0 ]
	assert_event "$(blocked /made not-in-image)"
	build "$make"
	assert_status 0
	podman rmi localhost/built >/dev/null
}

# ---- the names in events

named() { # the condition that an event names web and its image
	echo '.container.name == "web" and .container.image.name == "localhost/moor/busybox:latest"'
}

@test "events name the container and its image as podman does" {
	for runtime in $MOORED; do
		forget_events
		site "$runtime"
		in_web 'drop marker /tmp/x'
		try /tmp/x
		assert_event ".event.action == \"container-sealed\" and $(named)"
		assert_event ".event.action == \"session-opened\" and $(named)"
		assert_event "$(blocked /tmp/x not-in-image) and $(named)"
		forget_events
		podman restart --time 0 web >/dev/null
		outside try
		assert_event "$(blocked /tmp/copied not-in-image) and $(named)"
		assert_event "$(blocked /tmp/written not-in-image) and $(named)"
		finish
		assert_event ".event.action == \"container-released\" and $(named)"
	done
}

@test "events name a container that is removed as it ends, and one of a pod" {
	for runtime in $MOORED; do
		podman --runtime "$runtime" run --rm --name web "$IMAGE" true
		assert_event ".event.action == \"container-sealed\" and $(named)"
		play "$runtime"
		assert_event '.event.action == "container-sealed" and .container.name == "shop-web"
			and .container.image.name == "localhost/moor/busybox:latest"'
		unplay
		forget_events
	done
}

@test "events name a container in another storage, and one of a folder, which has no image" {
	make_folder
	for runtime in $MOORED; do
		forget_events
		podman --runtime "$runtime" run --rm --name web --rootfs "$FOLDER" true
		assert_event '.event.action == "container-sealed" and .container.name == "web"
			and .container.image.name == null'
	done
	use_vfs
	for runtime in $MOORED; do
		podman --runtime "$runtime" run --rm --name web "$IMAGE" true
		assert_event ".event.action == \"container-sealed\" and $(named)"
	done
}

@test "the events of podman's containers are valid" {
	site runmoor-crun
	in_web 'drop marker /tmp/x'
	try /tmp/x
	finish
	"$REPO/tests/validate-events" "$EVENTS"
}
