# Containers of plain crun and runc, protected by OCI hooks that podman runs:
# the files of hooks/, where the installation puts them.
load helpers
load podman

engine "podman with OCI hooks" "$(podman --version | sed -E 's/.* ([0-9.]+)$/\1/')"

RUNTIMES="crun runc"
IMAGE=localhost/moor/busybox
PROTECT=(--annotation io.runmoor.mode=enforce)

setup_file() {
	podman_defaults
	for image in busybox layers; do
		podman load --quiet --input "$IMAGES/$image.tar"
	done
}

setup() {
	policy '{}'
	forget_events
}

teardown() {
	local left
	podman rm --force --all --time 0 >/dev/null
	left=$(leftovers)
	[ -z "$left" ] || fail "left behind: $left"
}

podman() {
	command podman --hooks-dir /usr/local/share/runmoor/hooks.d "$@"
}

finish() {
	podman rm --force --time 0 web >/dev/null
}

assert_refused() { # PATH REASON
	run podman exec web sh -c "$1 && echo it ran"
	assert_status 126
	assert_output "Permission denied"
	assert_event ".event.action == \"exec-blocked\" and .file.path == \"$1\" and .runmoor.reason == \"$2\"
		and .container.name == \"web\" and (.container.image.name | contains(\"moor/\"))"
	assert_up
}

lifecycle() { # RUNTIME [OPTION...]
	podman --runtime "$1" run --detach --name web "${@:2}" "$IMAGE" sh -c 'echo out; exec sleep 1000' >/dev/null
	podman exec web sh -c 'echo hello; exit 7'
	echo "exec $?"
	podman pause web
	podman unpause web
	podman restart --time 0 web
	podman stop --time 0 web
	podman start web
	podman kill web
	podman wait web
	podman logs web
	podman rm web
	podman --runtime "$1" run --rm "${@:2}" --user 1000 --read-only --init "$IMAGE" sh -c 'id; exit 42'
	echo "exit $?"
}

@test "run, exec, pause, unpause, restart, stop, start, kill, wait, logs, rm are as without the hooks" {
	for runtime in $RUNTIMES; do
		[ "$(lifecycle "$runtime" 2>&1)" = "$(lifecycle "$runtime" "${PROTECT[@]}" 2>&1)" ] ||
			fail "$(diff <(lifecycle "$runtime" 2>&1) <(lifecycle "$runtime" "${PROTECT[@]}" 2>&1))"
		assert_event '.event.action == "container-sealed"'
	done
}

@test "a container without the annotation isn't protected: a dropped program runs" {
	for runtime in $RUNTIMES; do
		site "$runtime"
		in_web 'drop marker /tmp/x; /tmp/x'
		podman exec web test -e /tmp/marker
		[ ! -e "$EVENTS" ]
		finish
	done
}

@test "a program made in the container, or brought by podman cp, is refused, and the site stays up" {
	dropped marker "$BATS_TEST_TMPDIR/x"
	for runtime in $RUNTIMES; do
		site "$runtime" "${PROTECT[@]}"
		in_web 'drop marker /tmp/x; drop marker /opt/test/bin/nothing'
		podman cp "$BATS_TEST_TMPDIR/x" web:/tmp/copied
		assert_refused /tmp/x not-in-image
		assert_refused /tmp/copied not-in-image
		assert_refused /opt/test/bin/nothing modified
		run podman exec web test -e /tmp/marker
		assert_status 1
		finish
	done
}

@test "what was dropped in the first life is refused in the second and third" {
	for runtime in $RUNTIMES; do
		site "$runtime" "${PROTECT[@]}"
		in_web 'drop marker /opt/x'
		for life in 2 3; do
			podman restart --time 0 web >/dev/null
			assert_up
			assert_refused /opt/x not-in-image
		done
		finish
	done
}

@test "no-new-privileges, privileged, unconfined: a dropped program is refused" {
	for runtime in $RUNTIMES; do
		for option in --security-opt=no-new-privileges --privileged --security-opt=seccomp=unconfined; do
			site "$runtime" "${PROTECT[@]}" "$option"
			in_web 'drop marker /tmp/x'
			assert_refused /tmp/x not-in-image
			finish
		done
	done
}

