#!/bin/sh
# Debian's nginx for the tests behind it. Says why when it cannot; they are then skipped.
set -u
have() { command -v nginx >/dev/null 2>&1; }
if have; then exit 0; fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "tests behind nginx will be skipped: nginx is missing and cannot be installed (not root, or no apt-get)"
    exit 0
fi
echo "installing nginx"
# Installed to be started by the tests, not by the system.
[ -e /usr/sbin/policy-rc.d ] || { printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d; made=1; }
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq && apt-get install -y -qq --no-install-recommends nginx openssl >/dev/null
[ "${made:-0}" = 1 ] && rm -f /usr/sbin/policy-rc.d
have || echo "tests behind nginx will be skipped: nginx could not be installed"
exit 0
