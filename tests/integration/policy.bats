# The configuration file and the annotations: what they loosen and tighten.
load helpers

# bats file_tags=twice

DROP='drop marker /tmp/x; /tmp/x'

refused_at_create() { # PART OF THE SENTENCE
	in_container 'echo started'
	[ "$status" != 0 ]
	[[ $output != *started* ]]
	assert_output "runmoor: "
	assert_output "$1"
}

@test "audit lets a dropped program run, and records it" {
	configure '.mode = "audit"'
	in_container "$DROP"
	assert_status 0
	assert_marker
	assert_event exec-flagged not-in-image /tmp/x
	refute_event exec-blocked
}

@test "off is the plain runtime" {
	configure '.mode = "off"'
	in_container "$DROP; grep Seccomp: /proc/self/status"
	assert_status 0
	assert_marker
	[[ $output == *Seccomp:*0* ]]
	refute_event container-sealed
}

@test "match by path refuses a copy" {
	configure '.match = "path"'
	in_container '/opt/test/bin/nothing && cp /opt/test/bin/nothing /tmp/copy && /tmp/copy'
	assert_status 126
	assert_refused wrong-path /tmp/copy
}

@test "match by path refuses a program of the image moved over another" {
	configure '.match = "path"'
	in_container 'mv /opt/test/bin/ids /opt/test/bin/nothing; /opt/test/bin/nothing'
	assert_status 126
	assert_refused wrong-path /opt/test/bin/nothing
}

@test "match by path lets the image's programs run in a mount namespace of their own" {
	configure '.match = "path"'
	in_container 'chown 1 /opt/test/bin/ids; mkdir -p /mnt /srv
		/opt/test/bin/mounts --user --bind /srv /mnt /opt/test/bin/nothing &&
		/opt/test/bin/mounts --user --bind /srv /mnt /opt/test/bin/ids &&
		/opt/test/bin/mounts --user --bind /bin /mnt /bin/sh -c "exec /opt/test/bin/nothing"'
	assert_status 0
	refute_event exec-blocked
	refute_event race-killed
}

@test "match by path refuses a copy that such a namespace shows in the original's place" {
	configure '.match = "path"'
	in_container 'cp /opt/test/bin/nothing /tmp/copy
		/opt/test/bin/mounts --user --bind /tmp/copy /opt/test/bin/nothing /opt/test/bin/nothing'
	assert_status 126
	assert_event exec-blocked wrong-path /opt/test/bin/nothing
}

@test "match by path knows sealed volumes by their mounts" {
	mkdir -p "$T/volume"
	cp "$IMAGES/programs/opt/test/bin/nothing" "$T/volume/own"
	printf x >>"$T/volume/own"
	spec '.mounts += [{destination: "/srv", type: "bind", source: $source, options: ["bind", "ro"]}]' --arg source "$T/volume"
	configure '.match = "path" | .volumes.read_only = "seal"'
	in_container '/srv/own && cp /srv/own /tmp/own && /opt/test/bin/mounts --user --bind /tmp /srv /srv/own'
	assert_status 126
	assert_event exec-blocked wrong-path /srv/own
}

@test "shared memory may be executable, unless memory is denied" {
	in_container 'mapcode segment'
	[ "$(marker_count)" = 1 ]
	configure '.memory = "deny" | .libraries = "audit"'
	in_container 'mapcode segment'
	[ "$(marker_count)" = 1 ]
	assert_output "Permission denied"
	assert_event library-blocked memory-file
}

@test "an exception by path" {
	configure '.allow = [{path: "/tmp/x*"}, {path: "/tmp/tree/**/tool"}]'
	in_container 'drop marker /tmp/x1; /tmp/x1; mkdir -p /tmp/tree/a/b
		for at in tree tree/a tree/a/b; do cp /tmp/x1 /tmp/$at/tool; /tmp/$at/tool; done
		cp /tmp/x1 /tmp/y; /tmp/y'
	assert_status 126
	[ "$(marker_count)" = 4 ]
	assert_event exec-blocked not-in-image /tmp/y
	refute_event exec-blocked not-in-image /tmp/x1
}

@test "an exception by digest" {
	configure '.allow = [{sha256: $digest}]' --arg digest \
		"$(gzip -dc <"$IMAGES/programs/opt/test/drop/marker.gz" | sha256sum | cut -d' ' -f1)"
	in_container 'drop marker /tmp/x; /tmp/x; echo >>/tmp/x; /tmp/x'
	assert_status 126
	[ "$(marker_count)" = 1 ]
}

@test "an exception must match in all it names" {
	configure '.allow = [{path: "/tmp/x", sha256: ("0" * 64)}]'
	in_container "$DROP"
	assert_status 126
	refute_marker
}

