#!/usr/bin/env bash
# Rehearse a restore without Kubernetes: bring a base backup (a folder, as pg_basebackup makes it) and
# the archived log behind it up as a second server, at a moment of your choice, and prove that it is
# whole. Only copies are touched, and the server is reached through a socket alone.
#
#   scripts/rehearse-restore-of-files.sh BASE ARCHIVE ['2030-01-31 18:00:00+00']
#
# Needs `annals` and the programs of PostgreSQL 15 or newer in the PATH, those of the version that made
# the backup. PGDATABASE and PGUSER say which database to prove (annals), RUN_AS as whom the
# server runs when this is started by root (postgres).
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,10p' "$0" | cut -c3-; exit 2; }
base=$1 archive=$(realpath "$2") moment=${3:-}

as() { "$@"; }
if [ "$(id -u)" = 0 ]; then
    user=$(id -u "${RUN_AS:-postgres}") group=$(id -g "${RUN_AS:-postgres}")
    as() { setpriv --reuid "$user" --regid "$group" --clear-groups "$@"; }
fi
copy=$(mktemp -d)
stop() {
    as pg_ctl --pgdata "$copy/data" --mode immediate --silent stop 2>/dev/null || true
    rm -rf "$copy"
}
trap stop EXIT

SECONDS=0
cp -r "$base" "$copy/data"
# A server of its own kind: it archives nothing, listens to nobody, and replaces no running one.
rm -f "$copy/data/postmaster.pid"
cat >"$copy/server.conf" <<END
listen_addresses = ''
unix_socket_directories = '$copy'
hba_file = '$copy/hba.conf'
archive_mode = off
hot_standby = off
restore_command = 'cp "$archive/%f" "%p"'
recovery_target_action = promote
END
[ -z "$moment" ] || echo "recovery_target_time = '$moment'" >>"$copy/server.conf"
echo 'local all all trust' >"$copy/hba.conf"
touch "$copy/data/recovery.signal"
# What ALTER SYSTEM said belongs to the other server.
: >"$copy/data/postgresql.auto.conf"
chmod 700 "$copy/data"
[ "$(id -u)" != 0 ] || chown -R "$user:$group" "$copy"

as pg_ctl --pgdata "$copy/data" --log "$copy/log" --silent --timeout 86400 start \
    --options "-c config_file=$copy/server.conf" || { tail -n 5 "$copy/log" >&2; exit 1; }
# It has started, and reads the archive; it answers when it has come to its moment.
until pg_isready --quiet --host "$copy"; do
    as pg_ctl --pgdata "$copy/data" status >/dev/null || { tail -n 5 "$copy/log" >&2; exit 1; }
    sleep 0.2
done
grep -oE 'last completed transaction was at log time .*' "$copy/log" | tail -n 1 || true
echo "restored in $SECONDS s"

export ANNALS_DATABASE_URL="postgresql://${PGUSER:-annals}@/${PGDATABASE:-annals}?host=$copy"
"$(dirname "$0")/prove.sh"
echo "log and views are whole, $SECONDS s after the first command"
