#include "cli.h"
#ifdef BRANDIRON_HAS_CORPUS
#include "corpus_commands.h"
#endif
#ifdef BRANDIRON_HAS_LEARNED_FRONT_END
#include "learned_front_end.h"
#endif
#ifdef BRANDIRON_HAS_LEARNED_SINGER
#include "learned_decoder.h"
#include "learned_singer.h"
#endif

int main(int argc, char** argv) {
  using namespace brandiron::app;
  Cli cli("Brandiron: songs by fictional personas, disclosure watermark, detector", "brandiron");
#ifdef BRANDIRON_HAS_GEN
#ifdef BRANDIRON_HAS_LEARNED_SINGER
  const DecoderLoader decoders = [](const std::string& family, double kbps) {
    return load_decoder(decoder_weights(family), kbps);
  };
  const SongModelLoaders models = {[] { return load_singer(singer_weights()); }, decoders};
  add_generate(cli, models);
  add_twins(cli, models);
  add_decode(cli, decoders);
#else
  add_generate(cli);
  add_twins(cli);
#endif
#ifdef BRANDIRON_HAS_CORPUS
#ifdef BRANDIRON_HAS_LEARNED_SINGER
  add_corpus(cli, models);
#else
  add_corpus(cli);
#endif
#endif
  add_persona(cli);
#endif
#ifdef BRANDIRON_HAS_LEARNED_FRONT_END
  add_watermark(cli, [] { return load_front_end(); });
#else
  add_watermark(cli);
#endif
#ifdef BRANDIRON_HAS_DETECT
  add_detect(cli);
#endif
  add_disclose(cli);
  add_attack(cli);
#if defined(BRANDIRON_HAS_GEN) || defined(BRANDIRON_HAS_DETECT)
  CLI::App* train = cli.group("train", "train the learning parts, or prepare what they need");
#endif
#ifdef BRANDIRON_HAS_GEN
  add_train_singer(cli, *train);
#endif
#ifdef BRANDIRON_HAS_DECODERS
  add_train_decoder(cli, *train);
#endif
#ifdef BRANDIRON_HAS_TRAIN_DETECTOR
  add_train_detector(cli, *train);
#endif
#ifdef BRANDIRON_HAS_TRAIN_MELODY
  add_train_melody(cli, *train);
#endif
#ifdef BRANDIRON_HAS_TRAIN_LYRICS
  add_train_lyrics(cli, *train);
#endif
#ifdef BRANDIRON_HAS_LEARNED_FRONT_END
  add_train_watermark(cli, *train);
#endif
#ifdef BRANDIRON_HAS_EXPERIMENTS
  add_report(cli);
#ifdef BRANDIRON_HAS_LEARNED_FRONT_END
  add_evaluate(cli, [] { return load_front_end(); });
#else
  add_evaluate(cli);
#endif
#endif
  add_models(cli);
  add_config(cli);
  add_doctor(cli);
  add_version(cli);
  return run(cli, argc, argv);
}
