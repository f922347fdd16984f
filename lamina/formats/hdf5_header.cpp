// Object headers of both versions: lists of messages, in pieces that continue each other.
#include "lamina/formats/detail/hdf5_object.h"

namespace lamina::detail {
namespace {

struct Part {
  uint64_t address, size;
};

// Where a message says that the header goes on: no header goes on at one place twice.
Part continuation(Hdf5File& file, std::string_view message, const std::string& label) {
  ByteCursor where(message, label);
  const uint64_t address = where.u64();
  file.once(address, "a part of its object header", label);
  return {address, where.u64()};
}

// A piece of a header that is still to be read.
struct Piece {
  uint64_t address, size;
};

std::vector<Hdf5Message> read_version_1(Hdf5File& file, uint64_t address, const std::string& label) {
  ByteCursor start = file.at(address, label);
  if (start.u8() != 1) Hdf5File::fail(label, "its object header is damaged");
  start.skip(1);
  const int count = start.u16();
  start.skip(4);
  const uint32_t size = start.u32();
  start.skip(4);

  std::vector<Hdf5Message> messages;
  std::vector<std::string_view> pieces{file.block(address + 16, size, label)};
  for (int number = 0; !pieces.empty();) {
    ByteCursor cursor(pieces.back(), label);
    pieces.pop_back();
    while (cursor.left() >= 8 && number < count) {
      ++number;
      const int type = cursor.u16();
      const int length = cursor.u16();
      const int flags = cursor.u8();
      cursor.skip(3);
      const std::string_view body = cursor.take(static_cast<uint64_t>(length));
      if (type != kHdf5Continuation) {
        messages.push_back({type, (flags & 2) != 0, body});
        continue;
      }
      const Part part = continuation(file, body, label);
      pieces.push_back(file.block(part.address, part.size, label));
    }
  }
  return messages;
}

std::vector<Hdf5Message> read_version_2(Hdf5File& file, uint64_t address, const std::string& label) {
  ByteCursor start = file.at(address, label);
  start.skip(4);
  if (start.u8() != 2) Hdf5File::fail(label, "its object header is of an unknown version, or damaged");
  const int header_flags = start.u8();
  const bool times = (header_flags & 0x20) != 0, phases = (header_flags & 0x10) != 0;
  const bool order = (header_flags & 4) != 0;
  if (times) start.skip(16);
  if (phases) start.skip(4);
  const int size_bytes = 1 << (header_flags & 3);
  const uint64_t size = start.number(size_bytes);
  const auto prefix = static_cast<uint64_t>(6 + (times ? 16 : 0) + (phases ? 4 : 0) + size_bytes);
  if (size > file.size()) Hdf5File::fail(label, "its object header is damaged");

  std::vector<Hdf5Message> messages;
  std::vector<std::string_view> pieces{
      file.checked_block(address, prefix + size + 4, "OHDR", label).substr(static_cast<size_t>(prefix - 4))};
  const size_t smallest = order ? 6 : 4;
  while (!pieces.empty()) {
    ByteCursor cursor(pieces.back(), label);
    pieces.pop_back();
    while (cursor.left() >= smallest) {  // less is a gap
      const int type = cursor.u8();
      const int length = cursor.u16();
      const int flags = cursor.u8();
      if (order) cursor.skip(2);
      const std::string_view body = cursor.take(static_cast<uint64_t>(length));
      if (type != kHdf5Continuation) {
        messages.push_back({type, (flags & 2) != 0, body});
        continue;
      }
      const Part part = continuation(file, body, label);
      pieces.push_back(file.checked_block(part.address, part.size, "OCHK", label));
    }
  }
  return messages;
}

}  // namespace

std::vector<Hdf5Message> read_hdf5_header(Hdf5File& file, uint64_t address, const std::string& label) {
  const bool newer = file.at(address, label).take(4) == "OHDR";
  return newer ? read_version_2(file, address, label) : read_version_1(file, address, label);
}

}  // namespace lamina::detail
