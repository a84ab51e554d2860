# containerd: by ctr, and by its CRI plugin as the kubelet drives it, with the
# files of examples/containerd and examples/kubernetes. Pods are on the host's
# network, since there is no CNI here; containerd's own is this file's network.
load helpers

engine containerd "$(containerd --version | sed -E 's/^[^ ]+ [^ ]+ ([0-9.]+).*/\1/')"

TASKS=/run/containerd/io.containerd.runtime.v2.task

cri() {
	"$BATS_TEST_DIRNAME/cri" "$@"
}

setup_file() {
	configure_containerd
	touch "$BATS_FILE_TMPDIR/net"
	unshare --net="$BATS_FILE_TMPDIR/net" busybox ip link set lo up
	start_containerd
	local image
	for image in busybox debian layers; do
		ctr --namespace k8s.io images import "$IMAGES/$image.tar"
	done
	ctr images import "$IMAGES/busybox.tar"
	ctr images import "$IMAGES/debian.tar"
	pause_image
	# What it doesn't say is this machine's: where images come from, no CNI.
	cri plan "$EXAMPLES/kubernetes/runtimeclass.yaml" "$EXAMPLES/kubernetes/pod.yaml" |
		jq '.containers[].image.image |= "localhost/moor/\(split(":")[0]):latest"
			| .config.linux.security_context.namespace_options.network = "NODE"
			| .config.hostname = ""' >"$BATS_FILE_TMPDIR/plan.json"
}

# The example, then what this machine needs and what only tests need.
configure_containerd() {
	cat "$EXAMPLES/containerd/config.toml" - >/etc/containerd/config.toml <<-'EOF'

		[plugins."io.containerd.grpc.v1.cri"]
		  restrict_oom_score_adj = true
		  sandbox_image = "localhost/moor/pause:latest"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.crun]
		  runtime_type = "io.containerd.runc.v2"
		  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.crun.options]
		    BinaryName = "crun"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runmoor-crun]
		  runtime_type = "io.containerd.runc.v2"
		  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runmoor-crun.options]
		    BinaryName = "/usr/local/bin/runmoor-crun"
	EOF
}

start_containerd() {
	nsenter --net="$BATS_FILE_TMPDIR/net" containerd >>"$BATS_FILE_TMPDIR/log" 2>&1 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/pid"
	eventually cri Version
}

stop_containerd() {
	kill "$(cat "$BATS_FILE_TMPDIR/pid")"
	eventually containerd_is_gone
}

containerd_is_gone() {
	! grep -qs '^State:[[:space:]]*[^Z]' "/proc/$(cat "$BATS_FILE_TMPDIR/pid")/status"
}

# What a pod's sandbox runs.
pause_image() {
	local layout=$BATS_FILE_TMPDIR/pause
	umoci init --layout "$layout"
	umoci new --image "$layout:latest"
	umoci insert --image "$layout:latest" /bin/busybox /bin/busybox
	umoci config --image "$layout:latest" --config.entrypoint /bin/busybox \
		--config.entrypoint sleep --config.entrypoint 1000000
	tar --directory "$layout" --create . |
		ctr --namespace k8s.io images import --base-name localhost/moor/pause -
}

teardown_file() {
	stop_containerd
	umount "$BATS_FILE_TMPDIR/net"
}

teardown() {
	remove_all
	rm -f /etc/runmoor/config.json
	forget_events
	local left
	left=$(leftovers; leftovers_of_containerd)
	[ -z "$left" ] || fail "left behind: $left"
}

remove_all() {
	local id
	for id in $(cri ListPodSandbox | jq -r '.items[].id'); do
		cri StopPodSandbox "{\"pod_sandbox_id\": \"$id\"}"
		cri RemovePodSandbox "{\"pod_sandbox_id\": \"$id\"}"
	done >/dev/null
	for id in $(ctr containers ls --quiet); do
		ctr tasks kill --signal KILL "$id" 2>/dev/null || true
		ctr tasks rm --force "$id" 2>/dev/null || true
		ctr containers rm "$id"
	done
}

