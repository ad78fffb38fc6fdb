#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/resample.h"
#include "brandiron/core/error.h"
#include "brandiron/core/hash.h"
#include "brandiron/experiments/demo_report.h"
#include "page_resources.h"
#include "picture/chart.h"
#include "picture/sound_pictures.h"

namespace brandiron::experiments {

namespace {

namespace fs = std::filesystem;

constexpr double kClipSeconds = 12.0;
constexpr double kStripWidth = 110.0;  // pixels; long files get narrower bars
constexpr int kSongBitrateKbps = 128;
constexpr int kClipBitrateKbps = 96;

std::string clock(double seconds) {
  const int whole = static_cast<int>(std::max(0.0, seconds));
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

/// "4.1 x 10<sup>-22</sup>", or a plain number from 0.01 up.
std::string p_value_html(double p) {
  if (p >= 0.01) {
    return fmt::format("{:.2f}", p);
  }
  if (p <= 1e-300) {  // as small as the verifier says
    return "&le; 10<sup>&minus;300</sup>";
  }
  const int exponent = static_cast<int>(std::floor(std::log10(p)));
  return fmt::format("{:.1f} &times; 10<sup>&minus;{}</sup>", p / std::pow(10.0, exponent),
                     -exponent);
}

/// Harte to what a guitarist reads: E:maj -> E, A:min7 -> Am7.
std::string short_chord(const std::string& label) {
  const auto colon = label.find(':');
  if (colon == std::string::npos) {
    return label;
  }
  std::string quality = label.substr(colon + 1);
  if (quality == "maj") {
    quality.clear();
  } else if (quality.starts_with("min")) {
    quality = "m" + quality.substr(3);
  }
  return label.substr(0, colon) + quality;
}

/// The part of a section label that has a colour: "verse 2" -> "verse".
std::string section_class(const std::string& label) {
  for (const char* name : {"verse", "chorus", "bridge"}) {
    if (label.find(name) != std::string::npos) {
      return name;
    }
  }
  return "other";
}

/// An MP3 every browser plays, as a data address. Odd rates go to 44.1 kHz first: LAME knows few.
std::string mp3_data(AudioBuffer audio, int bitrate_kbps) {
  if (audio.num_channels() > 2) {
    audio = audio.to_mono();
  }
  if (audio.rate_hz() != 44100) {
    audio = resample(audio, 44100);
  }
  if (const float peak = audio.peak(); peak > 1.0F) {
    audio.apply_gain(1.0F / peak);
  }
  WriteOptions options;
  options.bitrate_kbps = bitrate_kbps;
  return "data:audio/mpeg;base64," + to_base64(encode_audio(audio, AudioFormat::kMp3, options));
}

std::string png_data(const Picture& picture) {
  return "data:image/png;base64," + to_base64(encode_png(picture, ember_palette()));
}

AudioBuffer excerpt(const AudioBuffer& audio, double start_s) {
  const double rate = audio.rate_hz();
  const double latest = std::max(0.0, audio.duration_s() - kClipSeconds);
  return audio.slice(static_cast<std::size_t>(std::min(start_s, latest) * rate),
                     static_cast<std::size_t>(kClipSeconds * rate));
}

/// Where the clips of the table begin: the first chorus, else a third into the song.
double clip_start_s(const SongFacts& song) {
  for (const auto& section : song.sections) {
    if (section.text.find("chorus") != std::string::npos) {
      return section.start_s;
    }
  }
  return song.duration_s / 3.0;
}

std::string facts_html(const SongFacts& song) {
  std::string out = "<ul class=facts>";
  const auto fact = [&out](const std::string& name, const std::string& value) {
    if (!value.empty()) {
      out += fmt::format("<li>{} <b>{}</b></li>", name, html_escape(value));
    }
  };
  fact("persona", song.persona);
  fact("length", clock(song.duration_s));
  fact("tempo", fmt::format("{:g} bpm", std::round(song.tempo_bpm * 10) / 10));
  fact("key", short_chord(song.key));
  fact("metre", song.meter);
  fact("seed", std::to_string(song.seed));
  fact("loudness", fmt::format("{:.1f} LUFS", song.integrated_lufs));
  fact("true peak", fmt::format("{:.1f} dBTP", song.true_peak_dbtp));
  fact("payload", song.payload_hex);
  fact("key fingerprint", song.key_fingerprint);
  return out + "</ul>";
}

std::string lane_html(const char* name, const std::vector<TimedText>& items, double duration_s,
                      bool chords) {
  std::string out = fmt::format("<div class=\"lane {}\">", name);
  for (const auto& item : items) {
    out += fmt::format(
        "<span class=\"{}\" data-s={:.3f} data-e={:.3f} style=\"left:{:.3f}%;width:{:.3f}%\" "
        "title=\"{}\">{}</span>",
        chords ? "" : section_class(item.text), item.start_s, item.end_s,
        100 * item.start_s / duration_s, 100 * (item.end_s - item.start_s) / duration_s,
        html_escape(item.text), html_escape(chords ? short_chord(item.text) : item.text));
  }
  return out + "</div>";
}

std::string frequency_axis(const SpectrogramOptions& options) {
  std::string out;
  for (const double hz : {100.0, 1000.0, 10000.0}) {
    const double height =
        100 * std::log2(hz / options.low_hz) / std::log2(options.high_hz / options.low_hz);
    out +=
        fmt::format("<span class=axis style=\"bottom:{:.1f}%\">{}</span>", height,
                    hz >= 1000 ? fmt::format("{:g} kHz", hz / 1000) : fmt::format("{:g} Hz", hz));
  }
  return out;
}

std::string timeline_html(const SongFacts& song, const AudioBuffer& audio) {
  const double duration = audio.duration_s();
  const SpectrogramOptions options;
  std::string out = fmt::format(
      "<div class=timeline id=timeline data-duration={:.4f}><div class=head id=head></div>",
      duration);
  out += lane_html("sections", song.sections, duration, false);
  out += fmt::format(
      "<svg class=wave viewBox=\"0 0 1200 92\" preserveAspectRatio=none role=img "
      "aria-label=waveform><path d=\"{}\"/></svg>",
      waveform_path(audio, 1200, 92));
  out += lane_html("chords", song.chords, duration, true);
  out += fmt::format("<div class=lane><img class=spectrum alt=spectrogram src=\"{}\">{}</div>",
                     png_data(spectrogram_picture(audio, options)), frequency_axis(options));
  out += "<div class=ticks>";
  for (double t = 10; t < duration - 3; t += 10) {
    out += fmt::format("<span style=\"left:{:.2f}%\">{}</span>", 100 * t / duration, clock(t));
  }
  return out + "</div></div>";
}

std::string words_html(const SongFacts& song, std::size_t line) {
  std::string out;
  for (const auto& word : song.words) {
    if (word.line == static_cast<int>(line)) {
      out += fmt::format("<span class=w data-s={:.3f} data-e={:.3f} title=\"{:.2f} s\">{}</span> ",
                         word.start_s, word.end_s, word.start_s, html_escape(word.text));
    }
  }
  return out.empty() ? html_escape(song.lines[line].text) : out;
}

std::string lyrics_html(const SongFacts& song) {
  std::string out = "<div class=\"card lyrics\">";
  std::size_t line = 0;
  for (const auto& section : song.sections) {
    std::string stanza;
    for (; line < song.lines.size() && song.lines[line].start_s < section.end_s; ++line) {
      stanza += fmt::format("<div class=line><time>{}</time><span>{}</span></div>",
                            clock(song.lines[line].start_s), words_html(song, line));
    }
    if (!stanza.empty()) {
      out += fmt::format("<div class=stanza><div class=label>{}</div>{}</div>",
                         html_escape(section.text), stanza);
    }
  }
  return out + "</div>";
}

/// One bar a segment: height is -log10 p up to 18, the dashed line is 1e-9.
std::string segment_strip(const MarkAnswer& mark) {
  if (mark.segments.empty()) {
    return "";
  }
  const std::size_t n = mark.segments.size();
  const double step = std::min(9.0, kStripWidth / static_cast<double>(n));
  std::string out =
      fmt::format("<svg class=strip width={:.0f} height=26 role=img aria-label=\"by segment\">",
                  std::max(step * static_cast<double>(n), 18.0));
  for (std::size_t i = 0; i < n; ++i) {
    const auto& segment = mark.segments[i];
    const double strength = segment.value > 0 ? -std::log10(segment.value) : 18.0;
    const double height = 1 + 25 * std::clamp(strength / 18.0, 0.0, 1.0);
    out += fmt::format(
        "<rect class=\"bar{}\" x={:.1f} y={:.1f} width={:.1f} height={:.1f}><title>{}&ndash;{}: p "
        "= "
        "{:.1e}</title></rect>",
        strength < 9 ? " weak" : "", step * static_cast<double>(i), 26 - height, 0.8 * step, height,
        clock(segment.start_s), clock(segment.end_s), segment.value);
  }
  return out +
         fmt::format("<line x1=0 x2={:.0f} y1=13 y2=13 /></svg>", step * static_cast<double>(n));
}

std::string mark_cells(const DemoRow& row, const std::string& payload) {
  if (!row.mark) {
    return fmt::format("<td colspan=4><span class=\"chip plain\">{}</span></td>",
                       html_escape(row.mark_error));
  }
  const bool good = row.as_expected(payload);
  std::string code = "&ndash;";
  if (row.mark->present) {
    code = !row.mark->payload_valid           ? "unreadable"
           : row.mark->payload_hex == payload ? "right"
                                              : "another's";
  }
  return fmt::format(
      "<td><span class=\"chip {}\">{}</span></td><td class=num>{}</td><td>{}</td><td>{}</td>",
      good ? "good" : "bad", row.mark->present ? "mark found" : "no mark",
      p_value_html(row.mark->p_value), code, segment_strip(*row.mark));
}

std::string detector_cell(const DemoRow& row) {
  if (!row.detector) {
    // A long reason (no weights, say) is the same in every row: it goes into the tool tip.
    const bool brief = row.detector_error.size() < 24;
    return fmt::format("<td class=soft title=\"{}\">{}</td>", html_escape(row.detector_error),
                       brief ? html_escape(row.detector_error) : "no answer");
  }
  const auto& answer = *row.detector;
  return fmt::format(
      "<td class=num><span class=meter><i style=\"width:{:.1f}%\"></i><u "
      "style=\"left:{:.1f}%\"></u></span>{:.3f} <span class=\"chip blue\">{}</span></td>",
      100 * answer.p_ai, 100 * answer.threshold, answer.p_ai, html_escape(answer.verdict));
}

const char* group_title(const std::string& kind) {
  if (kind == "marked") {
    return "The song as published";
  }
  if (kind == "attack") {
    return "The song after an attack: the mark must still be there";
  }
  return "Controls: no mark may be found";
}

struct Clips {
  std::string audio_tags;
  std::vector<std::string> buttons;  ///< one a row; "" when there is nothing to play
};

Clips make_clips(const Demo& demo) {
  Clips clips;
  const double start = clip_start_s(demo.song);
  for (std::size_t i = 0; i < demo.rows.size(); ++i) {
    const auto& row = demo.rows[i];
    const fs::path file = demo.folder / row.file;
    if (row.file.empty() || !fs::exists(file)) {
      clips.buttons.emplace_back();
      continue;
    }
    clips.audio_tags += fmt::format("<audio id=clip{} preload=none src=\"{}\"></audio>", i,
                                    mp3_data(excerpt(read_audio(file), start), kClipBitrateKbps));
    clips.buttons.push_back(
        fmt::format("<button class=play data-clip=clip{} aria-label=\"play {}\"><svg viewBox=\"0 0 "
                    "14 14\"><path d=\"M2 0l11 7-11 7z\"/></svg></button>",
                    i, html_escape(row.name)));
  }
  return clips;
}

std::string table_html(const Demo& demo, const Clips& clips) {
  std::string out =
      "<div class=scroll><table><thead><tr><th></th><th>audio</th><th>mark</th><th>p-value</th>"
      "<th>payload</th><th>by 10 s</th><th>p(synthetic)</th></tr></thead><tbody>";
  std::string group;
  for (std::size_t i = 0; i < demo.rows.size(); ++i) {
    const auto& row = demo.rows[i];
    const std::string title = group_title(row.kind);
    if (title != group) {
      group = title;
      out += fmt::format("<tr class=group><td colspan=7>{}</td></tr>", group);
    }
    const std::string& detail = row.chain.empty() ? row.note : row.chain;
    out += fmt::format("<tr><td>{}</td><td><span class=what>{}</span>{}</td>{}{}</tr>",
                       clips.buttons[i], html_escape(row.name),
                       detail.empty() ? "" : "<span class=chain>" + html_escape(detail) + "</span>",
                       mark_cells(row, demo.song.payload_hex), detector_cell(row));
  }
  return out + "</tbody></table></div>";
}

std::string summary_html(const Demo& demo) {
  const auto surprises = demo_surprises(demo);
  const std::size_t good = demo.rows.size() - surprises.size();
  std::string out = fmt::format(
      "<div class=\"card answer{}\"><span class=big>{} of {}</span><span>mark verdicts are what "
      "they "
      "must be: found with the right payload where the song is, not found where it is not.</span>",
      surprises.empty() ? "" : " bad", good, demo.rows.size());
  for (const auto& surprise : surprises) {
    out +=
        fmt::format("<span></span><span class=\"chip bad\" style=\"white-space:normal\">{}</span>",
                    html_escape(surprise));
  }
  return out + "</div>";
}

const DemoRow* row_of_kind(const Demo& demo, const std::string& kind) {
  const auto it = std::find_if(demo.rows.begin(), demo.rows.end(),
                               [&](const DemoRow& row) { return row.kind == kind; });
  return it == demo.rows.end() ? nullptr : &*it;
}

/// What the mark changes: the published song minus its unmarked twin, drawn at the song's own
/// scale.
std::string mark_alone_html(const Demo& demo, const AudioBuffer& marked) {
  const DemoRow* twin_row = row_of_kind(demo, "twin");
  if (twin_row == nullptr || !fs::exists(demo.folder / twin_row->file)) {
    return "";
  }
  AudioBuffer difference = read_audio(demo.folder / twin_row->file);
  if (difference.rate_hz() != marked.rate_hz() ||
      difference.num_channels() != marked.num_channels() ||
      difference.num_frames() != marked.num_frames()) {
    return "";
  }
  difference.apply_gain(-1.0F);
  difference.add(marked);
  const double ratio_db = 20 * std::log10((marked.rms() + 1e-12) / (difference.rms() + 1e-12));
  SpectrogramOptions options;
  options.width = 700;
  options.height = 170;
  const double start = clip_start_s(demo.song);
  const AudioBuffer song_part = excerpt(marked, start);
  AudioBuffer mark_part = excerpt(difference, start);
  double top_db = 0;
  const Picture song_picture = spectrogram_picture(song_part, options, &top_db);
  options.top_db = top_db;
  const Picture mark_picture = spectrogram_picture(mark_part, options);
  mark_part.apply_gain(static_cast<float>(std::pow(10.0, (ratio_db - 6) / 20)));
  return fmt::format(
      "<h2>What the mark adds</h2><p>The same twelve seconds, same colours: on the left the song, "
      "on "
      "the right only what marking changed, {:.1f} dB below it. The player lifts it to where it "
      "can "
      "be heard.</p><div class=pair><figure><img alt=\"spectrogram of the song\" "
      "src=\"{}\"><figcaption>the song</figcaption></figure><figure><img alt=\"spectrogram of the "
      "mark\" src=\"{}\"><figcaption>the mark alone <button class=play data-clip=clipmark "
      "aria-label=\"play the mark alone\"><svg viewBox=\"0 0 14 14\"><path d=\"M2 0l11 7-11 "
      "7z\"/></svg></button></figcaption></figure></div><audio id=clipmark preload=none "
      "src=\"{}\"></audio>",
      ratio_db, png_data(song_picture), png_data(mark_picture),
      mp3_data(mark_part, kClipBitrateKbps));
}

/// One row of short players: each stem over the same twelve seconds.
std::string stems_html(const Demo& demo) {
  const fs::path song_folder = (demo.folder / demo.song.audio_file).parent_path();
  std::string out;
  for (std::size_t i = 0; i < demo.song.stems.size(); ++i) {
    const fs::path file = song_folder / demo.song.stems[i];
    if (demo.song.stems[i].empty() || !fs::exists(file)) {
      continue;
    }
    std::string name = file.stem().string();
    std::replace(name.begin(), name.end(), '_', ' ');
    AudioBuffer clip = excerpt(read_audio(file), clip_start_s(demo.song));
    if (clip.peak() < 1e-4F) {
      continue;  // silent in this excerpt
    }
    out += fmt::format(
        "<figure><button class=play data-clip=stem{0} aria-label=\"play {1}\"><svg viewBox=\"0 0 "
        "14 "
        "14\"><path d=\"M2 0l11 7-11 7z\"/></svg></button> {1}<svg class=wave "
        "style=\"height:54px\" viewBox=\"0 0 300 54\" preserveAspectRatio=none "
        "aria-hidden=true><path "
        "d=\"{2}\"/></svg><audio id=stem{0} preload=none src=\"{3}\"></audio></figure>",
        i, html_escape(name), waveform_path(clip, 300, 54), mp3_data(clip, 64));
  }
  if (out.empty()) {
    return "";
  }
  return "<h2>The parts</h2><p>Stems as written beside the song (before mastering): they sum to "
         "the "
         "mix. Twelve seconds of each.</p><div class=\"card pair\">" +
         out + "</div>";
}

// The layers of the published file, the duties they answer, and the way back after stripping.
std::string disclosure_html(const Demo& demo) {
  if (!demo.disclosure) return "";
  const DisclosureAnswer& answer = *demo.disclosure;
  std::string rows;
  for (const DutyRow& duty : answer.duties) {
    rows += fmt::format(
        "<tr><td>{}</td><td><span class=what>{}</span><span class=chain>{}</span>"
        "</td><td><span class=\"chip{}\">{}</span></td></tr>",
        html_escape(duty.id), html_escape(duty.asks), html_escape(duty.why),
        duty.outcome == "fail" ? " bad" : "", html_escape(duty.outcome));
  }
  std::string stripped;
  if (!answer.stripped_verdict.empty()) {
    stripped = fmt::format(
        "<p>Stripped of all that and re-encoded to MP3 64: {} by mark and fingerprint; its "
        "manifest "
        "from the registry: {}.</p>",
        html_escape(answer.stripped_verdict),
        html_escape(answer.stripped_manifest.empty() ? "not found" : answer.stripped_manifest));
  }
  return fmt::format(
      "<h2>What the file says of itself</h2><p>Watermark {}, manifest {} (signed with a test "
      "certificate of this demo), tags {}, registry {}.</p>{}<div class=scroll><table><tbody>{}"
      "</tbody></table></div><p class=soft>Duties after secondary sources; not legal advice.</p>",
      html_escape(answer.mark), html_escape(answer.manifest), html_escape(answer.tags),
      html_escape(answer.registry), stripped, rows);
}

std::string meaning_html(const Demo& demo) {
  std::string detector = "the detector did not answer";
  for (const auto& row : demo.rows) {
    if (row.detector) {
      detector = fmt::format(
          "its threshold is {:.2f}, set on {} human recordings for a false-positive rate of {:.3g}",
          row.detector->threshold, row.detector->threshold_n, row.detector->threshold_fpr);
      break;
    }
  }
  return fmt::format(
      "<h2>What each number means</h2><dl>"
      "<dt>mark</dt><dd>What the verifier says when it is given the key. Found means p-value &le; "
      "10<sup>&minus;9</sup>. Without the key nobody can look for it.</dd>"
      "<dt>p-value</dt><dd>An upper bound on the chance of so strong a response in audio that does "
      "not carry this mark, under a random key. Every offset, speed and segment that was tried is "
      "counted in. It is not the probability that the verdict is wrong.</dd>"
      "<dt>payload</dt><dd>64 bits inside the mark that name the song ({}). <i>Right</i> means all "
      "64 "
      "came back and the check inside the code agrees. A mark can be present with its payload "
      "unreadable.</dd>"
      "<dt>by 10 s</dt><dd>The same test on each ten seconds alone: a bar reaching the dashed line "
      "would do by itself.</dd>"
      "<dt>p(synthetic)</dt><dd>The detector has no key: it listens for traces of synthesis. The "
      "figure is its probability when half of all files were synthetic (prior 0.5); {}. The tick "
      "is "
      "the threshold for <i>ai</i>; <i>undecided</i> is an answer too.</dd>"
      "<dt>{:.1f} dB</dt><dd>Level of the song over the level of its mark, as measured while "
      "marking.</dd></dl>"
      "<h3>What this page does not show</h3><p>One song and one key are an example, not a rate: "
      "rates with their n and intervals are in <code>docs/claims.md</code>. The demo key is "
      "published "
      "so that anybody can verify; it protects nothing. The detector was trained on songs of this "
      "generator; what it makes of other generators is in its model card and is not promised "
      "here.</p>",
      html_escape(demo.song.payload_hex), detector, demo.song.mark_snr_db);
}

std::string again_html(const Demo& demo) {
  return fmt::format(
      "<h2>Do it again</h2><pre>brandiron generate --persona {} --seed {} --duration {:.0f} "
      "--stems "
      "-o song\nbrandiron watermark verify song/song.flac\nbrandiron attack "
      "\"mp3(bitrate_kbps=128)\" "
      "song/song.flac attacked.flac\nbrandiron watermark verify attacked.flac\nbrandiron detect "
      "attacked.flac</pre><p class=soft>The same seed and version give the same samples, bit for "
      "bit, "
      "on every x86-64 processor.</p>",
      html_escape(demo.song.persona), demo.song.seed, std::floor(demo.song.duration_s));
}

}  // namespace

std::string demo_page(const Demo& demo) {
  const AudioBuffer song = read_audio(demo.folder / demo.song.audio_file);
  const Clips clips = make_clips(demo);
  std::string notes;
  for (const auto& note : demo.notes) {
    notes += fmt::format("<p class=soft>Note: {}</p>", html_escape(note));
  }
  return fmt::format(
      "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport "
      "content=\"width=device-width,initial-scale=1\"><title>{0} - Brandiron demo</title>"
      "<style>{1}</style></head><body><main><div class=eyebrow>Brandiron demo: a synthetic song, "
      "disclosed</div><h1>{0}</h1><p class=soft>Composed, sung, played, mixed and marked by one "
      "program from one seed. The singer is fictional and nobody was recorded.</p>{2}"
      "<div class=card style=\"margin-top:1.2rem\"><audio id=song controls preload=metadata "
      "src=\"{3}\"></audio>{4}</div>{5}<h2>Verdicts</h2>{6}{7}{8}{9}{10}<h2>The words</h2>"
      "<p class=soft>Times are exact by construction: they drove the synthesis. Click a "
      "word.</p>{11}{12}<footer>Brandiron {13} ({14}). This page is self-contained and works "
      "without "
      "a network. Audio here is MP3 for listening; the verdicts are about the files beside "
      "it.</footer></main><script>{15}</script></body></html>\n",
      html_escape(demo.song.title), kPageCss, facts_html(demo.song),
      mp3_data(song, kSongBitrateKbps), timeline_html(demo.song, song), summary_html(demo),
      table_html(demo, clips), clips.audio_tags + notes, meaning_html(demo),
      disclosure_html(demo) + mark_alone_html(demo, song), stems_html(demo), lyrics_html(demo.song),
      again_html(demo), html_escape(demo.song.generator_version), html_escape(demo.song.git_commit),
      kPageJs);
}

}  // namespace brandiron::experiments
