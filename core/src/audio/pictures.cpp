#include "brandiron/core/audio/pictures.h"

#include <taglib/attachedpictureframe.h>
#include <taglib/flacfile.h>
#include <taglib/id3v2tag.h>
#include <taglib/mpegfile.h>
#include <taglib/opusfile.h>
#include <taglib/vorbisfile.h>
#include <taglib/wavfile.h>

#include <memory>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/tags.h"
#include "brandiron/core/error.h"

namespace brandiron {
namespace {

namespace fs = std::filesystem;
using TagLib::ByteVector;

constexpr std::size_t kMaxPictures = 64, kMaxBytes = std::size_t{64} << 20U;

std::string bytes_of(const ByteVector& bytes) { return {bytes.data(), bytes.size()}; }
ByteVector to_taglib(const std::string& bytes) {
  return {bytes.data(), static_cast<unsigned>(bytes.size())};
}
TagLib::String text(const std::string& utf8) { return {utf8, TagLib::String::UTF8}; }

// An audio file under whichever of TagLib's classes fits it, with one view of its pictures.
class PictureFile {
 public:
  explicit PictureFile(const fs::path& path) {
    switch (probe_audio(path).format) {
      case AudioFormat::kWav:
        id3_from(std::make_unique<TagLib::RIFF::WAV::File>(path.c_str(), false));
        break;
      case AudioFormat::kMp3: {
        auto file = std::make_unique<TagLib::MPEG::File>(path.c_str(), false);
        id3_ = file->ID3v2Tag(true);
        file_ = std::move(file);
        break;
      }
      case AudioFormat::kFlac: {
        auto file = std::make_unique<TagLib::FLAC::File>(path.c_str(), false);
        flac_ = file.get();
        file_ = std::move(file);
        break;
      }
      case AudioFormat::kOggVorbis:
        xiph_from(std::make_unique<TagLib::Ogg::Vorbis::File>(path.c_str(), false));
        break;
      case AudioFormat::kOpus:
        xiph_from(std::make_unique<TagLib::Ogg::Opus::File>(path.c_str(), false));
        break;
    }
  }

  bool valid() const { return file_ && file_->isValid(); }

  std::vector<Picture> pictures() const {
    std::vector<Picture> found;
    if (id3_ != nullptr) {
      for (const auto* frame : id3_->frameListMap()["APIC"]) {
        const auto* apic = dynamic_cast<const TagLib::ID3v2::AttachedPictureFrame*>(frame);
        if (apic == nullptr) continue;
        found.push_back({apic->mimeType().to8Bit(true), apic->description().to8Bit(true),
                         static_cast<int>(apic->type()), bytes_of(apic->picture())});
      }
    }
    if (flac_ != nullptr) append(flac_->pictureList(), found);
    if (xiph_ != nullptr) append(xiph_->pictureList(), found);
    return found;
  }

  void add(const Picture& picture) {
    if (id3_ != nullptr) {
      auto frame = std::make_unique<TagLib::ID3v2::AttachedPictureFrame>();
      frame->setMimeType(text(picture.mime));
      frame->setDescription(text(picture.description));
      frame->setType(static_cast<TagLib::ID3v2::AttachedPictureFrame::Type>(picture.type));
      frame->setPicture(to_taglib(picture.data));
      id3_->addFrame(frame.release());
      return;
    }
    auto block = std::make_unique<TagLib::FLAC::Picture>();
    block->setMimeType(text(picture.mime));
    block->setDescription(text(picture.description));
    block->setType(static_cast<TagLib::FLAC::Picture::Type>(picture.type));
    block->setData(to_taglib(picture.data));
    if (flac_ != nullptr) {
      flac_->addPicture(block.release());
    } else {
      xiph_->addPicture(block.release());
    }
  }

  bool save() { return file_->save(); }

 private:
  void id3_from(std::unique_ptr<TagLib::RIFF::WAV::File> file) {
    id3_ = file->ID3v2Tag();
    file_ = std::move(file);
  }
  template <typename File>
  void xiph_from(std::unique_ptr<File> file) {
    xiph_ = file->tag();
    file_ = std::move(file);
  }
  static void append(const TagLib::List<TagLib::FLAC::Picture*>& list, std::vector<Picture>& to) {
    for (const TagLib::FLAC::Picture* picture : list) {
      to.push_back({picture->mimeType().to8Bit(true), picture->description().to8Bit(true),
                    static_cast<int>(picture->type()), bytes_of(picture->data())});
    }
  }

  std::unique_ptr<TagLib::File> file_;
  TagLib::ID3v2::Tag* id3_ = nullptr;
  TagLib::FLAC::File* flac_ = nullptr;
  TagLib::Ogg::XiphComment* xiph_ = nullptr;
};

}  // namespace

std::vector<Picture> read_pictures(const fs::path& path) {
  read_tags(path);  // refuses tags of a size that no honest file has, before TagLib looks at them
  const PictureFile file(path);
  if (!file.valid()) return {};
  std::vector<Picture> found = file.pictures();
  std::size_t bytes = 0;
  for (const Picture& picture : found) bytes += picture.data.size();
  if (found.size() > kMaxPictures || bytes > kMaxBytes) {
    throw Error(ErrorCode::kUnsupported, path.string() + ": holds " + std::to_string(found.size()) +
                                             " pictures of " + std::to_string(bytes) +
                                             " bytes, expected at most 64 and 64 MiB");
  }
  return found;
}

void add_pictures(const fs::path& path, const std::vector<Picture>& pictures) {
  if (pictures.empty()) return;
  PictureFile file(path);
  if (!file.valid()) {
    throw Error(ErrorCode::kFormat, path.string() + ": pictures cannot be added to this file");
  }
  for (const Picture& picture : pictures) file.add(picture);
  if (!file.save()) {
    throw Error(ErrorCode::kOutput, path.string() + ": pictures cannot be written (disk full?)");
  }
}

}  // namespace brandiron
