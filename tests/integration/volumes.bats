# Volumes at several creates: the writers of a read-only mount's source, the seal
# that counts, and the cost of a seal.
load helpers

# bats file_tags=twice

volume() { # NAME DESTINATION OPTIONS: a bind of a folder of that name
	mkdir -p -m 777 "$T/$1"
	spec '.mounts += [{destination: $at, type: "bind", source: $source, options: ($options | split(","))}]' \
		--arg source "$T/$1" --arg at "$2" --arg options "$3"
}

put() { # NAME/FILE: a program that no image ships; the host's word
	gzip -dc <"$IMAGES/programs/opt/test/drop/marker.gz" >"$T/$1"
	echo "$1" >>"$T/$1"
	chmod 755 "$T/$1"
}

LIVES=0

life() { # ID SCRIPT: sets ran, the number of marks
	LIVES=$((LIVES + 1))
	ID=$1 in_container "$2; true"
	ran=$(marker_count)
	rm -f "$ROOT/tmp/marker"
}

# The script of a second container that has the first one's volumes.
as_writer() { # NAME SCRIPT
	local reader
	reader=$(<"$BUNDLE/config.json")
	spec '.mounts |= map(select(.destination | startswith("/v") | not))
		| del(.annotations)'
	volume "$1" /writer rbind,rw
	life "$ID-writer" "$2"
	printf '%s\n' "$reader" >"$BUNDLE/config.json"
	SPEC_DIGEST=$(sha256sum <"$BUNDLE/config.json")
}

all_sealed() {
	[ "$(events 'select(.runmoor.seal) | 1' | wc -l)" -ge $LIVES ]
}

sealed() { # FILTER: of the last seal
	eventually all_sealed
	events 'select(.event.action == "container-sealed") | .runmoor.seal' | tail -n 1 | jq -c "$1"
}

@test "the operator's change of a read-only volume counts at the next create" {
	volume app /v rbind,ro
	put app/x
	life "$ID" '/v/x; /v/y'
	[ "$ran" = 1 ] || fail "$output"
	put app/y
	rm "$T/app/x"
	life "$ID" '/v/x; /v/y'
	[ "$ran" = 1 ] || fail "$output"
	[ "$(sealed .volumes.first)" = 0 ]
}

@test "… but not once a container could write it, even if that was later, and is long gone" {
	volume app /v rbind,ro
	put app/x
	life "$ID" '/v/x'
	[ "$ran" = 1 ] || fail "$output"
	as_writer app 'drop marker /writer/y; echo >>/writer/y'
	life "$ID" '/v/x; /v/y'
	[ "$ran" = 1 ] || fail "$output"
	assert_event exec-blocked volume /v/y
	[ "$(sealed .volumes.first)" = 1 ]
}

@test "… until the operator forgets the seal, by container or by volume" {
	local moorctl=(env "RUNMOOR_CONFIG=$T/config.json" "$RUNMOOR_BIN/moorctl" manifest)
	configure '.volumes.writable = "seal"'
	volume app /v rbind,rw
	life "$ID" 'true'
	put app/x
	life "$ID" '/v/x'
	[ "$ran" = 0 ] || fail "$output"
	[ "$("${moorctl[@]}" list)" = "$ID"$'\t\t'"/v"$'\t'"$T/app" ] || fail "$("${moorctl[@]}" list)"
	"${moorctl[@]}" forget "$ID"
	life "$ID" '/v/x'
	[ "$ran" = 1 ] || fail "$output"
	put app/y
	"${moorctl[@]}" forget --volume "$T/app"
	life "$ID" '/v/x; /v/y'
	[ "$ran" = 2 ] || fail "$output"
	"${moorctl[@]}" forget "$ID"
	run "${moorctl[@]}" forget "$ID"
	assert_status 1
}

