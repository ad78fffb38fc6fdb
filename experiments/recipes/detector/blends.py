"""Tracks of which people made a part: voices over recordings, and songs of ours spliced or sung into them."""

import rows as manifest
import sound

# Families that hybrids do without: they wait for no decoder that is trained last.
CODECS = ("encodec", "dac")
LICENCES = ("source", "licence", "author")


def credits(*parts):
    return [{k: p[k] for k in LICENCES} for p in parts]


def blend(maker, name, entry, pcm, parts, **fields):
    """The row of a blend; `parts` are the rows of what is in it, the first one its source."""
    path = maker.folder(name) / "audio" / f"{entry}.flac"
    if not path.exists():
        sound.write(path, pcm())
    seconds = round(sound.info(path)[0], 6)
    licences = " + ".join(dict.fromkeys(p["licence"] for p in parts))
    return manifest.row(**{"id": entry, "file": maker.near(name, path), "source": parts[0]["source"], "title": f"{entry}",
                           "licence": licences, "author": "; ".join(dict.fromkeys(p["author"] for p in parts)),
                           "seconds": seconds, "sources": sorted({p["source"] for p in parts}), "credits": credits(*parts),
                           "parent_id": None, **fields})


# -- human voices over human instrumentals ---------------------------------------------------------------------------------