@test "exec_sessions deny: a session executes nothing, and is recorded" {
	policy '{"exec_sessions": "deny"}'
	for runtime in $RUNTIMES; do
		podman --runtime "$runtime" run --detach --name web "${PROTECT[@]}" "$IMAGE" sleep 1000 >/dev/null
		run podman exec web touch /tmp/entered
		[ "$status" != 0 ]
		assert_event '.event.action == "session-refused" and .runmoor.session.args == ["touch", "/tmp/entered"]'
		root=$(podman mount web)
		[ ! -e "$root/tmp/entered" ]
		podman umount web >/dev/null
		finish
	done
}

@test "a refused container says why, in podman's error" {
	for runtime in $RUNTIMES; do
		run podman --runtime "$runtime" run --rm --annotation io.runmoor.mode=audit "$IMAGE" true
		[ "$status" != 0 ]
		assert_output "runmoor: "
		assert_output "annotations_may_weaken does not list mode"
		run podman --runtime "$runtime" run --rm "${PROTECT[@]}" --annotation io.runmoor.matchh=path "$IMAGE" true
		[ "$status" != 0 ]
		assert_output "runmoor: "
		assert_output "matchh"
		policy '{"mode": "enforced"}'
		run podman --runtime "$runtime" run --rm "${PROTECT[@]}" "$IMAGE" true
		[ "$status" != 0 ]
		assert_output 'mode: must be one of'
		policy '{"memory": "deny"}'
		run podman --runtime "$runtime" run --rm "${PROTECT[@]}" "$IMAGE" true
		[ "$status" != 0 ]
		assert_output "memory: deny needs runmoor as the runtime"
		policy '{}'
	done
}

@test "an annotation that is misspelt is refused, and another one protects too" {
	local annotation
	for annotation in io.runmoor.mode=Enforce io.runmoor.Mode=enforce IO.runmoor.mode=enforce io.runmoor.mdoe=enforce io.runmoor.mode=; do
		run podman run --rm --annotation "$annotation" "$IMAGE" /opt/test/bin/busybox echo it ran
		[ "$status" != 0 ]
		assert_output "runmoor: "
		refute_output "it ran"
	done
	site crun --annotation io.runmoor.match=path
	in_web 'drop marker /tmp/x'
	assert_refused /tmp/x not-in-image
	finish
}

@test "on_unprotectable run lets a container run as the plain runtime does" {
	printf '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["execve"], "action": "SCMP_ACT_TRACE"}]}' >"$BATS_TEST_TMPDIR/trace.json"
	run podman run --rm "${PROTECT[@]}" --security-opt "seccomp=$BATS_TEST_TMPDIR/trace.json" "$IMAGE" true
	[ "$status" != 0 ]
	assert_output "runmoor: "
	policy '{"on_unprotectable": "run"}'
	run podman run --rm "${PROTECT[@]}" --security-opt "seccomp=$BATS_TEST_TMPDIR/trace.json" "$IMAGE" true
	refute_output "runmoor: "
}

@test "a container that is prepared and never created leaves no supervisor behind" {
	run podman --runtime crun run --rm "${PROTECT[@]}" --workdir /no/such/folder "$IMAGE" true
	[ "$status" != 0 ]
	run podman --runtime runc run --rm "${PROTECT[@]}" "$IMAGE" /no/such/program
	[ "$status" != 0 ]
	gone() { no_supervisors; }
	for _ in {1..40}; do
		! gone || return 0
		sleep 1
	done
	fail "still there: $(supervisors)"
}

@test "a start that failed in the runtime can be tried again at once" {
	for runtime in $RUNTIMES; do
		mkdir -p /run/source
		podman --runtime "$runtime" create --name web "${PROTECT[@]}" --volume /run/source:/x "$IMAGE" \
			sh -c "$PRELUDE serve" >/dev/null
		rmdir /run/source
		run podman start web
		[ "$status" != 0 ]
		mkdir /run/source
		podman start web
		assert_up
		in_web 'drop marker /tmp/x'
		assert_refused /tmp/x not-in-image
		finish
	done
}

@test "a volume that is another container's folder doesn't make it that one" {
	site crun "${PROTECT[@]}"
	run podman --runtime crun run --rm --name second "${PROTECT[@]}" \
		--volume "$(podman inspect --format '{{.StaticDir}}' web):/other" "$IMAGE" /opt/test/bin/busybox echo second
	assert_status 0
	assert_output second
	assert_event '.event.action == "container-sealed" and .container.name == "second"'
	assert_up
	finish
}