leftovers_of_containerd() {
	eventually no_shims || echo "shims: $(pgrep -f containerd-shim | tr '\n' ' ')"
	grep " /run/containerd/" /proc/self/mountinfo
	ls -d $TASKS/*/* 2>/dev/null
	grep -i "device or resource busy" "$BATS_FILE_TMPDIR/log"
}

no_shims() {
	! pgrep -f containerd-shim >/dev/null
}

# Containers, one at a time: in all that follows, SESSION is the command that
# enters it, ROOTFS its root as the host sees it, NAMES what events say of it.

session() { # SCRIPT
	"${SESSION[@]}" /bin/sh -c "$PRELUDE$1" </dev/null
}

serves() {
	[ "$(session "$FETCH" 2>/dev/null)" = "the site is up" ]
}

# By ctr.
ctr_run() { # RUNTIME IMAGE SCRIPT
	ctr run --detach --net-host --runc-binary "$(command -v "$1")" \
		"localhost/moor/$2:latest" web /bin/sh -c "$PRELUDE$3" </dev/null
	SESSION=(ctr tasks exec --exec-id session web)
	ROOTFS=$TASKS/default/web/rootfs
	NAMES='.container.id == "web"'
}

# What the kubelet would ask for the pod of the examples, after a jq filter.
plan() { # FILTER
	jq --arg prelude "$PRELUDE" --arg tmp "$BATS_TEST_TMPDIR" '
		def runs($script): .command = ["/bin/sh", "-c", $prelude + $script] | .args = [];
		def image($name): .image.image = "localhost/moor/\($name):latest";
		def container($name): .containers[0] | .metadata.name = $name;
		def annotate($key; $value): .config.annotations["io.runmoor." + $key] = $value;
		def mount($folder; $path): .mounts += [{host_path: "\($tmp)/\($folder)", container_path: $path}];
		def security: .linux.security_context;
		.config.log_directory = $tmp | '"$1" "$BATS_FILE_TMPDIR/plan.json"
}

# Sets POD, CONTAINER (the first) and OTHER (the second).
run_pod() { # FILTER
	local ids
	ids=$(plan "$1" | cri run) || return
	read -r POD CONTAINER OTHER <<<"$ids"
	in_container "$CONTAINER"
}

in_container() { # ID of one of CRI's
	SESSION=(cri exec "$1")
	ROOTFS=$TASKS/k8s.io/$1/rootfs
	NAMES=".container.id == \"$1\""
}

# The pod of the examples without its annotation.
PLAIN='.config.annotations = {}'
SERVING="$PLAIN"' | .containers[0] |= runs("serve")'

# The ways in which a program gets into a container, and what becomes of it.

bring() { # WAY: from inside, into the merged root, into the upper folder
	case $1 in
	inside) session "drop marker /tmp/inside" ;;
	root) dropped marker "$ROOTFS/tmp/root" ;;
	upper) dropped marker "$(upperdir)/tmp/upper" ;;
	esac
}

upperdir() {
	sed -nE "s|.* $ROOTFS .*upperdir=([^,]*).*|\1|p" /proc/self/mountinfo
}

attacks() { # runs|refused [WAY...]
	local way
	eventually serves || fail "it doesn't serve"
	for way in "${@:2}"; do
		bring "$way"
		run session "/tmp/$way"
		"assert_$1" "$way"
	done
	serves || fail "it doesn't serve any more"
}

assert_runs() { # WAY
	assert_status 0
	rm "$ROOTFS/tmp/marker"
}

assert_refused() { # WAY
	assert_status 126
	assert_output "Permission denied"
	[ ! -e "$ROOTFS/tmp/marker" ] || fail "$1 ran"
	assert_event "$NAMES"' and .event.action == "exec-blocked" and .file.path == "/tmp/'"$1"'"'
}

ctr_attacks() { # RUNTIME IMAGE
	ctr_run "$1" "$2" serve
	attacks runs inside root upper
	remove_all
	ctr_run "runmoor-$1" "$2" serve
	attacks refused inside root upper
}

cri_attacks() { # FILTER [BARE MOORED]: under the bare handler they run
	run_pod "$1 | .handler = \"${2-runc}\""
	attacks runs inside root upper
	remove_all
	run_pod "$1 | .handler = \"${3-runmoor}\""
	attacks refused inside root upper
}

# ctr

@test "ctr run with runmoor-runc, busybox: programs dropped from inside and outside are refused, it goes on serving" {
	ctr_attacks runc busybox
}

@test "ctr run with runmoor-runc, debian: programs dropped from inside and outside are refused, it goes on serving" {
	ctr_attacks runc debian
}

@test "ctr run with runmoor-crun, busybox: programs dropped from inside and outside are refused, it goes on serving" {
	ctr_attacks crun busybox
}

@test "ctr run with runmoor-crun, debian: programs dropped from inside and outside are refused, it goes on serving" {
	ctr_attacks crun debian
}

ctr_lifecycle() { # RUNTIME
	local code
	for code in 0 42 255; do
		ctr run --rm --runc-binary "$(command -v "$1")" localhost/moor/busybox:latest \
			once /bin/sh -c "echo out; echo err >&2; exit $code" </dev/null
		echo "$?"
	done
	ctr_run "$1" busybox 'trap "exit 7" TERM; while :; do sleep 0.1; done'
	session 'echo out; echo err >&2; exit 3'
	echo "$?"
	session 'kill -9 $$'
	echo "$?"
	ctr tasks exec --exec-id missing web /missing </dev/null
	echo "$?"
	ctr tasks ls | awk '{ print $1, $3 }'
	ctr tasks kill --signal TERM web
	eventually ctr_stopped
	ctr tasks ls | awk '{ print $1, $3 }'
	ctr tasks rm web
	echo "$?"
	ctr containers rm web
	echo "$?"
}

ctr_stopped() {
	ctr tasks ls | grep -q STOPPED
}

@test "ctr run, exec, kill, tasks rm: output and exit codes are the same with runc and runmoor-runc" {
	same_with runc runmoor-runc ctr_lifecycle
}

@test "ctr run, exec, kill, tasks rm: output and exit codes are the same with crun and runmoor-crun" {
	same_with crun runmoor-crun ctr_lifecycle
}

# CRI

@test "CRI: the example's Pod and RuntimeClass, as they are, serve and refuse a copy of a program and a dropped one" {
	run_pod .
	eventually serves
	run session 'cp /bin/busybox /tmp/x; /tmp/x'
	assert_status 126
	assert_output "Permission denied"
	NAMES+=' and .container.name == "web" and .container.image.name == "localhost/moor/busybox:latest"
		and .orchestrator.namespace == "default" and .orchestrator.resource.name == "shop"'
	assert_event "$NAMES"' and .file.path == "/tmp/x" and .runmoor.reason == "wrong-path"'
	attacks refused inside root upper
	assert_event "$NAMES"' and .file.path == "/tmp/inside" and .runmoor.reason == "not-in-image"'
}

@test "CRI: handler runmoor, busybox: programs dropped from inside and outside are refused, it goes on serving" {
	cri_attacks "$SERVING"
}

@test "CRI: handler runmoor, debian: programs dropped from inside and outside are refused, it goes on serving" {
	cri_attacks "$SERVING"' | .containers[0] |= image("debian")'
}

@test "CRI: handler runmoor-crun, busybox: programs dropped from inside and outside are refused, it goes on serving" {
	cri_attacks "$SERVING" crun runmoor-crun
}

@test "CRI: handler runmoor-crun, debian: programs dropped from inside and outside are refused, it goes on serving" {
	cri_attacks "$SERVING"' | .containers[0] |= image("debian")' crun runmoor-crun
}

@test "CRI: an image of 102 layers, which containerd mounts by relative paths" {
	cri_attacks "$SERVING"' | .containers[0] |= image("layers")'
	grep " $ROOTFS " /proc/self/mountinfo | grep -q 'lowerdir=[0-9]'
}

@test "CRI: a container with the RuntimeDefault seccomp profile" {
	cri_attacks "$SERVING"' | .containers[0] |= (security.seccomp.profile_type = "RuntimeDefault")'
}

@test "CRI: a container that runs as user 1000" {
	cri_attacks "$SERVING"' | .containers[0] |= (security.run_as_user.value = 1000)'
}

@test "CRI: a privileged container" {
	cri_attacks "$SERVING"' | .config |= (security.privileged = true)
		| .containers[0] |= (security.privileged = true)'
}

@test "CRI: a container with a read-only root and a writable /tmp" {
	mkdir -m 1777 "$BATS_TEST_TMPDIR/tmp"
	local filter="$SERVING"' | .containers[0] |= (security.readonly_rootfs = true | mount("tmp"; "/tmp"))'
	run_pod "$filter | .handler = \"runc\""
	attacks runs_on_volume inside
	run session 'drop marker /srv/x'
	assert_output "Read-only file system"
	remove_all
	rm "$BATS_TEST_TMPDIR/tmp/marker"
	run_pod "$filter"
	attacks refused_on_volume inside
}

assert_runs_on_volume() {
	assert_status 0
	[ -e "$BATS_TEST_TMPDIR/tmp/marker" ]
}

assert_refused_on_volume() {
	assert_refused "$1"
	[ ! -e "$BATS_TEST_TMPDIR/tmp/marker" ]
	assert_event "$NAMES"' and .runmoor.reason == "volume"'
}

# Annotations and handlers

@test "CRI: the annotation io.runmoor.mode=off refuses the pod with runmoor's own sentence" {
	run run_pod 'annotate("mode"; "off")'
	assert_status 1
	assert_output "runmoor: "
	assert_output "annotations_may_weaken does not list mode"
}

@test "CRI: a malformed annotation refuses the pod with runmoor's own sentence" {
	run run_pod 'annotate("volumes.writable"; "sael")'
	assert_status 1
	assert_output "runmoor: "
	assert_output 'must be one of deny, seal, trust, not "sael"'
}

@test "CRI: a container's own annotation reaches runmoor too, and refuses only this container" {
	run run_pod "$SERVING"' | .containers[0].annotations["io.runmoor.mode"] = "off"'
	assert_status 1
	assert_output "annotations_may_weaken does not list mode"
	[ "$(cri ListPodSandbox | jq '.items | length')" = 1 ]
}

@test "CRI: io.runmoor.exec_sessions=deny lets the pod run and makes ExecSync fail with a sentence" {
	run_pod "$SERVING"' | annotate("exec_sessions"; "deny")'
	run session true
	assert_status 1
	assert_output "exec_sessions is deny"
	assert_event "$NAMES"' and .event.action == "session-refused"'
	[ "$(nsenter --net="$BATS_FILE_TMPDIR/net" busybox wget -qO- http://127.0.0.1:8080/)" = "the site is up" ]
}

@test "CRI: a handler that is not configured is containerd's own error" {
	run run_pod '.handler = "runmoore"'
	assert_status 1
	assert_output 'no runtime for "runmoore" is configured'
	refute_output "runmoor: "
}

# Volumes

volume_pod() { # FILTER: a web server and a second container, of one shared folder
	mkdir -p "$BATS_TEST_TMPDIR/share"
	run_pod "$SERVING"' | .containers[1] = (container("second") | runs("sleep 1000"))
		| .containers[] |= mount("share"; "/share") | '"$1"
}

@test "CRI: a program that one container of a pod drops on a shared volume is refused in the other" {
	volume_pod '.handler = "runc"'
	session 'drop marker /share/x'
	in_container "$OTHER"
	session /share/x
	rm "$ROOTFS/tmp/marker"
	remove_all
	volume_pod .
	session 'drop marker /share/x'
	in_container "$OTHER"
	run session /share/x
	assert_status 126
	assert_output "Permission denied"
	[ ! -e "$ROOTFS/tmp/marker" ]
	assert_event "$NAMES"' and .container.name == "second" and .file.path == "/share/x" and .runmoor.reason == "volume"'
	in_container "$CONTAINER"
	serves
}

# A container that an init container has left programs for, of its image and
# foreign to both; entered as the second.
init_pod() { # FILTER
	mkdir -p "$BATS_TEST_TMPDIR/share"
	run_pod "$PLAIN"' | .containers = [
		(container("init") | .init = true | image("debian")
			| runs("cp /usr/bin/env /bin/busybox /share/; cp /opt/test/bin/busybox /share/; drop marker /share/x")),
		(container("main") | runs("serve"))]
		| .containers[] |= mount("share"; "/share") | '"$1"
	in_container "$OTHER"
	eventually serves
}

@test "CRI: of what an init container left on a writable volume, only the image's own programs run" {
	init_pod .
	session '/share/busybox true'
	run session /share/x
	assert_status 126
	assert_event "$NAMES"' and .container.name == "main" and .file.path == "/share/x" and .runmoor.reason == "volume"'
	[ ! -e "$ROOTFS/tmp/marker" ]
}

@test "CRI: io.runmoor.volumes.writable=seal is refused where annotations_may_weaken doesn't list it" {
	run run_pod "$SERVING"' | annotate("volumes.writable"; "seal")'
	assert_status 1
	assert_output "annotations_may_weaken does not list volumes.writable"
}

sealed_volume() { # what comes later is drift all the same
	session /share/x
	rm "$ROOTFS/tmp/marker"
	run session 'drop marker /share/y; echo >>/share/y; /share/y'
	assert_status 126
	assert_event "$NAMES"' and .file.path == "/share/y"'
}

@test "CRI: io.runmoor.volumes.writable=seal lets an init container's program run where annotations_may_weaken lists it" {
	policy '{"annotations_may_weaken": ["volumes.writable"]}'
	init_pod 'annotate("volumes.writable"; "seal")'
	sealed_volume
}

@test "CRI: volumes.writable seal in the policy lets an init container's program run without an annotation" {
	policy '{"volumes": {"writable": "seal"}}'
	init_pod .
	sealed_volume
}

# As the kubelet's writer of ConfigMaps does it.
write_config() { # VERSION
	local volume=$BATS_TEST_TMPDIR/config
	mkdir -p "$volume/..$1"
	printf '#!/bin/sh\necho %s\n' "$1" >"$volume/..$1/run"
	chmod 755 "$volume/..$1/run"
	ln -s "..$1" "$volume/..data_tmp"
	mv -T "$volume/..data_tmp" "$volume/..data"
	[ -e "$volume/run" ] || ln -s ..data/run "$volume/run"
}

@test "CRI: a script of a ConfigMap runs as it was when the container was created, and its update is drift" {
	local filter="$SERVING"' | .containers[0] |= (mount("config"; "/config") | .mounts[0].readonly = true)'
	write_config first
	run_pod "$filter | .handler = \"runc\""
	write_config second
	[ "$(session /config/run)" = second ]
	remove_all
	rm -r "$BATS_TEST_TMPDIR/config"
	write_config first
	run_pod "$filter"
	[ "$(session /config/run)" = first ]
	write_config second
	run session /config/run
	assert_status 126
	assert_output "Permission denied"
	assert_event "$NAMES"' and .event.action == "exec-blocked" and .runmoor.reason == "volume"
		and .runmoor.requested_path == "/config/run" and .file.path == "/config/..second/run"'
	run session '/config/..first/run'
	assert_output first
}

# Lifecycle

status() { # ID
	cri ContainerStatus "{\"container_id\": \"$1\"}" |
		jq -r '.status | [.state, .exit_code, .reason, .message] | join(" ")'
}

exited() { # ID
	[[ $(status "$1") == CONTAINER_EXITED* ]]
}

log() { # NAME: what a container wrote, without times
	cut -d ' ' -f 2- "$BATS_TEST_TMPDIR/$1.log"
	rm "$BATS_TEST_TMPDIR/$1.log"
}

nameless() { # ids differ from run to run
	sed -E 's/[0-9a-f]{64}/ID/g'
}

cri_runs() { # HANDLER
	local tty
	for tty in false true; do
		run_pod "$PLAIN"' | .handler = "'"$1"'" | .containers[0] |=
			(.tty = '$tty' | runs("tty; echo out; echo err >&2; exit 42"))'
		eventually exited "$CONTAINER"
		status "$CONTAINER"
		log web | sort
		cri RemoveContainer "{\"container_id\": \"$CONTAINER\"}"
		cri ContainerStatus "{\"container_id\": \"$CONTAINER\"}" 2>&1 | nameless
		remove_all
	done
	run_pod "$PLAIN"' | .handler = "'"$1"'" | .containers[0].command = ["/missing"]' 2>&1 | nameless
	remove_all
	run_pod "$PLAIN"' | .handler = "'"$1"'" | .containers[0].command = ["/srv/www/index.html"]' 2>&1 | nameless
	remove_all
}

cri_sessions() { # HANDLER
	run_pod "$SERVING | .handler = \"$1\""
	eventually serves
	local code
	for code in 0 1 42 126 255; do
		session "echo out; echo err >&2; exit $code" 2>&1
		echo "$?"
	done
	session 'kill -9 $$'
	echo "$?"
	cri exec "$CONTAINER" /missing 2>&1 | nameless
	cri exec "$CONTAINER" /srv/www/index.html 2>&1 | nameless
	cri ExecSync "{\"container_id\": \"$CONTAINER\", \"cmd\": [\"sleep\", \"30\"], \"timeout\": 1}" 2>&1 | nameless
	serves
	echo "$?"
	remove_all
}

cri_stops() { # HANDLER
	local timeout script
	for script in 'trap \"exit 7\" TERM; while :; do sleep 0.1; done' 'trap : TERM; while :; do sleep 0.1; done'; do
		for timeout in 0 1; do
			run_pod "$PLAIN"' | .handler = "'"$1"'" | .containers[0] |= runs("'"$script"'")'
			session true
			cri StopContainer "{\"container_id\": \"$CONTAINER\", \"timeout\": $timeout}"
			status "$CONTAINER"
			cri StartContainer "{\"container_id\": \"$CONTAINER\"}" 2>&1 | nameless
			cri exec "$CONTAINER" true 2>&1 | nameless
			remove_all
		done
	done
	# The server dies of TERM only where it isn't the first process.
	run_pod "$SERVING"' | .handler = "'"$1"'" | .containers[0].command[2] |= sub("serve$"; "serve \\& wait")'
	cri StopContainer "{\"container_id\": \"$CONTAINER\", \"timeout\": 1}"
	status "$CONTAINER"
	remove_all
	# RemoveContainer of a running one, twice.
	run_pod "$SERVING | .handler = \"$1\""
	cri RemoveContainer "{\"container_id\": \"$CONTAINER\"}"
	cri RemoveContainer "{\"container_id\": \"$CONTAINER\"}"
	status "$CONTAINER" 2>&1 | nameless
	remove_all
}

cri_updates() { # HANDLER
	run_pod "$SERVING | .handler = \"$1\""
	cri UpdateContainerResources "{\"container_id\": \"$CONTAINER\", \"linux\":
		{\"cpu_shares\": 333, \"memory_limit_in_bytes\": 67108864}}"
	cat "/sys/fs/cgroup/cpu/k8s.io/$CONTAINER/cpu.shares" \
		"/sys/fs/cgroup/memory/k8s.io/$CONTAINER/memory.limit_in_bytes"
	eventually serves
	echo "$?"
	remove_all
}

@test "CRI: what a container writes, its exit codes and failures to start are the same with runc and runmoor" {
	same_with runc runmoor cri_runs
}

@test "CRI: what ExecSync writes, its exit codes, failures and timeouts are the same with runc and runmoor" {
	same_with runc runmoor cri_sessions
}

@test "CRI: StopContainer with and without time, RemoveContainer of a running container are the same with runc and runmoor" {
	same_with runc runmoor cri_stops
}

@test "CRI: UpdateContainerResources sets the same with runc and runmoor" {
	same_with runc runmoor cri_updates
}

@test "CRI: what a container writes, ExecSync, StopContainer are the same with crun and runmoor-crun" {
	same_with crun runmoor-crun cri_runs
	same_with crun runmoor-crun cri_sessions
	same_with crun runmoor-crun cri_stops
	same_with crun runmoor-crun cri_updates
}

@test "CRI: after UpdateContainerResources a dropped program is refused" {
	run_pod "$SERVING"
	cri UpdateContainerResources "{\"container_id\": \"$CONTAINER\", \"linux\": {\"cpu_shares\": 333}}"
	attacks refused inside root upper
}

@test "CRI: containers that are created again in the same pod are protected, beside the stopped ones and after them" {
	run_pod "$SERVING"
	attacks refused inside
	local attempt first=$CONTAINER request
	for attempt in 1 2; do
		cri StopContainer "{\"container_id\": \"$CONTAINER\"}"
		request=$(plan "$SERVING"' | {pod_sandbox_id: "'"$POD"'", sandbox_config: .config,
			config: (.containers[0] | .metadata.attempt = '$attempt')}')
		CONTAINER=$(cri CreateContainer "$request" | jq -r .container_id)
		cri StartContainer "{\"container_id\": \"$CONTAINER\"}"
		in_container "$CONTAINER"
		attacks refused inside root upper
		[ $attempt = 2 ] || cri RemoveContainer "{\"container_id\": \"$first\"}"
	done
}

@test "CRI: containerd is stopped and started while a container runs: it is protected all the time, and managed after" {
	run_pod "$PLAIN"' | .containers[0] |= runs("
		busybox httpd -p 8080 -h /srv/www
		while sleep 0.1; do
			if [ -e /tmp/go ]; then /tmp/go; echo $? >/tmp/went; rm /tmp/go; fi
		done")'
	eventually serves
	stop_containerd
	dropped marker "$ROOTFS/tmp/new"
	mv "$ROOTFS/tmp/new" "$ROOTFS/tmp/go"
	eventually test -s "$ROOTFS/tmp/went"
	[ "$(cat "$ROOTFS/tmp/went")" = 126 ]
	start_containerd
	attacks refused inside root upper
	cri StopContainer "{\"container_id\": \"$CONTAINER\"}"
	[[ $(status "$CONTAINER") == "CONTAINER_EXITED 137"* ]]
}

# 50 at the same time

fifty() { # HANDLER
	plan "$PLAIN"' | .handler = "'"$1"'" | .containers = [range(5) as $n | container("web-\($n)")
		| .log_path = "" | runs("PORT=$((9000 + NUMBER * 5 + \($n))) serve")]' |
		cri many 10 "$PRELUDE"'
			drop marker /tmp/x
			/tmp/x
			echo $?
			[ ! -e /tmp/marker ] || echo marker'
}

@test "CRI: 50 containers in 10 pods, created, attacked and removed at the same time: all refuse, none fails, nothing stays" {
	fifty runc >"$BATS_TEST_TMPDIR/bare"
	fifty runmoor >"$BATS_TEST_TMPDIR/moored"
	sort -u "$BATS_TEST_TMPDIR"/{bare,moored}
}
