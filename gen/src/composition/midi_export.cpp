#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "brandiron/gen/performance.h"
#include "brandiron/gen/songwriter.h"

namespace brandiron::gen {
namespace {

constexpr int kTicksPerQuarter = 480;

/// One MIDI event with its absolute time; `order` puts note-offs before note-ons at one tick.
struct Event {
  std::int64_t tick = 0;
  int order = 0;
  std::string bytes;
};

void append_big_endian(std::string& out, std::uint32_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>((value >> (8 * i)) & 0xff);
}

/// Variable-length quantity of the standard.
std::string variable_length(std::uint32_t value) {
  std::string out(1, static_cast<char>(value & 0x7f));
  while (value >>= 7) out.insert(out.begin(), static_cast<char>((value & 0x7f) | 0x80));
  return out;
}

std::string meta(int type, const std::string& data) {
  std::string out = "\xff";
  out += static_cast<char>(type);
  return out + variable_length(static_cast<std::uint32_t>(data.size())) + data;
}

std::string channel_message(int status, int channel, int a, int b) {
  std::string out;
  out += static_cast<char>(status | channel);
  out += static_cast<char>(a & 0x7f);
  out += static_cast<char>(b & 0x7f);
  return out;
}

std::string program_change(int channel, int program) {
  std::string out;
  out += static_cast<char>(0xc0 | channel);
  out += static_cast<char>(program & 0x7f);
  return out;
}

std::string track_chunk(std::vector<Event> events) {
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
    return a.tick != b.tick ? a.tick < b.tick : a.order < b.order;
  });
  std::string body;
  std::int64_t now = 0;
  for (const Event& event : events) {
    body += variable_length(static_cast<std::uint32_t>(event.tick - now)) + event.bytes;
    now = event.tick;
  }
  body += variable_length(0) + meta(0x2f, "");
  std::string chunk = "MTrk";
  append_big_endian(chunk, static_cast<std::uint32_t>(body.size()), 4);
  return chunk + body;
}

/// A beat is a quarter, in 12/8 a dotted quarter: the file's quarters keep their written value.
double quarters_per_beat(const Score& score) { return score.compound ? 1.5 : 1.0; }

std::int64_t tick_of(const Score& score, double beat) {
  return static_cast<std::int64_t>(
      std::floor(std::max(0.0, beat) * quarters_per_beat(score) * kTicksPerQuarter + 0.5));
}

void add_note(std::vector<Event>& events, int channel, std::int64_t from, std::int64_t to,
              int pitch, int velocity) {
  events.push_back({from, 2, channel_message(0x90, channel, pitch, std::max(1, velocity))});
  events.push_back({std::max(to, from + 1), 0, channel_message(0x80, channel, pitch, 0)});
}

std::string conductor_track(const Score& score) {
  std::vector<Event> events;
  events.push_back({0, 0, meta(0x03, score.title)});
  const double quarter_bpm = score.tempo_bpm * quarters_per_beat(score);
  std::string tempo;
  append_big_endian(tempo, static_cast<std::uint32_t>(std::floor(60e6 / quarter_bpm + 0.5)), 3);
  events.push_back({0, 0, meta(0x51, tempo)});
  const int numerator = score.compound ? 12 : score.beats_per_bar;
  std::string time_signature;
  time_signature += static_cast<char>(numerator);
  time_signature += static_cast<char>(score.compound ? 3 : 2);    // denominator as a power of two
  time_signature += static_cast<char>(score.compound ? 36 : 24);  // MIDI clocks a metronome click
  time_signature += static_cast<char>(8);
  events.push_back({0, 0, meta(0x58, time_signature)});
  static constexpr int kFifthsOfMajor[12] = {0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5};
  const int major_pc = score.minor ? (score.tonic_pc + 3) % 12 : score.tonic_pc;
  std::string key;
  key += static_cast<char>(kFifthsOfMajor[major_pc]);
  key += static_cast<char>(score.minor ? 1 : 0);
  events.push_back({0, 0, meta(0x59, key)});
  for (const Section& section : score.sections) {
    events.push_back(
        {tick_of(score, section.start_bar * score.beats_per_bar), 1, meta(0x06, section.label)});
  }
  events.push_back({tick_of(score, score.num_beats()), 9, meta(0x01, "end")});
  return track_chunk(std::move(events));
}

/// Syllables as karaoke players expect them: "-" inside a word, a space after it.
std::string vocal_track(const Score& score) {
  std::vector<Event> events;
  events.push_back({0, 0, meta(0x03, "lead vocal")});
  events.push_back({0, 1, program_change(0, 53)});
  for (const VocalNote& note : score.vocal) {
    const std::int64_t from = tick_of(score, note.start_beat);
    if (!note.melisma) {
      const auto s = static_cast<std::size_t>(note.syllable);
      const Word& word = score.words[static_cast<std::size_t>(score.syllables[s].word)];
      const bool last = note.syllable + 1 == word.first_syllable + word.num_syllables;
      events.push_back({from, 1, meta(0x05, score.syllables[s].text + (last ? " " : "-"))});
    }
    add_note(events, 0, from, tick_of(score, note.start_beat + note.duration_beats), note.pitch,
             note.velocity);
  }
  return track_chunk(std::move(events));
}

std::string part_track(const Score& score, const PartNotes& part, int channel) {
  std::vector<Event> events;
  events.push_back({0, 0, meta(0x03, part.name)});
  if (!part.percussion) events.push_back({0, 1, program_change(channel, part.program)});
  const double beats_per_second = score.tempo_bpm / 60.0;
  for (const PlayedNote& note : part.notes) {
    add_note(events, channel, tick_of(score, note.start_s * beats_per_second),
             tick_of(score, note.end_s * beats_per_second), note.pitch, note.velocity);
  }
  return track_chunk(std::move(events));
}

}  // namespace

std::string score_to_midi(const Score& score, const std::vector<PartNotes>& band) {
  std::string tracks = conductor_track(score) + vocal_track(score);
  int channel = 1;
  for (const PartNotes& part : band) {
    if (part.percussion) {
      tracks += part_track(score, part, 9);
      continue;
    }
    tracks += part_track(score, part, channel);
    channel = channel == 8 ? 10 : (channel == 15 ? 1 : channel + 1);  // 9 is the drums'
  }
  std::string file = "MThd";
  append_big_endian(file, 6, 4);
  append_big_endian(file, 1, 2);
  append_big_endian(file, static_cast<std::uint32_t>(2 + band.size()), 2);
  append_big_endian(file, kTicksPerQuarter, 2);
  return file + tracks;
}

}  // namespace brandiron::gen