@test "… as many as the list has lines, and of a volume no other's" {
	local moorctl=(env "RUNMOOR_CONFIG=$T/config.json" "$RUNMOOR_BIN/moorctl" manifest)
	configure '.volumes.writable = "seal"'
	volume app /v rbind,rw
	volume data /v2 rbind,rw
	life "$ID-1" 'true'
	life "$ID-2" 'true'
	[ "$("${moorctl[@]}" list | wc -l)" = 4 ]
	run "${moorctl[@]}" forget --volume "$T/data"
	assert_output "forgotten: 2;"
	[ "$("${moorctl[@]}" list | cut -f 3 | sort | uniq -c | tr -s ' ')" = " 2 /v" ] || fail "$("${moorctl[@]}" list)"
	put app/x
	put data/x
	life "$ID-1" '/v/x; /v2/x'
	[ "$ran" = 1 ] || fail "$output"
	run "${moorctl[@]}" forget "$ID-1"
	assert_output "forgotten: 2;"
	[ "$("${moorctl[@]}" list | wc -l)" = 1 ]
	[ "$(find "$T/cache/volumes" -mindepth 1 -maxdepth 1 -type d | wc -l)" = 1 ]
}

@test "gc counts the seals of workloads that are gone" {
	local bytes
	configure '.volumes.writable = "seal"'
	mkdir -p "$T/logs/one/pod" "$T/logs/other"
	volume app /v rbind,rw
	pod web
	spec '.annotations["io.kubernetes.cri.sandbox-log-directory"] = $folder' --arg folder "$T/logs/one/pod"
	put app/x
	life "$ID-1" 'true'
	bytes=$(cat "$T"/cache/volumes/*/* | wc -c)
	rmdir "$T/logs/one/pod"
	run env "RUNMOOR_CONFIG=$T/config.json" "$RUNMOOR_BIN/moorctl" gc
	assert_output "2 files removed, $bytes bytes, 1 seals of volumes among them;"
}

@test "… to a folder above it, or below it, by another mount of its file system" {
	mkdir -p "$T/disk" "$T/top" "$T/top2"
	mount -t tmpfs disk "$T/disk"
	mkdir -p -m 777 "$T/disk/a/b/c" "$T/other"
	mount --bind "$T/disk/a/b" "$T/top"
	mount --bind "$T/disk/a" "$T/top2"
	volume top /v rbind,ro
	put top/x
	life "$ID" '/v/x'
	as_writer top2 'drop marker /writer/b/y'
	umount "$T/top2"
	life "$ID" '/v/x; /v/y'
	umount "$T/top" "$T/disk"
	[ "$ran" = 1 ] || fail "$output"
}

@test "a lost record of who writes counts as one of everything" {
	volume app /v rbind,ro
	put app/x
	life "$ID" '/v/x'
	rm "$T/cache/writers"
	put app/y
	life "$ID" '/v/x; /v/y'
	[ "$ran" = 1 ] || fail "$output"
	echo 'torn li' >"$T/cache/writers"
	life "$ID" '/v/x; /v/y'
	[ "$ran" = 1 ] || fail "$output"
}

pod() { # NAME
	spec '.annotations = {"io.kubernetes.cri.sandbox-uid": "f1a2-b3",
		"io.kubernetes.cri.container-name": $name}' --arg name "$1"
}

@test "a container that a pod gets anew finds its first seal; another one of the pod has its own" {
	configure '.volumes.writable = "seal"'
	volume app /v rbind,rw
	pod web
	put app/x
	life "$ID-1" '/v/x; drop marker /v/y; /v/y'
	[ "$ran" = 1 ] || fail "$output"
	life "$ID-2" '/v/x; /v/y'
	[ "$ran" = 1 ] || fail "$output"
	pod other
	life "$ID-3" '/v/x; /v/y'
	[ "$ran" = 2 ] || fail "$output"
}

# Makes a volume of the kubelet's, and writes it as the kubelet does.
managed() { # KIND
	local folder=kubelet/pods/f1a2-b3/volumes/kubernetes.io~$1/config
	mkdir -p "$T/$folder"
	volume "$folder" /v/config rbind,ro
	pod web
	MANAGED=$folder
}

@test "what the kubelet updates counts at the next create, whatever node's agents may write" {
	managed configmap
	put "$MANAGED/x"
	life "$ID-1" '/v/config/x; /v/config/y'
	[ "$ran" = 1 ] || fail "$output"
	as_writer kubelet 'true'
	put "$MANAGED/y"
	life "$ID-2" '/v/config/x; /v/config/y'
	[ "$ran" = 2 ] || fail "$output"
}

@test "… and isn't the kubelet's where a container of the pod writes, or where it isn't the pod's" {
	managed configmap
	put "$MANAGED/x"
	life "$ID-1" '/v/config/x'
	as_writer kubelet/pods/f1a2-b3/volumes "drop marker /writer/kubernetes.io~configmap/config/y"
	life "$ID-2" '/v/config/x; /v/config/y'
	[ "$ran" = 1 ] || fail "$output"
	spec '.annotations["io.kubernetes.cri.sandbox-uid"] = "another"'
	life "$ID-3" '/v/config/x'
	as_writer kubelet 'drop marker /writer/pods/f1a2-b3/volumes/kubernetes.io~configmap/config/z; echo z >>/writer/pods/f1a2-b3/volumes/kubernetes.io~configmap/config/z'
	life "$ID-4" '/v/config/z'
	[ "$ran" = 0 ] || fail "$output"
}

@test "volumes.managed: follow lets the kubelet's updates run before the restart, and no other's" {
	local end=$((SECONDS + 20))
	configure '.volumes.managed = "follow"'
	managed projected
	volume app /v/app rbind,ro
	put "$MANAGED/x"
	start 'until [ -e /tmp/put ]; do sleep 0.1; done
		/v/config/y; /v/app/y; echo over; sleep 100'
	put app/y
	put "$MANAGED/y"
	touch "$ROOT/tmp/put"
	until grep -q over "$T/output"; do
		[ $SECONDS -lt $end ]
		sleep 0.1
	done
	[ "$(marker_count)" = 1 ] || fail "$(cat "$T/output")"
	assert_event exec-blocked volume /v/app/y
	moor delete --force "$ID"
}

@test "what the operator puts in a volume's place has a first seal of its own" {
	configure '.volumes.writable = "seal"'
	volume app /v rbind,rw
	put app/x
	life "$ID" '/v/x; drop marker /v/y; /v/y'
	[ "$ran" = 1 ] || fail "$output"
	mv "$T/app" "$T/before"
	mkdir -m 777 "$T/app"
	put app/z
	life "$ID" '/v/z; drop marker /v/y; /v/y'
	[ "$ran" = 1 ] || fail "$output"
	[ "$(sealed '[.volumes.first, .volumes.left_out.count]')" = '[0,0]' ] || fail "$(sealed .)"
	life "$ID" '/v/z; /v/y'
	[ "$ran" = 1 ] || fail "$output"
	[ "$(sealed .volumes.first)" = 1 ]
}

@test "… and so has a file that is another one, but not what is the old one's copy in its place" {
	configure '.volumes.writable = "seal"'
	mkdir "$T/files"
	put files/tool
	spec '.mounts += [{destination: "/tool", type: "bind", source: $source, options: ["bind", "rw"]}]' \
		--arg source "$T/files/tool"
	spec '.process.user = {uid: 0, gid: 0}'
	life "$ID" '/tool; echo altered >>/tool; /tool'
	[ "$ran" = 1 ] || fail "$output"
	life "$ID" '/tool'
	[ "$ran" = 0 ] || fail "$output"
	put files/new
	mv "$T/files/new" "$T/files/tool"
	life "$ID" '/tool'
	[ "$ran" = 1 ] || fail "$output"
}

@test "what a container can put in a volume's place is none: the first seal counts, and the log says what helps" {
	mkdir -m 777 "$T/data"
	volume data/sub /v rbind,ro
	put data/sub/x
	as_writer data 'true'
	life "$ID" '/v/x'
	[ "$ran" = 1 ] || fail "$output"
	as_writer data 'mv /writer/sub /writer/old; mkdir /writer/sub; cp /writer/old/x /writer/sub/x
		drop marker /writer/sub/y; echo y >>/writer/sub/y'
	life "$ID" '/v/x; /v/y'
	[ "$ran" = 1 ] || fail "$output"
	sealed '.volumes.left_out.volumes[0]' | grep -q 'moorctl manifest forget' || fail "$(sealed .)"
	assert_event exec-blocked volume /v/y
	events 'select(.file.path == "/v/y") | .runmoor.detail' | grep -q 'moorctl manifest forget'
	# The very folder that was sealed has its seal.
	mv "$T/data/sub" "$T/data/new"
	mv "$T/data/old" "$T/data/sub"
	life "$ID" '/v/x; /v/y'
	[ "$ran" = 1 ] || fail "$output"
	[ "$(sealed '[.volumes.first, .volumes.left_out.count]')" = '[1,0]' ] || fail "$(sealed .)"
	mv "$T/data/sub" "$T/data/old"
	mv "$T/data/new" "$T/data/sub"
	env "RUNMOOR_CONFIG=$T/config.json" "$RUNMOOR_BIN/moorctl" manifest forget "$ID"
	life "$ID" '/v/x; /v/y'
	[ "$ran" = 2 ] || fail "$output"
}

@test "… nor what it can have a link on the way lead to" {
	mkdir -p -m 777 "$T/data" "$T/apps/one" "$T/drop"
	ln -s ../apps/one "$T/data/current"
	volume data/current/ /v rbind,ro
	put apps/one/x
	as_writer data 'true'
	as_writer drop 'drop marker /writer/y; echo y >>/writer/y'
	as_writer apps/one 'true'
	life "$ID" '/v/x'
	[ "$ran" = 1 ] || fail "$output"
	as_writer data 'rm /writer/current; ln -s ../drop /writer/current'
	life "$ID" '/v/x; /v/y'
	[ "$ran" = 0 ] || fail "$output"
}

@test "… nor what a mount shows of a folder above that it writes" {
	mkdir -p "$T/disk" "$T/top"
	mount -t tmpfs disk "$T/disk"
	mkdir -p -m 777 "$T/disk/a/b"
	mount --bind "$T/disk/a/b" "$T/top"
	volume top /v rbind,ro
	put top/x
	as_writer disk/a 'true'
	life "$ID" '/v/x'
	as_writer disk/a 'mv /writer/b /writer/c; mkdir /writer/b; drop marker /writer/b/y; echo y >>/writer/b/y'
	umount "$T/top"
	mount --bind "$T/disk/a/b" "$T/top"
	life "$ID" '/v/y; echo over'
	umount "$T/top" "$T/disk"
	assert_output over
	[ "$ran" = 0 ] || fail "$output"
	sealed '.volumes.left_out.volumes[0]' | grep -q 'moorctl manifest forget'
}

@test "… nor a part of a volume that the container itself writes" {
	configure '.volumes.writable = "seal"'
	volume data /data rbind,rw
	volume data/sub /v rbind,rw
	put data/sub/x
	life "$ID" '/v/x; mv /data/sub /data/old; mkdir /data/sub; drop marker /data/sub/y'
	[ "$ran" = 1 ] || fail "$output"
	life "$ID" '/v/y; /data/sub/y'
	[ "$ran" = 0 ] || fail "$output"
}

@test "a folder of an overlay of the host's is what it was, however its numbers change when it is written" {
	mkdir -p "$T/disk/lower/app" "$T/disk/upper" "$T/disk/work" "$T/host"
	chmod 777 "$T/disk/lower/app"
	mount -t overlay overlay -o "lowerdir=$T/disk/lower,upperdir=$T/disk/upper,workdir=$T/disk/work" "$T/host"
	volume host/app /v rbind,ro
	put disk/lower/app/x
	life "$ID" '/v/x'
	as_writer host/app 'drop marker /writer/y; echo y >>/writer/y'
	life "$ID" '/v/x; /v/y'
	umount "$T/host"
	# There are no leases there, so that a refusal alone says nothing about
	# the seal.
	[ "$(sealed .volumes.first)$ran" = 10 ] || fail "$(sealed .) $output"
	assert_event exec-blocked volume /v/y
}

@test "a part that the container writes by another mount is left out, the rest is the operator's" {
	volume app /v rbind,ro
	volume app/uploads /v/uploads rbind,rw
	put app/x
	life "$ID" '/v/x; drop marker /v/uploads/y; /v/uploads/y'
	[ "$ran" = 1 ] || fail "$output"
	put app/z
	life "$ID" '/v/x; /v/z; /v/uploads/y'
	[ "$ran" = 2 ] || fail "$output"
}

@test "what is mounted writable below a read-only bind isn't read-only" {
	mkdir -p "$T/app/sub"
	volume app /v rbind,ro
	mount -t tmpfs sub "$T/app/sub"
	put app/x
	put app/sub/x
	life "$ID" '/v/x; /v/sub/x'
	umount "$T/app/sub"
	[ "$ran" = 1 ] || fail "$output"
	assert_event exec-blocked volume /v/sub/x
}

@test "… nor what is mounted read-only below it, of what the container writes by another mount" {
	mkdir -p "$T/app/sub"
	volume data /data rbind,rw
	volume app /v rbind,ro
	mount --bind "$T/data" "$T/app/sub"
	mount -o remount,bind,ro "$T/app/sub"
	life "$ID" 'drop marker /data/x; /v/sub/x'
	life "$ID" '/v/sub/x; echo over'
	umount "$T/app/sub"
	assert_output over
	[ "$ran" = 0 ] || fail "$output"
}

@test "trust is for read-only volumes that the container doesn't write" {
	configure '.volumes.read_only = "trust"'
	volume app /v rbind,ro
	volume data /v2 rbind,ro
	volume data /data rbind,rw
	put app/x
	life "$ID" '/v/x; drop marker /data/x; /v2/x'
	[ "$ran" = 1 ] || fail "$output"
	assert_event exec-blocked volume /v2/x
}

@test "the host's root, read-only, isn't read, and the log says why and what helps" {
	spec '.mounts += [{destination: "/host", type: "bind", source: "/", options: ["rbind", "rslave", "ro"]}]'
	LIVES=1
	script 'echo up'
	run moor --log "$T/log" run --bundle "$BUNDLE" "$ID"
	assert_output up
	[ "$(sealed '[.volumes.files, .volumes.bytes, .volumes.left_out.count]')" = '[0,0,1]' ] || fail "$(sealed .)"
	grep -q 'volume /host: it holds .*runmoor-policy(5)' "$T/log"
}

# A first seal that was cut off stays cut off: the log, doctor and the list
# report that.
cut_off_first() {
	local moorctl=(env "RUNMOOR_CONFIG=$T/config.json" "$RUNMOOR_BIN/moorctl")
	configure '.volumes.limit = {} | .volumes.writable = "seal"'
	spec '.mounts[-1].options = ["rbind", "rw"]'
	start 'sleep 100'
	LIVES=$((LIVES + 1))
	sealed '.volumes.left_out.volumes[0]' | grep -q '/v: its first seal was cut off by volumes.limit' || fail "$(sealed .)"
	"${moorctl[@]}" doctor --json >"$T/doctor" || true
	jq -e --arg name "volume /v of container $ID" 'any(.findings[]; .kind == "volume" and .finding == "weak" and .name == $name and (.text | contains("manifest forget")))
		and any(.findings[]; .kind == "volume" and .finding == "weak" and .name == "seals of volumes: 1 kept, of 1 workloads" and (.text | startswith("volumes.limit cut 1 of them off")))' "$T/doctor" || fail "$(cat "$T/doctor")"
	"${moorctl[@]}" manifest list | grep -q $'\tcut$'
	moor delete --force "$ID"
	"${moorctl[@]}" manifest forget "$ID"
	life "$ID" 'for i in /v/*; do $i; done'
	[ "$ran" = 20 ] || fail "$ran: $output"
	"${moorctl[@]}" doctor --json >"$T/doctor" || true
	jq -e '[.findings[] | select(.kind == "volume") | .finding, .name] == ["ok", "seals of volumes: 1 kept, of 1 workloads"]' "$T/doctor" || fail "$(cat "$T/doctor")"
}

@test "a seal of volumes ends at its limit, and says so" {
	local i
	volume app /v rbind,ro
	for i in {1..20}; do put app/x$i; done
	configure '.volumes.limit = {files: 10}'
	life "$ID" 'for i in /v/*; do $i; done'
	[ "$ran" -gt 0 ] && [ "$ran" -lt 20 ] || fail "$ran: $output"
	sealed '.volumes.left_out.volumes[0]' | grep -q 'volumes.limit'
	configure '.volumes.limit = {bytes: 1}'
	life "$ID" '/v/x1; echo started'
	assert_output started
	[ "$ran$(sealed .volumes.bytes)" = 00 ] || fail "$output"
	configure '.volumes.limit = {seconds: 0}'
	life "$ID" '/v/x1; echo started'
	assert_output started
	[ "$ran" = 0 ]
	cut_off_first
}

@test "a file that grows while it is read doesn't hold the create up" {
	volume app /v rbind,ro
	"$IMAGES/programs/opt/test/bin/grow" "$T/app/x" >"$T/grow" 3>&- &
	eventually grep -q ready "$T/grow"
	LIVES=1
	script 'echo up'
	run timeout 60 "${MOOR[@]}" run --bundle "$BUNDLE" "$ID" <"$T/stdin"
	assert_output up
	grep -q grown "$T/grow" || fail "nobody read it"
	[ "$(sealed .volumes.files)" = 0 ]
	[ "$(sealed .volumes.left_out.count)" = 1 ]
}

@test "hard links are read once" {
	local i size
	volume app /v rbind,ro
	put app/x
	for i in {1..50}; do ln "$T/app/x" "$T/app/x$i"; done
	size=$(stat -c %s "$T/app/x")
	life "$ID" '/v/x1; /v/x50'
	[ "$ran" = 2 ] || fail "$output"
	[ "$(sealed '[.volumes.files, .volumes.bytes]')" = "[51,$size]" ] || fail "$(sealed .)"
}

@test "who writes on the way to a volume doesn't make it the kubelet's" {
	local below=pods/f1a2-b3/volumes/kubernetes.io~configmap/config
	pod web
	mkdir -p "$T/data/app"
	volume data/app /v rbind,ro
	life "$ID-1" true
	as_writer data "umask 22; mkdir -p /writer/$below; drop marker /writer/$below/y
		rm -rf /writer/app; ln -s $below /writer/app"
	[ -e "$T/data/app/y" ]
	life "$ID-2" '/v/y'
	[ "$ran" = 0 ] || fail "$output"
	assert_event exec-blocked volume /v/y
}

@test "… nor shows the seal another place, which nobody is known to write" {
	local reader writer=$ID-writer
	mkdir -p -m 777 "$T/data/app" "$T/data/real"
	volume data/app /v rbind,ro
	life "$ID" true
	reader=$(<"$BUNDLE/config.json")
	spec '.mounts |= map(select(.destination | startswith("/v") | not))'
	volume data /writer rbind,rw
	script 'drop marker /dev/shm/y; cp /dev/shm/y /writer/real/y; rm -rf /writer/app
		touch /tmp/ready; sleep 100'
	moor run --detach --bundle "$BUNDLE" "$writer" >"$T/writer" 2>&1
	eventually test -e "$ROOT/tmp/ready"
	printf '%s\n' "$reader" >"$BUNDLE/config.json"
	SPEC_DIGEST=$(sha256sum <"$BUNDLE/config.json")
	# The runtime can't mount this source, so the container doesn't start; the
	# next create does, with the seal of this one.
	ln -s "/proc/$(moor state "$writer" | jq .pid)/root/dev/shm" "$T/data/app"
	life "$ID" '/v/y'
	ln -sfn real "$T/data/app"
	life "$ID" '/v/y; echo over'
	moor delete --force "$writer"
	assert_output over
	[ "$ran" = 0 ] || fail "$output"
	assert_event exec-blocked volume /v/y
}

@test "a disk that only has the name of a container's root is written by who has the folder above" {
	mkdir -p -m 777 "$T/app/rootfs"
	mount -t tmpfs disk "$T/app/rootfs"
	volume app/rootfs /v rbind,ro
	life "$ID" true
	as_writer app 'drop marker /writer/rootfs/y'
	life "$ID" '/v/y'
	umount "$T/app/rootfs"
	[ "$ran" = 0 ] || fail "$output"
	assert_event exec-blocked volume /v/y
}

@test "the upper folder of an overlay that a container is given is written by it" {
	mkdir -p "$T/lower" "$T/ovl-work"
	volume up /v bind,ro
	life "$ID" true
	spec '.mounts += [{destination: "/o", type: "overlay", source: "overlay",
		options: ["lowerdir=\($t)/lower", "upperdir=\($t)/up", "workdir=\($t)/ovl-work"]}]' --arg t "$T"
	life "$ID" 'drop marker /o/y'
	[ -e "$T/up/y" ]
	life "$ID" '/v/y'
	[ "$ran" = 0 ] || fail "$output"
	assert_event exec-blocked volume /v/y
}

@test "a folder that a container writes is the same when the host renames what is above it" {
	mkdir -p -m 777 "$T/place/data/bin"
	volume place/data/bin /v rbind,ro
	life "$ID" true
	as_writer place/data 'drop marker /writer/bin/y'
	mv "$T/place" "$T/moved"
	spec '(.mounts[] | select(.destination == "/v")).source = $source' --arg source "$T/moved/data/bin"
	life "$ID" '/v/y'
	[ "$ran" = 0 ] || fail "$output"
	assert_event exec-blocked volume /v/y
}

@test "who makes links on the way to a volume has no create look at folders without end" {
	local i dots deep
	dots=$(printf './%.0s' {1..1500})
	volume data/app /v rbind,ro
	volume data/real /v2 rbind,ro
	rmdir "$T/data/app"
	for i in {1..30}; do ln -s "${dots}l$((i + 1))" "$T/data/l$i"; done
	ln -s real "$T/data/l31"
	ln -s l1 "$T/data/app"
	put data/real/x
	life "$ID" '/v/x'
	[ "$ran" = 1 ] || fail "$output"
	deep=$(printf 'd/%.0s' {1..300})
	mkdir -p "$T/data/$deep"
	ln -sfn "$deep" "$T/data/app"
	run moor run --bundle "$BUNDLE" "$ID"
	[ "$status" != 0 ]
	assert_output 'through 256 folders'
}

overlay() { # NAME LOWER[:LOWER...] [UPPER]: the host's own, of folders of those names
	local lower
	lower=$(sed "s,[^:]*,$T/&,g" <<<"$2")
	mkdir -p "$T/$1" "$T/work-$1"
	mount -t overlay overlay -o "lowerdir=$lower${3:+,upperdir=$T/$3,workdir=$T/work-$1}" "$T/$1"
}

# An overlay gives no lease, so sealed programs on it run as a copy only.
readonly copies='copy() { rm -f /tmp/copy; cp $1 /tmp/copy && /tmp/copy; }; '

@test "what a container writes isn't the host's because an overlay of the host's shows it" {
	mkdir -p -m 777 "$T/data/sub" "$T/none"
	touch "$T/none/file"
	put data/x
	put data/sub/x
	overlay inner data:none
	overlay outer inner:none
	volume inner/sub /v rbind,ro
	volume outer /v2 rbind,ro
	life "$ID" "$copies"'copy /v/x; copy /v2/x'
	[ "$ran" = 2 ] || fail "$output"
	as_writer data 'cp /writer/x /writer/y; echo y >>/writer/y; cp /writer/y /writer/sub/y'
	life "$ID" "$copies"'copy /v/y; copy /v2/y; copy /v2/sub/y; copy /v2/x'
	umount "$T/outer" "$T/inner"
	[ "$ran" = 1 ] || fail "$output"
	[ "$(sealed .volumes.first)" = 2 ] || fail "$(sealed .)"
}

@test "… nor where the container has both, or only writes to the folder above, or to a link on the way to a layer" {
	mkdir -p -m 777 "$T/data/real" "$T/none"
	touch "$T/none/file" "$T/data/real/file"
	ln -s real "$T/data/link"
	overlay view data/link:none
	volume data/real /w rbind,rw
	volume view /v rbind,ro
	life "$ID" "$copies"'cp /opt/test/bin/true /w/y; drop marker /w/y; copy /v/y; echo over'
	life "$ID" "$copies"'copy /v/y; echo over'
	assert_output over
	[ "$ran" = 0 ] || fail "$output"
	spec 'del(.mounts[-2:][])'
	volume view /v rbind,ro
	umount "$T/view"
	overlay view data/link:none
	rm "$T/data/real/y"
	life "$ID-above" true
	as_writer data 'rm /writer/link; mkdir /writer/other; ln -s other /writer/link; drop marker /writer/real/y'
	life "$ID-above" "$copies"'copy /v/y; echo over'
	umount "$T/view"
	assert_output over
	[ "$ran" = 0 ] || fail "$output"
}

@test "… nor is the upper folder the host's, of an overlay that a container writes" {
	mkdir -p -m 777 "$T/none" "$T/up"
	touch "$T/none/file"
	overlay view none up
	volume up /v rbind,ro
	life "$ID" true
	as_writer view 'drop marker /writer/y'
	life "$ID" "$copies"'/v/y; copy /v/y; echo over'
	umount "$T/view"
	assert_output over
	[ "$ran" = 0 ] || fail "$output"
	assert_event exec-blocked volume /v/y
}

@test "an overlay whose layers no container writes is the operator's" {
	mkdir -p -m 777 "$T/base/app" "$T/base/data" "$T/none" "$T/up"
	put base/app/x
	overlay view base:none
	overlay view2 base up
	volume view/app /v rbind,ro
	volume view2/app /v2 rbind,ro
	life "$ID" "$copies"'copy /v/x'
	[ "$ran" = 1 ] || fail "$output"
	as_writer base/data true
	as_writer view2/data true
	put base/app/y
	life "$ID" "$copies"'copy /v/x; copy /v/y'
	umount "$T/view" "$T/view2"
	[ "$ran" = 2 ] || fail "$output"
	[ "$(sealed .volumes.first)" = 0 ]
}

@test "a disk image is what the container wrote that has its file" {
	mkdir -p -m 777 "$T/images" "$T/disk"
	truncate --size 8M "$T/images/image"
	mkfs.ext4 -qF "$T/images/image"
	mount -o loop "$T/images/image" "$T/disk"
	volume disk /v rbind,ro
	put disk/x
	life "$ID" '/v/x'
	put disk/y
	life "$ID" '/v/y'
	[ "$ran" = 1 ] || fail "$output"
	as_writer images 'mv /writer/image /writer/other'
	put disk/z
	life "$ID" '/v/x; /v/z; echo over'
	umount "$T/disk"
	[ "$ran" = 1 ] || fail "$output"
	[ "$(sealed .volumes.first)" = 1 ]
}

serve() { # FILE: shows it as fuse/x, by a FUSE of the host's, until server ends
	FUSEFS_ON=$T/fuse "$IMAGES/programs/opt/test/bin/fusefs" plain "$1" "$1" sleep 600 3>&- &
	server=$!
	eventually mountpoint -q "$T/fuse"
}

unserve() {
	umount "$T/fuse"
	pkill -P "$server" sleep
	wait "$server" || true
}

@test "what a FUSE shows may be written by anybody: the first seal counts" {
	mkdir -p "$T/app" "$T/fuse"
	put app/x
	put app/y
	spec '.mounts += [{destination: "/v", type: "bind", source: "\($t)/fuse/x", options: ["bind", "ro"]}]' --arg t "$T"
	serve "$T/app/x"
	life "$ID" "$copies"'copy /v'
	[ "$ran" = 1 ] || fail "$output"
	unserve
	serve "$T/app/y"
	life "$ID" "$copies"'copy /v; echo over'
	[ "$ran" = 0 ] || fail "$output"
	life "$ID-new" "$copies"'copy /v'
	unserve
	[ "$ran" = 1 ] || fail "$output"
}