def voices(maker, split, singers, bands, count):
    """A voice at -6 to +6 dB, loudness of what sounds against loudness of what sounds, from the first to the last second."""
    draws, made = maker.draws(f"voices {split}"), []
    # Singing three times in four: speech has more readers than singing has singers.
    kinds = [[v for v in singers if v["kind"] == kind] or singers for kind in ("singing", "singing", "singing", "speech")]
    for n in range(count):
        pool = kinds[n % 4]
        voice, band = pool[(n // 4 * 3 + n % 4 if n % 4 < 3 else n // 4) % len(pool)], bands[n % len(bands)]
        db, length = draws.uniform(-6, 6), min(30.0, band["seconds"])
        from_s, sung_s = draws.uniform(0, band["seconds"] - length), draws.uniform(0, max(0.0, voice["seconds"] - 30))

        def pcm():
            under = sound.read(maker.folder("human") / band["file"], from_s, length)
            over = trimmed(sound.read(maker.folder("voice") / voice["file"], sung_s, 45))
            over = sound.repeat(over, length)
            gain = 10 ** (db / 20) * sound.level(under) / max(1.0, sound.level(over))
            return sound.add(under, over, 0, gain)

        made.append(blend(maker, "voices", f"voices-{split}-{n:03}", pcm, [band, voice], label="human", split=split, vocals="human",
                          instrumental="human", kind=voice["kind"], voice_db=round(db, 2)))
    return made


def trimmed(pcm):
    """Without silence before its first sound and after its last."""
    spans = sound.sounding(pcm)
    return sound.cut(pcm, spans[0][0], spans[-1][1] - spans[0][0]) if spans else pcm


# -- ours and theirs in one track ---------------------------------------------------------------------------------------------


def hybrids(maker, split, count):
    """Four kinds in turn. The spans tile the track: `ai` where anything synthetic sounds."""
    draws = maker.draws(f"hybrids {split}")
    humans = by_turns(maker, split, [r for r in maker.rows("human") if r["split"] == split and r["seconds"] >= 18])
    bands = by_turns(maker, split, maker.bands(split))
    ours = {name: [r for r in maker.rows(name) if r["split"] == split and not r["marked"] and r["seconds"] > 14
                   and r["decoder"] not in CODECS] for name in ("ours", "instrumental")}
    songs, backings = shuffled(draws, [r for rows in ours.values() for r in rows]), shuffled(draws, ours["instrumental"])
    singers = [r for r in maker.rows("voice") if r["split"] == split and r["seconds"] >= 8]
    stems = maker.stems(split)
    made = []
    for n in range(count):
        turn, entry = n // 4, f"hybrid-{split}-{n:03}"
        if n % 4 == 0 and humans:
            made.append(spliced(maker, entry, split, draws, humans[turn % len(humans)], "human", songs[turn % len(songs)], "ours"))
        elif n % 4 == 1 and humans:
            made.append(spliced(maker, entry, split, draws, songs[-1 - turn % len(songs)], "ours", humans[-1 - turn % len(humans)], "human"))
        elif n % 4 == 2 and bands:
            made.append(sung_over(maker, entry, split, draws, bands[turn % len(bands)], *stems[turn % len(stems)]))
        elif singers:
            made.append(played_under(maker, entry, split, draws, singers[turn % len(singers)], backings[turn % len(backings)]))
    return [m for m in made if m]


def by_turns(maker, split, tracks):
    sources = {}
    for track in shuffled(maker.draws(f"turns {split}"), tracks):
        sources.setdefault(track["source"], []).append(track)
    longest = max(map(len, sources.values()), default=0)
    return [found[n] for n in range(longest) for _, found in sorted(sources.items()) if n < len(found)]


def shuffled(draws, tracks):
    return draws.sample(tracks, len(tracks))


def path_of(maker, track):
    name = "human" if track["label"] == "human" else "voice" if track["label"] == "voice" else (
        "instrumental" if track["vocals"] == "none" else "ours")
    return maker.folder(name) / track["file"]


def whole(maker, track):
    """Without the silence at its ends, which would give a splice away."""
    return trimmed(sound.read(path_of(maker, track), 0, 60))


def spliced(maker, entry, split, draws, outer, outer_name, inner, inner_name):
    """A piece of one in the other, which goes on behind it where it left off; levels matched, joins in the middle of 20 ms."""
    before, inside, after = (draws.uniform(8, 15) for _ in range(3))
    cuts = []

    def pcm():
        track, piece = whole(maker, outer), whole(maker, inner)
        lead, tail = (before, after) if sound.seconds(track) >= before + after else (
            sound.seconds(track) * before / (before + after), sound.seconds(track) * after / (before + after))
        middle = sound.cut(piece, max(0.0, (sound.seconds(piece) - inside) / 2), inside)
        middle = sound.scaled(middle, sound.level(track) / max(1.0, sound.level(middle)))
        joined, joins = sound.join([sound.cut(track, 0, lead), middle, sound.cut(track, lead, tail)])
        cuts.extend(joins)
        return joined

    joined = pcm()
    first, second = ("human", "ai") if outer_name == "human" else ("ai", "human")
    end = len(joined) / sound.CHANNELS / sound.RATE
    spans = [[0.0, cuts[0], first], [cuts[0], cuts[1], second], [cuts[1], end, first]]
    ours = inner if first == "human" else outer
    people = outer if first == "human" else inner
    return blend(maker, "hybrids", entry, lambda: joined, [people, ours], label="mixed", split=split, spans=rounded(spans),
                 persona=ours["persona"], generator=ours["generator"], decoder=ours["decoder"], vocals=ours["vocals"],
                 instrumental="ai", kind="ai-in-human" if first == "human" else "human-in-ai")


def sung_over(maker, entry, split, draws, band, stem, file):
    """Our singer over their band, in a part of the track; spans where the voice sounds (to 50 ms; rests under 1 s count)."""
    length, db = min(draws.uniform(30, 40), band["seconds"]), draws.uniform(-3, 6)
    voice = sound.cut(trimmed(sound.read(file)), 0, draws.uniform(0.35, 0.7) * length)
    at = round(draws.uniform(0.1, 0.9) * max(0.0, length - sound.seconds(voice)), 3)

    def pcm():
        under = sound.read(path_of(maker, band), max(0.0, (band["seconds"] - length) / 2), length)
        return sound.add(under, voice, at, 10 ** (db / 20) * sound.level(under) / max(1.0, sound.level(voice)))

    spans, end = [], round(length * sound.RATE) / sound.RATE
    for start, stop in sound.sounding(voice):
        spans += [[spans[-1][1] if spans else 0.0, at + start, "human"], [at + start, min(end, at + stop), "ai"]]
    spans += [[spans[-1][1], end, "human"]] if spans[-1][1] < end else []
    spans = [s for s in spans if s[1] > s[0]]
    row = blend(maker, "hybrids", entry, pcm, [band, stem], label="mixed", split=split, persona=stem["persona"],
                generator="brandiron", decoder=stem["decoder"], vocals="ai", instrumental="human", kind="ai-vocal", voice_db=round(db, 2))
    spans[-1][1] = row["seconds"]
    return {**row, "spans": rounded(spans)}


def played_under(maker, entry, split, draws, voice, backing):
    """Their voice throughout, our band in a part of the track."""
    length, db = min(draws.uniform(30, 40), backing["seconds"] + 12), draws.uniform(-6, 3)
    inside = min(draws.uniform(0.4, 0.7) * length, backing["seconds"])
    at = round(draws.uniform(0.1, 0.9) * (length - inside), 3)

    def pcm():
        sung = sound.repeat(whole(maker, voice), length)
        band = sound.cut(whole(maker, backing), 0, inside)
        return sound.add(sung, band, at, 10 ** (db / 20) * sound.level(sung) / max(1.0, sound.level(band)))

    spans_of = min(inside, sound.seconds(whole(maker, backing)))
    row = blend(maker, "hybrids", entry, pcm, [voice, backing], label="mixed", split=split, persona=backing["persona"],
                generator=backing["generator"], decoder=backing["decoder"], vocals="human", instrumental="ai", kind="ai-band",
                band_db=round(db, 2))
    end = row["seconds"]
    spans = [[0.0, at, "human"], [at, at + spans_of, "ai"], [at + spans_of, end, "human"]]
    return {**row, "spans": rounded([s for s in spans if s[1] > s[0]])}


def rounded(spans):
    return [[round(a, 6), round(b, 6), who] for a, b, who in spans]
