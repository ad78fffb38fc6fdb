#!/usr/bin/env python3
"""Corpora in the formats of others, read back by others: tar, sqlite3, sha256sum, json, hyparquet.

The class Parquet is skipped, saying so, without node, npm or the registry. BRANDIRON_HYPARQUET may name
a folder with the package in its node_modules; else it is fetched once into build/npm (git ignores it).
"""

import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tarfile
from pathlib import Path

from harness import BAD_INPUT, OUTPUT_LOST, SOME_FAILED, SOURCE, USAGE, Case, main, plucked, run, write_wav

PACKAGE = "hyparquet@1.33.0"
FORMATS = ["audiofolder", "webdataset", "parquet", "jams", "mirdata", "lab", "croissant", "sqlite", "card"]
LABELS = {
    "sections": [{"label": "verse", "start_s": 0, "end_s": 0.2, "bars": 1},
                 {"label": "chorus", "start_s": 0.2, "end_s": 0.4, "bars": 1}],
    "beats": [{"time_s": 0.1 * i, "bar": 1 + i // 2, "beat": 1 + i % 2} for i in range(4)],
    "chords": [{"label": "E:maj", "start_s": 0, "end_s": 0.2}, {"label": "A:min7", "start_s": 0.2, "end_s": 0.4}],
    "parts": [{"name": "bass", "notes": [{"start_s": 0, "end_s": 0.1, "pitch": 40, "velocity": 90}]}],
    "lyrics": {"language": "en-US",
               "lines": [{"text": "dust, “on” the road", "section": "verse", "section_index": 0,
                          "start_s": 0, "end_s": 0.2}],
               "words": [{"text": "dust", "line": 0, "start_s": 0, "end_s": 0.1}],
               "phones": [{"phone": "D", "word": 0, "start_s": 0, "end_s": 0.05}]},
}
# Value patterns of JAMS' namespaces (schemata of jams 0.3).
JAMS_VALUES = {
    "beat": lambda v: v is None or isinstance(v, (int, float)),
    "chord_harte": lambda v: re.fullmatch(r"N|[A-G][b#]*:(maj|min|dim|aug|maj7|min7|7|dim7|hdim7|minmaj7|maj6|"
                                          r"min6|9|maj9|min9|sus4)", v),
    "segment_open": lambda v: isinstance(v, str),
    "tempo": lambda v: v > 0,
    "key_mode": lambda v: re.fullmatch(r"[A-G][b#]?:(major|minor)", v),
    "note_midi": lambda v: 0 <= v < 128,
    "lyrics": lambda v: isinstance(v, str),
    "tag_open": lambda v: isinstance(v, str),
    "pitch_contour": lambda v: set(v) == {"index", "frequency", "voiced"} and v["frequency"] >= 0,
}


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def make_corpus(folder, songs=6):
    """A corpus as `corpus build` leaves it: songs with labels, each with a codec version without."""
    audio = folder / "audio/00000"
    audio.mkdir(parents=True)
    lines = []
    for s in range(songs):
        split = ["train", "train", "train", "train", "validation", "test"][s % 6]
        for suffix, kind in (("", "song"), ("-mp3-64", "codec")):
            name = f"s{s:05}{suffix}"
            file = audio / f"{name}.wav"
            write_wav(file, [plucked(0.4, 8000, seed=s + len(suffix))], 8000)
            line = {"id": name, "song": s, "file": f"audio/00000/{file.name}", "sha256": sha256(file),
                    "label": "ai", "kind": kind,
                    "parts": {"vocals": "ai", "instruments": "ai", "composition": "ai", "lyrics": "ai"},
                    "generator": "brandiron/0.1.0", "persona": ["rust-hollow", "tin-saint"][s % 2],
                    "seed": 2**64 - 1 - s, "title": f"Song {s} – ß", "key": "E:maj", "tempo_bpm": 120.5,
                    "decoder": None, "marked": s % 3 != 0, "split": split, "licence": "CC0-1.0",
                    "duration_s": 0.4, "sample_rate_hz": 8000, "channels": 1, "integrated_lufs": -9.5,
                    "parent_id": None if kind == "song" else f"s{s:05}", "labels": None, "song_json": None}
            if kind == "codec":
                line["codec"] = "mp3 64 kbit/s"
            elif s == 1:
                song = {**LABELS, "f0": {"hop_s": 0.1, "hz": [0, 110.5, 111, 0]}}
                (audio / f"{name}.json").write_text(json.dumps(song))
                (audio / f"{name}.mid").write_bytes(b"MThd")
                line["song_json"] = f"audio/00000/{name}.json"
            else:
                line["labels"] = LABELS
            lines.append(line)
    header = {"schema": "brandiron.manifest/1", "kind": "corpus", "recipe": "small", "recipe_sha256": "ab" * 32,
              "seed": 7, "songs": songs, "items": len(lines), "generator": "brandiron/0.1.0",
              "git_commit": "0123456789ab", "splits": {"by": ["persona"]}, "licence": "CC0-1.0"}
    (folder / "manifest.jsonl").write_text(
        "".join(json.dumps(l, ensure_ascii=False) + "\n" for l in [header, *lines]))
    return lines


class Corpus(Case):
    def setUp(self):
        super().setUp()
        self.corpus = self.folder / "corpus"
        self.lines = make_corpus(self.corpus)

    def export(self, *formats, out="out", options=()):
        found = self.ok("corpus", "export", self.corpus, "--format", ",".join(formats), "-o", self.folder / out,
                        "--json", *options)
        self.printed = [json.loads(l) for l in found.stdout.splitlines()]
        return self.folder / out


class Export(Corpus):
    def test_sha256sum_agrees_with_every_format(self):
        out = self.export("all")
        self.assertEqual([p["format"] for p in self.printed], FORMATS)
        for name in FORMATS:
            with self.subTest(format=name):
                checked = subprocess.run(["sha256sum", "--strict", "-c", "checksums.sha256"], cwd=out / name,
                                         capture_output=True, text=True)
                self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
                listed = {l.split("  ", 1)[1] for l in (out / name / "checksums.sha256").read_text().splitlines()}
                there = {str(p.relative_to(out / name)) for p in (out / name).rglob("*") if p.is_file()}
                self.assertEqual(there - listed, {"checksums.sha256"})
        checked = subprocess.run(["sha256sum", "--strict", "-c", out / "card/corpus.sha256"], cwd=self.corpus,
                                 capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.assertEqual(len(checked.stdout.splitlines()), 1 + len(self.lines))

    def test_audiofolder_holds_each_item_in_its_split(self):
        out = self.export("audiofolder")
        found = {}
        for split in ("train", "validation", "test"):
            for text in (out / f"data/{split}/metadata.jsonl").read_text().splitlines():
                self.assertTrue(text.startswith('{"file_name":'), text)
                row = json.loads(text)
                self.assertEqual(sha256(out / "data" / split / row["file_name"]), row["sha256"])
                found[row["id"]] = (split, row)
        self.assertEqual({i: s for i, (s, _) in found.items()}, {l["id"]: l["split"] for l in self.lines})
        row = found["s00003"][1]
        self.assertEqual((row["title"], row["seed"], row["lyrics"]),
                         ("Song 3 – ß", str(2**64 - 4), "dust, “on” the road\n"))
        head = (out / "README.md").read_text().split("---\n")[1]
        for wanted in ("license: cc0-1.0\n", "task_categories:\n- audio-classification\n", "dataset_info:\n",
                       "    path: data/train/**\n", "    num_examples: 8\n", "  - name: audio\n    dtype: audio\n"):
            self.assertIn(wanted, head)
        # The columns that the card declares are those of the lines.
        declared = re.findall(r"^  - name: (\w+)\n    dtype", head, re.M)
        self.assertEqual(["file_name", *declared[1:]], list(row))

    def test_tar_reads_shards_that_are_the_same_bytes_each_time(self):
        out = self.export("webdataset")
        again = self.export("webdataset", out="again")
        samples = {}
        for shard in sorted(out.glob("*.tar")):
            self.assertEqual(sha256(shard), sha256(again / shard.name))
            with tarfile.open(shard) as tar:
                for member in tar:
                    self.assertEqual((member.mtime, member.uid, member.gid, member.uname, member.mode),
                                     (0, 0, 0, "", 0o644))
                    key, extension = member.name.split(".", 1)
                    samples.setdefault(key, {})[extension] = tar.extractfile(member).read()
            self.assertIn(b"ustar\x0000", shard.read_bytes()[:512])
        self.assertEqual(set(samples), {l["id"] for l in self.lines})
        for line in self.lines:
            self.assertEqual(hashlib.sha256(samples[line["id"]]["wav"]).hexdigest(), line["sha256"])
        self.assertEqual(set(samples["s00001"]), {"wav", "json", "lyrics.txt", "mid"})
        self.assertEqual(set(samples["s00002-mp3-64"]), {"wav", "json"})
        self.assertEqual(json.loads(samples["s00001"]["json"])["labels"]["f0"]["hz"][1], 110.5)
        listed = subprocess.run(["tar", "-tf", out / "train-000000.tar"], capture_output=True, text=True)
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertEqual(listed.stdout.splitlines()[0], "s00000.wav")

    def test_sqlite_counts_what_the_manifest_lists(self):
        out = self.export("sqlite")
        with sqlite3.connect(f"file:{out / 'catalogue.sqlite'}?mode=ro", uri=True) as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchone(), ("ok",))
            self.assertEqual(dict(database.execute("SELECT split, items FROM by_split")),
                             {"train": 8, "validation": 2, "test": 2})
            self.assertEqual(dict(database.execute("SELECT persona, items FROM by_persona")),
                             {"rust-hollow": 6, "tin-saint": 6})
            self.assertEqual(database.execute("SELECT items, ai, human FROM by_label").fetchall(), [(12, 12, 0)])
            self.assertEqual(database.execute(
                "SELECT label, start_s FROM chord WHERE item = 's00003' ORDER BY start_s").fetchall(),
                [("E:maj", 0.0), ("A:min7", 0.2)])
            self.assertEqual(database.execute("SELECT seed, \"key\", codec FROM item WHERE id = 's00001'").fetchone(),
                             (str(2**64 - 2), "E:maj", None))
            self.assertEqual(database.execute("SELECT value FROM corpus WHERE name = 'recipe'").fetchone(), ("small",))

    def test_jams_files_have_the_shape_of_their_schema(self):
        out = self.export("jams")
        files = sorted((out / "jams").glob("*.jams"))
        self.assertEqual([f.stem for f in files], [l["id"] for l in self.lines if l["kind"] == "song"])
        seen = set()
        for file in files:
            jams = json.loads(file.read_text())
            self.assertEqual(set(jams), {"annotations", "file_metadata", "sandbox"})
            self.assertEqual(jams["file_metadata"]["duration"], 0.4)
            for annotation in jams["annotations"]:
                seen.add(annotation["namespace"])
                self.assertEqual(annotation["annotation_metadata"]["corpus"], "small")
                data = annotation["data"]
                if isinstance(data, dict):  # dense: columns of one length
                    self.assertEqual({len(v) for v in data.values()}, {4})
                    data = [dict(zip(data, row)) for row in zip(*data.values())]
                for observation in data:
                    self.assertEqual(set(observation), {"time", "duration", "value", "confidence"})
                    self.assertGreaterEqual(observation["time"], 0)
                    self.assertGreaterEqual(observation["duration"], 0)
                    self.assertTrue(JAMS_VALUES[annotation["namespace"]](observation["value"]), observation)
        self.assertEqual(seen, set(JAMS_VALUES))

    def test_mirdata_index_gives_the_md5_of_files_that_are_there(self):
        out = self.export("mirdata")
        index = json.loads((out / "mirdata_index.json").read_text())
        self.assertEqual(set(index["tracks"]), {l["id"] for l in self.lines})
        for track in index["tracks"].values():
            for path, md5 in track.values():
                if path is not None:
                    self.assertEqual(hashlib.md5((out / path).read_bytes()).hexdigest(), md5)
        self.assertEqual(index["tracks"]["s00000-mp3-64"]["chords"], [None, None])

    def test_lab_files_are_intervals_that_begin_where_they_should(self):
        out = self.export("lab")
        rows = [l.split() for l in (out / "chords/s00002.lab").read_text().splitlines()]
        self.assertEqual([(float(a), float(b), c) for a, b, c in rows], [(0, 0.2, "E:maj"), (0.2, 0.4, "A:min7")])
        self.assertEqual([float(l) for l in (out / "beats/s00002.lab").read_text().split()], [0, 0.1, 0.2, 0.3])

    def test_croissant_points_at_what_is_there(self):
        out = self.export("croissant", options=("--url", "https://example.org/x", "--date", "2026-11-29"))
        document = json.loads((out / "croissant.json").read_text())
        self.assertEqual(document["@type"], "sc:Dataset")
        self.assertEqual(document["conformsTo"], "http://mlcommons.org/croissant/1.0")
        for key in ("name", "description", "license", "url", "creator", "datePublished"):
            self.assertTrue(document[key], key)
        parts = {p["@id"]: p for p in document["distribution"]}
        table = parts["metadata"]
        self.assertEqual(sha256(out / table["contentUrl"]), table["sha256"])
        self.assertEqual(len(list(out.glob(parts["audio.wav"]["includes"]))), len(self.lines))
        rows = [json.loads(l) for l in (out / "metadata.jsonl").read_text().splitlines()]
        fields = {}
        for record_set in document["recordSet"]:
            for field in record_set["field"]:
                fields[field["@id"]] = field
                source = field["source"]
                self.assertIn((source.get("fileObject") or source["fileSet"])["@id"], parts)
                if "column" in source["extract"]:
                    self.assertIn(source["extract"]["column"], rows[0])
                if "references" in field:
                    self.assertIn(field["references"]["field"]["@id"], fields)
        for row in rows:
            self.assertEqual(sha256(out / row["file"]), row["sha256"])

    def test_what_cannot_be_exported_leaves_nothing(self):
        out = self.folder / "out"
        command = ("corpus", "export", self.corpus, "-o", out, "--no-progress", "--format")
        self.refused(USAGE, ["zip"], *command, "zip")
        with open(self.corpus / "audio/00000/s00004.wav", "ab") as file:
            file.write(b"x")
        self.refused(BAD_INPUT, ["s00004.wav", "sha256", "expected"], *command, "all")
        self.refused(BAD_INPUT, ["manifest.jsonl"], "corpus", "export", self.folder / "nothing", "-o", out,
                     "--format", "lab")
        self.assertEqual({p.name for p in self.folder.iterdir()}, {"corpus"})
        out.mkdir()
        (out / "mine.txt").write_text("x")
        self.refused(OUTPUT_LOST, ["exists"], *command, "lab")
        self.refused(OUTPUT_LOST, ["no earlier export"], *command, "lab", "--overwrite")
        self.assertEqual((out / "mine.txt").read_text(), "x")


class Import(Case):
    def clip(self, name, seconds=0.3):
        path = self.folder / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_wav(path, [plucked(seconds, 8000, seed=len(name))], 8000)

    def items(self, out="out"):
        lines = [json.loads(l) for l in (self.folder / out / "manifest.jsonl").read_text().splitlines()]
        return lines[0], lines[1:]

    def test_sonics_becomes_a_corpus_that_can_be_exported(self):
        for name in ("real_songs/real_00001", "fake_songs/fake_00007_suno_0", "fake_songs/fake_00008_udio_0"):
            self.clip(name + ".wav")
        (self.folder / "in/real_songs.csv").write_text(
            "id,filename,title,duration,split,label\n1,real_00001,Rain,0.3,train,real\n")
        (self.folder / "in/fake_songs.csv").write_text(
            "id,filename,title,duration,algorithm,style,source,lyrics_features,topic,genre,split,label\n"
            "7,fake_00007_suno_0,,0.3,chirp-v3.5,folk,suno,\"a, b\",rain,folk,valid,half fake\n"
            "8,fake_00008_udio_0,,0.3,udio-120s,folk,udio,,rain,folk,test,full fake\n")
        found = self.json("corpus", "import", "sonics", self.folder / "in", "--licence", "CC-BY-NC-4.0", "-o",
                          self.folder / "out")
        self.assertEqual((found["items"], found["labels"]["human"], found["failed"]), (3, 1, []))
        header, items = self.items()
        self.assertEqual((header["kind"], header["licence"]), ("imported", "CC-BY-NC-4.0"))
        self.assertEqual({i["split"] for i in items}, {"train", "validation", "test"})
        for item in items:
            self.assertEqual(sha256(self.folder / "out" / item["file"]), item["sha256"])
        self.ok("corpus", "export", self.folder / "out", "--format", "audiofolder", "-o", self.folder / "hub")
        card = (self.folder / "hub/README.md").read_text()
        self.assertIn("license: cc-by-nc-4.0\n", card)
        self.assertIn("recordings of others", card)

    def test_unreadable_files_are_named_and_the_rest_is_imported(self):
        self.clip("human/good.wav")
        (self.folder / "in/human/bad.mp3").write_bytes(b"no audio at all")
        found = run("corpus", "import", "folder", self.folder / "in", "--licence", "CC0-1.0", "-o",
                    self.folder / "out", "--json")
        self.assertEqual(found.returncode, SOME_FAILED, found.stderr)
        self.assertIn("human/bad.mp3", found.stderr)
        self.assertEqual(json.loads(found.stdout)["failed"][0]["file"], "human/bad.mp3")
        self.assertEqual([i["id"] for i in self.items()[1]], ["i-good"])

    def test_a_licence_is_asked_for(self):
        self.clip("human/good.wav")
        self.refused(USAGE, ["--licence"], "corpus", "import", "folder", self.folder / "in", "-o",
                     self.folder / "out")
        self.assertFalse((self.folder / "out").exists())


def hyparquet():
    """A folder with the package, or None and why not."""
    if not shutil.which("node") or not shutil.which("npm"):
        return None, "node or npm is not installed"
    if os.environ.get("BRANDIRON_HYPARQUET"):
        return Path(os.environ["BRANDIRON_HYPARQUET"]), ""
    folder = SOURCE / "build/npm/hyparquet"
    if (folder / "node_modules/hyparquet/package.json").exists():
        return folder, ""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}')
    try:
        found = subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund",
                                "--fetch-retries=1", "--fetch-timeout=20000", PACKAGE], cwd=folder,
                               capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return None, "the npm registry does not answer"
    if found.returncode != 0:
        return None, f"npm cannot fetch {PACKAGE}: {found.stderr.strip().splitlines()[-1:]}"
    return folder, ""


