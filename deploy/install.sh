#!/bin/sh
# Installs the portal on a bare Debian 12 or Ubuntu 24.04, and upgrades it: run it again from the
# folder of the new version.
#
#   sudo deploy/install.sh --host portail.exemple.org     with Caddy before it (TLS by itself)
#   sudo deploy/install.sh --proxy none                   the portal alone, on 127.0.0.1:8000
#
# Each version lives in /opt/portail/releases/<date> with its own Python environment; the link
# /opt/portail/current says which one serves. An upgrade backs up, lets the new version migrate and
# serve that copy, and only then migrates, moves the link and restarts: whatever fails before leaves
# the version in place running, its database untouched. Cut short at any moment, it can be run again.
set -eu
umask 022

typed=$*
host= proxy=
while [ $# -gt 0 ]; do
    case "$1" in
        --host) host=${2:?--host attend un nom de site}; shift 2 ;;
        --proxy) proxy=${2:?--proxy attend caddy, nginx ou none}; shift 2 ;;
        *) echo "Inconnu : $1 (--host NOM, --proxy caddy|nginx|none)" >&2; exit 2 ;;
    esac
done
case "$proxy" in
    caddy|nginx|none) ;;
    '') # as it was installed
        if [ -e /etc/nginx/conf.d/portail.conf ]; then proxy=nginx
        elif [ -e /opt/portail/current ] && [ ! -e /etc/caddy/Caddyfile ]; then proxy=none
        else proxy=caddy
        fi ;;
    *) echo "--proxy : caddy, nginx ou none" >&2; exit 2 ;;
esac
case "$host" in *[!A-Za-z0-9.-]*) echo "--host : un nom comme portail.exemple.org" >&2; exit 2 ;; esac

# The line between proxy and portal (portail.socket), and where it was before there was one.
line=/run/portail/portail.sock old_line=8000

source=$(cd "$(dirname "$0")/.." && pwd)
home=/opt/portail
data=/var/lib/portail
env=/etc/portail/portail.env
release=$home/releases/$(date +%Y%m%d-%H%M%S)
previous=$(readlink "$home/current" 2>/dev/null || true)
user=portail

say() { printf '\n== %s\n' "$1"; }
with_systemd() { [ -d /run/systemd/system ]; }

[ "$(id -u)" -eq 0 ] || { echo "Lancez : sudo $0${typed:+ $typed}" >&2; exit 2; }
command -v apt-get >/dev/null || { echo "Debian 12 ou Ubuntu 24.04 est attendu." >&2; exit 2; }

site_of() { sed -n 's|^PORTAL_BASE_URL=https://\([^/:]*\).*|\1|p' "$1" | tail -n 1; }
before= # its name until now
[ ! -e "$env" ] || before=$(site_of "$env")
if [ "$proxy" = nginx ] && [ -n "$host" ] && [ -e /etc/nginx/conf.d/portail.conf ] \
    && [ ! -e "/etc/letsencrypt/live/$host/fullchain.pem" ]; then
    echo "Obtenez d'abord le certificat de $host :" >&2
    echo "  sudo certbot certonly --nginx -d $host --deploy-hook 'systemctl reload nginx'" >&2
    exit 2
fi

say "Paquets"
# sudo and nano are what the guide's lines begin with; a bare Debian has neither.
packages="python3 python3-venv ca-certificates tzdata util-linux sudo nano"
[ "$proxy" = none ] || packages="$packages $proxy"
missing=
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' \
        || missing="$missing $package"
done
if [ -n "$missing" ]; then
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086
    { apt-get update -q && apt-get install -q -y --no-install-recommends $missing; } || {
        echo "Ces paquets n'ont pu être installés :$missing. La raison est écrite ci-dessus." >&2
        echo "Internet répond-il ? Sous Ubuntu, Caddy est dans « universe » :" >&2
        echo "  sudo add-apt-repository universe" >&2
        exit 1
    }
