#!/usr/bin/env bash
# The package under a real systemd: started by its socket, shut in, reloaded, restarted without a refused connection, killed by
# the watchdog and brought back, left down when its configuration is wrong.
#
# usage: systemd_test.sh FOLDER_OF_PACKAGES
#
# systemd is the first process of namespaces of its own, in a root that mmdebstrap makes: nothing of it is seen outside. Where
# such namespaces cannot be had, the test is skipped (77).
set -euo pipefail
server=$(echo "$1"/linkupd_*.deb)

fail() { echo "systemd_test: $*" >&2; exit 1; }
skip() { echo "systemd_test: skipped, $*" >&2; exit 77; }
((EUID == 0)) || skip "only root can make a root"
spaces=(--pid --fork --kill-child --mount --uts --ipc --net --cgroup)
unshare "${spaces[@]}" true 2>/dev/null || skip "namespaces cannot be had here"

work=$(mktemp -d)
root=$work/root
end() {
    if [[ -n ${holder:-} ]]; then
        kill -KILL "$holder" 2>/dev/null || true
        wait "$holder" 2>/dev/null || true
    fi
    rm -rf --one-file-system "$work"
}
trap end EXIT

echo "== install"
sources=(/etc/apt/sources.list.d/debian.sources)
[[ -e ${sources[0]} ]] || sources=(/etc/apt/sources.list)
DPKG_FORCE=unsafe-io mmdebstrap --quiet --mode=root --variant=minbase \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
    --include=systemd,curl \
    --customize-hook="copy-in $server /srv" \
    --customize-hook="chroot \"\$1\" apt-get -q -y install /srv/$(basename "$server")" \
    bookworm "$root" "${sources[@]}" >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; fail "installing failed"; }

echo "== boot"
cat >"$work/boot" <<'END'
set -e
root=$1
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for node in null zero full random urandom tty; do
    touch "$root/dev/$node"
    mount --bind "/dev/$node" "$root/dev/$node"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts devpts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs tmpfs "$root/sys/fs/cgroup" 2>/dev/null || true
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mkdir -p "$root/old"
cd "$root"
pivot_root . old
cd /
exec chroot . /bin/sh -c 'umount -l /old; exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --log-target=journal --unit=multi-user.target'
END
unshare "${spaces[@]}" bash "$work/boot" "$root" >"$work/boot.log" 2>&1 &
holder=$!
init=""
inside() { nsenter --target "$init" --all --root --wd "$@"; }
# until TEXT COMMAND...: waits until it succeeds, up to 30 s.
until_done() {
    local text=$1
    shift
    for ((i = 0; i < 300; ++i)); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    inside journalctl --no-pager -n 40 >&2 2>/dev/null || cat "$work/boot.log" >&2
    fail "$text"
}
is_up() {
    init=$(pgrep -P "$holder" | head -n 1) && [[ -n $init ]] && inside systemctl is-active --quiet multi-user.target
}
for ((i = 0; i < 100; ++i)); do
    if ! kill -0 "$holder" 2>/dev/null; then skip "systemd does not boot here: $(tail -n 1 "$work/boot.log")"; fi
    if is_up 2>/dev/null; then break; fi
    sleep 0.1
done
is_up || skip "systemd does not come up here"

state() { inside systemctl show --property "$1" --value linkupd; }
has_state() { [[ $(state "$1") == "$2" ]]; }
get() { inside curl --silent --show-error --fail --max-time 30 --output /dev/null "http://127.0.0.1:8002/healthz"; }
said() { inside journalctl --no-pager --unit linkupd --grep "$1" --quiet >/dev/null; }
another_process_than() { has_state ActiveState active && ! has_state MainPID "$1" && ! has_state MainPID 0; }

echo "== the first connection starts it"
inside systemctl start linkupd.socket
has_state ActiveState inactive || fail "it runs before anybody has asked"
get || fail "the first connection was not served"
has_state ActiveState active || fail "the connection did not start it"
said 'ready .*listener="handed over"' || fail "it does not listen on what the socket unit handed over"

