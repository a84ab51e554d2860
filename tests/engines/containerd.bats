# containerd: by ctr, and by its CRI plugin as the kubelet drives it, with the
# files of examples/containerd and examples/kubernetes. Pods are on the host's
# network, since there is no CNI here; containerd's own is this file's network.
load helpers

engine containerd "$(containerd --version | sed -E 's/^[^ ]+ [^ ]+ ([0-9.]+).*/\1/')"

TASKS=/run/containerd/io.containerd.runtime.v2.task
CGROUP=$(basename "$RUNMOOR_SANDBOX") # of all pods

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
	# Settings that the example lacks: the place of this machine's images,
	# and no CNI.
	cri plan "$EXAMPLES/kubernetes/runtimeclass.yaml" "$EXAMPLES/kubernetes/pod.yaml" |
		jq --arg cgroup "/$CGROUP" '
			.containers[].image.image |= "localhost/moor/\(split(":")[0]):latest"
			| .config.linux.security_context.namespace_options.network = "NODE"
			| .config.linux.cgroup_parent = $cgroup
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
	eventually cri Version >/dev/null
}

stop_containerd() {
	kill "$(cat "$BATS_FILE_TMPDIR/pid")"
	eventually containerd_is_gone
}

containerd_is_gone() {
	! grep -qs '^State:[[:space:]]*[^Z]' "/proc/$(cat "$BATS_FILE_TMPDIR/pid")/status"
}

# The program that a pod's sandbox runs.
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
	stop_containerd || true
	umount "$BATS_FILE_TMPDIR/net"
	rmdir /sys/fs/cgroup/{,*/}"$CGROUP" 2>/dev/null || true
}

setup() {
	LOGGED=$(wc -l <"$BATS_FILE_TMPDIR/log")
}

teardown() {
	# A test that had stopped it may have failed.
	! containerd_is_gone || { configure_containerd && start_containerd; }
	remove_all
	rm -f /etc/runmoor/config.json
	forget_events
	local left
	left=$(leftovers; leftovers_of_containerd)
	[ -z "$left" ] || fail "left behind: $left"
}

remove_all() {
	local id
	cri remove-all
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
	# crun leaves folders where version 2 would be mounted.
	find /sys/fs/cgroup -path /sys/fs/cgroup/unified -prune -o -path "*/$CGROUP/*" -type d -print
	tail -n +$((LOGGED + 1)) "$BATS_FILE_TMPDIR/log" | grep -i "device or resource busy"
}

no_shims() {
	! pgrep -f containerd-shim >/dev/null
}

# Containers, one at a time: in all that follows, SESSION is the command that
# enters it, ROOTFS its root as the host sees it, NAMES what events say of it.

session() { # SCRIPT
	"${SESSION[@]}" /bin/sh -c "${FIRST-}$PRELUDE$1" </dev/null
}

serves() {
	[ "$(session "$FETCH" 2>/dev/null)" = "the site is up" ]
}

# ctr loses the output of a container that ends at once (containerd's pull
# request 13931): a shell that has this for its first command ends later.
LINGER='trap "sleep 0.5" EXIT; '

ctr_run() { # RUNTIME IMAGE SCRIPT
	ctr run --detach --net-host --cgroup "/$CGROUP/web" --runc-binary "$(command -v "$1")" \
		"localhost/moor/$2:latest" web /bin/sh -c "$PRELUDE$3" </dev/null
	SESSION=(ctr tasks exec --exec-id session web)
	FIRST=$LINGER
	ROOTFS=$TASKS/default/web/rootfs
	NAMES='.container.id == "web"'
}

