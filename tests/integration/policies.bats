# Policies for workloads: in the configuration and in policies.d beside it.
load helpers

# bats file_tags=twice

# policies NAME JSON: a file of policies.d
policies() {
	mkdir -p "$T/policies.d"
	printf '%s\n' "$2" >"$T/policies.d/$1"
}

# The container is one of this pod and image, as containerd says it.
of() { # NAMESPACE IMAGE
	spec '.annotations += {"io.kubernetes.cri.sandbox-namespace": $namespace,
		"io.kubernetes.cri.image-name": $image, "io.kubernetes.cri.container-name": "web"}' \
		--arg namespace "$1" --arg image "$2"
}

DROP='drop marker /tmp/x; /tmp/x'

refused() { # PART...
	local part
	run moor create --bundle "$BUNDLE" "$ID"
	[ "$status" != 0 ] || fail "it was created"
	for part; do
		assert_output "$part"
	done
}

@test "an exception of a policy is for its workload alone" {
	policies ci.json '{"match": {"namespace": "ci", "image": "registry.example/**"},
		"allow": [{"path": "/tmp/x"}]}'
	of ci registry.example/tools/build:7
	in_container "$DROP"
	assert_status 0
	assert_marker
	[ "$(events 'select(.event.action == "exec-flagged") | [.runmoor.allow_rule, .runmoor.policy.name]' | sort -u)" = "[0,\"$T/policies.d/ci.json\"]" ]
	rm "$ROOT/tmp/marker"
	of web registry.example/tools/build:7
	in_container "$DROP"
	assert_status 126
	refute_marker
	of ci registry.example.org/tools/build:7
	in_container "$DROP"
	assert_status 126
	refute_marker
	[ "$(events 'select(.event.action == "exec-blocked") | .runmoor.policy.name' | sort -u)" = null ]
}

@test "the first that matches is laid over the rest, and exceptions add up" {
	configure '.allow = [{path: "/tmp/x1"}] | .match = "path" | .policies = [
		{match: {namespace: "none"}, mode: "off"},
		{match: {container: "we?"}, mode: "enforce", allow: [{path: "/tmp/x2"}]}]'
	policies 10-off.json '[{"match": {"namespace": "ci"}, "mode": "off"}]'
	of ci a
	in_container 'for i in 1 2 3; do drop marker /tmp/x$i; /tmp/x$i; done
		cp /opt/test/bin/nothing /tmp/moved; /tmp/moved'
	assert_status 126
	[ "$(marker_count)" = 2 ]
	[ "$(events 'select(.event.action == "exec-flagged") | .runmoor.allow_rule' | sort -u | tr '\n' ' ')" = "0 1 " ]
	assert_event exec-blocked not-in-image /tmp/x3
	assert_event exec-blocked wrong-path /tmp/moved
	[ "$(events .runmoor.policy.name | sort -u)" = "\"$T/config.json: policies[1]\"" ]
}

@test "files are read in the order of their names, others not at all" {
	policies 20-off.json '{"match": {"namespace": "ci"}, "mode": "off"}'
	policies 10-audit.json '[{"match": {"namespace": "c*"}, "mode": "audit"}]'
	policies 00-off.json.bak '{"match": {"namespace": "ci"}, "mode": "off"'
	policies .00-off.json '{"match": {"namespace": "ci"}, "mode": "off"'
	of ci a
	in_container "$DROP"
	assert_status 0
	[ "$(events 'select(.event.action == "exec-flagged") | .runmoor.policy' | head -1 | jq -c '[.name, .mode]')" = \
		"[\"$T/policies.d/10-audit.json: [0]\",\"audit\"]" ]
}

@test "a policy can leave a workload to the plain runtime, and an annotation only tightens it" {
	policies off.json '{"match": {"namespace": "ci"}, "mode": "off"}'
	of ci a
	in_container "$DROP"
	assert_status 0
	assert_marker
	[ ! -e "$T/events.jsonl" ]
	rm "$ROOT/tmp/marker" "$ROOT/tmp/x"
	annotate mode enforce
	in_container "$DROP"
	assert_status 126
	refute_marker
	policies off.json '{"match": {"namespace": "ci"}, "exec_sessions": "deny"}'
	annotate exec_sessions audit
	refused io.runmoor.exec_sessions weaker
}