echo "== it is shut in"
process=$(state MainPID)
status() { inside sed -n "s/^$1:[[:space:]]*\([^[:space:]]*\).*/\1/p" "/proc/$process/status"; }
[[ $(status Uid) == "$(inside id -u linkup)" ]] || fail "it does not run as user linkup"
[[ $(status CapEff) == 0000000000000000 ]] || fail "it has capabilities"
[[ $(status NoNewPrivs) == 1 ]] || fail "it may gain privileges"
[[ $(status Seccomp) == 2 ]] || fail "no filter of system calls"
writes() { inside nsenter --target "$process" --mount sh -c "touch $1/probe" 2>/dev/null; }
! writes /etc || fail "it could write to /etc"
! writes /usr || fail "it could write to /usr"
writes /var/lib/linkup || fail "it cannot write its state"

echo "== a reload is told"
echo "log.level = debug" | inside tee -a /etc/linkup/linkupd.properties >/dev/null
inside systemctl reload linkupd
until_done "the reload was not told" said 'reload: applied.*log.level'
has_state MainPID "$process" || fail "a reload restarted it"

echo "== restarts and an upgrade refuse no connection"
(
    refused=0
    until [[ -e $work/restarted ]]; do get 2>/dev/null || ((++refused)); done
    echo "$refused" >"$work/refused"
) &
asking=$!
inside systemctl restart linkupd
inside systemctl restart linkupd
process=$(state MainPID)
inside env DPKG_FORCE=unsafe-io,confold dpkg --install "/srv/$(basename "$server")" >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; fail "upgrade failed"; }
until_done "the upgrade did not restart it" another_process_than "$process"
touch "$work/restarted"
wait "$asking"
[[ $(<"$work/refused") == 0 ]] || fail "$(<"$work/refused") requests failed while it restarted"

echo "== it comes back when it was killed"
process=$(state MainPID)
inside sh -c "kill -KILL $process"
until_done "it did not come back" another_process_than "$process"
get || fail "it does not serve after it was killed"

echo "== the watchdog lets it live while all comes on, and ends it when nothing does"
inside mkdir -p /run/systemd/system/linkupd.service.d
printf '[Service]\nWatchdogSec=3\n' | inside tee /run/systemd/system/linkupd.service.d/watchdog.conf >/dev/null
inside systemctl daemon-reload
inside systemctl restart linkupd
process=$(state MainPID)
sleep 7
has_state MainPID "$process" || fail "the watchdog ended it though it was well"
inside sh -c "kill -STOP $process"
until_done "the watchdog did not end what stood still" another_process_than "$process"
inside journalctl --no-pager --quiet --grep 'linkupd.service: Watchdog timeout' >/dev/null || fail "it was not the watchdog"

echo "== a stop ends well"
inside systemctl stop linkupd.socket linkupd 2>/dev/null
has_state Result success || fail "the stop was no success but $(state Result)"

echo "== a wrong configuration is told once, and not tried again"
echo "server.prot = 1" | inside tee -a /etc/linkup/linkupd.properties >/dev/null
inside systemctl reset-failed linkupd 2>/dev/null || true  # there may be nothing left of it
if inside systemctl start linkupd 2>/dev/null; then fail "it started with a wrong configuration"; fi
sleep 3
has_state ActiveState failed || fail "it is $(state ActiveState) after a wrong configuration"
has_state NRestarts 0 || fail "it was tried again $(state NRestarts) times"
said 'server.prot' || fail "the journal does not name the wrong key"

echo "== removing stops it"
inside sed -i '/server.prot/d' /etc/linkup/linkupd.properties
inside systemctl start linkupd.socket linkupd
get || fail "it does not serve after its configuration was mended"
inside dpkg --remove linkupd >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "remove failed"; }
if get 2>/dev/null; then fail "something still listens"; fi
echo "systemd_test: passed"