# Prints the kubelet's request for the pod of the examples, after a jq filter;
# with HANDLER, if it is set, in the place of the RuntimeClass', and with
# POD_UID, by which a container that is made anew has to find its pod.
plan() { # FILTER [SCRIPT]
	jq --arg script "$PRELUDE${2-}" --arg tmp "$BATS_TEST_TMPDIR" --arg handler "${HANDLER-}" --arg uid "${POD_UID-}" '
		def script: .command = ["/bin/sh", "-c", $script] | .args = [];
		def image($name): .image.image = "localhost/moor/\($name):latest";
		def named($name): .metadata.name = $name | .log_path = "\($name).log";
		def mount($folder; $path): .mounts += [{host_path: "\($tmp)/\($folder)", container_path: $path}];
		def security: .linux.security_context;
		def annotate($key; $value): .config.annotations["io.runmoor." + $key] = $value;
		def web(change): .containers[0] |= change;
		if $handler != "" then .handler = $handler else . end
		| if $uid != "" then .config.metadata.uid = $uid else . end
		| .config.log_directory = $tmp | '"$1" "$BATS_FILE_TMPDIR/plan.json"
}

# Sets POD, CONTAINER (the first) and OTHER (the second).
run_pod() { # FILTER [SCRIPT]
	local ids
	ids=$(plan "$@" | cri run) || return
	read -r POD CONTAINER OTHER <<<"$ids"
	in_container "$CONTAINER"
}

# The pod without the example's annotation, and with the tests' web server.
serving_pod() { # [FILTER]
	run_pod "$PLAIN | web(script) | ${1-.}" serve
}

# One more container in POD, of the same plan; sets CONTAINER.
add_container() { # NAME FILTER [SCRIPT]
	local request
	request=$(plan "$PLAIN | {pod_sandbox_id: \"$POD\", sandbox_config: .config,
		config: (.containers[0] | named(\"$1\") | $2)}" "${@:3}")
	CONTAINER=$(cri CreateContainer "$request" | jq -r .container_id)
	in_container "$CONTAINER"
	cri StartContainer "{\"container_id\": \"$CONTAINER\"}"
}

PLAIN='.config.annotations = {}'

in_container() { # ID of one of CRI's
	SESSION=(cri exec "$1")
	ROOTFS=$TASKS/k8s.io/$1/rootfs
	NAMES=".container.id == \"$1\""' and .orchestrator.namespace == "default" and .orchestrator.resource.name == "shop"'
}

# The ways in which a program gets into a container, and the results.

attack() { # WAY: by its own shell, into the merged root, into the upper folder
	case $1 in
	inside) session "drop marker /tmp/inside; /tmp/inside" ;;
	root) dropped marker "$ROOTFS/tmp/root" && session /tmp/root ;;
	upper) dropped marker "$(upperdir)/tmp/upper" && session /tmp/upper ;;
	esac
}

upperdir() {
	sed -nE "s|.* $ROOTFS .*upperdir=([^,]*).*|\1|p" /proc/self/mountinfo
}

