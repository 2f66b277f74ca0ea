#!/usr/bin/env bash
# The Debian packages in a clean root: installed, checked, built against, upgraded, removed, purged.
#
# usage: package_test.sh FOLDER_OF_PACKAGES GENERATOR COMPILER FLAGS
#
# The root is made by mmdebstrap, from the machine's own apt sources: it installs base system and packages in one go, which
# takes a third of the time that debootstrap and apt take one after the other. Only root may do that; others skip (77).
set -euo pipefail
packages=$1 generator=$2 compiler=$3 flags=$4

fail() { echo "package_test: $*" >&2; exit 1; }
((EUID == 0)) || { echo "package_test: skipped, only root can make a root" >&2; exit 77; }

server=$(echo "$packages"/linkupd_*.deb)
sdk=$(echo "$packages"/linkup-sdk-dev_*.deb)
work=$(mktemp -d)
root=$work/root
end() {
    mountpoint -q "$root/proc" && umount "$root/proc"
    rm -rf "$work"
}
trap end EXIT

inside() { chroot "$root" env DEBIAN_FRONTEND=noninteractive DPKG_FORCE=unsafe-io "$@"; }
# has TEXT FILE_OF_OUTPUT
has() { grep -qF -- "$1" "$2" || { cat "$2" >&2; fail "not said: $1"; }; }
check_says() {
    chroot --userspec=linkup:linkup "$root" linkupd --config /etc/linkup/linkupd.properties --check >"$work/check" 2>&1 ||
        { cat "$work/check" >&2; fail "linkupd --check failed"; }
    local text
    for text in "$@"; do has "$text" "$work/check"; done
}

echo "== lintian"
lintian --allow-root --tag-display-limit 0 --fail-on error,warning "$server" "$sdk" || fail "lintian finds faults"

echo "== install"
# The sources of Debian itself, without what else the machine may have; where they are, only the machine knows.
sources=(/etc/apt/sources.list.d/debian.sources)
[[ -e ${sources[0]} ]] || sources=(/etc/apt/sources.list)
DPKG_FORCE=unsafe-io mmdebstrap --quiet --mode=root --variant=minbase \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
    --include=systemd-standalone-sysusers,systemd-standalone-tmpfiles \
    --customize-hook="copy-in $server $sdk /srv" \
    --customize-hook="chroot \"\$1\" apt-get -q -y install /srv/$(basename "$server") /srv/$(basename "$sdk")" \
    bookworm "$root" "${sources[@]}" >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; fail "installing failed"; }
mount -t proc proc "$root/proc"

[[ $(inside stat -c '%U:%G %a' /var/lib/linkup) == "linkup:linkup 750" ]] || fail "/var/lib/linkup is not linkup's alone"
[[ $(inside getent passwd linkup) == *nologin ]] || fail "linkup can log in"
for file in /usr/lib/systemd/system/linkupd.service /usr/lib/systemd/system/linkupd.socket \
    /usr/share/man/man8/linkupd.8.gz /usr/share/bash-completion/completions/linkupd; do
    [[ -s $root$file ]] || fail "no $file"
done
check_says "paths.state = /var/lib/linkup" "/linkup/plugins/lobby.so" "POST /api/v1/token"
systemd-analyze verify --root="$root" linkupd.service linkupd.socket >"$work/verify" 2>&1 || true
# The root has no systemd, so what of it is wanted is not there; what is wrong with our own lines is said all the same.
if grep -E 'Unknown |Failed to parse|gnoring' "$work/verify"; then fail "the units are not in order"; fi

echo "== serve"
chroot --userspec=linkup:linkup "$root" linkupd --config /etc/linkup/linkupd.properties -D server.port=0 \
    >"$work/serve" 2>&1 &
serving=$!
for ((i = 0; i < 300; ++i)); do
    if grep -q 'ready' "$work/serve"; then break; fi
    kill -0 "$serving" 2>/dev/null || break
    sleep 0.1
done
has "ready" "$work/serve"
kill -TERM "$serving"
wait "$serving" || { cat "$work/serve" >&2; fail "linkupd did not end well"; }
[[ -s $root/var/lib/linkup/linkup.db ]] || fail "the state is not in /var/lib/linkup"

echo "== a plugin of the template, out of tree, against linkup-sdk-dev"
cp -r "$root/usr/share/linkup/template" "$work/template"
build_template() {
    cmake -S "$work/template" -B "$work/build" -G "$generator" -DHELLO_BUILD_TESTS=OFF "-DCMAKE_PREFIX_PATH=$root/usr" \
        "-DCMAKE_CXX_COMPILER=$compiler" "-DCMAKE_CXX_FLAGS=$flags" && cmake --build "$work/build"
}
build_template >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "the template does not build"; }
cp "$work/build/hello.so" "$root$(inside sh -c 'echo /usr/lib/*/linkup/plugins')/"
grep -q "^plugindir=" "$root"/usr/lib/*/pkgconfig/linkup-sdk.pc || fail "no linkup-sdk.pc"

echo "== upgrade"
{
    echo "server.port = 8123"
    echo "plugins.enabled = auth,match,chat,lobby,media,hello"
} >>"$root/etc/linkup/linkupd.properties"
dpkg-deb -R "$server" "$work/next"
sed -i 's/^Version: .*/&+next/' "$work/next/DEBIAN/control"
echo "# the next version has this line" >>"$work/next/etc/linkup/linkupd.properties"
echo "# and this one" >>"$work/next/etc/linkup/plugins.d/auth.properties"
dpkg-deb -Zgzip -b "$work/next" "$root/srv/next.deb" >/dev/null
inside dpkg --remove linkup-sdk-dev >/dev/null
inside dpkg --force-confdef --force-confold -i /srv/next.deb >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "upgrade failed"; }
has "server.port = 8123" "$root/etc/linkup/linkupd.properties"
has "the next version" "$root/etc/linkup/linkupd.properties.dpkg-dist"
has "and this one" "$root/etc/linkup/plugins.d/auth.properties"  # untouched by the operator, so the new one
check_says "server.port = 8123" "hello.so"
[[ -s $root/var/lib/linkup/linkup.db ]] || fail "an upgrade lost the state"

echo "== remove"
rm "$root"/usr/lib/*/linkup/plugins/hello.so
inside dpkg --remove linkupd >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "remove failed"; }
[[ ! -e $root/usr/bin/linkupd && ! -e $root/usr/share/linkup ]] || fail "remove left programs behind"
has "server.port = 8123" "$root/etc/linkup/linkupd.properties"
[[ -s $root/var/lib/linkup/linkup.db ]] || fail "remove took the state"

echo "== purge"
inside dpkg --purge linkupd >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "purge failed"; }
left=$(find "$root/etc" "$root/usr" "$root/var/lib" -path "$root/var/lib/dpkg" -prune -o -name '*linkup*' -print | grep -v 'apt/' || true)
[[ -z $left ]] || fail "purge left behind: $left"
echo "package_test: passed"
