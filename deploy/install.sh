#!/bin/sh
# Installs the portal on a bare Debian 12 or Ubuntu 24.04, and upgrades it: run it again from the
# folder of the new version.
#
#   sudo deploy/install.sh --host portail.exemple.org     with Caddy before it (TLS by itself)
#   sudo deploy/install.sh --proxy none                   the portal alone, on 127.0.0.1:8000
#
# Each version lives in /opt/portail/releases/<date> with its own Python environment; the link
# /opt/portail/current says which one serves. An upgrade backs up with the version in place, lets
# the new one migrate and serve that copy, and only then migrates, moves the link and restarts:
# whatever fails before leaves the version in place running, its database untouched.
set -eu

host= proxy=caddy
while [ $# -gt 0 ]; do
    case "$1" in
        --host) host=${2:?--host attend un nom de site}; shift 2 ;;
        --proxy) proxy=${2:?--proxy attend caddy, nginx ou none}; shift 2 ;;
        *) echo "Inconnu : $1 (--host NOM, --proxy caddy|nginx|none)" >&2; exit 2 ;;
    esac
done
case "$proxy" in caddy|nginx|none) ;; *) echo "--proxy : caddy, nginx ou none" >&2; exit 2 ;; esac
case "$host" in *[!A-Za-z0-9.-]*) echo "--host : un nom comme portail.exemple.org" >&2; exit 2 ;; esac

source=$(cd "$(dirname "$0")/.." && pwd)
home=/opt/portail
data=/var/lib/portail
env=/etc/portail/portail.env
release=$home/releases/$(date +%Y%m%d-%H%M%S)
previous=$(readlink "$home/current" 2>/dev/null || true)
user=portail

say() { printf '\n== %s\n' "$1"; }
as_portal() { runuser -u "$user" -- env PORTAL_ENV_FILE="$env" "$@"; }
with_systemd() { [ -d /run/systemd/system ]; }

[ "$(id -u)" -eq 0 ] || { echo "Lancez : sudo $0 $*" >&2; exit 2; }
command -v apt-get >/dev/null || { echo "Debian 12 ou Ubuntu 24.04 est attendu." >&2; exit 2; }

say "Paquets"
packages="python3 python3-venv ca-certificates tzdata util-linux"
[ "$proxy" = none ] || packages="$packages $proxy"
missing=
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' \
        || missing="$missing $package"
