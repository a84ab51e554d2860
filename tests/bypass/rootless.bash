# rootless - how attack.bash plays an attack in podman as a user without power
# over the host. It wants the sandbox of the engine tests, once for all attacks.

MOOR_HOME=${RUNMOOR_SANDBOX-}/home
IMAGE=localhost/moor/attack
source "$REPO/tests/engines/podman.bash"

# Prints the reason why it can't be played rootless, or nothing.
rootless_lacks() {
	local program
	for program in podman newuidmap; do
		[ -n "$(type -P $program)" ] || echo "no $program"
	done
}

rootless_setup() {
	useradd --home-dir "$MOOR_HOME" --create-home moor
	echo moor:300000:65536 | tee /etc/subuid >/etc/subgid
	install -d -m 700 -o moor /run/user "/run/user/$(id -u moor)"
	chmod 755 /run/user
	cp "$REPO/examples/podman/containers.conf" /etc/containers/
	podman_defaults
	as_user mkdir -p "$MOOR_HOME/.config/containers"
	printf '[storage]\ndriver = "overlay"\n' >"$MOOR_HOME/.config/containers/storage.conf"
	mkdir "$RUNMOOR_SANDBOX/image"
	cp -a "$IMAGES/slim/." "$IMAGES/programs/." "$RUNMOOR_SANDBOX/image"
	tar -c -C "$RUNMOOR_SANDBOX/image" . | as_user podman import --quiet - $IMAGE
}

as_user() {
	(cd / && exec runuser -u moor -- env -i "PATH=$PATH" "HOME=$MOOR_HOME" \
		"XDG_RUNTIME_DIR=/run/user/$(id -u moor)" "$@")
}

if [ -n "${ROOTLESS-}" ]; then
	# A policy comes by annotation, which may tighten.
	configure() { # FILTER
		mapfile -t -O ${#annotations[@]} annotations < <(jq -nr "{} | $1 | to_entries[] |
			\"--annotation=io.runmoor.\\(.key)=\\(.value)\"")
	}

	# All containers of the user leave their events in one file.
	events() { # [FILTER]
		cat "$MOOR_HOME"/.local/state/runmoor/events.jsonl 2>/dev/null |
			jq -c "select(.container.id == \"$ID\") | ${1:-.}" || true
	}
fi

# play_rootless bare|moor SCRIPT: sets outcome, and problem as play does
play_rootless() {
	local annotations=() runtime=crun uid=0 variants=${marks_root:-$marks}
	[ $user != 1000 ] || uid=1000 variants=$marks
	[ "$1" = bare ] || runtime=runmoor-crun
	policy
	[ -z "$helped" ] || remedied
	T=$(mktemp -d /tmp/moor.XXXXXX)
	ID=moor-test-${T##*.}
	as_user timeout --kill-after=5 $((PATIENCE + 40)) podman run --name "$ID" --runtime $runtime \
		--user 0 --env "TRIES=$TRIES" --security-opt seccomp=unconfined --security-opt unmask=ALL \
		${annotations[@]+"${annotations[@]}"} \
		$IMAGE /opt/test/bin/innocent $uid $PATIENCE /bin/sh -c "$PRELUDE$2" \
		</dev/null >"$T/output" 2>&1 || true
	read -r ID ROOT < <(as_user podman inspect --format '{{.Id}} {{.GraphDriver.Data.UpperDir}}' "$ID")
	judge "$1"
	[ -z "${VERBOSE-}" ] || sed 's/^/\t/' "$T/output"
	as_user podman rm --force --time 0 "$ID" >/dev/null
	eventually nothing_left || problem+=", left behind: $(left_of_container)"
	rm -r "$T"
	problem=${problem#, }
}

nothing_left() {
	[ -z "$(left_of_container)" ]
}

left_of_container() {
	grep -lsF "$ID" "/run/user/$(id -u moor)/runmoor"/*/container.json
}
