// Writing archives of members that are stored as they are: headers around the pieces of each.
#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/base/utf8.h"
#include "lamina/formats/detail/crc32.h"
#include "lamina/formats/detail/zip_archive.h"

namespace lamina::detail {
namespace {

// 1980-01-01, the format's first day: archives must not differ by the time of writing.
constexpr uint64_t kDate = (1 << 5) | 1;
constexpr uint64_t kStored = 10, kLarge = 45;  // versions of the format that members need
constexpr uint64_t kMadeOnUnix = 3 << 8 | kLarge, kPermissions = uint64_t{0100644} << 16;
constexpr uint64_t kUtf8 = 1 << 11;
constexpr uint64_t kBeyond = 0xffffffff, kMany = 0xffff;  // what does not fit stands in the records of large archives

void put(std::string& out, uint64_t value, int count) {
  for (int i = 0; i < count; ++i) out += static_cast<char>(value >> (8 * i));
}

struct Member {
  std::string name;
  uint64_t size, at;
  uint32_t crc;
};

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 32 && c != '\t' && c != '\n' && c != '\r';
}

uint64_t flags_of(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 128; }) ? 0 : kUtf8;
}

// The numbers among them that 32 bits cannot hold, in 64.
std::string large_numbers(std::initializer_list<uint64_t> numbers) {
  std::string field;
  for (const uint64_t number : numbers) {
    if (number >= kBeyond) put(field, number, 8);
  }
  if (field.empty()) return field;
  std::string extra;
  put(extra, 1, 2);
  put(extra, field.size(), 2);
  return extra + field;
}

// What both headers of a member say, from the version that it needs to the length of its extra field.
std::string description_of(const Member& member, const std::string& extra) {
  std::string out;
  put(out, extra.empty() ? kStored : kLarge, 2);
  put(out, flags_of(member.name), 2);
  put(out, 0, 2);  // not packed
  put(out, 0, 2);  // at midnight
  put(out, kDate, 2);
  put(out, member.crc, 4);
  put(out, std::min(member.size, kBeyond), 4);
  put(out, std::min(member.size, kBeyond), 4);
  put(out, member.name.size(), 2);
  put(out, extra.size(), 2);
  return out;
}

}  // namespace

struct ZipWriter::State {
  Pieces archive;
  std::vector<Member> members;
  std::unordered_set<std::string> names;
};

ZipWriter::ZipWriter() : state_(std::make_unique<State>()) {}
ZipWriter::~ZipWriter() = default;

void ZipWriter::add(const std::string& name, Pieces content) {
  const auto refuse = [&](const char* reason) {
    throw InvalidArgument("a zip archive cannot hold a member called '" + excerpt(name, 200) + "': the name " + reason);
  };
  if (name.empty() || name.size() > kMany) refuse("has to have 1 to 65535 bytes");
  if (std::any_of(name.begin(), name.end(), is_control) || !is_utf8(name))
    refuse("holds control characters, or is not UTF-8");
  if (!state_->names.insert(name).second) refuse("is taken");
  Member member{name, content.size(), state_->archive.size(), 0};
  content.for_each([&](std::string_view piece) { member.crc = zip_checksum(member.crc, piece); });
  const std::string extra = large_numbers({member.size, member.size});
  state_->archive.add("PK\x03\x04" + description_of(member, extra) + name + extra);
  state_->archive.add(std::move(content));
  state_->members.push_back(std::move(member));
}

Pieces ZipWriter::take() {
  std::string directory;
  for (const Member& member : state_->members) {
    const std::string extra = large_numbers({member.size, member.size, member.at});
    directory += "PK\x01\x02";
    put(directory, kMadeOnUnix, 2);
    directory += description_of(member, extra);
    put(directory, 0, 2);  // no comment
    put(directory, 0, 2);  // on the first disk
    put(directory, 0, 2);
    put(directory, kPermissions, 4);
    put(directory, std::min(member.at, kBeyond), 4);
    directory += member.name + extra;
  }
  const uint64_t at = state_->archive.size(), size = directory.size(), count = state_->members.size();
  std::string end;
  if (count >= kMany || at >= kBeyond || size >= kBeyond) {
    end += "PK\x06\x06";
    put(end, 44, 8);
    put(end, kMadeOnUnix, 2);
    put(end, kLarge, 2);
    put(end, 0, 8);  // disks
    put(end, count, 8);
    put(end, count, 8);
    put(end, size, 8);
    put(end, at, 8);
    end += "PK\x06\x07";
    put(end, 0, 4);
    put(end, at + size, 8);
    put(end, 1, 4);
  }
  end += "PK\x05\x06";
  put(end, 0, 4);  // disks
  put(end, std::min(count, kMany), 2);
  put(end, std::min(count, kMany), 2);
  put(end, std::min(size, kBeyond), 4);
  put(end, std::min(at, kBeyond), 4);
  put(end, 0, 2);
  state_->archive.add(directory + end);
  return std::exchange(*state_, State()).archive;
}

}  // namespace lamina::detail
