#!/usr/bin/env bash
# Makes the French letter and digit sounds of the audio captcha, one folder a
# character, beside this script: A/fr.wav … Z/fr.wav, 2/fr.wav … 9/fr.wav.
# Needs espeak-ng and sox; see README.md.
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "${BASH_SOURCE[0]}")"

speed=95 # words a minute: slow, as for dictation
peak=-3  # dBFS: AudioCaptcha may play a sound 1.2 times louder (+1.6 dB)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The character, then what is said: a text, or espeak-ng phonemes in [[ ]] where
# the text is misread (emme) or unclear (the letter E, said as in « deux »).
while IFS='|' read -r character said; do
    mkdir -p "$character"
    espeak-ng -v fr-fr -s "$speed" -w "$work/raw.wav" "$said"
    # 8 kHz, low rumble cut, consonants lifted, silence trimmed at both ends with
    # 5 ms fades, weak sounds raised so that 8 bits and some noise leave them clear,
    # one peak for all; -D: no random dither, the same bytes each time.
    sox -D "$work/raw.wav" -r 8000 "$work/cut.wav" \
        highpass 100 treble +5 2500 gain -n "$peak" \
        silence 1 0.004 0.4% fade 0.005 reverse silence 1 0.004 0.4% fade 0.005 reverse
    sox -D "$work/cut.wav" -b 8 -e unsigned-integer -c 1 "$character/fr.wav" \
        compand 0.001,0.03 6:-60,-60,-45,-30,-25,-13,0,-5 0 -90 0.001 gain -n "$peak"
done <<'LIST'
2|deux
3|trois
4|quatre
5|cinq
6|six
7|sept
8|huit
9|neuf
A|a
B|bé
C|cé
D|dé
E|[['Y]]
F|[['Ef]]
G|gé
H|hache
I|i
J|ji
K|ka
L|elle
M|[['Em]]
N|enne
O|o
P|pé
Q|ku
R|erre
S|[['Es]]
T|té
U|u
V|vé
W|double vé
X|ixe
Y|i grec
Z|zède
LIST