done
if [ -n "$missing" ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    # shellcheck disable=SC2086
    apt-get install -q -y --no-install-recommends $missing
fi
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
    || { echo "Python 3.11 ou plus récent est attendu." >&2; exit 1; }

say "Utilisateur et dossiers"
id "$user" >/dev/null 2>&1 \
    || useradd --system --user-group --home-dir "$data" --shell /usr/sbin/nologin "$user"
install -d -m 755 "$home" "$home/releases"
install -d -m 700 -o "$user" -g "$user" "$data"
install -d -m 750 -o root -g "$user" /etc/portail

say "Version : $release"
finished=
# A version that was not installed to its end is no version.
trap '[ -n "$finished" ] || rm -rf "$release"' EXIT
mkdir -p "$release"
tar -C "$source" --exclude=./.git --exclude=./.venv --exclude=./var --exclude=./.env \
    --exclude=./tests --exclude=./bench --exclude=__pycache__ --exclude='./.*_cache' -cf - . \
    | tar -C "$release" --no-same-owner -xf -
chmod -R u=rwX,go=rX "$release"
python3 -m venv "$release/.venv"
"$release/.venv/bin/pip" install -q --disable-pip-version-check --require-hashes \
    -r "$release/requirements.txt"
"$release/.venv/bin/python" -m compileall -q "$release"

say "Réglages : $env"
if [ ! -e "$env" ]; then
    sed -e "s|^PORTAL_DATABASE=.*|PORTAL_DATABASE=$data/portal.db|" \
        -e "s|^PORTAL_MAIL_DIR=.*|PORTAL_MAIL_DIR=$data/courriels|" \
        -e "s|^PORTAL_BACKUP_DIR=.*|PORTAL_BACKUP_DIR=$data/sauvegardes|" \
        "$release/.env.example" > "$env.new"
    if [ -n "$host" ]; then
        sed -i -e "s|^PORTAL_BASE_URL=.*|PORTAL_BASE_URL=https://$host|" \
            -e "s|^PORTAL_TRUSTED_PROXIES=.*|PORTAL_TRUSTED_PROXIES=127.0.0.1,::1|" "$env.new"
    fi
    mv "$env.new" "$env"
fi
chown root:"$user" "$env"
chmod 640 "$env"

manage() { # RELEASE COMMAND…
    version=$1; shift
    as_portal sh -c 'umask 077; exec "$@"' - "$version/.venv/bin/python" "$version/manage.py" "$@"
}

# Mail that waits (503, « courriel ») is the mail server's trouble, not the new version's.
health='
import sys, urllib.error, urllib.request
try:
    urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/sante", timeout=5)
except urllib.error.HTTPError as error:
    sys.exit(error.read().decode() != "courriel")
'
answers() { # PORT: within a minute
    for _ in $(seq 60); do
        python3 -c "$health" "$1" 2>/dev/null && return 0
        [ -z "${trial:-}" ] || kill -0 "$trial" 2>/dev/null || return 1
        sleep 1
    done
    return 1
}
give_up() { echo "$1 Rien n'a changé : l'ancienne version sert." >&2; exit 1; }

if [ -n "$previous" ] && [ -e "$data/portal.db" ]; then
    say "Sauvegarde avant la mise à niveau"
    manage "$previous" backup "$data/sauvegardes" || give_up "Sans sauvegarde, pas de mise à niveau."
    newest=$(ls "$data"/sauvegardes/portail-*.tar.gz | sort | tail -n 1)
    say "Essai de la nouvelle version sur la copie"
    copy=$(as_portal mktemp -d -p "$data" .essai-XXXXXX)
    trial=
    trap '[ -z "$trial" ] || kill "$trial"; rm -rf "$copy"
          [ -n "$finished" ] || rm -rf "$release"' EXIT
    as_portal tar -xzf "$newest" -C "$copy" portal.db portal.key
    # The copy's mails go nowhere: the version in place sends them.
    on_the_copy() { # in a subshell, which it replaces
        exec runuser -u "$user" -- env PORTAL_ENV_FILE="$env" PORTAL_DATABASE="$copy/portal.db" \
            PORTAL_SMTP_URL= PORTAL_MAIL_DIR="$copy/courriels" \
            "$release/.venv/bin/python" "$release/manage.py" "$@"
    }
    (on_the_copy init) || give_up "La migration échoue sur la copie."
    (on_the_copy serve --port 8089) > "$copy/essai.log" 2>&1 &
    trial=$!
    come=yes
    answers 8089 || come=
    kill "$trial" 2>/dev/null || true
    wait "$trial" 2>/dev/null || true
    trial=
    [ -n "$come" ] || tail -n 5 "$copy/essai.log" >&2
    [ -n "$come" ] || give_up "La nouvelle version ne répond pas sur la copie."
fi

say "Base de données"
migrated=$(manage "$release" init) || give_up "La migration a échoué."
echo "$migrated"

say "Service"
finished=yes
point_to() { ln -sfn "$1" "$home/current.new" && mv -T "$home/current.new" "$home/current"; }
point_to "$release"
install -m 755 "$release/deploy/portail" /usr/local/bin/portail
for unit in portail.service portail-nightly.service portail-nightly.timer \
    portail-watch@.service; do
    install -m 644 "$release/deploy/$unit" "/etc/systemd/system/$unit"
done

if with_systemd; then
    systemctl daemon-reload
    systemctl enable -q portail.service portail-nightly.timer
    systemctl restart portail.service
    if ! answers 8000; then
        echo "La nouvelle version ne répond pas (journalctl -u portail)." >&2
        case "$previous:$migrated" in
            ?*:*" 0 migration"*)
                point_to "$previous"
                systemctl restart portail.service
                echo "L'ancienne version est remise en service." >&2 ;;
            ?*)
                echo "Pour revenir en arrière : systemctl stop portail" >&2
                echo "  ln -sfn $previous $home/current && portail restore $newest" >&2
                echo "  systemctl start portail" >&2 ;;
        esac
        exit 1
    fi
    systemctl start portail-nightly.timer
else
    echo "systemd ne tourne pas ici : les services sont installés, pas démarrés."
fi

if [ -n "$host" ] && [ "$proxy" = caddy ] && ! grep -q "$host" /etc/caddy/Caddyfile 2>/dev/null; then
    say "Caddy"
    [ ! -e /etc/caddy/Caddyfile ] || cp -p /etc/caddy/Caddyfile "/etc/caddy/Caddyfile.avant-portail"
    sed "s/portail\.exemple\.org/$host/" "$release/deploy/Caddyfile" > /etc/caddy/Caddyfile
    caddy validate --config /etc/caddy/Caddyfile --adapter caddyfile >/dev/null 2>&1 \
        || { echo "Caddy refuse /etc/caddy/Caddyfile." >&2; exit 1; }
    if with_systemd; then systemctl enable -q caddy; systemctl restart caddy; fi
elif [ -n "$host" ] && [ "$proxy" = nginx ] && [ ! -e /etc/nginx/conf.d/portail.conf ]; then
    say "nginx"
    sed "s/portail\.exemple\.org/$host/g" "$release/deploy/nginx.conf" \
        > /etc/nginx/conf.d/portail.conf.modele
    echo "Obtenez le certificat, puis mettez le site en place :"
    echo "  apt-get install certbot python3-certbot-nginx"
    echo "  certbot certonly --nginx -d $host --deploy-hook 'systemctl reload nginx'"
    echo "  mv /etc/nginx/conf.d/portail.conf.modele /etc/nginx/conf.d/portail.conf"
    echo "  nginx -t && systemctl reload nginx"
fi

# The three newest versions stay: the one in service and two to fall back on.
ls -d "$home"/releases/* | sort -r | tail -n +4 | while read -r old; do
    [ "$old" = "$(readlink "$home/current")" ] || rm -rf "$old"
done

if [ -z "$previous" ]; then
    say "Première sauvegarde"
    manage "$release" backup
fi

say "Fait"
/usr/local/bin/portail doctor || true
echo
echo "Réglages : sudo nano $env, puis sudo systemctl restart portail"
echo "Aide     : sudo portail --help, et $home/current/docs/guide-bureau.md"