@test "a malformed policy refuses each create, by file, place and key" {
	policies 10-fine.json '{"match": {"namespace": "ci"}, "mode": "audit"}'
	policies 20-bad.json '[{"match": {"pod": "a"}}, {"match": {"pod": "b"}, "volumes": {"writable": "sael"}}]'
	of ci a
	refused "$T/policies.d/20-bad.json" '[1].volumes.writable: must be one of'
	policies 20-bad.json '{"mode": "audit"}'
	refused "$T/policies.d/20-bad.json" match "is missing"
	policies 20-bad.json '{"match": {"pod": "a"}, "state_dir": "/tmp"}'
	refused "$T/policies.d/20-bad.json" state_dir "the host's"
	policies 20-bad.json '{"match": '
	refused "$T/policies.d/20-bad.json" line
	rm "$T/policies.d/20-bad.json"
	mkdir "$T/policies.d/20-bad.json"
	refused "$T/policies.d/20-bad.json" "regular file"
	rmdir "$T/policies.d/20-bad.json"
	configure '.policies = [{match: {image: "["}}]'
	refused "$T/config.json" 'policies[0].match.image'
}

@test "what runs keeps its policy, whatever becomes of the files" {
	policies ci.json '{"match": {"namespace": "ci"}, "allow": [{"path": "/tmp/x"}]}'
	of ci a
	script 'while :; do sleep 1; done'
	moor create --bundle "$BUNDLE" "$ID" >"$T/output" 2>&1
	moor start "$ID"
	policies ci.json '{"match": {"namespace": "ci"}, "exec_sessions": "deny"}'
	run moor exec "$ID" sh -c "$PRELUDE $DROP; cp /tmp/x /tmp/y; /tmp/y"
	assert_status 126
	[ "$(marker_count)" = 1 ]
	moor kill "$ID" KILL
	eventually eval '[ "$(moor state "$ID" | jq -r .status)" = stopped ]'
	moor delete "$ID"
}

moorctl() {
	run env RUNMOOR_CONFIG="$T/config.json" "$RUNMOOR_BIN/moorctl" "$@"
}

# shown FILTER VALUE: of what moorctl prints
shown() {
	[ "$(jq -r "$1" <<<"$output")" = "$2" ] || fail "$1 isn't $2 in: $output"
}

# bats test_tags=once
@test "moorctl policy show: the examples, and where each value is from" {
	cp -r "$REPO/examples/policies.d" "$T"
	configure '.match = "path" | .allow = [{path: "/a"}] | .annotations_may_weaken = ["mode"]'
	moorctl policy show --namespace ci --image registry.example/build/go:1
	assert_status 0
	shown .policy "$T/policies.d/10-build.json: [0]"
	shown .config.volumes.writable seal
	shown '.from["volumes.writable"]' "$T/policies.d/10-build.json: [0]"
	shown .from.match "$T/config.json"
	shown .from.scripts default
	shown '.from.allow | unique | length' 2
	shown '.config.allow | map(.path) | .[:2] | join(" ")' "/a /home/build/**"
	moorctl policy show --namespace web-shop --pod a --container b --runtime runc \
		--annotation io.runmoor.mode=audit
	assert_status 0
	shown .policy "$T/policies.d/90-web.json"
	shown '[.config.exec_sessions, .config.mode, .from.mode] | join(" ")' "deny audit annotation"
	moorctl policy show --namespace web-shop --annotation io.runmoor.exec_sessions=allow
	assert_status 1
	assert_output "io.runmoor.exec_sessions: allow is weaker"
	moorctl policy show
	assert_status 0
	shown .policy null
	moorctl policy show --annotation nothing
	assert_status 2
}