fi
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
    || { echo "Python 3.11 ou plus récent est attendu." >&2; exit 1; }

say "Utilisateur et dossiers"
id "$user" >/dev/null 2>&1 \
    || useradd --system --user-group --home-dir "$data" --shell /usr/sbin/nologin "$user"
install -d -m 755 "$home" "$home/releases"
install -d -m 700 -o "$user" -g "$user" "$data"
install -d -m 750 -o root -g "$user" /etc/portail
exec 9<"$home"
flock -n 9 || { echo "Une autre installation est en cours. Attendez qu'elle finisse." >&2; exit 1; }

# What an installation that was cut short left: versions without an end, copies of the database.
for each in "$home"/releases/*; do
    [ -d "$each" ] && [ "$each" != "$previous" ] || continue
    if [ -e "$each/.inachevee" ] || [ ! -e "$each/manage.py" ]; then rm -rf "$each"; fi
done
rm -rf "$data"/.essai-*

say "Version : $release"
mkdir "$release"
copy= trial= finished=
clean_up() {
    [ -z "$trial" ] || kill -KILL "$trial" 2>/dev/null || true
    [ -z "$copy" ] || rm -rf "$copy"
    [ -n "$finished" ] || rm -rf "$release"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP # a signal alone would not run what stands for EXIT
touch "$release/.inachevee"
# Known paths only: whatever else lies in that folder is the office's.
sh "$source/deploy/contents" | tar -C "$source" --no-recursion -T - -cf - \
    | tar -C "$release" --no-same-owner -xf -
chmod -R u=rwX,go=rX "$release"
python3 -m venv "$release/.venv"
"$release/.venv/bin/pip" install -q --disable-pip-version-check --require-hashes \
    -r "$release/requirements.txt"
"$release/.venv/bin/python" -m compileall -q "$release"

say "Réglages : $env"
if [ -e "$env" ]; then
    cp "$env" "$env.new"
else
    sed -e "s|^PORTAL_DATABASE=.*|PORTAL_DATABASE=$data/portal.db|" \
        -e "s|^PORTAL_MAIL_DIR=.*|PORTAL_MAIL_DIR=$data/courriels|" \
        -e "s|^PORTAL_BACKUP_DIR=.*|PORTAL_BACKUP_DIR=$data/sauvegardes|" \
        "$release/.env.example" > "$env.new"
fi
if [ -n "$host" ]; then # a path behind it stays
    sed -i -e "s|^PORTAL_BASE_URL=http://127\.0\.0\.1:8000|PORTAL_BASE_URL=https://$host|" \
        -e "s|^\(PORTAL_BASE_URL=https://\)[^/:]*|\1$host|" \
        -e "s|^PORTAL_TRUSTED_PROXIES=\$|PORTAL_TRUSTED_PROXIES=127.0.0.1,::1|" "$env.new"
fi
chown root:"$user" "$env.new"
chmod 640 "$env.new"
mv "$env.new" "$env"
site=$(site_of "$env")
moved=
[ -z "$before" ] || [ "$site" = "$before" ] || moved=$before

# As the portal's user; what runs so ends with this script, even when that is killed.
as_portal="setpriv --reuid $user --regid $user --init-groups --pdeathsig TERM --
    env HOME=$data PORTAL_ENV_FILE=$env"
manage() { # COMMAND…
    # shellcheck disable=SC2086
    $as_portal sh -c 'umask 077; exec "$@"' - "$release/.venv/bin/python" "$release/manage.py" "$@"
}

# Mail that waits (503, « courriel ») is the mail server's trouble, not the new version's.
health='
import http.client, socket, sys
place = sys.argv[1]
class Portal(http.client.HTTPConnection):
    def connect(self):
        if place.isdigit():
            return super().connect()
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(place)
portal = Portal("127.0.0.1", int(place) if place.isdigit() else 80, timeout=20)
portal.request("GET", "/sante")
answer = portal.getresponse()
sys.exit(answer.status != 200 and answer.read().decode() != "courriel")
'
answers() { # PORT or SOCKET: within a minute, and by the trial itself while there is one
    until=$(($(date +%s) + 60))
    while [ "$(date +%s)" -lt "$until" ]; do
        [ -z "$trial" ] || kill -0 "$trial" 2>/dev/null || return 1
        python3 -c "$health" "$1" 2>/dev/null && return 0
        sleep 1
    done
    return 1
}
free_port='
import socket
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    print(probe.getsockname()[1])
'
give_up() { echo "$1 Rien n'a changé : ce qui servait sert encore." >&2; exit 1; }

newest=
if [ -e "$data/portal.db" ]; then
    say "Sauvegarde avant la mise à niveau"
    # By the new version, which copies a file of any age: the one in place may not start any more.
    manage backup "$data/sauvegardes" || give_up "Sans sauvegarde, pas de mise à niveau."
    newest=$(ls -t "$data"/sauvegardes/portail-*.tar.gz | head -n 1)
    say "Essai de la nouvelle version sur la copie"
    # shellcheck disable=SC2086
    copy=$($as_portal mktemp -d -p "$data" .essai-XXXXXX)
    # shellcheck disable=SC2086
    $as_portal tar -xzf "$newest" -C "$copy" portal.db portal.key
    # The copy's mails go nowhere: the version in place sends them.
    on_the_copy() { # in a subshell, which it replaces
        # shellcheck disable=SC2086
        exec $as_portal PORTAL_DATABASE="$copy/portal.db" PORTAL_SMTP_URL= \
            PORTAL_MAIL_DIR="$copy/courriels" \
            "$release/.venv/bin/python" "$release/manage.py" "$@"
    }
    (on_the_copy init) || give_up "La migration échoue sur la copie."
    port=$(python3 -c "$free_port")
    # Not into the copy's folder: root writes nowhere that the portal's user could have prepared.
    (on_the_copy serve --port "$port") > "$release/.essai.log" 2>&1 &
    trial=$!
    come=yes
    answers "$port" || come=
    kill -KILL "$trial" 2>/dev/null || true
    wait "$trial" 2>/dev/null || true
    trial=
    [ -n "$come" ] || tail -n 5 "$release/.essai.log" >&2
    [ -n "$come" ] || give_up "La nouvelle version ne répond pas sur la copie."
    rm -rf "$copy" "$release/.essai.log"
    copy=
fi

say "Base de données"
migrated=$(manage init) || give_up "La migration a échoué."
echo "$migrated"
# From here on this version is the one that fits the database: it stays, whatever comes.
finished=yes
rm "$release/.inachevee"

say "Service"
case "$proxy" in
    caddy) file=/etc/caddy/Caddyfile group=caddy ;;
    nginx) file=/etc/nginx/conf.d/portail.conf group=www-data ;;
    none) file= group=$user ;;
esac
point_to() { ln -sfn "$1" "$home/current.new" && mv -T "$home/current.new" "$home/current"; }
units() { # RELEASE: its own, and none of another's
    for unit in portail.socket portail.service portail-nightly.service portail-nightly.timer \
        portail-watch@.service; do
        if [ -e "$1/deploy/$unit" ]; then
            install -m 644 "$1/deploy/$unit" "/etc/systemd/system/$unit"
        else
            rm -f "/etc/systemd/system/$unit"
        fi
    done
}
# Without a proxy or a name yet, or where the proxy's file in place is an older one or the office's.
to_the_port() {
    [ -z "$site" ] || [ "$proxy" = none ] \
        || { grep -qsF "${before:-$site}" "$file" \
            && grep -v '^[[:space:]]*#' "$file" | grep -q "127\.0\.0\.1:$old_line"; }
}
# Who may open the line; and the port, as long as something leads there.
line_as_wanted() { # true where it was so
    folder=/etc/systemd/system/portail.socket.d
    mkdir -p "$folder"
    {
        printf '[Socket]\nSocketGroup=%s\n' "$group"
        if to_the_port; then
            printf 'ListenStream=127.0.0.1:%s\n' "$old_line"
        fi
    } > "$folder/portail.new"
    if cmp -s "$folder/portail.new" "$folder/portail.conf"; then
        rm "$folder/portail.new"
    else
        mv "$folder/portail.new" "$folder/portail.conf"
        return 1
    fi
}
serve_anew() { # over the same line, so that nobody notices, unless that is another
    lines_up=
    if line_as_wanted; then lines_up=yes; fi
    systemctl daemon-reload
    if [ -n "$lines_up" ] && systemctl -q is-active portail.socket; then
        systemctl restart portail.service || return 1
    else
        systemctl stop portail.service portail.socket
        systemctl start portail.service || return 1
    fi
    answers "$line"
}
point_to "$release"
install -m 755 "$release/deploy/portail" /usr/local/bin/portail
units "$release"

if with_systemd; then
    if ! serve_anew; then
        echo "La nouvelle version ne répond pas (sudo journalctl -u portail)." >&2
        [ -n "$previous" ] || exit 1
        systemctl stop portail.service portail.socket
        units "$previous"
        systemctl daemon-reload
        place=$line
        [ -e "$previous/deploy/portail.socket" ] || place=$old_line
        case "$migrated" in
            *" 0 migration"*)
                point_to "$previous"
                if systemctl start portail.service && answers "$place"; then
                    echo "L'ancienne version est remise en service." >&2
                else
                    point_to "$release"
                    systemctl restart portail.service || true
                    echo "L'ancienne version ne répond pas non plus." >&2
                fi ;;
            *)
                systemctl start portail.service || true
                echo "Pour revenir en arrière :" >&2
                echo "  sudo systemctl stop portail" >&2
                echo "  sudo ln -sfn $previous $home/current" >&2
                echo "  sudo portail restore $newest" >&2
                echo "  sudo systemctl start portail" >&2 ;;
        esac
        exit 1
    fi
    systemctl enable -q portail.service portail-nightly.timer
    systemctl start portail-nightly.timer
else
    line_as_wanted || true
    echo "systemd ne tourne pas ici : les services sont installés, pas démarrés."
fi

# The proxy's file: put in place at first, renewed where it is still as a version of ours wrote it,
# else left to whoever changed it, with the new one beside. Debian's Caddy 2.6 has another word for
# one thing than the newer ones.
forms=2.6
[ "$proxy" != caddy ] || caddy version 2>/dev/null | grep -q '^v\?2\.6\.' || forms=2.7
rendered() { # FILE NAME CADDY
    sed -e "s/portail\.exemple\.org/$2/" -e "s/{\$PORTAL_CADDY:[0-9.]*}/{\$PORTAL_CADDY:$3}/" "$1"
}
as_theirs() { # INSTALLED: as the version until now wrote it, for the Caddy of then
    [ -e "$theirs" ] || return 1
    for each in 2.6 2.7; do
        rendered "$theirs" "${before:-$site}" "$each" | cmp -s - "$1" && return 0
    done
    return 1
}
proxy_file() { # OURS INSTALLED
    ours=$release/deploy/$1 theirs=${previous:-/}/deploy/$1
    rendered "$ours" "$site" "$forms" > "$2.nouveau"
    if [ -e "$2" ] && cmp -s "$2" "$2.nouveau"; then
        rm "$2.nouveau"
        return 1
    fi
    [ ! -e "$2" ] || ! grep -qF "${before:-$site}" "$2" || as_theirs "$2" || {
        echo "$2 n'est plus celui que cette version apporte. Si vous n'y avez rien"
        echo "changé vous-même : sudo mv $2.nouveau $2"
        echo "puis : sudo systemctl reload $proxy"
        return 1
    }
}
# Without --host, another site's file is none of ours.
if [ -z "$site" ] || [ "$proxy" = none ] \
    || { [ -z "$host" ] && ! grep -qF "$site" "$file" 2>/dev/null; }; then
    :
elif [ "$proxy" = caddy ]; then
    say "Caddy"
    if proxy_file Caddyfile "$file"; then
        caddy validate --config "$file.nouveau" --adapter caddyfile >/dev/null 2>&1 \
            || { echo "Caddy refuse $file.nouveau ; $file n'a pas changé." >&2; exit 1; }
        [ ! -e "$file" ] || grep -qF "${before:-$site}" "$file" || cp -p "$file" "$file.avant-portail"
        mv "$file.nouveau" "$file"
        if with_systemd; then
            systemctl enable -q caddy
            systemctl reload-or-restart caddy \
                || echo "Caddy ne démarre pas : sudo journalctl -u caddy dit pourquoi." >&2
        fi
    fi
else
    say "nginx"
    if [ -e "$file" ]; then
        if proxy_file nginx.conf "$file"; then
            cp -p "$file" "$file.avant"
            mv "$file.nouveau" "$file"
            if nginx -t 2>/dev/null; then
                rm "$file.avant"
                if with_systemd; then systemctl reload nginx; fi
            else
                mv "$file" "$file.nouveau"
                mv "$file.avant" "$file"
                echo "nginx refuse $file.nouveau ; $file n'a pas changé." >&2
                exit 1
            fi
        fi
    else
        rendered "$release/deploy/nginx.conf" "$site" "$forms" > "$file.modele"
        echo "Obtenez le certificat, puis mettez le site en place :"
        echo "  sudo apt-get install certbot python3-certbot-nginx"
        echo "  sudo certbot certonly --nginx -d $site --deploy-hook 'systemctl reload nginx'"
        echo "  sudo mv $file.modele $file"
        echo "  sudo nginx -t && sudo systemctl reload nginx"
    fi
fi

if with_systemd && [ "$proxy" != none ] && ! systemctl -q is-active "$proxy"; then
    systemctl start "$proxy" || echo "$proxy ne démarre pas : sudo journalctl -u $proxy" >&2
fi

# The proxy leads to the socket by now: nothing is to listen on the port any more.
before=$site
if with_systemd && ! to_the_port \
    && grep -qs ^ListenStream /etc/systemd/system/portail.socket.d/portail.conf; then
    serve_anew
fi

# The three newest versions stay: the one in service and two to fall back on.
ls -d "$home"/releases/* | sort -r | tail -n +4 | while read -r old; do
    [ "$old" = "$(readlink "$home/current")" ] || rm -rf "$old"
done

if [ -z "$newest" ]; then
    say "Première sauvegarde"
    manage backup
fi

strays=$(find "$source" -name .venv -prune -o -name tests -prune -o -name '*demo.csv' -o -type f \
    \( -iname '*.csv' -o -iname '*.xls*' -o -iname '*.ods' -o -name 'portail-*.tar.gz' \
    -o -name '*.db' -o -name '*.key' -o -name '*.env' \) -print | head -n 5)
if [ -n "$strays" ]; then
    say "À ranger ailleurs"
    echo "Ces fichiers ne sont pas du portail et n'ont pas été copiés. S'ils parlent de membres,"
    echo "gardez-les sous clé, dans un autre dossier :"
    printf '%s\n' "$strays"
fi

say "Fait"
/usr/local/bin/portail doctor || true
echo
if [ -z "$site" ] && [ "$proxy" != none ]; then
    echo "Il manque le nom du site : sudo $0 --host portail.exemple.org"
elif [ -n "$moved" ]; then
    echo "Le portail est maintenant à https://$site, et plus à https://$moved : dites-le aux"
    echo "membres. Ils se connectent de nouveau, et les liens des courriels déjà partis ne"
    echo "servent plus."
fi
echo "Réglages : sudo nano $env, puis sudo systemctl restart portail"
echo "Aide     : sudo portail --help, et $home/current/docs/guide-bureau.md"
