# podman without root, as a user of its own, with the kernel's overlay and with
# vfs. runmoor is in the user namespace too, and so has no power over the host.
load helpers
load podman

engine "podman, rootless" "$(podman --version | sed -E 's/.* ([0-9.]+)$/\1/')"

MOORED="runmoor-crun runmoor-runc"
IMAGE=localhost/moor/busybox
MOOR_HOME=$RUNMOOR_SANDBOX/home
EVENTS=$MOOR_HOME/.local/state/runmoor/events.jsonl
STORE=()
VFS=(--storage-driver vfs --root "$MOOR_HOME/vfs" --runroot "$MOOR_HOME/vfs-run")

setup_file() {
	useradd --home-dir "$MOOR_HOME" --create-home moor
	grep -q '^moor:' /etc/subuid || echo moor:300000:65536 >>/etc/subuid
	grep -q '^moor:' /etc/subgid || echo moor:300000:65536 >>/etc/subgid
	install -d -m 700 -o moor /run/user "/run/user/$(id -u moor)"
	chmod 755 /run/user
	cp "$EXAMPLES/podman/containers.conf" /etc/containers/
	podman_defaults
	as_user mkdir -p "$MOOR_HOME/.config/containers" "$MOOR_HOME/.config/runmoor"
	printf '[storage]\ndriver = "overlay"\n' | as_user tee "$MOOR_HOME/.config/containers/storage.conf"
	# This comes before podman has a mount namespace of its own.
	as_user mkdir "$MOOR_HOME/elsewhere"
	mount -t tmpfs none "$MOOR_HOME/elsewhere"
	chown moor:moor "$MOOR_HOME/elsewhere"
	for image in busybox debian layers; do
		podman load --quiet <"$IMAGES/$image.tar"
	done
	STORE=("${VFS[@]}")
	podman load --quiet <"$IMAGES/busybox.tar"
}

setup() {
	policy '{}'
	forget_events
	LAYOUTS=(overlay vfs)
}

teardown() {
	local left
	for layout in overlay vfs; do
		store "$layout"
		podman rm --force --all --time 0 >/dev/null
	done
	left=$(leftovers; find "/run/user/$(id -u moor)/runmoor" -mindepth 1 2>/dev/null)
	[ -z "$left" ] || fail "left behind: $left"
}

as_user() {
	(cd / && runuser -u moor -- env -i "PATH=$PATH" "HOME=$MOOR_HOME" \
		"XDG_RUNTIME_DIR=/run/user/$(id -u moor)" "$@")
}

podman() {
	as_user podman "${STORE[@]}" "$@"
}

policy() {
	echo "$1" | as_user tee "$MOOR_HOME/.config/runmoor/config.json" >/dev/null
}

store() { # overlay|vfs
	STORE=()
	[ "$1" != vfs ] || STORE=("${VFS[@]}")
}

# each FUNCTION: with both drivers, under both runtimes
each() {
	for layout in "${LAYOUTS[@]}"; do
		store "$layout"
		for runtime in $MOORED; do
			echo "under $runtime, $layout"
			forget_events
			"$@"
			podman rm --force --all --time 0 >/dev/null
		done
	done
}

assert_refused() { # PATH REASON
	run podman exec web sh -c "$1 && echo it ran"
	assert_status 126
	assert_output "Permission denied"
	assert_event ".event.action == \"exec-blocked\" and .file.path == \"$1\" and .runmoor.reason == \"$2\"
		and .container.name == \"web\" and (.container.image.name | contains(\"moor/\"))"
	assert_up
}

outcomes() { # RUNTIME
	for code in 0 1 42 126 127; do
		podman --runtime "$1" run --rm "$IMAGE" sh -c "exit $code"
		echo "exit $?"
	done
	echo in | podman --runtime "$1" run --rm --interactive "$IMAGE" sh -c 'cat; id; echo err >&2'
	podman --runtime "$1" run --rm --user 1000 "$IMAGE" id
	podman --runtime "$1" run --rm --read-only --init "$IMAGE" cat /proc/1/comm
	podman --runtime "$1" run --rm --userns keep-id "$IMAGE" cat /proc/self/uid_map
	podman --runtime "$1" run --rm localhost/moor/debian perl -e 'print "dynamic\n"'
}

