#!/usr/bin/env python3
"""Makes the songs that the other integration tests read (CTest fixture `songs`)."""

import shutil

from harness import DURATION_S, PERSONA, SEED, SONGS, Case, main


class SongFixture(Case):
    def test_generates_a_song_with_stems_and_its_unmarked_twin(self):
        shutil.rmtree(SONGS, ignore_errors=True)
        SONGS.mkdir(parents=True)
        same = ("--persona", PERSONA, "--seed", SEED, "--duration", DURATION_S)
        self.ok("generate", *same, "--stems", "-j1", "-o", SONGS / "song")
        self.ok("generate", *same, "--no-watermark", "-o", SONGS / "twin")
        for name in ("song.flac", "song.json", "score.mid", "lead-sheet.abc", "lead-sheet.musicxml", "lyrics.lrc", "lyrics.txt",
                     "stems/lead_vocal.flac", "stems/premaster.flac"):
            self.assertGreater((SONGS / "song" / name).stat().st_size, 20, name)


if __name__ == "__main__":
    main()
