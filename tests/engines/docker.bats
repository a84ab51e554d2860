# docker with runmoor as a runtime: Debian's dockerd, on a containerd of its
# own, with examples/docker/daemon.json in its place.
load helpers

DOCKER=$REPO/build/docker
# Only once: setup_file knows by then whether it failed.
[ -n "${DOCKER_FAILS+known}" ] || "$REPO/tests/engines/docker-start" unpack || true
PATH=$DOCKER/usr/sbin:$DOCKER/usr/bin:$PATH
engine docker "$(cat "$DOCKER/version" 2>/dev/null || echo unknown)"

BUSYBOX=localhost/moor/busybox:latest
DEBIAN=localhost/moor/debian:latest
LAYERS=localhost/moor/layers:latest
MARKED='[ ! -e /tmp/marker ] || echo marked'
ATTACK="drop marker /tmp/x; /tmp/x; $MARKED"
# The script of a container that is restarted: at its first start it drops a
# program.
ONCE='[ -e /tmp/x ] || drop marker /tmp/x'

setup_file() {
	export DOCKER_FAILS=
	cp "$EXAMPLES/docker/daemon.json" /etc/docker/daemon.json
	if ! "$REPO/tests/engines/docker-start" >"$BATS_FILE_TMPDIR/start" 2>&1; then
		DOCKER_FAILS=$(tail -n 1 "$BATS_FILE_TMPDIR/start")
		return
	fi
	load_images
	dropped marker "$BATS_FILE_TMPDIR/x"
}

load_images() {
	local name pid pids=()
	for name in busybox debian layers; do
		docker load --quiet --input "$IMAGES/$name.docker.tar" >/dev/null &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
}

setup() {
	[ -z "$DOCKER_FAILS" ] || skip "docker doesn't start here: $DOCKER_FAILS"
	policy '{}'
	forget_events
	DROPPED=$BATS_FILE_TMPDIR/x
}

teardown() {
	[ -z "$DOCKER_FAILS" ] || return 0
	policy '{}'
	clean
	runc_by_default
	docker volume prune --force >/dev/null
	cat "$EVENTS" >>"$BATS_FILE_TMPDIR/events.jsonl" 2>/dev/null || true
	local left
	left=$(leftovers; mounts)
	[ -z "$left" ] || fail "left behind: $left"
}

clean() {
	docker ps --all --quiet | xargs -r docker rm --force --volumes >/dev/null
}

mounts() {
	awk '$5 ~ "^/var/lib/docker/.*/(merged|shm)$" { print $5 }' /proc/self/mountinfo
}

# Runtimes can be changed without a restart, other things can't.
configure() { # FILTER of the example
	jq "$1" "$EXAMPLES/docker/daemon.json" >/etc/docker/daemon.json
}

reload() { # FILTER
	local before
	before=$(reloads)
	configure "$1"
	kill -HUP "$(cat /run/docker.pid)"
	eventually reloaded "$before"
}

reloads() {
	grep -c 'Reloaded configuration' /var/log/dockerd.log || true
}

reloaded() { # HOW OFTEN BEFORE
	[ "$(reloads)" -gt "$1" ]
}

# A key that is gone doesn't change what it had set.
runc_by_default() {
	! grep -q default-runtime /etc/docker/daemon.json || reload '."default-runtime" = "runc"'
	configure .
}

bare_crun() {
	grep -q '"crun"' /etc/docker/daemon.json || reload '.runtimes.crun = {path: "/usr/bin/crun"}'
}

stop_daemon() {
	kill "$(cat /run/docker.pid)"
	eventually test ! -e /run/docker.pid
}

start_daemon() {
	"$REPO/tests/engines/docker-start"
}

# A container named box that runs a script to its end.
in_box() { # RUNTIME SCRIPT [OPTION...]
	docker run --name box --runtime "$1" "${@:3}" "${IMAGE:-$BUSYBOX}" sh -c "$PRELUDE $2"
}

# One that serves, after what the script does.
serving() { # RUNTIME SCRIPT [OPTION...]
	in_box "$1" "$2"$'\nserve' --detach "${@:3}" >/dev/null
	still_serves
}

still_serves() {
	eventually fetches || fail "box doesn't serve: $(docker logs box 2>&1)"
}

fetches() {
	docker exec box sh -c "$FETCH" 2>/dev/null | grep -q "the site is up"
}

box_id() {
	docker inspect --format '{{.Id}}' box
}

state() {
	docker inspect --format '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.State.Error}}' box
}