lifecycle() { # RUNTIME
	podman --runtime "$1" run --detach --name web "$IMAGE" sleep 1000 >/dev/null
	podman exec web echo hello
	podman restart --time 0 web
	podman stop --time 0 web
	podman start web
	podman exec web sh -c 'exit 7'
	echo "exec $?"
	podman kill web
	podman wait web
	podman rm web
}

@test "run, exec, restart, stop, start, kill, wait, rm are as without runmoor" {
	for runtime in crun runc; do
		same_with "$runtime" "runmoor-$runtime" outcomes
		same_with "$runtime" "runmoor-$runtime" lifecycle
	done
}

drop_inside() {
	site "$runtime"
	in_web 'drop marker /tmp/x'
	assert_refused /tmp/x not-in-image
	run podman exec web test -e /tmp/marker
	assert_status 1
}

@test "moorctl doctor in podman unshare tries a container of its own" {
	run podman unshare moorctl doctor
	assert_status 0
	assert_output "a program of the image ran, and one that was added was refused"
}

@test "a program made in the container is refused, and the site stays up" {
	site crun
	in_web 'drop marker /tmp/x; /tmp/x'
	podman exec web test -e /tmp/marker
	podman rm --force --time 0 web >/dev/null
	each drop_inside
}

drop_outside() {
	site "$runtime"
	podman cp "$MOOR_HOME/x" web:/tmp/copied
	assert_refused /tmp/copied not-in-image
	podman unshare sh -c "cp $MOOR_HOME/x \$(podman ${STORE[*]} mount web)/tmp/written"
	assert_refused /tmp/written not-in-image
}

@test "a program brought by podman cp, or written below podman mount, is refused" {
	dropped marker "$MOOR_HOME/x"
	each drop_outside
}

overwritten() {
	site "$runtime"
	in_web 'drop marker /opt/test/bin/nothing'
	assert_refused /opt/test/bin/nothing modified
}

@test "a program of the image that was overwritten is refused" {
	each overwritten
}

lives() {
	site "$runtime"
	in_web 'drop marker /opt/x; drop marker /opt/test/bin/nothing'
	for life in 2 3; do
		podman restart --time 0 web >/dev/null
		assert_up
		assert_refused /opt/x not-in-image
		assert_refused /opt/test/bin/nothing modified
	done
}

@test "what was dropped in the first life is refused in the second and third" {
	each lives
}

@test "what was dropped in the first life is refused in the second and third: overlay of a hundred layers" {
	IMAGE=localhost/moor/layers LAYOUTS=(overlay)
	each lives
}

library() {
	podman --runtime "$runtime" run --name web --detach localhost/moor/debian \
		sh -c "$PRELUDE serve" >/dev/null
	assert_up
	in_web 'drop libmarker.so /tmp/l.so'
	run podman exec web sh -c 'LD_PRELOAD=/tmp/l.so cat /dev/null'
	assert_output "ERROR: ld.so"
	assert_event '.event.action == "library-blocked" and .file.path == "/tmp/l.so"'
}

@test "a dropped library is refused, the image's are loaded" {
	LAYOUTS=(overlay)
	each library
}

# The proof is the same as with root: 5,000 execs whose path is flipped.
race() {
	run podman --runtime "$runtime" run --name web "$IMAGE" sh -c "$PRELUDE
		drop marker /opt/test/race/1
		race path /opt/test/race/0 /opt/test/race/1 5000; ls /tmp"
	assert_status 0
	assert_output "ok "
	refute_output "ok 0 "
	refute_output marker
	assert_event '.event.action == "race-killed"'
}

@test "a path flipped while it is executed starts nothing unlisted" {
	each race
}

copies() {
	site "$runtime"
	in_web 'cp /opt/test/bin/nothing /tmp/copy'
	if [ "$layout" = overlay ]; then
		assert_refused /tmp/copy writable
	else
		podman exec web /tmp/copy
	fi
}

@test "a copy of a program runs on vfs, and is refused on an overlay: its upper file can't be proven" {
	each copies
}

@test "what can't be told apart is refused: layers on two file systems" {
	cp -a "$REPO/build/rootfs/busybox" "$MOOR_HOME/rootfs"
	chown -R moor:moor "$MOOR_HOME/rootfs"
	STORE=(--root "$MOOR_HOME/elsewhere/store" --runroot "$MOOR_HOME/elsewhere/run")
	for runtime in $MOORED; do
		run podman --runtime "$runtime" run --rm --rootfs "$MOOR_HOME/rootfs:O" /bin/true
		[ "$status" != 0 ]
		assert_output "its layers must lie on one file system"
	done
}

