#include <array>
#include <cstdio>
#include <optional>

#include "audio/tags_internal.h"

// iXML (ixml.info): a small document that recorders and editors keep beside the audio. Elements of
// others stay byte for byte; ours is AI_DISCLOSURE, and NOTE says the same for people.

namespace brandiron::tags_internal {
namespace {

constexpr std::string_view kOurs = "AI_DISCLOSURE";
constexpr std::size_t kMaxElements = 4096;
constexpr std::array<std::string_view, 15> kKeys = {
    "AI_GENERATED",   "DIGITALSOURCETYPE", "GENERATOR",          "PROVIDER",           "CREATED",
    "CONTENT_ID",     "PERSONA",           "WATERMARK",          "WATERMARK_PAYLOAD",  "AI_VOCALS",
    "AI_COMPOSITION", "AI_LYRICS",         "AI_INSTRUMENTATION", "AI_POST_PRODUCTION", "AIGC"};

struct Element {
  std::string_view name;
  std::size_t start = 0, content = 0, content_end = 0, end = 0;
};

// Walks the tags of a document or of an element's content.
class Walker {
 public:
  Walker(std::string_view text, std::size_t from, std::size_t to)
      : text_(text.substr(0, to)), at_(from) {}

  // The elements of the top level; none when tags do not nest or end.
  std::optional<std::vector<Element>> elements() {
    while (next_tag()) {
      if (++count_ > kMaxElements) return std::nullopt;
      if (closing_) {
        if (open_.empty() || open_.back().name != name_) return std::nullopt;
        close(tag_start_);
      } else {
        open_.push_back({name_, tag_start_, at_, at_, at_});
        if (empty_) close(at_);
      }
    }
    if (broken_ || !open_.empty()) return std::nullopt;
    return found_;
  }

 private:
  void close(std::size_t content_end) {
    Element element = open_.back();
    open_.pop_back();
    element.content_end = content_end;
    element.end = at_;
    if (open_.empty()) found_.push_back(element);
  }

  bool skip(std::string_view opening, std::string_view ending) {
    if (text_.substr(at_, opening.size()) != opening) return false;
    const std::size_t end = text_.find(ending, at_ + opening.size());
    broken_ = end == std::string_view::npos;
    at_ = broken_ ? text_.size() : end + ending.size();
    return true;
  }

  bool next_tag() {
    while (!broken_) {
      at_ = text_.find('<', at_);
      if (at_ == std::string_view::npos) return false;
      if (skip("<!--", "-->") || skip("<![CDATA[", "]]>") || skip("<?", "?>")) continue;
      return read_tag();
    }
    return false;
  }

  // DOCTYPE and the like are nothing that a recorder writes.
  bool read_tag() {
    tag_start_ = at_;
    const std::size_t end = end_of_tag();
    if (end == std::string_view::npos || text_[at_ + 1] == '!') {
      broken_ = true;
      return false;
    }
    closing_ = text_[at_ + 1] == '/';
    empty_ = text_[end - 1] == '/' && !closing_;
    const std::size_t name = at_ + (closing_ ? 2 : 1);
    const std::size_t name_end = text_.find_first_of(" \t\r\n/>", name);
    name_ = text_.substr(name, name_end - name);
    at_ = end + 1;
    return true;
  }

  std::size_t end_of_tag() const {
    char quote = '\0';
    for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
      const char c = text_[i];
      if (quote != '\0') {
        if (c == quote) quote = '\0';
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '>') {
        return i;
      }
    }
    return std::string_view::npos;
  }

  std::string_view text_, name_;
  std::size_t at_, tag_start_ = 0, count_ = 0;
  bool closing_ = false, empty_ = false, broken_ = false;
  std::vector<Element> open_, found_;
};

const Element* find(const std::vector<Element>& elements, std::string_view name) {
  for (const Element& element : elements) {
    if (element.name == name) return &element;
  }
  return nullptr;
}

struct Document {
  Element root;
  std::vector<Element> children;
};

std::optional<Document> parse(std::string_view text) {
  const auto top = Walker(text, 0, text.size()).elements();
  if (!top || top->size() != 1 || top->front().name != "BWFXML") return std::nullopt;
  const Element root = top->front();
  if (root.content == root.end) return std::nullopt;  // <BWFXML/>
  const auto children = Walker(text, root.content, root.content_end).elements();
  if (!children) return std::nullopt;
  return Document{root, *children};
}

// One code point of valid UTF-8.
unsigned code_point(std::string_view text, std::size_t& at) {
  const auto byte = [&] { return static_cast<unsigned char>(text[at++]); };
  const unsigned first = byte();
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  unsigned value = first & (0x3FU >> static_cast<unsigned>(more));
  for (int i = 0; i < more; ++i) value = (value << 6U) | (byte() & 0x3FU);
  return value;
}

// References for everything beyond ASCII: right in whatever encoding the document is.
std::string escaped(const std::string& raw) {
  const std::string text = clean_text(raw);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const unsigned c = code_point(text, at);
    if (c == '&' || c == '<' || c == '>' || c == '"' || c >= 0x7F) {
      out += "&#" + std::to_string(c) + ";";
    } else {
      // XML 1.0 has no other control characters, not even as references.
      out.push_back(c >= 0x20 || c == '\t' || c == '\n' ? static_cast<char>(c) : ' ');
    }
  }
  return out;
}