blocked() { # [FILE [FILTER]]
	assert_event ".event.action == \"exec-blocked\" and .file.path == \"${1:-/tmp/x}\"
		and .container.id == \"$(box_id)\" and (${2:-true})"
}

# attack FUNCTION [FILE [FILTER]]: the function is given a runtime. Under the
# bare one it ends up "marked", or it would prove nothing; bare is its output.
attack() {
	local runtime
	run "$1" runc
	assert_output marked
	bare=$output
	docker rm --force box >/dev/null
	for runtime in runmoor runmoor-crun; do
		forget_events
		run "$1" $runtime
		refute_output marked
		assert_output "ermission denied"
		blocked "${@:2}"
		docker rm --force box >/dev/null
	done
}

refusals() { # NUMBER of them in the output
	[ "$(grep -c "ermission denied" <<<"$output")" = "$1" ] || fail "not refused $1 times: $output"
}

innocent() { # FUNCTION: the same with all runtimes, and no drift
	bare_crun
	same_with runc runmoor "$1"
	same_with crun runmoor-crun "$1"
	refute_event '.event.outcome == "failure"'
}

# ## docker's configuration

@test "the example's runtimes are docker's" {
	run docker info --format '{{range $name, $_ := .Runtimes}}{{$name}} {{end}}'
	assert_output "runmoor runmoor-crun"
	run docker info --format '{{.DefaultRuntime}}'
	[ "$output" = runc ]
}

@test "runmoor as the default runtime" {
	by_default() {
		docker run --name box $BUSYBOX sh -c "$PRELUDE $ATTACK"
	}
	run by_default
	assert_output marked
	docker rm box
	reload '."default-runtime" = "runmoor"'
	run by_default
	refute_output marked
	assert_output "ermission denied"
	blocked
}

@test "docker build with runmoor as the default: each step's programs are the image of the next" {
	local context=$BATS_TEST_TMPDIR
	cp "$DROPPED" "$context/x"
	printf 'FROM %s\nCOPY x /opt/x\nRUN /opt/x && test -e /tmp/marker\n' $BUSYBOX >"$context/Dockerfile"
	reload '."default-runtime" = "runmoor"'
	run docker build --quiet "$context"
	assert_status 0
	docker rmi "$output"
	printf 'FROM %s\nCOPY x /opt/x\nRUN cat /opt/x >/opt/y; echo >>/opt/y; chmod 755 /opt/y; /opt/y\n' $BUSYBOX >"$context/Dockerfile"
	run docker build "$context"
	[ "$status" != 0 ]
	assert_output "Permission denied"
	docker image prune --force
	runc_by_default
	run docker build --quiet "$context"
	assert_status 0
	docker rmi "$output"
}

# This isn't desired, but documented in docs/engines.md.
@test "docker build with BuildKit runs its steps by runc, whatever the default runtime is" {
	local context=$BATS_TEST_TMPDIR
	cp "$DROPPED" "$context/x"
	printf 'FROM %s\nCOPY x /opt/x\nRUN cat /opt/x >/opt/y; echo >>/opt/y; chmod 755 /opt/y; /opt/y\n' $BUSYBOX >"$context/Dockerfile"
	reload '."default-runtime" = "runmoor"'
	DOCKER_BUILDKIT=1 docker build --quiet --network none --iidfile "$context/id" "$context"
	docker rmi "$(cat "$context/id")"
	[ ! -e "$EVENTS" ]
}

@test "arguments of the runtime in daemon.json" {
	with_arguments() {
		in_box "$1-debug" "$ATTACK"
	}
	reload '.runtimes += (.runtimes + {runc: {path: "/usr/sbin/runc"}, "runmoor-crun": {path: "/usr/local/bin/runmoor-crun"}}
		| with_entries(.key += "-debug" | .value.runtimeArgs = ["--debug"]))'
	attack with_arguments
}

@test "an unknown runtime is docker's own error" {
	run docker run --name box --runtime unmoored $BUSYBOX true
	assert_status 125
	assert_output "Unknown runtime specified unmoored"
}

@test "a container that runmoor refuses shows its sentence as docker's error" {
	local runtime
	policy '{"mode": "sloppy"}'
	for runtime in runmoor runmoor-crun; do
		run docker run --name box --runtime $runtime $BUSYBOX echo ran
		assert_status 125
		refute_output ran
		assert_output 'OCI runtime create failed: runmoor: configuration /etc/runmoor/config.json: mode: must be one of enforce, audit, off, not "sloppy"'
		[[ $(state) == "created "* ]]
		docker rm box
	done
	policy '{}'
	run docker run --name box --runtime runmoor $BUSYBOX echo ran
	assert_output ran
}

