/* The Brandiron watermark for C and for everything that can call C: hide 64 keyed bits in audio,
 * and tell whether audio carries them, with a proved bound on the chance of a false alarm.
 *
 * Samples are 32-bit floats, interleaved, full scale at +-1, at rates of 8 kHz and more.
 * Every function that can fail returns a brandiron_status; brandiron_last_error() has the reason.
 * No C++ exception leaves the library. Any number of threads may call it at once; one handle is
 * used by one thread at a time, except keys, which never change and may be shared.
 *
 * Structs begin with struct_size = sizeof of the struct that the caller was compiled with: later
 * versions add fields at the end only. Fill option structs with their _init function first.
 *
 * brandiron_watermark(3) says more. */
#ifndef BRANDIRON_WATERMARK_H
#define BRANDIRON_WATERMARK_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define BRANDIRON_API __attribute__((visibility("default")))
#else
#define BRANDIRON_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum brandiron_status {
  BRANDIRON_OK = 0,
  BRANDIRON_BAD_ARGUMENT = 1, /* null, a size, an option, samples that are not finite */
  BRANDIRON_IO = 2,           /* a file cannot be opened or read */
  BRANDIRON_FORMAT = 3,       /* a file is not what it claims to be */
  BRANDIRON_OUTPUT = 4,       /* a file cannot be written, or exists */
  BRANDIRON_UNSUPPORTED = 5,  /* this build or this codec cannot do it */
  BRANDIRON_NO_MEMORY = 6,
  BRANDIRON_WRONG_STATE = 7, /* pushed after finish, or asked before it */
  BRANDIRON_INTERNAL = 8     /* a bug */
} brandiron_status;

/* Version of the library, "0.1.0", and of the mark it writes, "brandiron-lf/1". */
BRANDIRON_API const char* brandiron_version(void);
BRANDIRON_API const char* brandiron_scheme(void);
/* Why the last failed call of this thread failed: one line, "" when none has. Valid until this
 * thread's next failing call. */
BRANDIRON_API const char* brandiron_last_error(void);

/* Keys ---------------------------------------------------------------------------------------- */

typedef struct brandiron_key brandiron_key; /* a 256-bit secret */

#define BRANDIRON_FINGERPRINT_SIZE 9 /* 8 hex digits and the final 0 */

BRANDIRON_API int brandiron_key_generate(brandiron_key** key);
/* The published demo key: anybody can verify with it; it protects nothing. */
BRANDIRON_API int brandiron_key_demo(brandiron_key** key);
BRANDIRON_API int brandiron_key_read(const char* path, brandiron_key** key);
/* Mode 0600. */
BRANDIRON_API int brandiron_key_write(const brandiron_key* key, const char* path, int overwrite);
BRANDIRON_API int brandiron_key_fingerprint(const brandiron_key* key,
                                            char text[BRANDIRON_FINGERPRINT_SIZE]);
BRANDIRON_API void brandiron_key_free(brandiron_key* key); /* null is fine, as for all _free */

/* Embedding ----------------------------------------------------------------------------------- */

enum { BRANDIRON_FAST = 0, BRANDIRON_NORMAL = 1, BRANDIRON_BEST = 2 };

typedef struct brandiron_embed_options {
  size_t struct_size;
  double strength;   /* 0.1 to 4; 1 */
  int32_t effort;    /* BRANDIRON_FAST, _NORMAL (the default) or _BEST */
  int32_t read_back; /* verify a minute at once and report the margin: 1 */
} brandiron_embed_options;

#define BRANDIRON_WARNING_SIZE 160

typedef struct brandiron_embed_report {
  size_t struct_size;
  double snr_db;                        /* signal over mark */
  double p_value;                       /* of what was read back */
  double margin_db;                     /* response over what presence needs */
  int32_t payload_valid;                /* read back right */
  char warning[BRANDIRON_WARNING_SIZE]; /* "" or why this audio cannot carry a mark well */
} brandiron_embed_report;

typedef struct brandiron_stream_format {
  size_t struct_size;
  int32_t rate_hz;
  int32_t num_channels;
  uint64_t num_frames; /* 0 when unknown; chooses the minute that is read back, nothing else */
  double peak_limit;   /* the mark yields rather than pass this: 32767/32768 */
} brandiron_stream_format;

BRANDIRON_API void brandiron_embed_options_init(brandiron_embed_options* options,
                                                size_t struct_size);
BRANDIRON_API void brandiron_stream_format_init(brandiron_stream_format* format,
                                                size_t struct_size);

/* Marks `num_frames` frames in place. No sample passes the audio's own peak. `options` may be null
 * (defaults), `report` may be null; set its struct_size before the call. */
BRANDIRON_API int brandiron_embed(float* samples, size_t num_frames, int32_t num_channels,
                                  int32_t rate_hz, const brandiron_key* key, uint64_t payload,
                                  const brandiron_embed_options* options,
                                  brandiron_embed_report* report);
/* From file to file (WAV, FLAC, MP3, Ogg Vorbis, Opus; by the extension), in blocks. WAV and FLAC
 * are written with 24 bits. */
BRANDIRON_API int brandiron_embed_file(const char* in, const char* out, int overwrite,
                                       const brandiron_key* key, uint64_t payload,
                                       const brandiron_embed_options* options,
                                       brandiron_embed_report* report);