# bats test_tags=once
@test "moorctl policy check: the examples are fine, and what isn't is told by its place" {
	moorctl policy check "$REPO"/examples/policies.d/*.json
	assert_status 0
	[ "${#lines[@]}" = 2 ]
	echo '{"match": {"image": "a"}, "mdoe": "off"}' >"$T/bad.json"
	moorctl policy check "$T/bad.json" "$REPO/examples/policies.d/90-web.json"
	assert_status 1
	assert_output "moorctl: policies $T/bad.json: mdoe: unknown key"
	assert_output "ok: $REPO/examples/policies.d/90-web.json"
	moorctl policy check --config "$T/config.json"
	assert_status 0
	moorctl policy check "$T/none.json"
	assert_status 1
	assert_output "$T/none.json"
	moorctl policy check
	assert_status 0
	policies 10.json '[{"match": {}}]'
	moorctl policy check
	assert_status 1
	assert_output "policies $T/policies.d/10.json: [0].match: is empty"
	moorctl policy check --no-such-option
	assert_status 2
}

# A CSI plugin or a node agent, as far as a test can be one.
# bats test_tags=runc
@test "a helper that enters the host's mount namespace: digests in its policy let the host's programs run" {
	local allow
	cp /usr/bin/true "$T/tool"
	echo "of the host alone" >>"$T/tool"
	spec '.linux.namespaces |= map(select(.type != "pid")) | .linux.maskedPaths = [] | .linux.readonlyPaths = []
		| .process.capabilities[] += ["CAP_SYS_ADMIN", "CAP_SYS_PTRACE"]'
	of kube-system csi
	policies csi.json '{"match": {"namespace": "kube-system"}, "allow": [{"path": "/**"}, {"process": "/**"}]}'
	in_container "nsenter -t $$ -m -- $T/tool"
	assert_status 126
	assert_event exec-blocked
	allow=$(sha256sum "$T/tool" $(ldd "$T/tool" | grep -o '/[^ ]*') | jq -Rn '[inputs | {sha256: .[:64]}]')
	policies csi.json '{"match": {"namespace": "kube-system"}, "allow": '"$allow"'}'
	in_container "nsenter -t $$ -m -- $T/tool"
	assert_status 0
	policies csi.json '{"match": {"namespace": "kube-system"}, "mode": "audit"}'
	in_container "nsenter -t $$ -m -- $T/tool"
	assert_status 0
	assert_event exec-flagged
}

# A container's owner gives it false names by annotations, and mounts a file by which
# docker's record would be found.
@test "docker's containers are what docker says, whatever their owner mounts and writes" {
	local record=$T/docker/containers/$ID moby=$T/moby/$ID
	policies trusted.json '{"match": {"image": "registry.example/trusted"}, "allow": [{"path": "/tmp/x"}]}'
	of any registry.example/trusted
	mkdir -p "$record" "$moby" "$T/own/$ID"
	: | tee "$record/hosts" >"$T/own/$ID/hostname"
	printf '{"ID": "%s", "Name": "/web", "Config": {"Image": "shop"}}' "$ID" >"$record/config.v2.json"
	spec '.mounts += [{destination: "/etc/hostname", type: "bind", source: "\($t)/own/\($id)/hostname", options: ["rbind", "ro"]},
		{destination: "/etc/hosts", type: "bind", source: "\($t)/docker/containers/\($id)/hosts", options: ["rbind", "ro"]}]' \
		--arg t "$T" --arg id "$ID"
	in_container "$DROP"
	refute_marker
	assert_event exec-blocked not-in-image /tmp/x
	[ "$(events 'select(.event.action == "exec-blocked") | .container.image.name')" = '"shop"' ]
	# The name of the bundle's folder is the only trace of docker.
	script "$DROP"
	jq --arg root "$ROOT" '.root.path = $root | .mounts |= map(select(.destination != "/etc/hosts"))' \
		"$BUNDLE/config.json" >"$moby/config.json"
	run moor run --bundle "$moby" "$ID"
	refute_marker
}

@test "numbers beyond all measure are refused, or bound as others" {
	local number
	for number in -1 1e30 0.5 18446744073709551615 18446744073709551616 '"99999999999999T"' null; do
		policies huge.json '{"match": {"namespace": "ci"}, "volumes": {"limit": {"seconds": '"$number"', "files": '"$number"', "bytes": '"$number"'}}, "history": {"size": '"$number"'}}'
		of ci a
		in_container "$DROP"
		refute_marker
		[ "$status" = 126 ] || assert_output huge.json
	done
}
