# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Running ci/lava/qemu.yaml: the device that its context asks for, and lava-run in a
# separate Debian. Source it after tap.sh.
. "$top/scripts/lib/archive.sh"

# lava_device: the configuration of the device as LAVA's server makes it from the
# context of the job
lava_device()
{
	/usr/bin/python3 -c '
import sys, yaml
context = yaml.safe_load(open(sys.argv[1]))["context"]
options = ["-machine", context["machine"], "-cpu", context["cpu"], "-m", str(context["memory"]),
           "-display", "none", "-nodefaults", "-serial", "stdio"] + context["extra_options"]
yaml.safe_dump({
    "available_architectures": [context["arch"]], "parameters": {},
    "constants": {"failure_retry": 1, "boot_retry": 1, "spawn_maxread": "4092", "default-shell-prompt": "lava-test: # ", "shutdown-message": "going down"},
    "actions": {
        "deploy": {"methods": {"image": None}},
        "boot": {"connections": {"serial": None},
                 "methods": {"qemu": {"parameters": {"command": "qemu-system-aarch64", "options": options}}}}},
    "timeouts": {"actions": {}, "connections": {}},
}, sys.stdout)' "$top/ci/lava/qemu.yaml"
}

# lava_machine: set the array $qemu to the command that LAVA makes of the job
lava_machine()
{
	need qemu-system-arm
	used machine
	mapfile -t qemu < <(lava_device | /usr/bin/python3 -c '
import shlex, sys, yaml
artefacts = sys.argv[2]
boot = yaml.safe_load(sys.stdin)["actions"]["boot"]["methods"]["qemu"]["parameters"]
print("\n".join([boot["command"]] + boot["options"]))
images = yaml.safe_load(open(sys.argv[1]))["actions"][0]["deploy"]["images"]
for name, image in images.items():
    file = artefacts + "/" + image["url"].split("/")[-1]
    print("\n".join(shlex.split(image["image_arg"].replace("{" + name + "}", file))))
' "$top/ci/lava/qemu.yaml" "$build/artefacts")
}

# lava_debian: a Debian 12 with lava-dispatcher and QEMU in $lava_root, made once
lava_root=$build/cache/lava-debian
lava_debian()
{
	local line
	[ "$(id -u)" = 0 ] || die 'debootstrap has to be root'
	[ ! -e "$lava_root" ] || return 0
	need debootstrap
	need_space 3
	line=$(debian_suite bookworm)
	rm -rf "$lava_root.tmp"
	# shellcheck disable=SC2086 # the address is a word of the line
	step 'fetching a Debian 12 for lava-run' debootstrap --variant=minbase bookworm "$lava_root.tmp" \
		"$(set -- $line; echo "$2")"
	echo "$line" > "$lava_root.tmp/etc/apt/sources.list"
	printf '#!/bin/sh\nexit 101\n' > "$lava_root.tmp/usr/sbin/policy-rc.d"
	chmod +x "$lava_root.tmp/usr/sbin/policy-rc.d"
	step 'installing lava-dispatcher in it' in_debian "$lava_root.tmp" \
		'apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends lava-dispatcher qemu-system-arm'
	mv "$lava_root.tmp" "$lava_root"
}

# in_debian ROOT COMMAND: with mounts that nobody else sees and that end with it
in_debian()
{
	# shellcheck disable=SC2016 # for the other shell
	unshare --mount --propagation private bash -ec '
		mount -t proc proc "$1/proc"
		mount --rbind /dev "$1/dev"
		[ ! -e /etc/resolv.conf ] || cp /etc/resolv.conf "$1/etc"
		exec chroot "$1" /bin/sh -ec "$2"' - "$1" "$2"
}

# plant NAME LINE...: one more test for lava_run(), of shell
plant()
{
	planted=$scratch/planted
	[ -e "$planted" ] || { mkdir "$planted"; tar -xzf "$build/artefacts/kselftest.tar.gz" -C "$planted"; }
	printf '%s\n' '#!/bin/sh' "${@:2}" > "$planted/kselftest/kvm/$1"
	chmod +x "$planted/kselftest/kvm/$1"
	echo "kvm:$1" >> "$planted/kselftest/kselftest-list.txt"
	echo '/kselftest/run-kvm-tests.sh --skip-known' > "$planted/job"
}

# lava_run JOB: by lava-run, whose log is $logs/lava-run.log
lava_run()
{
	local files=$lava_root/files
	rm -rf "$files"
	mkdir "$files"
	cp "$build/artefacts/Image" "$files"
	initrd "$planted" "$files/initrd.cpio"
	lava_device > "$files/device.yaml"
	echo 'dispatcher_ip: 127.0.0.1' > "$files/dispatcher.yaml"
	sed 's,https://artefacts.example.org,file:///files,' "$1" > "$files/job.yaml"
	timeout 1500 bash -c "$(declare -f in_debian)"'; in_debian "$@"' - "$lava_root" \
		'lava-run --job-id 1 --output-dir /files/out --device /files/device.yaml --dispatcher /files/dispatcher.yaml /files/job.yaml' > "$logs/lava-run.log" 2>&1 ||
		{ tail -n 20 "$logs/lava-run.log"; return 1; }
}

# results_of WORD...: the test cases of the selftests with these results, as NAME RESULT
# MEASUREMENT
results_of()
{
	/usr/bin/python3 -c '
import sys, yaml
for line in open(sys.argv[1], errors="replace"):
    if not line.startswith("{"):
        continue
    entry = yaml.safe_load(line)
    result = entry["msg"] if entry["lvl"] == "results" else {}
    if result.get("definition") == "kselftest-kvm" and result["result"] in sys.argv[2:]:
        print(result["case"], result["result"], result["measurement"])
' "$logs/lava-run.log" "$@"
}

# debian_userland DIR: the tarball and packages that every Debian has, as unpacked
debian_userland()
{
	local package
	mkdir -p "$1"
	for package in dash coreutils sed grep util-linux mount libc6 libselinux1 libpcre2-8-0 libacl1 libattr1 \
			libgmp10 libmount1 libblkid1; do
		unpack_deb arm64 "$package"
		cp -a "$unpacked/." "$1"
	done
	ln -sf dash "$1/bin/sh"
	rm -rf "${1:?}/usr/share"
	tar -xzf "$build/artefacts/kselftest.tar.gz" -C "$1"
	mkdir -p "$1/proc" "$1/sys" "$1/dev" "$1/tmp"
	cat > "$1/init" <<-'END'
		#!/bin/sh
		export PATH=/usr/sbin:/usr/bin:/sbin:/bin
		mount -t proc proc /proc
		mount -t sysfs sys /sys
		mount -t devtmpfs dev /dev
		exec < /dev/console > /dev/console 2>&1
		sh /job
	END
	chmod +x "$1/init"
}

# initrd_of DIR FILE: DIR as an initramfs, with nothing added
initrd_of() { (cd "$1" && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0) > "$2"; }