/* A stream: push, pull what is ready, push, ... finish, pull the rest until nothing comes. As many
 * frames come out as went in, the same for any sizes of the blocks. */
typedef struct brandiron_embedder brandiron_embedder;

BRANDIRON_API int brandiron_embedder_new(const brandiron_stream_format* format,
                                         const brandiron_key* key, uint64_t payload,
                                         const brandiron_embed_options* options,
                                         brandiron_embedder** embedder);
BRANDIRON_API int brandiron_embedder_push(brandiron_embedder* embedder, const float* samples,
                                          size_t num_frames);
BRANDIRON_API int brandiron_embedder_finish(brandiron_embedder* embedder);
/* Up to `max_frames` finished frames into `samples`; how many into `num_frames`. */
BRANDIRON_API int brandiron_embedder_pull(brandiron_embedder* embedder, float* samples,
                                          size_t max_frames, size_t* num_frames);
/* A frame can be pulled at the latest when this many more have been pushed. */
BRANDIRON_API int brandiron_embedder_latency(const brandiron_embedder* embedder,
                                             size_t* num_frames);
/* After finish. */
BRANDIRON_API int brandiron_embedder_report(const brandiron_embedder* embedder,
                                            brandiron_embed_report* report);
BRANDIRON_API void brandiron_embedder_free(brandiron_embedder* embedder);

/* Verifying ----------------------------------------------------------------------------------- */

typedef struct brandiron_verify_options {
  size_t struct_size;
  double p_threshold;   /* present means p_value at most this: 1e-9 */
  double segment_s;     /* length of a segment, 2 or more: 10 */
  int32_t search_warps; /* look for changes of speed, tempo and pitch too: 1 */
  int32_t reserved;     /* 0 */
} brandiron_verify_options;

BRANDIRON_API void brandiron_verify_options_init(brandiron_verify_options* options,
                                                 size_t struct_size);

/* What a recording says about one key. */
typedef struct brandiron_verdict {
  size_t struct_size;
  double p_value; /* bound on the chance of so strong an answer from unmarked audio, all searches
                     and keys counted in */
  double p_threshold;
  double bit_error_rate;
  double speed_ratio;
  double pitch_ratio;
  uint64_t payload; /* where payload_valid */
  int32_t present;
  int32_t payload_valid;
  size_t num_segments;
  size_t num_payloads; /* stretches of neighbouring segments that carry one payload */
  char key_fingerprint[BRANDIRON_FINGERPRINT_SIZE];
} brandiron_verdict;

typedef struct brandiron_segment {
  size_t struct_size;
  double start_s;
  double end_s;
  double p_value;
  uint64_t payload; /* where payload_valid */
  int32_t payload_valid;
} brandiron_segment;

/* One verdict a key, in the order of the keys. */
typedef struct brandiron_verdicts brandiron_verdicts;

BRANDIRON_API int brandiron_verify(const float* samples, size_t num_frames, int32_t num_channels,
                                   int32_t rate_hz, const brandiron_key* const* keys,
                                   size_t num_keys, const brandiron_verify_options* options,
                                   brandiron_verdicts** verdicts);
BRANDIRON_API int brandiron_verify_file(const char* path, const brandiron_key* const* keys,
                                        size_t num_keys, const brandiron_verify_options* options,
                                        brandiron_verdicts** verdicts);

typedef struct brandiron_verifier brandiron_verifier; /* a stream */

BRANDIRON_API int brandiron_verifier_new(int32_t num_channels, int32_t rate_hz,
                                         const brandiron_key* const* keys, size_t num_keys,
                                         const brandiron_verify_options* options,
                                         brandiron_verifier** verifier);
BRANDIRON_API int brandiron_verifier_push(brandiron_verifier* verifier, const float* samples,
                                          size_t num_frames);
BRANDIRON_API int brandiron_verifier_finish(brandiron_verifier* verifier,
                                            brandiron_verdicts** verdicts);
BRANDIRON_API void brandiron_verifier_free(brandiron_verifier* verifier);

BRANDIRON_API size_t brandiron_verdicts_count(const brandiron_verdicts* verdicts);
/* Index of the one that says most: a payload before none, then the smaller p-value. */
BRANDIRON_API size_t brandiron_verdicts_strongest(const brandiron_verdicts* verdicts);
/* Set struct_size of the last argument before these calls. */
BRANDIRON_API int brandiron_verdicts_get(const brandiron_verdicts* verdicts, size_t index,
                                         brandiron_verdict* verdict);
BRANDIRON_API int brandiron_verdicts_segment(const brandiron_verdicts* verdicts, size_t index,
                                             size_t segment, brandiron_segment* out);
/* p_value is that of the best segment in the stretch. */
BRANDIRON_API int brandiron_verdicts_payload(const brandiron_verdicts* verdicts, size_t index,
                                             size_t payload, brandiron_segment* out);
/* The brandiron.verify/1 object, as `brandiron-mark watermark verify --json` prints it. Valid as
 * long as the verdicts; null without memory. */
BRANDIRON_API const char* brandiron_verdicts_json(brandiron_verdicts* verdicts, const char* name);
BRANDIRON_API void brandiron_verdicts_free(brandiron_verdicts* verdicts);

#ifdef __cplusplus
}
#endif

#endif /* BRANDIRON_WATERMARK_H */