@test "a container that was refused starts once the policy is mended" {
	docker create --name box --runtime runmoor $BUSYBOX sh -c "$PRELUDE $ATTACK" >/dev/null
	policy '{"volumes": {}, "volumes": {}}'
	run docker start --attach box
	[ "$status" != 0 ]
	assert_output "runmoor: configuration /etc/runmoor/config.json"
	policy '{}'
	run docker start --attach box
	refute_output marked
	assert_output "ermission denied"
	blocked
}

@test "exec where the policy denies sessions shows runmoor's sentence" {
	policy '{"exec_sessions": "deny"}'
	in_box runmoor serve --detach # as serving, but without a session
	run docker exec box true
	[ "$status" != 0 ]
	assert_output "runmoor: "
	assert_event '.event.action == "session-refused" and .container.id == "'"$(box_id)"'"'
	[[ $(state) == "running "* ]]
}

@test "mode audit lets drift run and records it" {
	policy '{"mode": "audit"}'
	run in_box runmoor "$ATTACK"
	assert_output marked
	assert_event '.event.action == "exec-flagged" and .file.path == "/tmp/x"'
	refute_event '.event.action == "exec-blocked"'
}

### the attack

@test "a dropped program is refused, and the container goes on" {
	drops_and_goes_on() {
		in_box "$1" "$ATTACK; echo on"
	}
	attack drops_and_goes_on /tmp/x '.runmoor.reason == "not-in-image"
		and .file.hash.sha256 == "'"$(sha256sum <"$DROPPED" | cut -d' ' -f1)"'"'
	grep -qx on <<<"$output" # docker's two streams come in any order
}

@test "a dropped program is refused in an exec session, and the container still serves" {
	session() {
		serving "$1" :
		docker exec box sh -c "$PRELUDE $ATTACK"
		fetches && echo serves
	}
	attack session
	[ "${lines[-1]}" = serves ]
	assert_event '.event.action == "session-opened"'
}

@test "a dropped program is refused as the session's own" {
	program_of_session() {
		serving "$1" "drop marker /tmp/x"
		docker exec box /tmp/x
		docker exec box sh -c "$MARKED"
	}
	attack program_of_session
}

@test "a program that docker cp brought into a running container is refused" {
	copied() {
		serving "$1" :
		docker cp "$DROPPED" box:/tmp/x
		docker exec box sh -c "/tmp/x; $MARKED"
		fetches && echo serves
	}
	attack copied
	[ "${lines[-1]}" = serves ]
}

@test "a program that docker cp brought into a stopped container is refused" {
	copied_and_started() {
		serving "$1" :
		docker stop --time 0 box
		docker cp "$DROPPED" box:/tmp/x
		docker start box
		still_serves
		docker exec box sh -c "/tmp/x; $MARKED"
	}
	attack copied_and_started
}

@test "a program that docker cp brought before the first start is refused" {
	copied_first() {
		docker create --name box --runtime "$1" $BUSYBOX sh -c "/tmp/x; $MARKED"
		docker cp "$DROPPED" box:/tmp/x
		docker start --attach box
	}
	attack copied_first
}

@test "a program of the image that docker cp overwrote is refused as modified" {
	overwritten() {
		serving "$1" :
		cp "$DROPPED" "$BATS_TEST_TMPDIR/nothing"
		docker cp "$BATS_TEST_TMPDIR/nothing" box:/opt/test/bin/nothing
		docker exec box sh -c "/opt/test/bin/nothing; $MARKED"
	}
	attack overwritten /opt/test/bin/nothing '.runmoor.reason == "modified"'
}

@test "a program written into the mounted root from the host is refused" {
	written() {
		local merged
		serving "$1" :
		merged=$(docker inspect --format '{{.GraphDriver.Data.MergedDir}}' box)
		cp "$DROPPED" "$merged/tmp/x"
		docker exec box sh -c "/tmp/x; $MARKED"
		fetches && echo serves
	}
	attack written
	[ "${lines[-1]}" = serves ]
}

