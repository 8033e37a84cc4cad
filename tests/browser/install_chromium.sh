#!/bin/sh
# Debian's Chromium and Noto CJK for the browser tests. Says why when it cannot; the tests are then skipped.
set -u
have() { command -v chromium >/dev/null 2>&1 && fc-list 2>/dev/null | grep -qi 'NotoSansCJK\|Noto Sans CJK'; }
if have; then exit 0; fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "browser tests will be skipped: chromium and fonts-noto-cjk are missing and cannot be installed (not root, or no apt-get)"
    exit 0
fi
echo "installing chromium and fonts-noto-cjk"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk fontconfig >/dev/null
have || echo "browser tests will be skipped: chromium and fonts-noto-cjk could not be installed"
exit 0