denied_session() {
	policy '{"exec_sessions": "deny"}'
	podman --runtime "$runtime" run --detach --name web "$IMAGE" sleep 1000 >/dev/null
	run podman exec web true
	[ "$status" != 0 ]
	assert_output "takes no exec sessions: policy exec_sessions is deny"
	assert_event '.event.action == "session-refused" and .runmoor.session.args == ["true"]'
}

@test "exec_sessions deny refuses podman exec with runmoor's own words" {
	LAYOUTS=(overlay)
	each denied_session
}

@test "an annotation that loosens refuses the container with runmoor's own words" {
	for runtime in $MOORED; do
		run podman --runtime "$runtime" run --rm --annotation io.runmoor.mode=off "$IMAGE" true
		[ "$status" != 0 ]
		assert_output "runmoor: "
		assert_output "annotations_may_weaken does not list mode"
	done
}

with_option() {
	for option in --privileged --read-only --init --user=1000 --userns=keep-id --uidmap=0:1:2000 \
		--cap-drop=ALL --security-opt=seccomp=unconfined --security-opt=no-new-privileges; do
		echo "with $option"
		forget_events
		run podman --runtime "$runtime" run --name web "$option" --tmpfs /scratch:exec,mode=1777 "$IMAGE" \
			sh -c "$PRELUDE drop marker /scratch/x; nothing && echo innocent; /scratch/x; echo status \$?; ls /tmp"
		assert_output innocent
		assert_output "status 126"
		refute_output marker
		assert_event '.event.action == "exec-blocked" and .file.path == "/scratch/x"'
		podman rm --force --time 0 web >/dev/null
	done
}

@test "a drop is refused with --privileged, --read-only, --init, --user, --userns, --uidmap, --cap-drop, --security-opt" {
	each with_option
}

volumes() {
	run podman --runtime "$runtime" run --rm --volume "$MOOR_HOME/volume:/vol:ro" "$IMAGE" sh -c '/vol/x && echo it ran'
	assert_output "it ran"
	for how in rw O; do
		run podman --runtime "$runtime" run --rm --volume "$MOOR_HOME/volume:/vol:$how" "$IMAGE" sh -c '/vol/x && echo it ran'
		assert_status 126
		assert_output "Permission denied"
	done
}

@test "programs in a volume: those of a read-only one run, of a writable or overlay one they don't" {
	as_user mkdir "$MOOR_HOME/volume"
	dropped marker "$MOOR_HOME/volume/x"
	chown moor:moor "$MOOR_HOME/volume/x"
	LAYOUTS=(overlay)
	each volumes
}

kube() {
	podman --runtime "$runtime" play kube --network none "$MOOR_HOME/pod.yaml" >/dev/null
	eventually podman exec shop-web sh -c "$FETCH"
	run podman exec shop-web sh -c "$PRELUDE drop marker /shared/x; /shared/x && echo it ran"
	assert_status 126
	run podman exec shop-side sh -c '/shared/x && echo it ran'
	assert_status 126
	assert_event '.event.action == "exec-blocked" and .file.path == "/shared/x" and .container.name == "shop-side"'
	podman exec shop-web sh -c "$FETCH"
	podman pod rm --force --time 0 shop >/dev/null
}

@test "play kube: a pod's containers share an emptyDir whose drops are refused in both" {
	cat >"$MOOR_HOME/pod.yaml" <<-EOT
		apiVersion: v1
		kind: Pod
		metadata: {name: shop}
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
	LAYOUTS=(overlay)
	each kube
}

interpreter() {
	podman --runtime "$runtime" run --name web --detach localhost/moor/debian \
		sh -c "$PRELUDE serve" >/dev/null
	assert_up
	in_web 'ld=$(ls /usr/lib*/ld-linux-x86-64.so.2 /usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 2>/dev/null | head -n 1)
		cp "$ld" /tmp/ld && echo >>/tmp/ld && mv /tmp/ld "$ld"' || true
	run podman exec web /usr/bin/true
	[ "$status" != 0 ]
	assert_event '.event.action == "exec-blocked" and .runmoor.reason == "interpreter-drift"'
	run podman exec web /opt/test/bin/busybox wget -qO- http://127.0.0.1:8080/
	assert_output "the site is up"
}

@test "a replaced ELF interpreter is refused, static programs go on" {
	LAYOUTS=(overlay)
	each interpreter
}