@test "a library that the image doesn't ship isn't preloaded" {
	local runtime
	preloaded() {
		IMAGE=$DEBIAN in_box "$1" "drop libmarker.so /tmp/x; LD_PRELOAD=/tmp/x /bin/true; $MARKED"
	}
	run preloaded runc
	assert_output marked
	docker rm box
	for runtime in runmoor runmoor-crun; do
		run preloaded $runtime
		refute_output marked
		assert_event '.event.action == "library-blocked" and .file.path == "/tmp/x" and .container.id == "'"$(box_id)"'"'
		docker rm box
	done
}

@test "events name the container and its image as docker does" {
	serving runmoor :
	run docker exec box sh -c "$PRELUDE $ATTACK"
	blocked /tmp/x '.container.name == "box" and .container.image.name == "'$BUSYBOX'"'
	assert_event '.event.action == "container-sealed" and .container.name == "box"'
	docker stop --time 0 box
	assert_event '.event.action == "container-released" and .container.name == "box"'
}

@test "events have the new name after docker rename and restart" {
	serving runmoor "$ONCE"
	docker rename box other
	docker restart --time 0 other
	run docker exec other /tmp/x
	assert_event '.event.action == "exec-blocked" and .container.name == "other"'
}

# docker gives both containers the files of the first, /etc/hosts among them.
@test "a container on another's network has its own name in events" {
	docker run --detach --name first --runtime runc $DEBIAN sleep 1000
	run in_box runmoor "$ATTACK" --net container:first
	assert_output "ermission denied"
	blocked /tmp/x '.container.name == "box" and .container.image.name == "'$BUSYBOX'"'
}

@test "events of a container on the host's network name it" {
	run in_box runmoor "$ATTACK" --net host
	assert_output "ermission denied"
	blocked /tmp/x '.container.name == "box" and .container.image.name == "'$BUSYBOX'"'
}

### restarts

# refused_again START: the program that the first start dropped is still refused
refused_again() {
	run docker exec box sh -c "/tmp/x; $MARKED"
	refute_output marked
	assert_output "ermission denied" || fail "in life $1"
}

lives() { # IMAGE RUNTIME NUMBER
	local life
	IMAGE=$1 serving "$2" "$ONCE"
	refused_again 1
	for ((life = 2; life <= $3; life++)); do
		docker restart --time 0 box >/dev/null
		((life > 3 && life < $3)) || refused_again $life
	done
	fetches
	docker rm --force box >/dev/null
}

@test "drift stays drift through ten lives (docker restart)" {
	IMAGE=$BUSYBOX serving runc "$ONCE"
	docker restart --time 0 box
	run docker exec box sh -c "/tmp/x; $MARKED"
	assert_output marked
	docker rm --force box
	lives $BUSYBOX runmoor 10
	lives $BUSYBOX runmoor-crun 3
}

@test "drift stays drift through ten lives of a hundred-layer image" {
	lives $LAYERS runmoor 10
	lives $LAYERS runmoor-crun 3
}

# Another container's root gets the device number that this one's had.
moved() { # IMAGE
	local life
	IMAGE=$1 serving runmoor "$ONCE"
	for life in 2 3; do
		docker stop --time 0 box
		docker run --detach --runtime runmoor "$1" sleep 1000
		docker start box
		refused_again $life
	done
}

@test "drift stays drift when other containers start between stop and start" {
	moved $BUSYBOX
}

@test "drift stays drift in a hundred-layer image when other containers start between stop and start" {
	moved $LAYERS
}

@test "a program that docker cp brought before the first start of a hundred-layer image is refused" {
	layers_copied_first() {
		docker create --name box --runtime "$1" $LAYERS sh -c "/tmp/x; $MARKED"
		docker cp "$DROPPED" box:/tmp/x
		docker start --attach box
	}
	attack layers_copied_first
}

@test "a dropped program is refused in a hundred-layer image" {
	in_layers() {
		IMAGE=$LAYERS in_box "$1" "$ATTACK"
	}
	attack in_layers
}

@test "drift stays drift when docker's restart policy starts the container again" {
	local runtime
	restarted_by_docker() {
		in_box "$1" "if [ -e /tmp/x ]; then /tmp/x; $MARKED; exit 0; fi
			drop marker /tmp/x; exit 3" --detach --restart on-failure:3
		eventually second_life_ended
		docker logs box
	}
	second_life_ended() {
		[ "$(state)" = "exited 0 false " ]
	}
	attack restarted_by_docker
}

# A boot leaves nothing in /run.
boot() {
	stop_daemon
	kill "$(cat /run/containerd.pid)"
	eventually stopped containerd
	awk '$5 ~ "^/run/(docker|containerd)/" { print $5 }' /proc/self/mountinfo | xargs -r umount
	rm -rf /run/containerd /run/docker /run/runmoor
	start_daemon
}

