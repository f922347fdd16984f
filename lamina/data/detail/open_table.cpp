// The first lines tell the layout, and the others have to follow it.
#include "lamina/data/detail/open_table.h"

#include <algorithm>
#include <utility>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"

namespace lamina::detail {
namespace {

// What a table shows of itself: so many bytes, and so many lines where lines are long.
constexpr size_t kHead = size_t{1} << 16;
constexpr int64_t kHeadLines = 4;
constexpr size_t kLongestHead = size_t{64} << 20;

}  // namespace

OpenTable::OpenTable(TextStream::Source source, std::string name, const TableOptions& options,
                     const std::vector<std::string>& known)
    : name_(std::move(name)), stream_(std::move(source), name_, options.given()) {
  std::string head;
  bool more = true;
  int64_t lines = 0;
  for (size_t seen = 0; more;) {
    lines += std::count_if(head.begin() + static_cast<std::ptrdiff_t>(seen), head.end(),
                           [](char c) { return c == '\n' || c == '\r'; });
    if (head.size() >= kLongestHead || (head.size() >= kHead && lines >= kHeadLines)) break;
    seen = head.size();
    more = stream_.append(head, kHead);
  }
  layout_ = find_layout(head, !more, name_, options, known);
  rows_.emplace(stream_, head.substr(layout_.skipped_bytes), layout_.separator, name_, layout_.quotes);
  if (layout_.skipped_bytes > 0) lines_before_ = 1;
  if (layout_.header) rows_->next(fields_);
}

const std::vector<std::string_view>* OpenTable::next() {
  if (!rows_->next(fields_)) return nullptr;
  if (fields_.size() != layout_.columns.size()) {
    throw FileError("'" + name_ + "', line " + std::to_string(line()) + ": it has " +
                    count_of(static_cast<int64_t>(fields_.size()), "field") + "; the first line has " +
                    std::to_string(layout_.columns.size()));
  }
  return &fields_;
}

}  // namespace lamina::detail