void append_utf8(std::string& out, unsigned c) {
  const auto put = [&](unsigned byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0U | (c >> 6U));
  } else {
    if (c < 0x10000) {
      put(0xE0U | (c >> 12U));
    } else {
      put(0xF0U | (c >> 18U));
      put(0x80U | ((c >> 12U) & 0x3FU));
    }
    put(0x80U | ((c >> 6U) & 0x3FU));
  }
  put(0x80U | (c & 0x3FU));
}

// The character of "amp", "#38" or "#x26"; 0: none.
unsigned reference(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, char>, 5> kNames = {
      {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};
  for (const auto& [known, c] : kNames) {
    if (name == known) return static_cast<unsigned>(c);
  }
  unsigned value = 0;
  int used = 0;
  const char* format = name.starts_with("#x") ? "#x%6x%n" : "#%7u%n";
  if (std::sscanf(name.c_str(), format, &value, &used) != 1) return 0;
  const bool character = value < 0x110000 && (value < 0xD800 || value > 0xDFFF);
  return static_cast<std::size_t>(used) == name.size() && character ? value : 0;
}

std::string unescaped(std::string_view text) {
  constexpr std::size_t kLongest = 10;
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view near = text.substr(at, kLongest);
    const std::size_t end = near[0] == '&' ? near.find(';') : std::string_view::npos;
    const unsigned c =
        end != std::string_view::npos ? reference(std::string(near.substr(1, end - 1))) : 0;
    if (c == 0) {
      out.push_back(text[at]);
    } else {
      append_utf8(out, c);
      at += end;
    }
  }
  return out;
}

std::string element(std::string_view name, const std::string& text) {
  const std::string tag(name);
  return "<" + tag + ">" + escaped(text) + "</" + tag + ">\n";
}

std::string our_element(const Tags& tags) {
  std::string out = "<" + std::string(kOurs) + ">\n";
  for (const std::string_view key : kKeys) {
    const std::string value = tag_value(tags, key);
    if (!value.empty()) out += element(key, value);
  }
  return out + "</" + std::string(kOurs) + ">\n";
}

std::string new_document(const Tags& tags) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<BWFXML>\n";
  out += element("IXML_VERSION", "1.61");
  if (!tag_value(tags, "TITLE").empty()) out += element("PROJECT", tag_value(tags, "TITLE"));
  out += element("NOTE", tag_value(tags, "COMMENT"));
  return out + our_element(tags) + "</BWFXML>\n";
}

// The note grows by ours, once.
Edit note_edit(std::string_view content, const Document& document, const std::string& note) {
  const Element* old = find(document.children, "NOTE");
  if (old == nullptr || old->content == old->end) {
    const std::size_t at = document.root.content_end;
    return {at, at, element("NOTE", note)};
  }
  const std::string there =
      unescaped(content.substr(old->content, old->content_end - old->content));
  const std::size_t at = old->content_end;
  // As it would be read back: XML has no room for most control characters.
  if (there.find(unescaped(escaped(note))) != std::string::npos) return {at, at, ""};
  return {at, at, escaped((there.empty() ? "" : " | ") + note)};
}

}  // namespace

Tags read_ixml(std::string_view content) {
  const auto document = parse(content);
  const Element* ours = document ? find(document->children, kOurs) : nullptr;
  if (ours == nullptr) return {};
  const auto children = Walker(content, ours->content, ours->content_end).elements();
  if (!children) return {};
  Tags tags;
  for (const Element& child : *children) {
    tags.emplace_back(child.name,
                      unescaped(content.substr(child.content, child.content_end - child.content)));
  }
  return tags;
}

std::optional<std::string> ixml_with(std::string_view content, const Tags& tags) {
  if (content.empty()) return new_document(tags);
  const auto document = parse(content);
  if (!document) return std::nullopt;
  Edits edits;
  if (const Element* ours = find(document->children, kOurs)) {
    std::string bytes = our_element(tags);
    bytes.pop_back();  // the line end behind it is there
    edits.push_back({ours->start, ours->end, bytes});
  } else {
    edits.push_back({document->root.content_end, document->root.content_end, our_element(tags)});
  }
  const Edit note = note_edit(content, *document, tag_value(tags, "COMMENT"));
  edits.insert(note.start < edits.front().start ? edits.begin() : edits.end(), note);
  return apply_edits(content, edits);
}

}  // namespace brandiron::tags_internal