@test "a writable volume is drift, sealed or trusted" {
	local rule
	mkdir -m 777 "$T/volume"
	gzip -dc <"$IMAGES/programs/opt/test/drop/marker.gz" >"$T/volume/x"
	chmod 755 "$T/volume/x"
	spec '.mounts += [{destination: "/mnt", source: $volume, options: ["bind", "rw"]}]' \
		--arg volume "$T/volume"
	in_container '/mnt/x'
	assert_status 126
	assert_refused volume /mnt/x
	configure '.volumes.writable = "seal"'
	ID+=-sealed
	in_container '/mnt/x; cp /mnt/x /mnt/y; echo >>/mnt/y; /mnt/y'
	assert_status 126
	[ "$(marker_count)" = 1 ]
	configure '.volumes.writable = "trust"'
	ID+=-trusted
	in_container '/mnt/x && /mnt/y'
	assert_status 0
	[ "$(marker_count)" = 3 ]
}

@test "programs on a read-only volume are sealed by default" {
	mkdir "$T/volume"
	gzip -dc <"$IMAGES/programs/opt/test/drop/marker.gz" >"$T/volume/x"
	chmod 755 "$T/volume/x"
	spec '.mounts += [{destination: "/mnt", source: $volume, options: ["bind", "ro"]}]' \
		--arg volume "$T/volume"
	in_container '/mnt/x'
	assert_status 0
	assert_marker
	annotate volumes.read_only deny
	ID+=-denied
	in_container '/mnt/x'
	assert_status 126
	assert_refused volume /mnt/x
}

@test "annotations tighten" {
	configure '.mode = "audit"'
	annotate mode enforce
	in_container "$DROP"
	assert_status 126
	refute_marker
	annotate match path
	ID+=-path
	in_container 'cp /opt/test/bin/nothing /tmp/copy; /tmp/copy'
	assert_status 126
	assert_refused wrong-path /tmp/copy
}

@test "annotations may not loosen" {
	annotate mode audit
	refused_at_create io.runmoor.mode
	spec 'del(.annotations)'
	annotate volumes.writable trust
	refused_at_create io.runmoor.volumes.writable
	spec 'del(.annotations)'
	annotate mode off
	refused_at_create io.runmoor.mode
}

@test "annotations may loosen what the configuration lists" {
	configure '.annotations_may_weaken = ["mode"]'
	annotate mode audit
	in_container "$DROP"
	assert_status 0
	assert_marker
	assert_event exec-flagged not-in-image /tmp/x
}

@test "a malformed annotation refuses the container" {
	annotate mode sideways
	refused_at_create io.runmoor.mode
	spec 'del(.annotations)'
	annotate no.such.key x
	refused_at_create io.runmoor.no.such.key
	spec 'del(.annotations)'
	annotate state_dir /tmp
	refused_at_create io.runmoor.state_dir
}

@test "other annotations are left alone" {
	spec '.annotations = {"io.kubernetes.pod.name": "web", "io.runmoorish": "x"}'
	in_container "$DROP"
	assert_status 126
	[ "$(events 'select(.event.action == "exec-blocked") | .orchestrator.resource.name')" = '"web"' ]
}

@test "a malformed configuration refuses the container with the key's path" {
	local filter
	for filter in '.mode = "sideways"' '.volumes.writable = 7' \
		'.events.file = "relative"' '.allow = [{}]' \
		'.allow = [{sha256: "short"}]' '.no_such_key = 1' \
		'.volumes.Writable = "deny"'; do
		cp "$T/config.json" "$T/good.json"
		configure "$filter"
		key=${filter%% =*}
		refused_at_create "${key#.}"
		cp "$T/good.json" "$T/config.json"
	done
}

@test "a configuration that isn't JSON refuses the container with its path" {
	echo '{"mode": ' >"$T/config.json"
	refused_at_create "$T/config.json"
}

@test "a memfd that nobody can change any more is judged by what it holds" {
	in_container 'memfd --sealed /opt/test/bin/nothing'
	assert_status 0
	refute_event exec-blocked
	in_container 'memfd --unshrinkable /opt/test/bin/nothing'
	assert_status 126
	assert_refused memory-file
	in_container 'cp /opt/test/bin/nothing /tmp/x; printf x >>/tmp/x; memfd --sealed /tmp/x'
	assert_status 126
	in_container 'drop marker /tmp/x; memfd --sealed /tmp/x'
	assert_status 126
	refute_marker
	[ "$(events 'select(.runmoor.reason == "memory-file")' | wc -l)" = 3 ]
}

@test "memfd: deny has the kernel refuse as well, and says so to us" {
	configure '.memfd = "deny"'
	attack 'cat /proc/sys/vm/memfd_noexec; drop marker /tmp/x; memfd /tmp/x'
	assert_output "ermission denied"
	grep -qx 2 <<<"$output" || fail "$output"
	assert_event exec-blocked memory-file
	[ "$(cat /proc/sys/vm/memfd_noexec)" = 0 ] || fail "it is the host's now"
}

@test "memfd: deny isn't for the host's pid namespace" {
	configure '.memfd = "deny"'
	spec '.linux.namespaces |= map(select(.type != "pid"))'
	in_container 'echo ran'
	[ "$status" != 0 ]
	[[ $output != *ran* ]] || fail "it ran"
}
