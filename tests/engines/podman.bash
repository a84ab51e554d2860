# podman - what the tests of podman share: its limits on machines without
# CAP_SYS_RESOURCE, and a container named web that serves a page. Each file has
# a function podman, for its own options.

# podman can't set its own limits without CAP_SYS_RESOURCE; and the default
# network would be a bridge on the host.
podman_defaults() {
	mkdir -p /etc/containers/containers.conf.d
	cat >/etc/containers/containers.conf.d/test.conf <<-'EOT'
		[containers]
		default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
		netns = "none"
	EOT
}

# A container named web that serves a page.
site() { # RUNTIME [OPTION...]
	podman --runtime "$1" run --detach --name web "${@:2}" "$IMAGE" \
		sh -c "$PRELUDE serve" >/dev/null
	assert_up
}

is_up() {
	[ "$(podman exec web sh -c "$FETCH" 2>/dev/null)" = "the site is up" ]
}

assert_up() {
	eventually is_up || fail "the site is down: $(podman logs web 2>&1)"
}

in_web() { # SCRIPT
	podman exec web sh -c "$PRELUDE $1"
}
