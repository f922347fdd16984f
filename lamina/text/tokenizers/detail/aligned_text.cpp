// Alignment as Hugging Face's NormalizedString keeps it: of each byte, the range of the character it came
// from.
#include "lamina/text/tokenizers/detail/aligned_text.h"

#include "lamina/base/utf8.h"
#include "lamina/text/tokenizers/detail/characters.h"

namespace lamina::detail::tokenizers {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

uint32_t narrow(size_t n) { return static_cast<uint32_t>(n); }

}  // namespace

void AlignedText::reset(std::string_view part, size_t place) {
  text_ = part;
  owned_.clear();
  origins_.clear();
  place_ = place;
}

Span AlignedText::original_character(size_t at) const {
  size_t begin = at, end = at + 1;
  while (begin > 0 && continues(text_[begin])) --begin;
  while (end < text_.size() && continues(text_[end])) ++end;
  return {narrow(place_ + begin), narrow(place_ + end)};
}

Span AlignedText::origin_of(size_t at) const {
  return origins_.empty() ? original_character(at) : origins_[at];
}

Span AlignedText::origin(size_t begin, size_t end) const {
  if (origins_.empty()) {
    while (begin > 0 && continues(text_[begin])) --begin;
    while (end < text_.size() && continues(text_[end])) ++end;
    return {narrow(place_ + begin), narrow(place_ + end)};
  }
  return {origins_[begin].begin, origins_[end - 1].end};
}

char* AlignedText::bytes() {
  if (text_.data() != owned_.data()) {
    owned_.assign(text_);
    text_ = owned_;
  }
  return owned_.data();
}

void AlignedText::transform(const std::vector<Change>& changes, size_t skipped) {
  Rewriter writer(*this);
  writer.transform(0, text_.size(), changes, skipped);
  writer.finish();
}

Rewriter::Rewriter(AlignedText& text) : text_(text) {
  text_.next_text_.clear();
  text_.next_origins_.clear();
  text_.next_text_.reserve(text_.text_.size() + text_.text_.size() / 4 + 16);
  text_.next_origins_.reserve(text_.text_.size() + text_.text_.size() / 4 + 16);
}

void Rewriter::keep(size_t begin, size_t end) {
  text_.next_text_.append(text_.text_.substr(begin, end - begin));
  std::vector<Span>& to = text_.next_origins_;
  if (!text_.origins_.empty()) {
    const auto from = text_.origins_.begin();
    to.insert(to.end(), from + static_cast<std::ptrdiff_t>(begin), from + static_cast<std::ptrdiff_t>(end));
    return;
  }
  for (size_t at = begin; at < end;) {
    const size_t size = character_size(text_.text_[at]);
    const Span span = {narrow(text_.place_ + at), narrow(text_.place_ + at + size)};
    to.insert(to.end(), size, span);
    at += size;
  }
}

void Rewriter::put(std::string_view bytes, Span origin) {
  text_.next_text_.append(bytes);
  text_.next_origins_.insert(text_.next_origins_.end(), bytes.size(), origin);
}

void Rewriter::put(uint32_t code, Span origin) {
  const size_t before = text_.next_text_.size();
  append_utf8(text_.next_text_, code);
  text_.next_origins_.insert(text_.next_origins_.end(), text_.next_text_.size() - before, origin);
}

void Rewriter::transform(size_t begin, size_t end, const std::vector<Change>& changes, size_t skipped) {
  const std::string_view from = text_.text_;
  size_t at = begin;
  const auto skip = [&](size_t characters) {
    for (; characters > 0 && at < end; --characters) at += character_size(from[at]);
  };
  skip(skipped);
  for (const Change& change : changes) {
    Span origin;
    if (change.change > 0) {
      // A new character comes from where the one before it came from.
      origin = at > begin ? text_.origin_of(at - 1) : Span{narrow(text_.place_), narrow(text_.place_)};
    } else {
      origin = at < end      ? text_.origin_of(at)
               : end > begin ? text_.origin_of(end - 1)
                             : Span{narrow(text_.place_), narrow(text_.place_)};
      skip(1 + static_cast<size_t>(-change.change));
    }
    put(change.code, origin);
  }
}

void Rewriter::finish() {
  text_.owned_.swap(text_.next_text_);
  text_.origins_.swap(text_.next_origins_);
  text_.text_ = text_.owned_;
}

}  // namespace lamina::detail::tokenizers
