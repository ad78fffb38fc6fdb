/* Marks a stream of samples and looks for the mark in what came out.
 *
 *   cc -std=c99 mark_and_verify.c $(pkg-config --cflags --libs brandiron-watermark) -lm
 *
 * The samples are plucked notes and noise made here, in stereo; a real program has its own. */
#include <brandiron_watermark.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define RATE_HZ 32000
#define CHANNELS 2
#define SECONDS 40
#define BLOCK 1000 /* frames; any size does */

static const uint64_t kPayload = 0x0123456789abcdefULL;

static void check(int status, const char* what) {
  if (status == BRANDIRON_OK) return;
  fprintf(stderr, "%s: %s\n", what, brandiron_last_error());
  exit(1);
}

/* A new note every quarter second, decaying harmonics over a little noise. */
static void make_music(float* samples, size_t frames) {
  uint32_t state = 1;
  double base_hz = 220;
  size_t i;
  for (i = 0; i < frames; ++i) {
    const size_t in_note = i % (RATE_HZ / 4);
    const double t = (double)in_note / RATE_HZ;
    double x = 0;
    int harmonic, c;
    if (in_note == 0) {
      state = state * 1664525u + 1013904223u;
      base_hz = 110.0 * pow(2.0, (double)(state >> 27) / 12.0);
    }
    for (harmonic = 1; harmonic <= 12; ++harmonic) {
      x += 0.2 / harmonic * exp(-6.0 * t) * sin(6.283185307 * base_hz * harmonic * t);
    }
    for (c = 0; c < CHANNELS; ++c) {
      state = state * 1664525u + 1013904223u;
      samples[i * CHANNELS + (size_t)c] =
          (float)(x + 0.04 * ((double)state / 2147483648.0 - 1.0));
    }
  }
}

int main(void) {
  const size_t frames = (size_t)RATE_HZ * SECONDS;
  float* music = malloc(frames * CHANNELS * sizeof *music);
  float* marked = malloc(frames * CHANNELS * sizeof *marked);
  brandiron_key* key = NULL;
  brandiron_stream_format format;
  brandiron_embedder* embedder = NULL;
  brandiron_embed_report report = {sizeof report, 0, 0, 0, 0, ""};
  brandiron_verdicts* verdicts = NULL;
  brandiron_verdict verdict;
  size_t at, pulled = 0, count;

  if (music == NULL || marked == NULL) return 1;
  make_music(music, frames);
  check(brandiron_key_generate(&key), "key");

  /* Push blocks; pull what is ready. */
  brandiron_stream_format_init(&format, sizeof format);
  format.rate_hz = RATE_HZ;
  format.num_channels = CHANNELS;
  check(brandiron_embedder_new(&format, key, kPayload, NULL, &embedder), "embedder");
  for (at = 0; at < frames; at += BLOCK) {
    check(brandiron_embedder_push(embedder, music + at * CHANNELS,
                                  frames - at < BLOCK ? frames - at : BLOCK),
          "push");
    check(brandiron_embedder_pull(embedder, marked + pulled * CHANNELS, BLOCK, &count), "pull");
    pulled += count;
  }
  check(brandiron_embedder_finish(embedder), "finish");
  do {
    check(brandiron_embedder_pull(embedder, marked + pulled * CHANNELS, BLOCK, &count), "pull");
    pulled += count;
  } while (count > 0);
  check(brandiron_embedder_report(embedder, &report), "report");
  printf("marked %lu frames, %.1f dB under the signal, margin %.1f dB%s%s\n",
         (unsigned long)pulled, report.snr_db, report.margin_db,
         report.warning[0] != 0 ? ", warning: " : "", report.warning);

  check(brandiron_verify(marked, pulled, CHANNELS, RATE_HZ, (const brandiron_key* const*)&key, 1,
                         NULL, &verdicts),
        "verify");
  verdict.struct_size = sizeof verdict;
  check(brandiron_verdicts_get(verdicts, brandiron_verdicts_strongest(verdicts), &verdict),
        "verdict");
  printf("%s, p %.1e, payload %s\n", verdict.present ? "MARKED" : "no mark", verdict.p_value,
         verdict.payload_valid && verdict.payload == kPayload ? "right" : "not read");

  brandiron_verdicts_free(verdicts);
  brandiron_embedder_free(embedder);
  brandiron_key_free(key);
  free(music);
  free(marked);
  return pulled == frames && verdict.present && verdict.payload == kPayload ? 0 : 1;
}