stopped() { # PROCESS
	! pgrep -x "$1" >/dev/null
}

booted() { # IMAGE
	IMAGE=$1 serving runmoor "$ONCE"
	docker stop --time 0 box
	boot
	docker start box
	still_serves
	refused_again 2
}

@test "drift stays drift after a boot" {
	booted $BUSYBOX
}

@test "drift stays drift after a boot, in a hundred-layer image" {
	booted $LAYERS
}

@test "the daemon restarted: containers end, and what they dropped stays drift" {
	daemon_restarted() {
		serving "$1" "$ONCE" --stop-signal KILL
		stop_daemon
		start_daemon
		state
		docker start box
		still_serves
		docker exec box sh -c "/tmp/x; $MARKED"
	}
	attack daemon_restarted
	assert_output "exited 137 false"
	[[ $bare == *"exited 137 false"* ]]
}

@test "the daemon restarted with live-restore: containers go on, protected" {
	restored_live() {
		serving "$1" "$ONCE"
		stop_daemon
		start_daemon
		state
		fetches && echo serves
		docker exec box sh -c "/tmp/x; $MARKED"
		kill -KILL "$(cat /run/docker.pid)"
		eventually start_daemon 2>/dev/null
		state
		docker exec box sh -c "/tmp/x; $MARKED"
		docker stop --time 0 box
		state
	}
	stop_daemon
	configure '."live-restore" = true'
	start_daemon
	attack restored_live
	refusals 2
	assert_output "running 0 false"
	assert_output serves
	assert_output "exited 137 false"
	stop_daemon
	configure .
	start_daemon
}

@test "containerd killed and started again: containers go on, protected" {
	serving runmoor :
	kill -KILL "$(cat /run/containerd.pid)"
	start_daemon
	eventually fetches
	run docker exec box sh -c "$PRELUDE $ATTACK"
	refute_output marked
	assert_output "ermission denied"
	blocked
	[ "$(state)" = "running 0 false " ]
}

@test "the storage driver vfs: drift is refused, also after a restart and a boot" {
	copied_root() {
		serving "$1" "$ONCE"
		docker exec box sh -c "/tmp/x; $MARKED"
		docker restart --time 0 box
		docker exec box sh -c "/tmp/x; $MARKED"
		docker stop --time 0 box
		boot
		docker start box
		docker exec box sh -c "/tmp/x; $MARKED"
	}
	stop_daemon
	configure '."storage-driver" = "vfs"'
	start_daemon
	docker load --quiet --input "$IMAGES/busybox.docker.tar"
	attack copied_root
	refusals 3
	stop_daemon
	configure .
	start_daemon
}

@test "a daemon with userns-remap" {
	remapped() {
		serving "$1" "$ONCE"
		docker exec box sh -c "/tmp/x; $MARKED; grep -c ' 0 ' /proc/self/uid_map"
		docker restart --time 0 box
		docker exec box sh -c "/tmp/x; $MARKED"
	}
	stop_daemon
	configure '."userns-remap" = "default"'
	start_daemon
	docker load --quiet --input "$IMAGES/busybox.docker.tar"
	attack remapped
	refusals 2
	stop_daemon
	configure .
	start_daemon
}

### everything else is as with the bare runtime

@test "run hands back exit codes" {
	exit_codes() {
		local code
		for code in 0 1 42 255; do
			in_box "$1" "exit $code" --rm
			echo $?
		done
		in_box "$1" 'exec 2>/dev/null; kill -9 $$; sleep 1000 & kill -9 $!; wait $!; exit $?' --rm
		echo $?
	}
	innocent exit_codes
}

@test "a program that is missing, a folder or no program is docker's own error" {
	local program
	not_programs() {
		for program in /no/such/program /etc /etc/passwd; do
			# The client sometimes reports a race of its own, too.
			docker run --rm --runtime "$1" $BUSYBOX $program 2>&1 | grep -v "error waiting"
			echo "${PIPESTATUS[0]}"
		done
	}
	innocent not_programs
}

@test "run passes standard input, output and error" {
	streams() {
		echo in | docker run --rm --interactive --runtime "$1" $BUSYBOX sh -c 'cat; echo err >&2' \
			2>"$BATS_TEST_TMPDIR/err"
		cat "$BATS_TEST_TMPDIR/err"
		head -c 1000000 /dev/zero | docker run --rm --interactive --runtime "$1" $BUSYBOX wc -c
	}
	innocent streams
}

