#include "tags.h"

#include <taglib/fileref.h>
#include <taglib/tpropertymap.h>
#include <taglib/wavfile.h>

#include "brandiron/core/error.h"

namespace brandiron::gen {

void write_tags(const std::filesystem::path& path, const Tags& tags) {
  TagLib::FileRef file(path.c_str(), false);
  if (file.isNull()) {
    throw Error(ErrorCode::kOutput, path.string() + ": tags cannot be written to this file");
  }
  TagLib::PropertyMap properties = file.file()->properties();
  for (const auto& [key, value] : tags) {
    properties.replace(key, TagLib::StringList(TagLib::String(value, TagLib::String::UTF8)));
  }
  file.file()->setProperties(properties);
  if (auto* wav = dynamic_cast<TagLib::RIFF::WAV::File*>(file.file())) {
    // Players and ffprobe read WAV's own INFO chunk, not the ID3 chunk.
    for (const auto& [key, value] : tags) {
      const TagLib::String text(value, TagLib::String::UTF8);
      if (key == "TITLE") wav->InfoTag()->setTitle(text);
      if (key == "ARTIST") wav->InfoTag()->setArtist(text);
      if (key == "COMMENT") wav->InfoTag()->setComment(text);
    }
  }
  if (!file.save()) {
    throw Error(ErrorCode::kOutput, path.string() + ": tags cannot be written (disk full?)");
  }
}

}  // namespace brandiron::gen