attacks() { # runs|refused [WAY...]
	local way
	eventually serves || fail "it doesn't serve"
	for way in "${@:2}"; do
		run attack "$way"
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

cri_attacks() { # IMAGE FILTER [BARE MOORED]: under the bare handler they run
	HANDLER=${3-runc} serving_pod "web(image(\"$1\")) | $2"
	attacks runs inside root upper
	remove_all
	HANDLER=${4-} serving_pod "web(image(\"$1\")) | $2"
	attacks refused inside root upper
	assert_event "$NAMES"' and .container.name == "web" and .container.image.name == "localhost/moor/'"$1"':latest"
		and .file.path == "/tmp/inside" and .runmoor.reason == "not-in-image"'
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

# Output and exit status of a command, on lines that two runs have in common.
tell() { # COMMAND...
	local status=0
	"$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
	sed -E 's/[0-9a-f]{64}/ID/g; s/^time="[^"]*"/time/' "$BATS_TEST_TMPDIR"/{out,err}
	echo "status $status"
}

ctr_lifecycle() { # RUNTIME
	local code
	for code in 0 42 255; do
		tell ctr run --rm --cgroup "/$CGROUP/once" --runc-binary "$(command -v "$1")" \
			localhost/moor/busybox:latest once /bin/sh -c "${LINGER}echo out; echo err >&2; exit $code" </dev/null
	done
	ctr_run "$1" busybox 'trap "exit 7" TERM; while :; do sleep 0.1; done'
	tell session 'echo out; echo err >&2; exit 3'
	tell session 'kill -9 $$'
	tell "${SESSION[@]}" /missing </dev/null
	tell on_terminal ctr tasks exec --exec-id tty --tty web /bin/sh -c "${LINGER}tty; exit 5" </dev/null
	ctr_state
	tell ctr tasks kill --signal TERM web
	eventually ctr_stopped
	ctr_state
	tell ctr tasks rm web
	tell ctr containers rm web
}

on_terminal() { # COMMAND...
	python3 -c 'import pty, os, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' "$@"
}

ctr_state() {
	ctr tasks ls | awk '{ print $1, $3 }'
}

ctr_stopped() {
	ctr_state | grep -qx "web STOPPED"
}

# Two empty outputs would be the same too: so lines that must be there are
# named.
same() { # BARE MOORED LIFECYCLE LINE...
	local line
	same_with "$1" "$2" recorded "$3"
	for line in "${@:4}"; do
		grep -qF -- "$line" "$BATS_TEST_TMPDIR/recorded" ||
			fail "no \"$line\" in: $(cat "$BATS_TEST_TMPDIR/recorded")"
	done
}

recorded() { # RUNTIME LIFECYCLE
	HANDLER=$1 "$2" "$1" 2>&1 | tee "$BATS_TEST_TMPDIR/recorded"
	remove_all
}

@test "ctr run, exec, kill, tasks rm: output and exit codes are the same with runc and runmoor-runc" {
	same runc runmoor-runc ctr_lifecycle out err "status 42" "status 137" /missing /dev/pts/0 "status 5" "web STOPPED" "code 7"
}

@test "ctr run, exec, kill, tasks rm: output and exit codes are the same with crun and runmoor-crun" {
	same crun runmoor-crun ctr_lifecycle out err "status 42" "status 137" /missing /dev/pts/0 "status 5" "web STOPPED" "code 7"
}

# CRI

@test "CRI: the example's Pod and RuntimeClass, as they are, serve and refuse a copy of a program and a dropped one" {
	run_pod .
	eventually serves
	run session 'cp /bin/busybox /tmp/sh; /tmp/sh -c true'
	assert_status 126
	assert_output "Permission denied"
	assert_event "$NAMES"' and .file.path == "/tmp/sh" and .runmoor.reason == "wrong-path"'
	attacks refused inside root upper
}

@test "CRI: handler runmoor, busybox: programs dropped from inside and outside are refused, it goes on serving" {
	cri_attacks busybox .
}

@test "CRI: handler runmoor, debian: programs dropped from inside and outside are refused, it goes on serving" {
	cri_attacks debian .
}

@test "CRI: handler runmoor-crun, busybox: programs dropped from inside and outside are refused, it goes on serving" {
	cri_attacks busybox . crun runmoor-crun
}

@test "CRI: handler runmoor-crun, debian: programs dropped from inside and outside are refused, it goes on serving" {
	cri_attacks debian . crun runmoor-crun
}

@test "CRI: ExecSync of a dropped program itself is refused" {
	HANDLER=runc serving_pod
	dropped marker "$ROOTFS/tmp/x"
	cri exec "$CONTAINER" /tmp/x
	[ -e "$ROOTFS/tmp/marker" ]
	remove_all
	serving_pod
	dropped marker "$ROOTFS/tmp/x"
	run cri exec "$CONTAINER" /tmp/x
	assert_status 1
	assert_output "permission denied"
	[ ! -e "$ROOTFS/tmp/marker" ]
	assert_event "$NAMES"' and .event.action == "exec-blocked" and .file.path == "/tmp/x"'
}

@test "CRI: with runmoor as the default runtime a pod without a RuntimeClass refuses dropped programs" {
	stop_containerd
	sed -i 's/^  default_runtime_name = .*/  default_runtime_name = "runmoor"/' /etc/containerd/config.toml
	start_containerd
	serving_pod '.handler = ""'
	attacks refused inside root upper
	remove_all
	stop_containerd
	configure_containerd
	start_containerd
}

@test "CRI: the example's sections runc and runmoor, added to a config.toml that names no runtime: the plugin loads" {
	stop_containerd
	{
		printf 'version = 2\n[plugins]\n  [plugins."io.containerd.grpc.v1.cri".cni]\n    bin_dir = "/usr/lib/cni"\n'
		sed -n '/runtimes.runc]/,$p' "$EXAMPLES/containerd/config.toml"
	} >/etc/containerd/config.toml
	start_containerd
	containerd config dump | grep -F 'BinaryName = "/usr/local/bin/runmoor-runc"'
	stop_containerd
	configure_containerd
	start_containerd
}

@test "CRI: an image of more than 100 layers, whose lower folders are relative paths: dropped programs are refused" {
	cri_attacks layers .
	grep " $ROOTFS " /proc/self/mountinfo | grep -q 'lowerdir=[0-9]'
}

@test "CRI: a container with the RuntimeDefault seccomp profile: dropped programs are refused" {
	cri_attacks busybox 'web(security.seccomp.profile_type = "RuntimeDefault")'
}

@test "CRI: a container that runs as user 1000: dropped programs are refused" {
	cri_attacks busybox 'web(security.run_as_user.value = 1000)'
	[ "$(session 'busybox id -u')" = 1000 ]
}

@test "CRI: a privileged container: dropped programs are refused" {
	cri_attacks busybox '(.config | security).privileged = true | web(security.privileged = true)'
	run session 'mkdir /tmp/m && mount -t tmpfs none /tmp/m && drop marker /tmp/m/x && /tmp/m/x'
	assert_refused m/x
}

@test "CRI: a container with a read-only root and a writable /tmp: dropped programs are refused" {
	mkdir -m 1777 "$BATS_TEST_TMPDIR/tmp"
	local filter='web(security.readonly_rootfs = true | mount("tmp"; "/tmp"))'
	HANDLER=runc serving_pod "$filter"
	attacks runs_on_volume inside
	run session 'drop marker /srv/x'
	assert_output "Read-only file system"
	remove_all
	rm "$BATS_TEST_TMPDIR/tmp/marker"
	serving_pod "$filter"
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

@test "CRI: a container's own annotation reaches runmoor too, and refuses this container in a running pod" {
	run serving_pod 'web(.annotations["io.runmoor.mode"] = "off")'
	assert_status 1
	assert_output "annotations_may_weaken does not list mode"
	[ "$(cri ListPodSandbox | jq '.items | length')" = 1 ]
}

@test "CRI: io.runmoor.exec_sessions=deny lets the pod run and makes ExecSync fail with runmoor's own sentence" {
	serving_pod 'annotate("exec_sessions"; "deny")'
	run session true
	assert_status 1
	assert_output "runmoor: "
	assert_output "exec_sessions is deny"
	assert_event "$NAMES"' and .event.action == "session-refused"'
	[ "$(nsenter --net="$BATS_FILE_TMPDIR/net" busybox wget -qO- http://127.0.0.1:8080/)" = "the site is up" ]
}

@test "CRI: a handler that is not configured is containerd's own error" {
	HANDLER=runmoore run run_pod .
	assert_status 1
	assert_output 'no runtime for "runmoore" is configured'
	refute_output "runmoor: "
}

# Volumes, as the kubelet makes them: folders of the host

sharing_pod() { # a web server and a second container, with one shared folder
	mkdir -p "$BATS_TEST_TMPDIR/share"
	serving_pod '.containers[1] = (.containers[0] | named("second") | .command = ["/bin/sleep", "1000"])
		| .containers[] |= mount("share"; "/share")'
}

@test "CRI: a program that one container of a pod drops on a shared volume is refused in the other" {
	HANDLER=runc sharing_pod
	session 'drop marker /share/x'
	in_container "$OTHER"
	session /share/x
	rm "$ROOTFS/tmp/marker"
	remove_all
	sharing_pod
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

# An init container leaves two programs on a volume, one that the next
# container's image ships too and one that it doesn't; enters the next.
init_pod() { # FILTER
	mkdir -p "$BATS_TEST_TMPDIR/share"
	run_pod "$PLAIN"' | .containers = [(.containers[0] | script | mount("share"; "/share")
			| (named("init") | image("debian") | .init = true), named("web"))] | '"$1" '
		[ ! -e /share/x ] || serve
		cp /opt/test/bin/busybox /share/
		drop marker /share/x'
	in_container "$OTHER"
	eventually serves
}

@test "CRI: of what an init container left on a writable volume, only a program that the image ships runs" {
	init_pod .
	session '/share/busybox true'
	run session /share/x
	assert_status 126
	[ ! -e "$ROOTFS/tmp/marker" ]
	assert_event "$NAMES"' and .container.name == "web" and .file.path == "/share/x" and .runmoor.reason == "volume"'
}

@test "CRI: io.runmoor.volumes.writable=seal is refused where annotations_may_weaken doesn't list it" {
	run run_pod 'annotate("volumes.writable"; "seal")'
	assert_status 1
	assert_output "annotations_may_weaken does not list volumes.writable"
}

sealed_volume() { # a later program is drift all the same
	session '/share/busybox true'
	session /share/x
	rm "$ROOTFS/tmp/marker"
	run session 'drop marker /share/y; echo >>/share/y; /share/y'
	assert_status 126
	[ ! -e "$ROOTFS/tmp/marker" ]
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

# Another container of the name in the same pod, as the kubelet makes one.
again() { # NAME FILTER ATTEMPT
	about StopContainer
	about RemoveContainer
	add_container "$1" "script | $2 | .metadata.attempt = $3" serve
	eventually serves
}

READER='mount("share"; "/share") | .mounts[0].readonly = true'

handed_over() { # the script that A writes, and that B finds when it is created again
	mkdir -p -m 777 "$BATS_TEST_TMPDIR/share"
	dropped marker "$BATS_TEST_TMPDIR/share/x"
	serving_pod '.containers[1] = (.containers[0] | named("writer") | .command = ["/bin/sleep", "1000"]
			| mount("share"; "/share"))
		| web('"$READER"')'
	in_container "$OTHER"
	session 'drop marker /share/y; echo >>/share/y'
	in_container "$CONTAINER"
	again web "$READER" 1
}

@test "CRI: what one container of a pod writes is refused in the next life of one that has it read-only" {
	POD_UID=handed-over
	HANDLER=runc handed_over
	session /share/y
	remove_all
	rm -r "$BATS_TEST_TMPDIR/share"
	handed_over
	session /share/x
	rm "$ROOTFS/tmp/marker"
	run session /share/y
	assert_status 126
	[ ! -e "$ROOTFS/tmp/marker" ]
	assert_event "$NAMES"' and .file.path == "/share/y" and .runmoor.reason == "volume"'
}

@test "CRI: with volumes.writable seal a container that ends its pid 1 finds its first seal" {
	POD_UID=first-seal
	policy '{"volumes": {"writable": "seal"}}'
	mkdir -p -m 777 "$BATS_TEST_TMPDIR/share"
	dropped marker "$BATS_TEST_TMPDIR/share/x"
	serving_pod 'web(mount("share"; "/share"))'
	eventually serves
	session 'drop marker /share/y; echo >>/share/y; kill 1; kill -9 1' || true
	again web 'mount("share"; "/share")' 1
	session /share/x
	rm "$ROOTFS/tmp/marker"
	run session /share/y
	assert_status 126
	[ ! -e "$ROOTFS/tmp/marker" ]
	assert_event '.event.action == "container-sealed" and .container.id == "'"$CONTAINER"'" and .runmoor.seal.volumes.first >= 1'
}

@test "CRI: what the kubelet wrote anew runs after a restart, whatever an agent of the node may write" {
	local POD_UID=f1a2-b3 kind folder filter=.
	for kind in configmap secret projected downward-api; do
		folder=kubelet/pods/f1a2-b3/volumes/kubernetes.io~$kind/v
		mkdir -p "$BATS_TEST_TMPDIR/$folder"
		dropped marker "$BATS_TEST_TMPDIR/$folder/x"
		filter+=" | mount(\"$folder\"; \"/$kind\")"
	done
	filter+=' | .mounts[].readonly = true'
	serving_pod "web($filter)
		| .containers[1] = (.containers[0] | named(\"agent\") | .command = [\"/bin/sleep\", \"1000\"]
			| .mounts = [] | mount(\"kubelet\"; \"/kubelet\"))"
	for kind in configmap secret projected downward-api; do
		folder=$BATS_TEST_TMPDIR/kubelet/pods/f1a2-b3/volumes/kubernetes.io~$kind/v
		dropped marker "$folder/new"
		echo $kind >>"$folder/new"
		mv "$folder/new" "$folder/x"
	done
	again web "$filter" 1
	for kind in configmap secret projected downward-api; do
		session "/$kind/x"
		rm "$ROOTFS/tmp/marker"
	done
}

# Writes a ConfigMap as the kubelet does: a new folder, then a link that is
# renamed.
write_config() { # TEXT
	local volume=$BATS_TEST_TMPDIR/config
	mkdir -p "$volume/..$1"
	printf '#!/bin/sh\necho %s\n' "$1" >"$volume/..$1/run"
	chmod 755 "$volume/..$1/run"
	ln -s "..$1" "$volume/..data_tmp"
	mv -T "$volume/..data_tmp" "$volume/..data"
	ln -sf ..data/run "$volume/run"
}

@test "CRI: a script of a ConfigMap runs as it was when the container was created, and its update is refused" {
	local filter='web(mount("config"; "/config") | .mounts[0].readonly = true)'
	write_config first
	HANDLER=runc serving_pod "$filter"
	write_config second
	[ "$(session /config/run)" = second ]
	remove_all
	rm -r "$BATS_TEST_TMPDIR/config"
	write_config first
	serving_pod "$filter"
	[ "$(session /config/run)" = first ]
	write_config second
	run session /config/run
	assert_status 126
	assert_output "Permission denied"
	assert_event "$NAMES"' and .event.action == "exec-blocked" and .runmoor.reason == "volume"
		and .runmoor.requested_path == "/config/run" and .file.path == "/config/..second/run"'
	[ "$(session /config/..first/run)" = first ]
}

# Lifecycle

status() { # ID
	cri ContainerStatus "{\"container_id\": \"$1\"}" |
		jq -r '.status | [.state, .exit_code, .reason, .message] | join(" ")'
}

exited() { # ID
	[[ $(status "$1") == CONTAINER_EXITED* ]]
}

about() { # METHOD [FIELDS]: of the container
	cri "$1" "{\"container_id\": \"$CONTAINER\" ${2-}}"
}

cri_runs() {
	local tty
	run_pod '.containers = []'
	for tty in false true; do
		add_container "$tty" "script | .tty = $tty" 'tty; echo out; echo err >&2; exit 42'
		eventually exited "$CONTAINER"
		status "$CONTAINER"
		cut -d ' ' -f 2- "$BATS_TEST_TMPDIR/$tty.log" | sort # its times, and which came first
		rm "$BATS_TEST_TMPDIR/$tty.log"
		tell about RemoveContainer
		tell about ContainerStatus
	done
	tell add_container missing '.command = ["/missing"]'
	tell add_container page '.command = ["/srv/www/index.html"]'
}

cri_sessions() {
	local code
	serving_pod
	eventually serves
	for code in 0 42 255; do
		tell session "echo out; echo err >&2; exit $code"
	done
	tell session 'kill -9 $$'
	tell cri exec "$CONTAINER" /missing
	tell cri exec "$CONTAINER" /srv/www/index.html
	tell about ExecSync ', "cmd": ["sleep", "30"], "timeout": 1'
	tell serves
}

cri_stops() {
	run_pod '.containers = []'
	add_container obeys script 'trap "exit 7" TERM; while :; do sleep 0.1; done'
	stopped 30
	add_container ignores script 'trap : TERM; while :; do sleep 0.1; done'
	stopped 1
	add_container force script 'trap "exit 7" TERM; while :; do sleep 0.1; done'
	stopped 0
	add_container removed script serve
	tell about RemoveContainer
	tell about RemoveContainer
	tell about ContainerStatus
}

stopped() { # SECONDS
	session true
	tell about StopContainer ", \"timeout\": $1"
	status "$CONTAINER"
	tell session true
}

cri_updates() {
	serving_pod
	tell about UpdateContainerResources ', "linux": {"cpu_shares": 333, "memory_limit_in_bytes": 67108864}'
	cat "/sys/fs/cgroup/"{,cpu/,memory/}"$CGROUP/$CONTAINER/"{cpu.shares,cpu.weight,memory.limit_in_bytes,memory.max} 2>/dev/null
	eventually serves
	tell serves
}

cri_same() { # BARE MOORED
	same "$1" "$2" cri_runs "stdout F out" "stderr F err" "stdout F /dev/pts/0" "CONTAINER_EXITED 42" NOT_FOUND \
		/missing 'ermission denied: unknown'
	same "$1" "$2" cri_sessions out err "status 0" "status 42" "status 137" "status 255" /missing DEADLINE_EXCEEDED
	same "$1" "$2" cri_stops "CONTAINER_EXITED 7" "CONTAINER_EXITED 137" "container is in CONTAINER_EXITED state" NOT_FOUND
	same "$1" "$2" cri_updates 67108864 "status 0"
}

@test "CRI: starts, ExecSync, stops with and without time, forced removal, updates: output and exit codes are the same with runc and runmoor" {
	cri_same runc runmoor
}

@test "CRI: starts, ExecSync, stops with and without time, forced removal, updates: output and exit codes are the same with crun and runmoor-crun" {
	cri_same crun runmoor-crun
}

@test "CRI: after UpdateContainerResources a dropped program is refused" {
	serving_pod
	about UpdateContainerResources ', "linux": {"cpu_shares": 333}'
	attacks refused inside root upper
}

@test "CRI: containers that are created again in the same pod, beside the stopped one and after it, refuse dropped programs" {
	serving_pod
	attacks refused inside
	about StopContainer
	add_container web 'script | .metadata.attempt = 1' serve
	attacks refused inside root upper
	about StopContainer
	about RemoveContainer
	add_container web 'script | .metadata.attempt = 2' serve
	attacks refused inside root upper
}

@test "CRI: containerd is stopped and started while a container runs, which is protected meanwhile and managed after" {
	run_pod "$PLAIN | web(script)" '
		busybox httpd -p 8080 -h /srv/www
		while sleep 0.1; do
			if [ -e /tmp/go ]; then /tmp/go; echo $? >/tmp/went; rm /tmp/go; fi
		done'
	eventually serves
	stop_containerd
	dropped marker "$ROOTFS/tmp/new"
	mv "$ROOTFS/tmp/new" "$ROOTFS/tmp/go"
	eventually test -s "$ROOTFS/tmp/went"
	[ "$(cat "$ROOTFS/tmp/went")" = 126 ]
	[ ! -e "$ROOTFS/tmp/marker" ]
	start_containerd
	attacks refused inside root upper
	about StopContainer
	[[ $(status "$CONTAINER") == "CONTAINER_EXITED 137"* ]]
}

# 50 at the same time

fifty() { # FILE: a line for each container
	plan "$PLAIN"' | .containers = [range(5) as $n | .containers[0] | script | named("web-\($n)") | .log_path = ""]' \
		'PORT=$((9000 + NUMBER)) serve' |
		cri many 10 "$PRELUDE"'
			PORT=$((9000 + NUMBER))
			drop marker /tmp/x
			/tmp/x
			echo "$?" /tmp/m*
			for i in 1 2 3 4 5 6 7 8 9; do '"$FETCH"' && break; sleep 0.2; done' >"$1"
}

@test "CRI: 50 containers in 10 pods, started, attacked and removed at the same time: all refuse and serve, none fails, nothing is left" {
	local out=$BATS_TEST_TMPDIR/many
	HANDLER=runc fifty "$out"
	[ "$(sort "$out" | uniq -c)" = "     50 started 0 b'0 /tmp/marker\\nthe site is up\\n' b'' removed" ] ||
		fail "$(cat "$out")"
	fifty "$out"
	[ "$(sort "$out" | uniq -c)" = "     50 started 0 b'126 /tmp/m*\\nthe site is up\\n' b'/bin/sh: /tmp/x: Permission denied\\n' removed" ] ||
		fail "$(cat "$out")"
	[ -z "$(cri ListPodSandbox | jq -r '.items[]')" ]
	[ "$(jq -r 'select(.event.action == "exec-blocked") | .container.id' "$EVENTS" | sort -u | wc -l)" = 50 ]
}