@test "run --tty on a terminal" {
	terminal() {
		script -qec "stty rows 40 cols 100; docker run --rm --interactive --tty --runtime $1 $BUSYBOX sh -c '
			[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && tty
			until [ \"\$(stty size 2>/dev/null)\" = \"40 100\" ]; do sleep 0.05; done; stty size; exit 9'" \
			/dev/null </dev/null
	}
	innocent terminal
	run terminal runmoor
	assert_status 9
	assert_output "40 100"
}

@test "exec: exit codes, user, folder, environment, terminal, detached" {
	sessions() {
		serving "$1" :
		docker exec box sh -c 'exit 7'
		echo $?
		docker exec --user 1000:1000 --workdir /srv --env A=b box sh -c 'id; pwd; echo $A'
		echo in | docker exec --interactive box cat
		script -qec 'docker exec --tty box sh -c "tty; exit 8"' /dev/null </dev/null
		echo $?
		docker exec --privileged box true
		docker exec --detach box sh -c 'echo >/tmp/detached'
		eventually docker exec box test -e /tmp/detached && echo it ran
		docker exec box /no/such/program
		echo $?
		docker rm --force box
	}
	innocent sessions
}

@test "stop, start, restart, pause, kill, wait, logs, diff, rm as with bare runc and crun" {
	lifecycle() {
		serving "$1" 'echo hello'
		state
		docker exec box sh -c "$FETCH"
		docker pause box
		state
		docker exec box true
		docker unpause box
		docker stop --time 0 box
		state
		docker start box
		still_serves
		docker restart --time 0 box
		still_serves
		state
		docker kill box
		docker wait box
		state
		docker kill box
		docker start box
		docker exec box sh -c 'echo >/tmp/new'
		docker diff box
		docker logs box
		docker rm box
		docker rm --force box
		docker ps --all --quiet
	}
	without_ids() {
		lifecycle "$1" 2>&1 | sed -E 's/[0-9a-f]{64}/ID/g'
	}
	innocent without_ids
}

@test "a container that handles signals gets them, and stops in time" {
	signals() {
		in_box "$1" 'trap "echo stopped; exit 5" TERM; trap "echo hung up" HUP; echo ready; while :; do sleep 0.1; done' \
			--detach >/dev/null
		eventually logged ready
		docker kill --signal HUP box
		eventually logged "hung up"
		docker stop --time 20 box
		state
		docker logs box
		docker rm box
	}
	innocent signals
}

logged() { # TEXT
	docker logs box 2>&1 | grep -q "$1"
}

@test "create, start --attach and attach" {
	attached() {
		docker create --interactive --name box --runtime "$1" $BUSYBOX sh -c 'cat; exit 4' >/dev/null
		echo in | docker start --attach --interactive box
		echo $?
		docker rm box
		in_box "$1" 'read line; echo "got $line"; exit 6' --detach --interactive >/dev/null
		# attach may end at the end of its input, before the output is there.
		{ echo in; sleep 1; } | docker attach box
		echo $?
		docker rm box
	}
	innocent attached
}

@test "top shows the container's processes and no other" {
	top_of() {
		serving "$1" :
		docker top box -eo comm,args
		docker rm --force box
	}
	innocent top_of
}

@test "stats counts the container's processes and no other" {
	stats_of() {
		serving "$1" :
		docker stats --no-stream --format '{{.Name}} {{.PIDs}}' box
		docker rm --force box
	}
	same_with runc runmoor stats_of
}

@test "update changes limits of a running container" {
	updated() {
		serving "$1" :
		docker update --memory 64m --memory-swap 64m --cpu-shares 512 --pids-limit 50 box
		docker exec box cat /sys/fs/cgroup/memory/memory.limit_in_bytes \
			/sys/fs/cgroup/cpu/cpu.shares /sys/fs/cgroup/pids/pids.max
		docker rm --force box
	}
	innocent updated
}

# docker calls it OOMKilled or not, depending on which of two events comes
# first.
@test "a container that runs out of memory is killed" {
	greedy() {
		in_box "$1" 'dd if=/dev/zero of=/dev/null bs=64M count=1' --memory 16m --memory-swap 16m
		state | cut -d ' ' -f 1,2
		docker rm box
	}
	innocent greedy
}

@test "diff, export, commit: the commit's image ships what the container had dropped" {
	committed() {
		in_box "$1" "drop marker /opt/x"
		docker diff box
		docker export box | tar -t | sort | sha256sum
		docker commit box moor/committed >/dev/null
		docker rm box
		IMAGE=moor/committed in_box "$1" "/opt/x; $MARKED"
		docker rm box
		docker rmi moor/committed >/dev/null
	}
	innocent committed
	run committed runmoor
	assert_output marked
}

@test "docker's own files (hosts, resolv.conf, .dockerenv) are no drift" {
	own_files() {
		in_box "$1" 'ls -A / | grep dockerenv; cat /etc/hosts /etc/resolv.conf >/dev/null && echo read
			/opt/test/bin/nothing; echo $?; busybox ls /srv/www' --hostname moor --add-host other:10.0.0.1
		docker rm box
	}
	innocent own_files
}

@test "a program written over docker's own /etc/hosts is refused" {
	over_hosts() {
		in_box "$1" "drop marker /etc/hosts; /etc/hosts; $MARKED"
	}
	attack over_hosts /etc/hosts '.runmoor.reason == "volume"'
}

@test "--init runs docker-init, and drift below it is refused" {
	below_init() {
		in_box "$1" "$ATTACK" --init
	}
	orphans() {
		in_box "$1" 'cat /proc/1/comm; (sleep 0.2 &); exit 3' --init
		docker rm box
	}
	attack below_init
	forget_events
	innocent orphans
}

@test "--init with volumes.read_only deny is refused: docker-init is the host's" {
	policy '{"volumes": {"read_only": "deny"}}'
	run docker run --name box --runtime runmoor --init $BUSYBOX echo ran
	refute_output ran
	blocked /sbin/docker-init
	docker rm box
	run docker run --name box --runtime runmoor $BUSYBOX echo ran
	assert_output ran
}

@test "--read-only with a tmpfs: drift on the tmpfs is refused" {
	read_only() {
		in_box "$1" "echo >/new; $ATTACK" --read-only --tmpfs /tmp:exec
	}
	attack read_only
}

@test "--privileged: drift is refused" {
	privileged() {
		in_box "$1" "$ATTACK" --privileged
	}
	run docker run --rm --privileged $BUSYBOX true
	[ "$status" = 0 ] || skip "bare runc can't here either: ${output##*process: }"
	attack privileged
}

@test "all capabilities that this machine has, no profile, the host's processes: drift is refused" {
	nearly_privileged() {
		in_box "$1" "mkdir /tmp/on; mount -t tmpfs none /tmp/on; drop marker /tmp/on/x; /tmp/on/x; $MARKED" \
			--cap-add ALL --cap-drop SYS_RESOURCE --pid host --device /dev/null:/dev/own \
			--security-opt seccomp=unconfined --security-opt apparmor=unconfined
	}
	attack nearly_privileged /tmp/on/x
}

@test "--user: drift is refused, set-user-id programs keep their bit" {
	as_user() {
		in_box "$1" "$ATTACK" --user 1000:1000
	}
	ids() {
		in_box "$1" 'id; /opt/test/bin/ids' --user 1000:1000
		docker rm box
	}
	attack as_user
	forget_events
	innocent ids
}

@test "no capabilities and no-new-privileges: drift is refused" {
	without_privileges() {
		in_box "$1" "$ATTACK" --cap-drop ALL --security-opt no-new-privileges
	}
	attack without_privileges
}

@test "a read-only volume's programs join the seal" {
	mkdir "$BATS_TEST_TMPDIR/volume"
	cp "$DROPPED" "$BATS_TEST_TMPDIR/volume/x"
	sealed_volume() {
		in_box "$1" "/volume/x; $MARKED" --volume "$BATS_TEST_TMPDIR/volume:/volume:ro"
		docker rm box
	}
	innocent sealed_volume
	run sealed_volume runmoor
	assert_output marked
}

@test "a writable volume's programs are refused" {
	mkdir "$BATS_TEST_TMPDIR/volume"
	cp "$DROPPED" "$BATS_TEST_TMPDIR/volume/x"
	writable_volume() {
		in_box "$1" "/volume/x; $MARKED" --volume "$BATS_TEST_TMPDIR/volume:/volume"
	}
	attack writable_volume /volume/x '.runmoor.reason == "volume"'
}

@test "what is read-only here and written elsewhere is refused in the next life" {
	laundered_volume() { # a program that was there runs, one that the container added must not
		rm -rf "$BATS_TEST_TMPDIR/volume"
		mkdir -p -m 777 "$BATS_TEST_TMPDIR/volume/up"
		cp "$DROPPED" "$BATS_TEST_TMPDIR/volume/x"
		serving "$1" "[ -e /up/y ] || { drop marker /up/y; echo own >>/up/y; }" \
			--volume "$BATS_TEST_TMPDIR/volume:/volume:ro" --volume "$BATS_TEST_TMPDIR/volume/up:/up"
		docker run --rm --runtime "$1" --volume "$BATS_TEST_TMPDIR/volume:/out" "$BUSYBOX" \
			sh -c "$PRELUDE drop marker /out/z; echo other >>/out/z"
		docker restart --time 0 box >/dev/null
		still_serves
		docker exec box sh -c "/volume/x && rm /tmp/marker && echo there; /volume/up/y; $MARKED; /volume/z; $MARKED"
	}
	attack laundered_volume /volume/z '.runmoor.reason == "volume"'
	assert_output there
	refusals 2
}

@test "the image's programs run from a named volume that docker filled with them, others don't" {
	named_volume() {
		docker volume rm --force programs >/dev/null
		in_box "$1" "/opt/test/bin/nothing && echo fine; drop marker /opt/test/bin/x; /opt/test/bin/x; $MARKED" \
			--volume programs:/opt/test/bin
	}
	attack named_volume /opt/test/bin/x
	assert_output fine
}

@test "health checks are sessions: they run, and can't start drift" {
	healthy() {
		serving "$1" : --health-interval 0.2s --health-cmd "$FETCH"
		eventually health healthy
		docker inspect --format '{{.State.Health.Status}}' box
		docker rm --force box
	}
	innocent healthy
	sickened() {
		serving "$1" : --health-interval 0.2s --health-retries 1 --health-cmd "$PRELUDE $ATTACK; exit 1"
		eventually health unhealthy
		docker inspect --format '{{json .State.Health.Log}}' box
	}
	attack sickened
}

@test "exec_sessions deny refuses health checks too, with runmoor's sentence in their log" {
	policy '{"exec_sessions": "deny"}'
	in_box runmoor serve --detach --health-interval 0.2s --health-retries 1 --health-cmd "$FETCH"
	eventually health unhealthy
	run docker inspect --format '{{json .State.Health.Log}}' box
	assert_output "takes no exec sessions"
}

health() { # STATUS
	[ "$(docker inspect --format '{{.State.Health.Status}}' box)" = "$1" ]
}

@test "docker's default seccomp profile and its absence work as ever, beside runmoor's filter" {
	profiles() {
		local profile
		for profile in "" seccomp=unconfined; do
			in_box "$1" 'exec 2>&1; unshare -U true; echo $?; mkdir /tmp/d && echo made' ${profile:+--security-opt $profile}
			docker rm box
		done
	}
	innocent profiles
	run profiles runmoor
	assert_output "not permitted"
	unconfined() {
		in_box "$1" "$ATTACK" --security-opt seccomp=unconfined
	}
	attack unconfined
}

@test "a seccomp profile of the user's own stays in force" {
	local profile=$BATS_TEST_TMPDIR/profile.json
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}' >"$profile"
	own_profile() {
		in_box "$1" "mkdir /tmp/d || echo kept out; $ATTACK" --security-opt "seccomp=$profile"
	}
	attack own_profile
	assert_output "kept out"
}

@test "eight containers started at once are all protected" {
	local number pids=()
	for number in {1..8}; do
		docker run --name "box$number" --runtime runmoor $BUSYBOX sh -c "$PRELUDE $ATTACK" \
			>"$BATS_TEST_TMPDIR/$number" 2>&1 &
		pids+=($!)
	done
	wait "${pids[@]}" || true
	for number in {1..8}; do
		grep -q "ermission denied" "$BATS_TEST_TMPDIR/$number"
		! grep -q marked "$BATS_TEST_TMPDIR/$number"
	done
	[ "$(jq -r 'select(.event.action == "exec-blocked") | .container.id' "$EVENTS" | sort -u | wc -l)" = 8 ]
}

### of the whole file

@test "docker never met a busy mount" {
	run grep -i "resource busy" /var/log/dockerd.log /var/log/containerd.log
	[ -z "$output" ]
}

@test "every event of the run is valid" {
	run "$REPO/tests/validate-events" "$BATS_FILE_TMPDIR/events.jsonl"
	assert_status 0
}
