// Fetching bytes of files in blocks, into a stretch of addresses as long as the file: only blocks that are
// fetched take memory, and what was fetched lies as in the file.
#include "lamina/formats/detail/byte_source.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/formats/detail/crc32.h"
#include "lamina/formats/detail/open_file.h"

namespace lamina::detail {
namespace {

constexpr uint64_t kBlock = 64 << 10;
constexpr uint64_t kSmall = 4 << 10;  // copies of less are not worth a call of the system

// Addresses without memory behind them, until they are written to.
class Addresses {
 public:
  explicit Addresses(uint64_t size) : size_(static_cast<size_t>(size)) {
    if (size == 0) return;
    void* const at =
        ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
      throw FileError("there is no address space for a file of " + std::to_string(size) + " bytes");
    begin_ = static_cast<char*>(at);
  }
  ~Addresses() {
    if (begin_) ::munmap(begin_, size_);
  }
  Addresses(const Addresses&) = delete;
  Addresses& operator=(const Addresses&) = delete;
  char* begin() const { return begin_; }

 private:
  size_t size_;
  char* begin_ = nullptr;
};

}  // namespace

struct ByteSource::State {
  // In memory.
  std::string held;
  std::string_view bytes;
  // In a file.
  std::shared_ptr<const OpenFile> file;
  uint64_t begin = 0, size = 0;
  std::unique_ptr<Addresses> addresses;
  std::vector<bool> fetched;  // of the blocks
  // Of stretches that were copied and not fetched: where they end, and their CRC-32, by where they begin.
  struct Copied {
    uint64_t end;
    uint32_t crc;
  };
  bool keeps_checksums = false;
  std::map<uint64_t, Copied> copied;
  std::mutex lock;

  void fetch(uint64_t at, uint64_t count) {
    if (!addresses) {
      addresses = std::make_unique<Addresses>(size);
      fetched.resize(static_cast<size_t>((size + kBlock - 1) / kBlock));
    }
    const uint64_t last = (at + count + kBlock - 1) / kBlock;
    for (uint64_t block = at / kBlock; block < last;) {
      uint64_t until = block;
      while (until < last && !fetched[static_cast<size_t>(until)]) ++until;
      if (until > block) {
        const uint64_t from = block * kBlock, to = std::min(until * kBlock, size);
        file->read(begin + from, addresses->begin() + from, static_cast<size_t>(to - from));
        std::fill(fetched.begin() + static_cast<std::ptrdiff_t>(block),
                  fetched.begin() + static_cast<std::ptrdiff_t>(until), true);
      }
      block = std::max(until, block + 1);
    }
  }

  std::string_view view(uint64_t at, uint64_t count) {
    if (!file) return bytes.substr(static_cast<size_t>(at), static_cast<size_t>(count));
    if (count == 0) return {};
    fetch(at, count);
    return {addresses->begin() + at, static_cast<size_t>(count)};
  }

  // In pieces that are still in the cache when their checksum is taken.
  uint32_t read(uint64_t at, char* to, uint64_t count, bool checked) const {
    constexpr uint64_t kPiece = 256 << 10;
    uint32_t crc = 0;
    for (uint64_t done = 0; done < count;) {
      const auto now = static_cast<size_t>(checked ? std::min(count - done, kPiece) : count);
      file->read(begin + at + done, to + done, now);
      if (checked) crc = zip_checksum(crc, {to + done, now});
      done += now;
    }
    return crc;
  }

  void copy(uint64_t at, char* to, uint64_t count) {
    if (!file || count < kSmall) {
      const std::string_view from = view(at, count);
      if (!from.empty()) std::memcpy(to, from.data(), from.size());
      return;
    }
    const uint32_t crc = read(at, to, count, keeps_checksums);
    if (keeps_checksums) copied.emplace(at, Copied{at + count, crc});
  }

  // Of what lies between stretches whose checksums are known.
  uint32_t checksum_of(uint32_t crc, uint64_t at, uint64_t end) {
    std::vector<char> piece;
    while (at < end) {
      const uint64_t block = at / kBlock, now = std::min(end, (block + 1) * kBlock) - at;
      if (addresses && fetched[static_cast<size_t>(block)]) {
        crc = zip_checksum(crc, {addresses->begin() + at, static_cast<size_t>(now)});
      } else {
        piece.resize(kBlock);
        file->read(begin + at, piece.data(), static_cast<size_t>(now));
        crc = zip_checksum(crc, {piece.data(), static_cast<size_t>(now)});
      }
      at += now;
    }
    return crc;
  }

  uint32_t checksum() {
    if (!file) return zip_checksum(0, bytes);
    uint32_t crc = 0;
    uint64_t at = 0;
    for (const auto& [from, stretch] : copied) {
      if (from < at) continue;  // a second copy of what is counted already
      crc = joined_zip_checksums(checksum_of(crc, at, from), stretch.crc, stretch.end - from);
      at = stretch.end;
    }
    return checksum_of(crc, at, size);
  }
};

ByteSource::ByteSource(std::string_view bytes) : state_(std::make_shared<State>()) {
  state_->bytes = bytes;
  state_->size = bytes.size();
}

ByteSource ByteSource::holding(std::string bytes) {
  auto state = std::make_shared<State>();
  state->held = std::move(bytes);
  state->bytes = state->held;
  state->size = state->bytes.size();
  return ByteSource(std::move(state));
}

ByteSource ByteSource::of_file(const std::string& path) {
  auto state = std::make_shared<State>();
  state->file = std::make_shared<const OpenFile>(path);
  state->size = state->file->size();
  return ByteSource(std::move(state));
}

uint64_t ByteSource::size() const { return state_->size; }

std::string_view ByteSource::view(uint64_t at, uint64_t count) const {
  const std::lock_guard lock(state_->lock);
  return state_->view(at, count);
}

void ByteSource::copy(uint64_t at, void* to, uint64_t count) const {
  const std::lock_guard lock(state_->lock);
  state_->copy(at, static_cast<char*>(to), count);
}

ByteSource ByteSource::part(uint64_t begin, uint64_t size) const {
  auto part = std::make_shared<State>();
  part->size = size;
  if (state_->file) {
    part->file = state_->file;
    part->begin = state_->begin + begin;
  } else {
    part->bytes = state_->bytes.substr(static_cast<size_t>(begin), static_cast<size_t>(size));
    if (!state_->held.empty())
      return ByteSource(std::shared_ptr<State>(part.get(), [part, from = state_](State*) {}));
  }
  return ByteSource(std::move(part));
}

void ByteSource::keep_checksums() const { state_->keeps_checksums = true; }

uint32_t ByteSource::checksum() const {
  const std::lock_guard lock(state_->lock);
  return state_->checksum();
}

}  // namespace lamina::detail