READER = """
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import fs from 'node:fs';
const bytes = fs.readFileSync(process.argv[2]);
const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
const meta = parquetMetadata(file);
const plain = (key, value) => typeof value === 'bigint' ? Number(value) : value;
console.log(JSON.stringify({
  rows: await parquetReadObjects({ file }), num_rows: meta.num_rows, created_by: meta.created_by,
  groups: meta.row_groups.length, schema: meta.schema, keys: meta.key_value_metadata }, plain));
"""


class Parquet(Corpus):
    def read(self, path):
        package, why_not = hyparquet()
        if not package:
            self.skipTest(why_not)
        script = package / "read.mjs"
        script.write_text(READER)
        found = subprocess.run(["node", script, path], capture_output=True, text=True, timeout=60)
        self.assertEqual(found.returncode, 0, found.stderr)
        return json.loads(found.stdout)

    def test_hyparquet_reads_the_rows_that_were_written(self):
        out = self.export("parquet")
        for split, count in (("train", 8), ("validation", 2), ("test", 2)):
            found = self.read(out / f"data/{split}.parquet")
            self.assertEqual((found["num_rows"], len(found["rows"])), (count, count))
            expected = [l for l in self.lines if l["split"] == split]
            for row, line in zip(found["rows"], expected):
                for key in ("id", "label", "title", "persona", "sha256", "file", "duration_s", "tempo_bpm",
                            "sample_rate_hz", "song", "marked", "parent_id", "key"):
                    self.assertEqual(row[key], line[key], key)
                self.assertEqual(row["seed"], str(line["seed"]))
                self.assertEqual(row["codec"], line.get("codec"))
                self.assertIsNone(row["attack"])
                self.assertEqual(row["lyrics"], "dust, “on” the road\n" if line["kind"] == "song" else None)

    def test_hyparquet_reads_what_hugging_face_looks_for(self):
        found = self.read(self.export("parquet") / "data/train.parquet")
        info = {k["key"]: json.loads(k["value"]) for k in found["keys"]}["huggingface"]
        features = info["info"]["features"]
        self.assertEqual(list(features), [c["name"] for c in found["schema"][1:]])
        self.assertEqual(features["tempo_bpm"], {"dtype": "float64", "_type": "Value"})
        required = {c["name"] for c in found["schema"][1:] if c["repetition_type"] == "REQUIRED"}
        self.assertEqual(required, {"id", "label", "split"})

    def test_hyparquet_reads_many_row_groups(self):
        shutil.rmtree(self.corpus)
        self.corpus.mkdir()
        lines = [{"id": f"v{i:06}", "song": i, "file": None, "label": "ai", "split": "train",
                  "tempo_bpm": None if i % 3 else 60 + i / 7, "marked": i % 2 == 0} for i in range(12001)]
        header = {"schema": "brandiron.manifest/1", "kind": "corpus", "items": len(lines)}
        (self.corpus / "manifest.jsonl").write_text("".join(json.dumps(l) + "\n" for l in [header, *lines]))
        found = self.read(self.export("parquet") / "data/train.parquet")
        self.assertEqual((found["groups"], found["num_rows"]), (3, 12001))
        for row, line in zip(found["rows"], lines):
            self.assertEqual((row["id"], row["tempo_bpm"], row["marked"]),
                             (line["id"], line["tempo_bpm"], line["marked"]))


if __name__ == "__main__":
    main()
